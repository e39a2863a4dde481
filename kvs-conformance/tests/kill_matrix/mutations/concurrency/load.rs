//! Stores that a crowd is too much for.

use kvs_core::{Error, Filter, Result};
use tokio::task::yield_now;

use super::under_way;
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [crowds(), walks(), expired()].into_iter().flatten().collect()
}

fn crowds() -> Vec<Mutation> {
    vec![
        around(
            "loses a write that comes while another one is under way",
            |saboteur, mut call| {
                Box::pin(async move {
                    let keys: Vec<String> = match &call {
                        Call::Set { key, .. } => vec![key.clone()],
                        Call::SetMany { entries } => entries.iter().map(|entry| entry.key.clone()).collect(),
                        _ => return saboteur.soundly(&mut call).await,
                    };
                    let (others, answer) = under_way(saboteur, &mut call, "write").await;
                    if others > 0 && answer.is_ok() {
                        for key in keys {
                            saboteur.sound().delete(&key).await?;
                        }
                    }
                    answer
                })
            },
        )
        .found_by("concurrency::distinct_keys_are_all_there")
        .found_by("durability::handles_write_at_the_same_time"),
        around("is busy where two write one key", |saboteur, mut call| {
            Box::pin(async move {
                let key = match &call {
                    Call::Set { key, .. } | Call::Delete { key } => format!("{key}/"),
                    _ => return saboteur.soundly(&mut call).await,
                };
                match under_way(saboteur, &mut call, &key).await {
                    (0, answer) => answer,
                    _ => Err(Error::unavailable("the key is locked; try again")),
                }
            })
        })
        .found_by("concurrency::a_storm_on_one_key_fails_nothing"),
        around(
            "reads over two hundred connections, and has no more",
            |saboteur, mut call| {
                Box::pin(async move {
                    if !matches!(call, Call::Get { .. }) {
                        return saboteur.soundly(&mut call).await;
                    }
                    match under_way(saboteur, &mut call, "read").await {
                        (200.., _) => Err(Error::timeout("no connection was free in time")),
                        (_, answer) => answer,
                    }
                })
            },
        )
        .found_by("concurrency::a_herd_on_a_missing_key_misses")
        .found_by("concurrency::a_herd_on_one_key_gets_its_value"),
        around(
            "answers those who wait for another's read as it does a miss",
            |saboteur, mut call| {
                Box::pin(async move {
                    if !matches!(call, Call::Get { .. }) {
                        return saboteur.soundly(&mut call).await;
                    }
                    match under_way(saboteur, &mut call, "read").await {
                        (100.., Ok(_)) => Err(Error::NotFound),
                        (_, answer) => answer,
                    }
                })
            },
        )
        .found_by("concurrency::a_herd_on_one_key_gets_its_value"),
        around("refuses transactions while it answers a query", |saboteur, mut call| {
            Box::pin(async move {
                let (others, answer) = match call {
                    Call::Query { .. } => under_way(saboteur, &mut call, "query").await,
                    Call::Commit { .. } => under_way(saboteur, &mut call, "").await,
                    _ => return saboteur.soundly(&mut call).await,
                };
                if others > 0 && matches!(call, Call::Commit { .. }) {
                    return Err(Error::unavailable("the database is locked"));
                }
                answer
            })
        })
        .found_by("concurrency::a_crowd_that_does_everything_ends"),
    ]
}

fn walks() -> Vec<Mutation> {
    vec![
        around(
            "reads a page in two parts, the second by its offset",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::ListPage { options } = &call else {
                        yield_now().await;
                        return saboteur.soundly(&mut call).await;
                    };
                    let options = options.clone();
                    let Answer::Page(mut page) = saboteur.soundly(&mut call).await? else {
                        return Err(Error::backend("a listing gives a page"));
                    };
                    let half = page.entries.len() / 2;
                    yield_now().await;
                    yield_now().await;
                    let mut again = saboteur.sound().list_page(&options).await?;
                    page.entries.truncate(half);
                    page.entries
                        .extend(again.entries.split_off(half.min(again.entries.len())));
                    page.next = again.next;
                    Ok(Answer::Page(page))
                })
            },
        )
        .found_by("concurrency::a_walk_amid_writes_misses_nothing"),
        around(
            "reads the matches of a query in two parts, the second by its offset",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::Query { collection, filter } = &call else {
                        yield_now().await;
                        return saboteur.soundly(&mut call).await;
                    };
                    let mut documents = saboteur.sound().query(collection, &Filter::all()).await?;
                    let half = documents.len() / 2;
                    yield_now().await;
                    yield_now().await;
                    let mut again = saboteur.sound().query(collection, &Filter::all()).await?;
                    documents.truncate(half);
                    documents.extend(again.split_off(half.min(again.len())));
                    documents.retain(|document| filter.matches(&document.data));
                    Ok(Answer::Documents(documents))
                })
            },
        )
        .found_by("concurrency::a_query_amid_writes_misses_nothing"),
        around(
            "holds up all writers while a walk is not finished",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::ListPage { options } => {
                            let begins = options.values && options.after.is_none();
                            let answer = saboteur.soundly(&mut call).await?;
                            if let Answer::Page(page) = &answer
                                && begins
                                && page.next.is_some()
                            {
                                saboteur
                                    .notes
                                    .values()
                                    .insert("walk".to_owned(), kvs_core::Bytes::new());
                            }
                            Ok(answer)
                        }
                        Call::Set { .. } if saboteur.notes.values().contains_key("walk") => {
                            Err(Error::timeout("a reader holds the lock"))
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("concurrency::an_unfinished_walk_blocks_nothing"),
    ]
}

fn expired() -> Vec<Mutation> {
    vec![
        around(
            "removes what a read found expired, without a second look",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await;
                    if let (Call::Get { key }, Err(Error::NotFound)) = (&call, &answer) {
                        yield_now().await;
                        saboteur.sound().delete(key).await?;
                    }
                    answer
                })
            },
        )
        .found_by("concurrency::what_is_written_over_an_expired_entry_stays"),
        around(
            "sweeps what it found expired, without a second look",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Sweep = call {
                        let expired = expired_keys(saboteur).await?;
                        for _ in 0..5 {
                            yield_now().await;
                        }
                        let expired: Vec<&str> = expired.iter().map(String::as_str).collect();
                        saboteur.sound().delete_many(&expired).await?;
                    } else {
                        yield_now().await;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("concurrency::what_is_written_over_an_expired_entry_stays")
        .found_by("durability::a_sweep_of_one_handle_leaves_the_others_writes"),
    ]
}

/// The keys of what has expired and is stored still.
async fn expired_keys(saboteur: &Saboteur) -> Result<Vec<String>> {
    let live = saboteur.sound().list("").await?;
    let now = kvs_core::Clock::now(&saboteur.clock);
    saboteur.clock.set(kvs_core::Timestamp::from_millis(i64::MIN));
    let stored = saboteur.sound().list("").await;
    saboteur.clock.set(now);
    let mut stored = stored?;
    stored.retain(|key| !live.contains(key));
    Ok(stored)
}
