//! What operations cost: requests, and the capacity that they consume.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails fails its test"
)]

mod capacity;
mod costs;
mod edges;
#[path = "../emulator/mod.rs"]
mod emulator;
mod expired;
mod listing;
mod meter;
mod parallel;
#[path = "../faults/server/mod.rs"]
#[expect(dead_code, unused_imports, reason = "nothing fails here")]
mod server;
#[path = "../faults/support.rs"]
#[expect(dead_code, reason = "nothing fails here")]
mod support;
mod upkeep;
