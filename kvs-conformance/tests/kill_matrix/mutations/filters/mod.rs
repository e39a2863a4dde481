//! Stores that break rules of the group `filters`.

mod combine;
mod compare;
mod evaluator;
mod operators;
mod pages;
mod paths;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    let files = [compare::all, operators::all, combine::all, paths::all, pages::all];
    files.into_iter().flat_map(|file| file()).collect()
}
