//! `cargo xtask conformance`: the suite about itself, and what the suite says of our backends.

use crate::{scratch, sh, test};

/// The reports that the README links: their name, the package, and its test target.
const REPORTS: &[(&str, &str, &str)] = &[
    ("memory", "kvs-memory", "conformance"),
    ("sqlite", "kvs-sqlite", "conformance"),
    ("dynamodb", "kvs-dynamodb", "conformance"),
];

/// Runs `cargo xtask conformance --kill-matrix` or `--reports`.
pub(crate) fn main(args: &[String]) -> Result<(), String> {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--kill-matrix"] => kill_matrix(),
        ["--reports"] => reports(),
        _ => Err(
            "say --kill-matrix (prints it, and fails if it has a gap) or --reports (writes those of our stores)"
                .to_owned(),
        ),
    }
}

/// Runs every broken store, prints the matrix, and writes it beside the reports.
fn kill_matrix() -> Result<(), String> {
    let target = ["test", "--package", "kvs-conformance", "--test", "kill_matrix"];
    let every = ["--", "--nocapture", "every_broken_store"];
    sh::run("cargo", &[&target[..], &every].concat(), &[("KVS_KILL_MATRIX", "all")])
}

/// Runs the suite on each store and writes its report into `kvs-conformance/reports`.
fn reports() -> Result<(), String> {
    let server = test::emulator()?;
    let environment = [server.environment(), scratch::environment()].concat();
    for (name, package, target) in REPORTS {
        write(name, &["--package", package, "--test", target], &environment)?;
    }
    write(
        "redb",
        &[test::EXAMPLE, &["--test", "conformance"]].concat(),
        &environment,
    )
}

fn write(name: &str, target: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    let report = sh::root().join("kvs-conformance/reports").join(format!("{name}.md"));
    let report = report.display().to_string();
    let command = [&["test"], target, &["--", "--quiet", "--report", &report]].concat();
    sh::run("cargo", &command, environment)
}
