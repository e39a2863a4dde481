//! Stores that break the simplest rules, in a corner that is easily forgotten.

mod deletes;
mod forms;
mod reads;
mod writes;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    let files = [reads::all(), writes::all(), deletes::all(), forms::all()];
    files.into_iter().flatten().collect()
}
