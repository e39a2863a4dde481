//! Stores that are wrong about stamps, versions, expiries and labels.

mod labels;
mod stamps;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    [stamps::all(), labels::all()].into_iter().flatten().collect()
}
