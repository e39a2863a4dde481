//! Runs the suite on SQLite files that the facade opens.

mod subjects;

use std::process::ExitCode;

use kvs::{Config, Durability};
use subjects::Facade;

fn main() -> ExitCode {
    let mut subject = Facade::new("sqlite on a file, through the facade", "sqlite", |site| {
        Config::sqlite(site.dir().join("kvs.db"))
    });
    subject.profile.durability = Durability::Power;
    subject.reopens = true;
    kvs_conformance::main(subject)
}
