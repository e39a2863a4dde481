//! `cargo xtask test`: every test and doctest of the workspace, on the emulator of DynamoDB or on another server.

mod containers;
mod engine;
mod local;
mod options;
mod server;
mod suites;

use crate::ci::Outcome;
use crate::{scratch, sh};
use engine::Engine;
use options::{Options, Run};
use server::Server;

/// The emulator's package, a workspace of its own that the build of the tests shares with these commands.
pub(crate) const EMULATOR: &[&str] = &[
    "--manifest-path",
    "kvs-dynamodb/emulator/Cargo.toml",
    "--target-dir",
    "target/emulator",
];

/// The targets that run the suite, by name.
const SUITES: &str = "conformance*";

/// All tests but those.
const NO_SUITES: &[&str] = &["-E", "not binary(/^conformance/)"];

/// The backend of a stranger that the tutorial explains, a workspace of its own.
pub(crate) const EXAMPLE: &[&str] = &[
    "--manifest-path",
    "kvs-conformance/examples/kvs-redb/Cargo.toml",
    "--target-dir",
    "target/examples",
];

/// What is compiled. All commands of one run pass the same, so that they share one set of artifacts.
struct Selection {
    args: &'static [&'static str],
    /// A test that is compiled with the others and run on its own.
    skip: Option<&'static str>,
}

/// All of ours, and nothing that only the containers need.
const LEAN: Selection = Selection {
    args: &["--workspace", "--features", "kvs/full"],
    skip: None,
};

/// The test in a container, too, for which as many crates are compiled as for all the rest.
const ALL: Selection = Selection {
    args: &["--workspace", "--all-features"],
    skip: Some(containers::TEST),
};

/// Runs `cargo xtask test [OPTIONS] [-- ARGS]`.
pub(crate) fn main(args: &[String]) -> Result<(), String> {
    let Options { run, server } = options::parse(args)?;
    match run {
        Run::Containers => {
            let plan = engine::plan()?;
            let folder = containers::prepare(&ALL)?;
            containers::run(&ALL, &Engine::get(plan, &folder)?, &folder)
        }
        Run::All if server.is_remote() => run_remote(&server),
        Run::All => run_all(&LEAN, &server),
        Run::Filtered(filter) => {
            println!("A filtered run: suites are not counted, doctests are not run.");
            let server = server.start()?;
            let filter: Vec<&str> = filter.iter().map(String::as_str).collect();
            run_tests(&LEAN, &server.environment(), &filter)
        }
    }
}

/// An emulator for other tasks that test.
pub(crate) fn emulator() -> Result<server::Running, String> {
    Server::Emulator.start()
}

/// What CI runs: everything, and the suite in a container wherever there is an engine or one can be had.
pub(crate) fn run_ci() -> Result<Outcome, String> {
    match engine::plan() {
        Ok(plan) => {
            run_all(&ALL, &Server::Emulator)?;
            let folder = containers::prepare(&ALL)?;
            match Engine::get(plan, &folder) {
                Ok(engine) => containers::run(&ALL, &engine, &folder).map(|()| Outcome::Passed),
                Err(reason) => Ok(without_containers(&reason)),
            }
        }
        Err(reason) => {
            run_all(&LEAN, &Server::Emulator)?;
            Ok(without_containers(&reason))
        }
    }
}

/// The backend itself was tested all the same; what is missing is the way through a container.
fn without_containers(reason: &str) -> Outcome {
    Outcome::PassedWith(format!("the containers did NOT run: {reason}"))
}

/// Everything but the containers: the suites are counted, then run, then the doctests.
fn run_all(selection: &Selection, server: &Server) -> Result<(), String> {
    suites::check(&["--tests"], selection, suites::REQUIRED)?;
    let server = server.start()?;
    let environment = server.environment();
    run_tests(selection, &environment, &[])?;
    sh::run("cargo", &[&["test", "--doc"], selection.args].concat(), &environment)?;
    sh::run("cargo", &[&["test", "--quiet"], EMULATOR].concat(), &[])?;
    sh::run(
        "cargo",
        &[&["test", "--quiet"], EXAMPLE].concat(),
        &scratch::environment(),
    )
}

/// The suite alone, against a table that costs money and has to be there.
fn run_remote(server: &Server) -> Result<(), String> {
    server::check_table()?;
    let server = server.start()?;
    let command = ["test", "--package", "kvs-dynamodb", "--test", "conformance"];
    sh::run("cargo", &command, &server.environment())
}

/// Those that the filter of nextest selects, or all.
fn run_tests(selection: &Selection, environment: &[(&str, &str)], filter: &[&str]) -> Result<(), String> {
    let environment = [environment, &scratch::environment()].concat();
    let skip = selection.skip.map(|name| ["--skip", name]);
    let skip = skip.as_ref().map_or(&[][..], |skip| &skip[..]);
    if sh::works("cargo", &["nextest", "--version"]) {
        let apart = if filter.is_empty() { NO_SUITES } else { &[] };
        let command = ["nextest", "run", "--tests", "--no-tests=fail"];
        let args = [&command, selection.args, apart, filter, &["--"], skip].concat();
        let tests = sh::run("cargo", &args, &environment);
        if !filter.is_empty() {
            return tests;
        }
        // What the one run finds is worth knowing also if the other failed.
        let suites = run_suites(selection, &environment);
        return tests.and(suites);
    }
    println!("cargo-nextest is not installed: `cargo test` runs the same tests, more slowly.");
    let command = ["test", "--tests", "--no-fail-fast"];
    let args = [&command, selection.args, &["--"], skip, filter].concat();
    sh::run("cargo", &args, &environment)
}

/// The conformance suites, each in one process: thousands of cases start no process of their own, and the run ends with
/// the report.
fn run_suites(selection: &Selection, environment: &[(&str, &str)]) -> Result<(), String> {
    let command = ["test", "--test", SUITES, "--no-fail-fast"];
    let args = [&command, selection.args, &["--", "--quiet"]].concat();
    sh::run("cargo", &args, environment)
}
