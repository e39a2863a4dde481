//! Stores that do not give a value back as it was.

mod bytes;
mod lengths;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    [bytes::all(), lengths::all()].into_iter().flatten().collect()
}
