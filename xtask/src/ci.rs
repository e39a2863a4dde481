//! `cargo xtask ci`: the checks of CI, cheapest first, in one process that stops at the first failure.

use std::time::{Duration, Instant};

use crate::steps;

/// How a step that did not fail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// Passed, and there is something that the reader should know.
    PassedWith(String),
    /// Could not check anything, for this reason.
    Skipped(String),
}

struct Step {
    name: &'static str,
    run: fn() -> Result<Outcome, String>,
}

const fn step(name: &'static str, run: fn() -> Result<Outcome, String>) -> Step {
    Step { name, run }
}

/// What every change must pass.
const STEPS: &[Step] = &[
    step("fmt", steps::fmt),
    step("tidy", steps::tidy),
    step("clippy", steps::clippy),
    step("test", steps::test),
    step("memcheck", steps::memcheck),
    step("docs", steps::docs),
    step("check-each", steps::check_each),
    step("bench", steps::bench),
];

/// What `--full` adds: what needs the network, other tools, or more time than each change deserves.
const FULL_STEPS: &[Step] = &[
    step("features", steps::features),
    step("msrv", steps::msrv),
    step("deny", steps::deny),
    step("semver", steps::semver),
];

/// Runs `cargo xtask ci [STEP] [--full]`.
pub(crate) fn main(args: &[String]) -> Result<(), String> {
    let all = || STEPS.iter().chain(FULL_STEPS);
    match args {
        [] => run(STEPS.iter()),
        [flag] if flag == "--full" => run(all()),
        [name] if all().any(|step| step.name == name) => run(all().filter(|step| step.name == name)),
        _ => Err(format!(
            "no such step: `{}`; there are: {}",
            args.join(" "),
            step_names()
        )),
    }
}

/// The names of all steps, for the help text.
pub(crate) fn step_names() -> String {
    let names = |steps: &[Step]| steps.iter().map(|step| step.name).collect::<Vec<_>>().join(", ");
    format!("{}; with --full also: {}", names(STEPS), names(FULL_STEPS))
}

fn run(steps: impl Iterator<Item = &'static Step>) -> Result<(), String> {
    let mut report = Vec::new();
    let mut failure = None;
    for step in steps {
        if failure.is_some() {
            report.push(format!("  {:<10} not run", step.name));
            continue;
        }
        println!("\n== {} ==", step.name);
        let start = Instant::now();
        let result = (step.run)();
        let line = describe(step.name, &result, start.elapsed());
        println!("{}", line.trim_start());
        report.push(line);
        failure = result.err().map(|error| (step.name, error));
    }
    println!("\nSteps of this run:\n{}", report.join("\n"));
    match failure {
        None => Ok(()),
        Some((name, error)) => Err(format!(
            "step {name}: {error}\nrun it alone with `cargo xtask ci {name}`"
        )),
    }
}

fn describe(name: &str, result: &Result<Outcome, String>, took: Duration) -> String {
    let (outcome, note) = match result {
        Ok(Outcome::Passed) => ("passed", ""),
        Ok(Outcome::PassedWith(note)) => ("passed", note.as_str()),
        Ok(Outcome::Skipped(reason)) => ("SKIPPED", reason.as_str()),
        Err(_) => ("FAILED", ""),
    };
    let separator = if note.is_empty() { "" } else { ": " };
    format!("  {name:<10} {outcome} in {:.1} s{separator}{note}", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_step_is_an_error_that_names_the_steps() {
        let error = main(&["clipy".to_owned()]).unwrap_err();
        assert!(error.contains("clippy"), "{error}");
    }

    #[test]
    fn a_skipped_step_does_not_look_like_a_passed_one() {
        let skipped = Ok(Outcome::Skipped("no release yet".to_owned()));
        let line = describe("semver", &skipped, Duration::from_millis(40));
        assert_eq!(line, "  semver     SKIPPED in 0.0 s: no release yet");
    }
}
