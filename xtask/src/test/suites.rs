//! Counts the cases of the suites before they are run.
//!
//! A run that tested nothing is the failure that nobody sees. So each integration test binary is asked for its cases,
//! and a required suite that is missing, or any that has no case to run, stops the run.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::Selection;
use crate::sh;
use crate::workspace::Workspace;

/// The suites that make a green run mean something, as package and test target.
pub(super) const REQUIRED: &[(&str, &str)] = &[
    ("kvs-memory", "conformance"),
    ("kvs-sqlite", "conformance"),
    ("kvs-sqlite", "conformance_memory"),
    ("kvs-dynamodb", "conformance"),
    ("kvs-dynamodb", "faults"),
    ("kvs-dynamodb", "requests"),
    ("kvs-dynamodb", "restart"),
    ("kvs-dynamodb", "table"),
    ("kvs", "conformance"),
    ("kvs", "lockstep"),
    ("kvs", "same_everywhere"),
];

/// An integration test binary and how many of its cases would run.
#[derive(Debug)]
struct Suite {
    package: String,
    target: String,
    cases: usize,
    skipped: usize,
}

/// Builds the tests, prints how many cases each suite has, and fails if that is not what a green run needs.
pub(super) fn check(targets: &[&str], selection: &Selection, required: &[(&str, &str)]) -> Result<(), String> {
    let suites = list(targets, selection)?;
    for suite in &suites {
        println!("{}", describe(suite));
    }
    let problems = problems(&suites, required);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("nothing was run: {}", problems.join("; ")))
    }
}

/// Builds the tests and asks each integration test binary for its cases.
fn list(targets: &[&str], selection: &Selection) -> Result<Vec<Suite>, String> {
    let workspace = Workspace::load()?;
    let command = ["test", "--no-run", "--message-format=json-render-diagnostics"];
    let messages = sh::output("cargo", &[&command, targets, selection.args].concat())?;
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
fn problems(suites: &[Suite], required: &[(&str, &str)]) -> Vec<String> {
    let missing = required.iter().filter(|(package, target)| {
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
        REQUIRED
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
        assert_eq!(problems(&suites(1), REQUIRED), Vec::<String>::new());
    }

    #[test]
    fn an_empty_suite_fails_even_if_it_has_skipped_cases() {
        assert_eq!(problems(&suites(0), REQUIRED).len(), REQUIRED.len());
    }

    #[test]
    fn a_missing_suite_fails() {
        let problems = problems(&suites(1)[1..], REQUIRED);
        assert_eq!(problems, ["the required suite kvs-memory::conformance does not exist"]);
    }
}
