//! `cargo xtask bench`: the benchmarks, and the metrics that CI holds to their bars.
//!
//! The benchmarks are a workspace of their own, `xtask/bench`, with the stores of others that ours are compared with.

mod options;

use std::fs;
use std::path::PathBuf;

use crate::sh;
use options::Options;

/// The workspace of the benchmarks, and where it is built.
const WORKSPACE: &[&str] = &[
    "--manifest-path",
    "xtask/bench/Cargo.toml",
    "--target-dir",
    "target/bench",
];

/// The manifests below `xtask/bench`, for steps that go through each workspace.
pub(crate) const MANIFESTS: &[&str] = &[
    "xtask/bench/Cargo.toml",
    "xtask/bench/sqlite/peers-rusqlite/Cargo.toml",
    "xtask/bench/sqlite/peers-sqlx/Cargo.toml",
];

const LOCK_FILE: &str = "xtask/bench/Cargo.lock";
const BARS: &str = "xtask/bench/bars.toml";
/// What is published: a full run of every backend.
const PUBLISHED: &str = "xtask/bench/results";
/// What is not.
const TRIED: &str = "target/bench/results";

/// Runs `cargo xtask bench [BACKEND]... [--quick | --check]`.
pub(crate) fn main(args: &[String]) -> Result<(), String> {
    match Options::parse(args)? {
        Options::Check => check().and_then(|()| check_by_tests()),
        Options::Run { backends, quick } => run(&backends, quick),
    }
}

/// Holds the metrics that do not depend on the machine's mood to their bars; compiles no store of others.
pub(crate) fn check() -> Result<(), String> {
    build("check")?;
    sh::run(&program("bench-check"), &[BARS], &[])
}

/// The metrics that tests assert, and that CI has seen with the others: requests and units of DynamoDB, plans of SQLite.
fn check_by_tests() -> Result<(), String> {
    sh::run(
        "cargo",
        &["test", "--quiet", "--package", "kvs-dynamodb", "--test", "requests"],
        &[],
    )?;
    sh::run(
        "cargo",
        &["test", "--quiet", "--package", "kvs-sqlite", "--lib", "sql::"],
        &[],
    )
}

/// Whether [`check`] can count instructions.
pub(crate) fn has_valgrind() -> bool {
    sh::works("valgrind", &["--version"])
}

fn run(backends: &[&str], quick: bool) -> Result<(), String> {
    let is_complete = backends == options::BACKENDS && !quick;
    let folder = if is_complete { PUBLISHED } else { TRIED };
    for folder in [folder, TRIED] {
        fs::create_dir_all(sh::root().join(folder)).map_err(|error| format!("{folder}: {error}"))?;
    }
    // Everything is built before anything is measured.
    build("harness")?;
    for backend in backends {
        build(backend)?;
    }
    let mut sections = Vec::new();
    for backend in backends {
        let section = format!("{TRIED}/{backend}-section.json");
        let mut args = vec!["--out", &section];
        args.extend(quick.then_some("--quick"));
        sh::run(&program(&format!("bench-{backend}")), &args, &[])?;
        sections.push(section);
    }
    let mut args = vec![LOCK_FILE, folder];
    args.extend(sections.iter().map(String::as_str));
    sh::run(&program("bench-report"), &args, &[])?;
    println!("\nThe table, the charts and all figures: {folder}");
    Ok(())
}

fn build(package: &str) -> Result<(), String> {
    let package = format!("bench-{package}");
    let head = ["build", "--release", "--locked", "--package", &package];
    sh::run("cargo", &[&head, WORKSPACE].concat(), &[])
}

/// A program that [`build`] built.
fn program(name: &str) -> String {
    let path: PathBuf = ["target", "bench", "release", name].iter().collect();
    sh::root().join(path).to_string_lossy().into_owned()
}
