//! Stores that are wrong about time.

mod again;
mod atomic;
mod ghosts;
mod races;
mod sweeps;
mod times;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    let files = [
        times::all(),
        again::all(),
        atomic::all(),
        ghosts::all(),
        races::all(),
        sweeps::all(),
    ];
    files.into_iter().flatten().collect()
}
