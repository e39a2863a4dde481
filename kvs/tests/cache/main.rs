//! `Cache`: one computation for each key, and no stale value after a write through it.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod flight;
mod near;
mod probe;
