//! Stores that break rules of the group `lifecycle`.

mod close;
mod closed;
mod runtimes;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    let files = [close::all, closed::all, runtimes::all];
    files.into_iter().flat_map(|file| file()).collect()
}
