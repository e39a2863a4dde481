//! Runs the suite on `memory:`, opened through the facade.

mod subjects;

use std::process::ExitCode;

use kvs::Config;
use subjects::Facade;

fn main() -> ExitCode {
    kvs_conformance::main(Facade::new("memory, through the facade", "memory", |_| {
        Config::memory()
    }))
}
