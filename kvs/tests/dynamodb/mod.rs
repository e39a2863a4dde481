//! A table of DynamoDB for the tests, in an emulator unless `KVS_DYNAMODB_ENDPOINT` names another server. Each test
//! target that uses one compiles this file.

#![allow(dead_code, reason = "each of those who include it uses a part")]

#[path = "../../../kvs-dynamodb/tests/emulator/mod.rs"]
mod emulator;

use std::hash::{BuildHasher, RandomState};

use kvs::Config;

pub(crate) use self::emulator::endpoint;

/// One for all tests, which the first of them makes: where tables cost time or money, that counts.
const TABLE: &str = "kvs-facade-tests";

/// A store of its own in the table.
pub(crate) fn store() -> Config {
    // Each `RandomState` of a process is another one, and the first is random.
    part(&format!("t{:016x}", RandomState::new().hash_one(std::process::id())))
}

/// The store of that namespace in the table.
pub(crate) fn part(namespace: &str) -> Config {
    Config::dynamodb(TABLE)
        .namespace(namespace.parse().unwrap())
        .option("endpoint_url", endpoint())
        .option("create_table", true)
}
