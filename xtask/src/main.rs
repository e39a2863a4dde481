//! Tasks of this repository, run as `cargo xtask <task>`.
//!
//! What CI runs and what a developer runs is the same program, so that "it passed here" means "it passes there".

mod ci;
mod scratch;
mod sh;
mod steps;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <task>

  test [-- ARGS]      run every test and doctest of the workspace; ARGS (a name filter, …) go to the test runner
  ci [STEP] [--full]  run the checks of CI, or only STEP; --full adds those that need the network or more time
  tidy                check the rules of ARCHITECTURE.md that the compiler cannot see
  help                print this text";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<(), String> {
    let Some((task, rest)) = args.split_first() else {
        return Err(format!("no task given\n\n{USAGE}"));
    };
    match task.as_str() {
        "test" => test::main(rest),
        "ci" => ci::main(rest),
        "tidy" if rest.is_empty() => tidy::main(),
        "help" | "--help" | "-h" => {
            println!("{USAGE}\n\nSteps of `ci`: {}", ci::step_names());
            Ok(())
        }
        _ => Err(format!("cannot run `{}`\n\n{USAGE}", args.join(" "))),
    }
}
