//! Stores that break rules of the group `documents`.

mod basics;
mod collections;
mod conditions;
mod content;
mod limits;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    let files = [
        basics::all,
        collections::all,
        conditions::all,
        content::all,
        limits::all,
    ];
    files.into_iter().flat_map(|file| file()).collect()
}
