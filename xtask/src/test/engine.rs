//! The engine that runs containers: the one of this machine, or one of ours for as long as it is needed.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use crate::daemon::Daemon;
use crate::sh;

/// How an engine is to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// It answers already.
    Use,
    /// We may start it, after installing it if need be.
    Start,
}

/// An engine that answers.
#[derive(Debug)]
pub(super) enum Engine {
    /// The one that `docker` finds by itself.
    Found,
    /// One of ours, which is stopped when this is dropped.
    Own {
        host: String,
        daemon: Option<Daemon>,
        /// Its sockets.
        run_time: PathBuf,
    },
}

/// A start takes a second; on a busy machine it may take many.
const PATIENCE: Duration = Duration::from_mins(1);

/// Decides without changing anything; the error is the reason why there is no way to an engine.
pub(super) fn plan() -> Result<Plan, String> {
    if answers(None) {
        Ok(Plan::Use)
    } else if env::consts::OS == "linux" && is_root() {
        Ok(Plan::Start)
    } else {
        Err("no container engine answers to `docker version`, and only root on Linux can start one".to_owned())
    }
}

impl Engine {
    /// `folder` gets the images and the log of an engine of ours.
    pub(super) fn get(plan: Plan, folder: &Path) -> Result<Self, String> {
        if plan == Plan::Use {
            return Ok(Self::Found);
        }
        if !sh::works("dockerd", &["--version"]) || !sh::works("iptables", &["--version"]) {
            install()?;
            // Where services are started by the system, the package has seen to it.
            if answers(None) {
                return Ok(Self::Found);
            }
        }
        start(folder)
    }

    /// What a client of the engine has to know.
    pub(super) fn environment(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Found => Vec::new(),
            Self::Own { host, .. } => vec![("DOCKER_HOST", host)],
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Self::Own { daemon, run_time, .. } = self {
            drop(daemon.take());
            let _ = fs::remove_dir_all(run_time);
        }
    }
}

/// From the packages of Debian and its kin.
fn install() -> Result<(), String> {
    println!("There is no container engine: installing docker.io, with apt-get.");
    let quiet = [("DEBIAN_FRONTEND", "noninteractive")];
    let by_hand = |error| format!("{error}; install a container engine by hand");
    sh::run("apt-get", &["update", "--quiet"], &quiet).map_err(by_hand)?;
    let install = ["install", "--quiet", "--yes", "--no-install-recommends"];
    sh::run("apt-get", &[&install[..], &["docker.io", "iptables"]].concat(), &quiet).map_err(by_hand)
}

/// Starts an engine that shares nothing with one of the system but the bridge.
fn start(folder: &Path) -> Result<Engine, String> {
    // The path of a socket has at most 107 bytes, and there are sockets some folders below this one.
    let run_time = PathBuf::from("/run").join(format!("kvs-{}", process::id()));
    let cannot = |error| format!("cannot make {}: {error}", run_time.display());
    fs::create_dir_all(&run_time).map_err(cannot)?;
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let place = |name: &str| run_time.join(name).display().to_string();
    let host = format!("unix://{}", place("docker.sock"));
    let data = folder.join("data").display().to_string();
    let arguments = [
        "--data-root",
        &data,
        "--exec-root",
        &place("exec"),
        "--pidfile",
        &place("pid"),
        "--host",
        &host,
        "--ip",
        publish_on(Path::new("/.dockerenv").exists()),
    ];
    let mut daemon = Daemon::start("dockerd", &arguments, folder, folder.join("dockerd.log"))?;
    let end = Instant::now() + PATIENCE;
    while !answers(Some(&host)) {
        if daemon.has_ended() || Instant::now() >= end {
            let last_words = daemon.last_words();
            return Err(format!("the container engine did not start:\n{last_words}"));
        }
        sleep(Duration::from_millis(100));
    }
    Ok(Engine::Own {
        host,
        daemon: Some(daemon),
        run_time,
    })
}

/// Where the ports of containers can be reached.
///
/// In a container, the client of the tests takes the engine for that of the host outside, and connects to the bridge's
/// own address instead of the loopback.
fn publish_on(in_a_container: bool) -> &'static str {
    if in_a_container { "0.0.0.0" } else { "127.0.0.1" }
}

fn answers(host: Option<&str>) -> bool {
    let host = host.map(|host| ["--host", host]);
    let host = host.as_ref().map_or(&[][..], |host| &host[..]);
    sh::works("docker", &[host, &["version"]].concat())
}

fn is_root() -> bool {
    sh::output("id", &["-u"]).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_container_publishes_beyond_the_loopback() {
        assert_eq!(publish_on(false), "127.0.0.1");
        assert_eq!(publish_on(true), "0.0.0.0");
    }
}
