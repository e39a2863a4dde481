//! Futures that are dropped: the write happened or not, whole, and the store stays usable.

pub(crate) mod load;
pub(crate) mod polls;
