//! The backend by itself: what the suite of the contract, which knows no backend, cannot ask.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod checks;
mod common;
mod files;
mod formats;
mod groups;
mod histories;
mod lifecycle;
mod pools;
mod processes;
mod queries;
mod removal;
mod steady;
