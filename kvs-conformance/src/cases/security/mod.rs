//! Hostile input, and secrets.

pub(crate) mod injection;
pub(crate) mod secrets;
