//! Stores that break rules of the group `errors`.

mod kinds;
mod messages;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    let files = [kinds::all, messages::all];
    files.into_iter().flat_map(|file| file()).collect()
}
