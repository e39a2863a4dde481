//! Stores that take one key for another, or no key for one.

mod limits;
mod text;

use crate::mutation::Mutation;

pub(crate) use self::limits::like;

pub(crate) fn all() -> Vec<Mutation> {
    [limits::all(), text::all()].into_iter().flatten().collect()
}
