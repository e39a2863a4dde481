//! Stores in processes of their own.
//!
//! SQLite, as it is built for Rust, has one cache of pages for all connections of a process: stores that share a process take
//! room from each other, and the share of each is luck. Besides, some peers link another SQLite than ours; their programs are
//! built when they are needed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, anyhow, ensure};
use bench_sqlite_load::{Answer, Measured, Request};

/// What this program is told to obey its standard input. The others know nothing else.
pub(crate) const SERVE: &str = "--serve";

/// Who runs a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Program {
    /// This one: whatever links the SQLite of ours.
    This,
    /// opendal and keyv, which are on sqlx 0.8.
    Sqlx,
    /// tokio-rusqlite, deadpool-sqlite, async-sqlite: on a newer rusqlite than ours can share.
    Rusqlite,
}

impl Program {
    pub(crate) const OTHERS: [Self; 2] = [Self::Sqlx, Self::Rusqlite];

    /// The workspace beside this package.
    fn folder(self) -> Option<PathBuf> {
        let folder = match self {
            Self::This => return None,
            Self::Sqlx => "peers-sqlx",
            Self::Rusqlite => "peers-rusqlite",
        };
        Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
    }

    fn peers(self) -> &'static [&'static str] {
        match self {
            Self::This => &[],
            Self::Sqlx => &["opendal", "keyv", "sqlx", "libsqlite3-sys"],
            Self::Rusqlite => &[
                "tokio-rusqlite",
                "deadpool-sqlite",
                "async-sqlite",
                "rusqlite",
                "libsqlite3-sys",
            ],
        }
    }

    /// A sentence about what it runs, from its lock file.
    pub(crate) fn note(self) -> anyhow::Result<String> {
        let folder = self.folder().context("a workspace with a lock file")?;
        let lock = std::fs::read_to_string(folder.join("Cargo.lock"))?;
        let version = |peer: &str| {
            let line = lock
                .lines()
                .skip_while(|line| *line != format!("name = \"{peer}\""))
                .nth(1)?;
            Some(line.trim_start_matches("version = ").trim_matches('"').to_owned())
        };
        let peers = self
            .peers()
            .iter()
            .map(|peer| format!("{peer} {}", version(peer).unwrap_or_default()));
        Ok(format!(
            "In programs of their own, because cargo links one SQLite into a program and these ask for another one than ours: {}.",
            peers.collect::<Vec<_>>().join(", ")
        ))
    }

    /// Builds it, if there is anything new.
    pub(crate) fn build(self) -> anyhow::Result<PathBuf> {
        let this = std::env::current_exe()?;
        let Some(folder) = self.folder() else {
            return Ok(this);
        };
        let target = this
            .parent()
            .and_then(Path::parent)
            .context("a target folder")?
            .join("peers");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--quiet", "--manifest-path"])
            .arg(folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .status()
            .context("starting cargo")?;
        ensure!(status.success(), "cargo could not build {}", folder.display());
        let name = folder
            .file_name()
            .context("a folder with a name")?
            .to_string_lossy()
            .into_owned();
        Ok(target.join("release").join(format!("bench-sqlite-{name}")))
    }
}

/// A running program, which obeys. It ends when its standard input does.
pub(crate) struct Child {
    process: std::process::Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn start(path: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new(path)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| path.display().to_string())?;
        let input = process.stdin.take();
        let output = process.stdout.take().context("the output of a child")?;
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
        })
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&mut self, request: &Request) -> anyhow::Result<Measured> {
        let input = self.input.as_mut().context("the input of a child")?;
        serde_json::to_writer(&mut *input, request)?;
        input.write_all(b"\n")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let answer: Answer = serde_json::from_str(&line).context("a child did not answer")?;
        answer.map_err(|error| anyhow!(error))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.input.take());
        // It has nothing to lose: its files are thrown away.
        let _ = self.process.wait();
    }
}
