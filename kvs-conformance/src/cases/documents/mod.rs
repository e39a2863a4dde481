//! Documents in collections.

pub(crate) mod basics;
pub(crate) mod collections;
pub(crate) mod limits;
pub(crate) mod options;
pub(crate) mod round_trip;
