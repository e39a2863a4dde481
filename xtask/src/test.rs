//! `cargo xtask test`: every test and doctest of the workspace.
//!
//! A run that tested nothing is the failure that nobody sees. So before the run each integration test binary is asked
//! for its cases, and a required suite that is missing, or any that has no case to run, stops the run.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::scratch;
use crate::sh;
use crate::workspace::Workspace;

/// The suites that make a green run mean something, as package and test target.
const REQUIRED_SUITES: &[(&str, &str)] = &[
    ("kvs-memory", "conformance"),
    ("kvs-sqlite", "conformance"),
    ("kvs-sqlite", "conformance_memory"),
    ("kvs", "conformance"),
    ("kvs", "lockstep"),
];

/// What every command that compiles tests passes, so that all of them share one set of artifacts.
const SELECTION: &[&str] = &["--workspace", "--all-features"];

/// An integration test binary and how many of its cases would run.
#[derive(Debug)]
struct Suite {
    package: String,
    target: String,
    cases: usize,
    skipped: usize,
}

/// Runs `cargo xtask test [-- ARGS]`.
pub(crate) fn main(args: &[String]) -> Result<(), String> {
    let filter: Vec<&str> = match args.split_first() {
        None => Vec::new(),
        Some((first, rest)) if first == "--" => rest.iter().map(String::as_str).collect(),
        Some(_) => return Err("arguments for the test runner go after `--`".to_owned()),
    };
    if filter.is_empty() {
        run_all()
    } else {
        println!("A filtered run: suites are not counted, doctests are not run.");
        run_tests(&filter)
    }
}

/// Everything: the suites are counted, then run, then the doctests.
pub(crate) fn run_all() -> Result<(), String> {
    let suites = list_suites()?;
    for suite in &suites {
        println!("{}", describe(suite));
    }
    let problems = check(&suites);
    if !problems.is_empty() {
        return Err(format!("nothing was run: {}", problems.join("; ")));
    }
    run_tests(&[])?;
    sh::run("cargo", &[&["test", "--doc"], SELECTION].concat(), &[])
}

fn run_tests(filter: &[&str]) -> Result<(), String> {
    let environment = scratch::environment();
    if sh::works("cargo", &["nextest", "--version"]) {
        let command = ["nextest", "run", "--tests", "--no-tests=fail"];
        return sh::run("cargo", &[&command, SELECTION, filter].concat(), &environment);
    }
    println!("cargo-nextest is not installed: `cargo test` runs the same tests, more slowly.");
    let command = ["test", "--tests", "--no-fail-fast"];
    sh::run("cargo", &[&command, SELECTION, &["--"], filter].concat(), &environment)
}

/// Builds the tests and asks each integration test binary for its cases.
fn list_suites() -> Result<Vec<Suite>, String> {
    let workspace = Workspace::load()?;
    let command = [
        "test",
        "--tests",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ];
    let messages = sh::output("cargo", &[&command, SELECTION].concat())?;
    let mut suites = Vec::new();
    for line in messages.lines() {
        // One JSON object a line; what a build script printed between them is not for us.
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        if message["target"]["kind"][0] == "test"
            && let Some(executable) = message["executable"].as_str()
        {
            suites.push(Suite::read(&workspace, &message, executable)?);
        }
    }
    suites.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    Ok(suites)
}

impl Suite {
    /// Makes a suite of what cargo says about a test binary and what the binary says about its cases.
    fn read(workspace: &Workspace, message: &Value, executable: &str) -> Result<Self, String> {
        let mut packages = workspace.packages.iter();
        let package = packages
            .find(|package| message["manifest_path"] == package.manifest_path.as_str())
            .ok_or_else(|| format!("{executable} belongs to no package of the workspace"))?;
        let target = message["target"]["name"].as_str().unwrap_or_default();
        let all = count_cases(executable, &["--list"])?;
        let skipped = count_cases(executable, &["--list", "--ignored"])?;
        Ok(Self {
            package: package.name.clone(),
            target: target.to_owned(),
            cases: all.saturating_sub(skipped),
            skipped,
        })
    }
}

/// Counts the lines `name: test`, the form that libtest and libtest-mimic share.
fn count_cases(executable: &str, args: &[&str]) -> Result<usize, String> {
    let output = Command::new(executable)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot list the cases of {executable}: {error}"))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cannot list the cases of {executable}: {reason}"));
    }
    let list = String::from_utf8_lossy(&output.stdout);
    Ok(list.lines().filter(|line| line.ends_with(": test")).count())
}

fn describe(suite: &Suite) -> String {
    let name = format!("{}::{}", suite.package, suite.target);
    let skipped = match suite.skipped {
        0 => String::new(),
        count => format!(", {count} skipped"),
    };
    format!("suite {name}: {} cases{skipped}", suite.cases)
}

/// What makes this set of suites unworthy of a green result.
fn check(suites: &[Suite]) -> Vec<String> {
    let missing = REQUIRED_SUITES.iter().filter(|(package, target)| {
        !suites
            .iter()
            .any(|suite| suite.package == *package && suite.target == *target)
    });
    let empty = suites.iter().filter(|suite| suite.cases == 0);
    missing
        .map(|(package, target)| format!("the required suite {package}::{target} does not exist"))
        .chain(empty.map(|suite| format!("the suite {}::{} has no case to run", suite.package, suite.target)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suites(cases: usize) -> Vec<Suite> {
        REQUIRED_SUITES
            .iter()
            .map(|(package, target)| Suite {
                package: (*package).to_owned(),
                target: (*target).to_owned(),
                cases,
                skipped: 1,
            })
            .collect()
    }

    #[test]
    fn a_complete_set_passes() {
        assert_eq!(check(&suites(1)), Vec::<String>::new());
    }

    #[test]
    fn an_empty_suite_fails_even_if_it_has_skipped_cases() {
        assert_eq!(check(&suites(0)).len(), REQUIRED_SUITES.len());
    }

    #[test]
    fn a_missing_suite_fails() {
        let problems = check(&suites(1)[1..]);
        assert_eq!(problems, ["the required suite kvs-memory::conformance does not exist"]);
    }
}
