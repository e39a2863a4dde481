//! Many tasks at once.

pub(crate) mod load;
pub(crate) mod registers;
