//! Conditions and writes that happen together or not at all.

pub(crate) mod checks;
pub(crate) mod limits;
pub(crate) mod probes;
pub(crate) mod races;
pub(crate) mod writes;
