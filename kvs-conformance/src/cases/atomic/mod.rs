//! Versions and the conditional writes of one key.

pub(crate) mod conditional;
pub(crate) mod increment;
pub(crate) mod races;
pub(crate) mod touch;
pub(crate) mod update;
pub(crate) mod versions;
