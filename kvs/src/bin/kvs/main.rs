//! `kvs`: looks into a store, and scripts it.
//!
//! | file | holds |
//! |---|---|
//! | `args.rs`, `args/` | what can be typed, and the help |
//! | `run.rs` | one run: which store, when it is opened and closed |
//! | `commands/` | what each command does |
//! | `demo/` | the tour |
//! | `input.rs`, `output.rs`, `text.rs` | standard input and output, and how things are written |
//! | `failure.rs` | errors and the exit status |

mod args;
mod commands;
mod demo;
mod failure;
mod input;
mod output;
mod run;
mod text;

use std::process::ExitCode;

use clap::Parser;
use kvs::Error;

use crate::args::Cli;
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let as_json = std::env::args_os()
                .take_while(|arg| arg != "--")
                .any(|arg| arg == "--json");
            return failure::usage(&error, as_json);
        }
    };
    let (json, verbose) = (cli.global.json, cli.global.verbose);
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json, verbose),
    }
}

/// Runs the command, for no longer than `--timeout` says.
fn start(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::backend("no threads can be started").with_source(error))?;
    let timeout = cli.global.timeout;
    // In a task of its own: it may wait for whoever reads standard output, and the time must run out all the same.
    let command = runtime.spawn(commands::run(cli));
    let ended = runtime.block_on(async {
        match timeout {
            None => Ok(command.await),
            Some(timeout) => tokio::time::timeout(timeout, command).await,
        }
    });
    // Not waited for: a thread may still be reading a standard input that never ends.
    runtime.shutdown_background();
    match ended {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(Error::backend("kvs itself failed; this is a bug, please report it")
            .with_source(panic)
            .into()),
        Err(_) => Err(timed_out()),
    }
}

fn timed_out() -> Failure {
    let message = "the time of --timeout is over; what was begun may have been done in part";
    Error::timeout(message).outcome_unknown().into()
}
