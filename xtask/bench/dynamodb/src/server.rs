//! A server in a process of its own, so that its work is not the client's.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

/// A running server, which ends when this is dropped: it prints its address when it is ready, and ends with its stdin.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Server {
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let mut url = String::new();
        let stdout = process.stdout.take().context("a server without stdout")?;
        BufReader::new(stdout).read_line(&mut url)?;
        let url = url.trim_end().to_owned();
        ensure!(!url.is_empty(), "{command:?} did not start; what it said is above");
        Ok(Self { process, url })
    }

    /// Ourselves, as a server of canned answers that come after so many milliseconds.
    pub(crate) fn canned(delay_ms: u64) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        Self::start(command.args(["serve", &delay_ms.to_string()]))
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
