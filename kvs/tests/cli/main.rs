//! The command line, as a shell sees it: what it prints, and how it exits.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod demo;
mod documents;
mod filters;
mod import;
mod listing;
mod mistakes;
mod pipes;
mod stores;
mod support;
mod values;
