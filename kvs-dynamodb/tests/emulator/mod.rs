//! Builds, starts and stops the emulator: a DynamoDB on this machine, with nothing to set up.
//!
//! Standard library only, so that any test target, and `xtask`, can include this file by its path.

#![allow(
    dead_code,
    clippy::panic,
    reason = "each of those who include it uses a part, and in tests, what cannot start is a panic"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs, io};

/// Where the tests find a DynamoDB that is already there: a URL.
pub(crate) const ENDPOINT: &str = "KVS_DYNAMODB_ENDPOINT";

/// The URL of the DynamoDB to test against: the one that the environment names, or else an emulator of this process.
///
/// It may hold tables of others: tests name theirs, or their namespaces, so that no two are the same.
pub(crate) fn endpoint() -> String {
    static OWN: OnceLock<Emulator> = OnceLock::new();
    match env::var(ENDPOINT) {
        Ok(url) if !url.is_empty() => url,
        // Statics are not dropped. This one ends all the same: the system closes its stdin when we end.
        _ => OWN.get_or_init(Emulator::start).url().to_owned(),
    }
}

/// A running emulator. It stops when this is dropped, and also when this process is killed.
#[derive(Debug)]
pub(crate) struct Emulator {
    process: Child,
    url: String,
}

impl Emulator {
    /// Starts one that keeps its data in memory, on a free port.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with options: `--db-path FILE` keeps the data, `--port N` fixes the port.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        Self::try_start_with(options).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Like [`Emulator::start_with`], with the reason if it did not start.
    pub(crate) fn try_start_with(options: &[&str]) -> Result<Self, String> {
        let program = build()?;
        let mut process = Command::new(&program)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let mut url = String::new();
        if let Some(stdout) = process.stdout.take() {
            // An error leaves the line empty, as an early end does.
            let _ = BufReader::new(stdout).read_line(&mut url);
        }
        let url = url.trim_end().to_owned();
        let emulator = Self { process, url };
        if emulator.url.is_empty() {
            return Err(format!(
                "the emulator did not start with {options:?}; what it said is above"
            ));
        }
        Ok(emulator)
    }

    /// Its address: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its port, for a successor at the same address.
    pub(crate) fn port(&self) -> &str {
        self.url.rsplit(':').next().unwrap_or_default()
    }

    /// Ends it as a crash would, with no chance to finish anything.
    pub(crate) fn kill(&mut self) {
        // It may have ended already, which is what we want.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program, built if it is missing or its sources have changed since.
///
/// Hundreds of test processes ask for it: where there is nothing to do, it costs them a look at a few files.
pub(crate) fn build() -> Result<PathBuf, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().unwrap_or(here);
    let package = root.join("kvs-dynamodb").join("emulator");
    let target = root.join("target").join("emulator");
    let name = format!("kvs-dynamodb-emulator{}", env::consts::EXE_SUFFIX);
    let program = target.join("debug").join(name);
    // The program's own age does not tell: cargo leaves it alone where a newer manifest says the same.
    let stamp = target.join("built-from");
    let sources = sources(&package).map_err(|error| format!("cannot read {}: {error}", package.display()))?;
    if program.exists() && fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == sources) {
        return Ok(program);
    }
    cargo_build(root, &package, &target)?;
    fs::write(&stamp, sources).map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    Ok(program)
}

/// The package's files, in a form that changes with any of them.
fn sources(package: &Path) -> io::Result<String> {
    let mut files = vec![package.join("Cargo.toml"), package.join("Cargo.lock")];
    for entry in fs::read_dir(package.join("src"))? {
        files.push(entry?.path());
    }
    files.sort();
    let lines = files.iter().map(|file| {
        let modified = fs::metadata(file)?.modified()?;
        Ok(format!("{:?} {modified:?}\n", file.file_name()))
    });
    lines.collect()
}

fn cargo_build(root: &Path, package: &Path, target: &Path) -> Result<(), String> {
    eprintln!("Building the DynamoDB emulator of the tests, into {}", target.display());
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--locked", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target)
        // The toolchain is the one that the root asks for.
        .current_dir(root)
        .stdin(Stdio::null())
        // In a test, stdout is the runner's.
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!(
            "the emulator does not build ({status}); what cargo said is above"
        ))
    }
}
