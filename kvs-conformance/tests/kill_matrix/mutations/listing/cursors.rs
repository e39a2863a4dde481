//! Stores that keep something of a walk between its pages.

use kvs_core::{Bytes, Error, Result};

use super::{entries, page};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};
use crate::saboteur::{Saboteur, serial};

pub(super) fn all() -> Vec<Mutation> {
    vec![
        around("counts the entries that a walk has passed", |saboteur, call| {
            Box::pin(by_offset(saboteur, call))
        })
        .found_by("listing::a_walk_that_deletes_what_it_shows_sees_all")
        .found_by("listing::entries_may_be_deleted_while_streaming")
        .found_by("listing::a_key_written_behind_does_not_come"),
        after("forgets a position once it was used", |saboteur, call, answer| {
            if let Call::ListPage { options } = call
                && let Some(after) = &options.after
                && saboteur.notes.count(after) > 0
            {
                *answer = Err(Error::invalid_argument("the cursor has expired; begin again"));
            }
        })
        .found_by("listing::a_position_can_be_used_again"),
        around("opens a cursor for each walk, sixteen at most", |saboteur, mut call| {
            Box::pin(async move {
                let (first, answer) = match &call {
                    Call::ListPage { options } => (options.after.is_none(), saboteur.soundly(&mut call).await?),
                    _ => return saboteur.soundly(&mut call).await,
                };
                let mut open = saboteur.notes.values();
                match &answer {
                    Answer::Page(page) if first && page.next.is_some() => {
                        if open.len() >= 16 {
                            return Err(Error::unavailable("too many cursors are open"));
                        }
                        open.insert(serial().to_string(), Bytes::new());
                    }
                    Answer::Page(page) if !first && page.next.is_none() => drop(open.pop_first()),
                    _ => {}
                }
                Ok(answer)
            })
        })
        .found_by("listing::a_dropped_stream_leaves_the_store_usable")
        .found_by("concurrency::an_unfinished_walk_blocks_nothing"),
    ]
}

/// A position is the number of entries before it, as with OFFSET.
async fn by_offset(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let Call::ListPage { options } = &call else {
        return saboteur.soundly(&mut call).await;
    };
    let name = |key: &str| format!("{} {} {key}", options.prefix, options.reverse);
    let offset = match &options.after {
        None => Some(0),
        Some(after) => saboteur.notes.values().get(&name(after)).map(Bytes::len),
    };
    let Some(offset) = offset else {
        return saboteur.soundly(&mut call).await;
    };
    let mut all = options.clone();
    all.after = None;
    let found = entries(saboteur, all).await?.into_iter().skip(offset).collect();
    let answer = page(found, options.limit);
    if let Answer::Page(page) = &answer
        && let Some(next) = &page.next
    {
        let passed = Bytes::from(vec![0; offset + page.entries.len()]);
        saboteur.notes.values().insert(name(next), passed);
    }
    Ok(answer)
}
