//! The examples, and what `main` makes of its arguments: this program runs itself as each of them, and reads what they say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "without the standard harness clippy does not know this for a test"
)]

use std::env;
use std::process::{Command, ExitCode, Output};
use std::sync::Arc;

use kvs_conformance::{Exclusion, Site, Subject, async_trait};
use kvs_core::{FullStore, Profile, Result, Traits};
use kvs_memory::{MemoryConfig, MemoryStore};
use libtest_mimic::{Arguments, Trial};
use serde_json::Value;

#[expect(unreachable_pub, reason = "an example is a program of its own")]
#[path = "../examples/smallest.rs"]
mod smallest;
#[expect(unreachable_pub, reason = "an example is a program of its own")]
#[path = "../examples/validate.rs"]
mod validate;

/// Says which program this one is to be.
const PROGRAM: &str = "KVS_TEST_PROGRAM";

fn main() -> ExitCode {
    match env::var(PROGRAM).as_deref() {
        Ok("smallest") => smallest::main(),
        Ok("validate") => validate::main().unwrap(),
        Ok("forgetful") => kvs_conformance::main(Forgetful(Vec::new())),
        Ok("misspelt") => kvs_conformance::main(Forgetful(vec![Exclusion::new("tll", "a slip")])),
        _ => libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
}

#[rustfmt::skip]
const TESTS: &[(&str, fn())] = &[
    ("the_smallest_backend_passes_all_that_applies", the_smallest_backend_passes_all_that_applies),
    ("cases_are_listed", cases_are_listed),
    ("one_case_runs_alone_and_without_a_table", one_case_runs_alone_and_without_a_table),
    ("a_filtered_run_reaches_no_level", a_filtered_run_reaches_no_level),
    ("a_run_without_a_case_fails", a_run_without_a_case_fails),
    ("under_nextest_there_is_no_table", under_nextest_there_is_no_table),
    ("reports_are_written_to_files", reports_are_written_to_files),
    ("a_report_that_cannot_be_written_is_known_before_the_run", a_report_that_cannot_be_written_is_known_before_the_run),
    ("a_failure_tells_all_that_helps", a_failure_tells_all_that_helps),
    ("an_exclusion_of_nothing_fails_every_run", an_exclusion_of_nothing_fails_every_run),
    ("a_seed_that_is_no_number_fails_the_run", a_seed_that_is_no_number_fails_the_run),
    ("help_names_the_option", help_names_the_option),
    ("a_program_validates_and_writes_json", a_program_validates_and_writes_json),
];

fn trials() -> Vec<Trial> {
    let trial = |(name, test): &(&str, fn())| {
        let test = *test;
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    };
    TESTS.iter().map(trial).collect()
}

/// Has atomic operations that it does not declare.
struct Forgetful(Vec<Exclusion>);

#[async_trait]
impl Subject for Forgetful {
    fn name(&self) -> &'static str {
        "forgetful"
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("memory");
        profile.traits = Traits {
            atomic: false,
            ..Traits::ALL
        };
        profile
    }

    fn exclusions(&self) -> Vec<Exclusion> {
        self.0.clone()
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let config = MemoryConfig::new().clock(site.clock().clone());
        Ok(Arc::new(MemoryStore::open(config)?))
    }
}

const ONE: &str = "ttl::expires_at_the_exact_millisecond";

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    // As `cargo test` starts it, whatever started this one.
    command.args(arguments).env(PROGRAM, program).env_remove("NEXTEST");
    command.env_remove("KVS_CONFORMANCE_SEED");
    command.env("CARGO_PKG_NAME", "kvs-conformance");
    command
}

/// What the program says on both streams, and whether it succeeds.
fn said(mut command: Command) -> (String, bool) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (said, status.success())
}

fn run(program: &str, arguments: &[&str]) -> (String, bool) {
    said(command(program, arguments))
}

fn the_smallest_backend_passes_all_that_applies() {
    let lines = include_str!("../examples/smallest.rs").lines().count();
    assert!(lines <= 60, "the smallest backend has {lines} lines");
    let (said, ok) = run("smallest", &["--quiet"]);
    assert!(ok, "{said}");
    assert!(said.contains("\nresult: passed"), "{said}");
    assert!(said.contains("\nCore       reached, "), "{said}");
    assert!(said.contains("\nBatch      reached, "), "{said}");
    assert!(said.contains("\nListing    not declared\n"), "{said}");
    assert!(said.contains(", not atomic\n"), "{said}");
}

