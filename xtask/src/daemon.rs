//! Programs that run beside us and end when we do, even if we are killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Starts the program and ends it when our end of the shell's stdin is closed: by us, or by the system when we are gone.
const GUARD: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null &
program=$!
(read -r _ <&3; kill "$program") 2>/dev/null &
wait "$program"
"#;

/// A program under a guard of our own. Dropping this ends it and waits until it has ended.
#[derive(Debug)]
pub(crate) struct Daemon {
    guard: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts a program in a folder; what it prints goes to the file `log`.
    pub(crate) fn start(program: &str, args: &[&str], folder: &Path, log: PathBuf) -> Result<Self, String> {
        println!("$ {program} {} &", args.join(" "));
        let cannot = |error| format!("cannot start `{program}`: {error}");
        let out = File::create(&log).map_err(cannot)?;
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh", program])
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(out.try_clone().map_err(cannot)?)
            .stderr(out)
            .spawn()
            .map_err(cannot)?;
        Ok(Self { guard, log })
    }

    /// Whether the program has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.guard.try_wait(), Ok(None))
    }

    /// The end of what the program printed.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;
    use std::{env, process};

    use super::*;

    fn start(name: &str, script: &str) -> Daemon {
        let log = env::temp_dir().join(format!("kvs-xtask-{name}-{}", process::id()));
        Daemon::start("sh", &["-c", script], Path::new("/"), log).unwrap()
    }

    fn wait_until(condition: impl Fn() -> bool) {
        while !condition() {
            sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_dropped_daemon_has_ended() {
        let daemon = start(
            "dropped",
            "trap 'echo told to end; exit' TERM; echo up; while :; do sleep 0.01; done",
        );
        wait_until(|| daemon.last_words() == "up");
        let log = daemon.log.clone();
        drop(daemon);
        assert_eq!(fs::read_to_string(&log).unwrap(), "up\ntold to end\n");
        fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_daemon_that_gives_up_is_noticed() {
        let mut daemon = start("ended", "echo no; exit 3");
        while !daemon.has_ended() {
            sleep(Duration::from_millis(5));
        }
        assert_eq!(daemon.last_words(), "no");
        fs::remove_file(&daemon.log).unwrap();
    }
}
