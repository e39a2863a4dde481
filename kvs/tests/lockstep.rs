//! Random sequences of operations, on every backend and on a model: after each step all of them answer the same.

#![cfg_attr(
    feature = "dynamodb",
    expect(clippy::unwrap_used, reason = "a helper of a test fails the test")
)]

#[cfg(feature = "dynamodb")]
mod dynamodb;
mod subjects;

use std::sync::Arc;

use kvs::{Config, Durability};
use kvs_conformance::Subject;
use subjects::Facade;

#[test]
fn random_operations_have_the_same_answers_everywhere() {
    let memory = Facade::new("memory", "memory", |_| Config::memory());
    let mut file = Facade::new("sqlite on a file", "sqlite", |site| {
        Config::sqlite(site.dir().join("kvs.db"))
    });
    file.profile.durability = Durability::Power;
    let in_memory = Facade::new("sqlite in memory", "sqlite", |_| Config::sqlite(":memory:"));
    let subjects: Vec<Arc<dyn Subject>> = vec![
        Arc::new(memory),
        Arc::new(file),
        Arc::new(in_memory),
        #[cfg(feature = "dynamodb")]
        Arc::new(on_dynamodb()),
    ];
    if let Err(failed) = kvs_conformance::lockstep(subjects, 40) {
        panic!("{failed}");
    }
}

#[cfg(feature = "dynamodb")]
fn on_dynamodb() -> Facade {
    let mut table = Facade::new("dynamodb", "dynamodb", |site| dynamodb::part(site.id()));
    table.profile.durability = Durability::Power;
    table.profile.late_writes = true;
    table
}
