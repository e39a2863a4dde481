//! Runs the command in a directory of its own.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

/// The media types that the demo has.
pub(crate) const MEDIA_TYPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/mime-types.ndjson");

/// A directory in which the default store, `kvs.db`, begins absent.
pub(crate) struct Place {
    dir: TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// With the media types in the collection `types`.
    pub(crate) fn with_media_types() -> Self {
        let place = Self::new();
        place.ok(&["doc", "import", "types", MEDIA_TYPES, "--id", "type"]);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvs"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_remove("KVS_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        self.command(args).output().unwrap().into()
    }

    /// Runs it with that on standard input.
    pub(crate) fn feed(&self, args: &[&str], input: impl Into<Vec<u8>>) -> Answer {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.into();
        // It may stop reading early, which is no mistake.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let answer = child.wait_with_output().unwrap().into();
        writer.join().unwrap();
        answer
    }

    /// Runs what must succeed, and gives its output.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        self.run(args).ok()
    }

    /// Runs what must fail with that status, and gives its one line on standard error.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, args: &[&str]) -> String {
        self.run(args).fails(code)
    }

    /// Runs what must answer in one line of JSON.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let args = [&["--json"], args].concat();
        serde_json::from_str(&self.ok(&args)).unwrap()
    }

    /// Runs what must fail, and gives the error as JSON.
    #[track_caller]
    pub(crate) fn json_error(&self, args: &[&str]) -> Value {
        let answer = self.run(&[&["--json"], args].concat());
        assert!(answer.code != 0 && answer.out.is_empty(), "{answer:?}");
        let mut told: Value = serde_json::from_str(&answer.err).unwrap();
        told["error"].take()
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert!(self.code == 0 && self.err.is_empty(), "{self:?}");
        String::from_utf8(self.out).unwrap()
    }

    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.starts_with("kvs: ") && self.err.ends_with('\n'), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        self.err
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            // A signal ends it without a code; no test expects that.
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
