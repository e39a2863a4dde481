//! The suite of the contract, on a table of DynamoDB or of an emulator.

mod emulator;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    kvs_conformance::main(subject::Dynamo::new(emulator::endpoint))
}