fn cases_are_listed() {
    for form in [&["--list"][..], &["--list", "--format", "terse"]] {
        let (said, ok) = run("smallest", form);
        assert!(ok, "{said}");
        let listed = said.lines().filter(|line| line.ends_with(": test")).count();
        assert_eq!(listed, kvs_conformance::cases().count(), "{form:?}");
        assert!(said.contains(&format!("{ONE}: test")), "{said}");
        assert!(!said.contains("result"), "a list is no run: {said}");
    }
}

fn one_case_runs_alone_and_without_a_table() {
    let (said, ok) = run("smallest", &["--exact", ONE]);
    assert!(ok && said.contains("1 passed"), "{said}");
    assert!(!said.contains("not applicable"), "{said}");
}

fn a_filtered_run_reaches_no_level() {
    let (said, ok) = run("smallest", &["batch", "--skip", "tens"]);
    assert!(ok && said.contains("partial: "), "{said}");
    assert!(said.contains("\nBatch      incomplete: the run was partial"), "{said}");
    assert!(!said.contains("reached, "), "{said}");
}

fn a_run_without_a_case_fails() {
    for arguments in [&["no such case"][..], &["--exact", "atomic::take_gets_and_removes"]] {
        let (said, ok) = run("smallest", arguments);
        assert!(!ok && said.contains("error: no case was executed"), "{said}");
    }
}

fn under_nextest_there_is_no_table() {
    let mut command = command("smallest", &["traits"]);
    command.env("NEXTEST", "1");
    let (said, ok) = said(command);
    assert!(
        ok && said.contains("5 passed") && !said.contains("not applicable"),
        "{said}"
    );
}

fn reports_are_written_to_files() {
    let dir = tempfile::tempdir().unwrap();
    let [page, data] = ["r.md", "r.json"].map(|name| dir.path().join(name));
    let (page_option, data) = (format!("--report={}", page.display()), data.to_str().unwrap());
    let (said, ok) = run("smallest", &["traits", &page_option, "--report", data]);
    assert!(ok && said.contains("report written to "), "{said}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("# Conformance of a map\n"), "{page}");
    let data: Value = serde_json::from_slice(&std::fs::read(data).unwrap()).unwrap();
    assert_eq!(data["totals"]["passed"], 5);
    assert_eq!(data["partial"], true);
}

fn a_report_that_cannot_be_written_is_known_before_the_run() {
    for (file, problem) in [
        ("report.txt", ".md or .json"),
        ("/no/such/folder/r.md", "cannot be written"),
    ] {
        let (said, ok) = run("smallest", &["--report", file]);
        assert!(!ok && said.contains("error: ") && said.contains(problem), "{said}");
        assert!(!said.contains("running"), "nothing runs: {said}");
    }
}

fn a_failure_tells_all_that_helps() {
    let (said, ok) = run("forgetful", &["traits"]);
    assert!(!ok, "{said}");
    let case = "traits::atomic_operations_are_declared_or_refused";
    for part in [
        "subject: forgetful\n",
        "rule: The methods of AtomicStore work if it is declared",
        "expected: Unsupported\n",
        "seen:     Ok(",
        "seed: KVS_CONFORMANCE_SEED=0\n",
        &format!("alone: cargo test -p kvs-conformance --test examples -- --exact {case}\n"),
        &format!("\nfailed: {case}: "),
        "\nresult: failed",
    ] {
        assert!(said.contains(part), "{part:?} is missing in {said}");
    }
}

fn an_exclusion_of_nothing_fails_every_run() {
    for arguments in [&["--list"][..], &["--exact", ONE]] {
        let (said, ok) = run("misspelt", arguments);
        assert!(!ok && said.contains("exclusion of \"tll\" names no case"), "{said}");
    }
}

fn a_seed_that_is_no_number_fails_the_run() {
    let mut command = command("smallest", &["--exact", ONE]);
    command.env("KVS_CONFORMANCE_SEED", "seven");
    let (said, ok) = said(command);
    assert!(!ok && said.contains("KVS_CONFORMANCE_SEED is not a number"), "{said}");
}

fn help_names_the_option() {
    let (said, ok) = run("smallest", &["--help"]);
    assert!(
        ok && said.contains("--report FILE.md|FILE.json") && said.contains("--exact"),
        "{said}"
    );
}

fn a_program_validates_and_writes_json() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("memory.json");
    let (said, ok) = run("validate", &[file.to_str().unwrap()]);
    assert!(ok && said.contains("result: passed"), "{said}");
    let data: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(data["passed"], true);
    assert_eq!(data["levels"][0]["status"], "reached");
}
