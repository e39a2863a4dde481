//! The stores that run in this process.

pub(crate) mod by_hand;
pub(crate) mod ours;
pub(crate) mod rusqlite;
pub(crate) mod spin;
