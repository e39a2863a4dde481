//! Stores that break rules of the group `concurrency`.
//!
//! Each lets others run between its steps, so that it loses its races always, not only with bad luck.

mod documents;
mod load;
mod registers;

use kvs_core::{Bytes, Result};
use tokio::task::yield_now;

use crate::call::{Answer, Call};
use crate::mutation::Mutation;
use crate::saboteur::{Saboteur, serial};

pub(crate) fn all() -> Vec<Mutation> {
    [load::all(), documents::all(), registers::all()]
        .into_iter()
        .flatten()
        .collect()
}

/// Does the call while it counts as under way, together with how many others under that name.
async fn under_way(saboteur: &Saboteur, call: &mut Call<'_>, name: &str) -> (usize, Result<Answer>) {
    let mine = format!("{name}/{}", serial());
    saboteur.notes.values().insert(mine.clone(), Bytes::new());
    let others = saboteur
        .notes
        .values()
        .keys()
        .filter(|other| other.starts_with(name))
        .count()
        - 1;
    yield_now().await;
    let answer = saboteur.soundly(call).await;
    saboteur.notes.values().remove(&mine);
    (others, answer)
}
