//! The command line, as a shell sees it: what it prints, and how it exits.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod conformance;
mod demo;
mod doctor;
mod documents;
#[cfg(feature = "dynamodb")]
#[path = "../dynamodb/mod.rs"]
mod dynamodb;
mod filters;
mod import;
mod listing;
mod mistakes;
mod pipes;
mod stores;
mod support;
#[cfg(feature = "dynamodb")]
mod tables;
mod values;
