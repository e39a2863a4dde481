//! Random sequences of operations, on memory, on SQLite and on a model: after each step all three answer the same.

mod subjects;

use std::sync::Arc;

use kvs::{Config, Durability};
use subjects::Facade;

#[test]
fn random_operations_have_the_same_answers_everywhere() {
    let memory = Facade::new("memory", "memory", |_| Config::memory());
    let mut file = Facade::new("sqlite on a file", "sqlite", |site| {
        Config::sqlite(site.dir().join("kvs.db"))
    });
    file.profile.durability = Durability::Power;
    let in_memory = Facade::new("sqlite in memory", "sqlite", |_| Config::sqlite(":memory:"));
    let outcome = kvs_conformance::lockstep(vec![Arc::new(memory), Arc::new(file), Arc::new(in_memory)], 40);
    if let Err(failed) = outcome {
        panic!("{failed}");
    }
}
