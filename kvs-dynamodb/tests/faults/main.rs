//! What the store does when the service, or the way to it, fails: behind a server that makes it fail as planned.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails fails its test"
)]

mod access;
mod arguments;
mod batches;
mod conditions;
mod down;
#[path = "../emulator/mod.rs"]
mod emulator;
mod garbage;
mod lost;
mod mixed;
mod operations;
mod pages;
mod reads;
mod secrets;
#[expect(dead_code, reason = "only the target `requests` measures")]
mod server;
mod silent;
mod support;
mod throttling;
