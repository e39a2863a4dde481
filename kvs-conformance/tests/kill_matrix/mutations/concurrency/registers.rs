//! Stores of which one task sees something else than another wrote.

use kvs_core::{Bytes, Error, Result, Ttl, Versioned};
use tokio::task::{try_id, yield_now};

use super::under_way;
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::saboteur::{Saboteur, serial};

pub(super) fn all() -> Vec<Mutation> {
    [stale(), racing(), mixed()].into_iter().flatten().collect()
}

fn stale() -> Vec<Mutation> {
    vec![
        around(
            "takes an overwrite back for a moment before it stands",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, value, ttl } = &call
                        && let Ok(old) = saboteur.sound().get_versioned(key).await
                    {
                        saboteur.sound().set(key, value.clone(), *ttl).await?;
                        yield_now().await;
                        let ttl = old.expires_at.map_or(Ttl::Never, Ttl::At);
                        saboteur.sound().set(key, old.value, ttl).await?;
                        yield_now().await;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("concurrency::reads_never_go_back"),
        around(
            "answers a read beside a write with the value before the last",
            |saboteur, call| Box::pin(older_beside_a_write(saboteur, call)),
        )
        .found_by("concurrency::reads_lie_between_acknowledged_and_begun_writes"),
        around(
            "shows what a task wrote to others at their second look",
            |saboteur, call| Box::pin(late_for_others(saboteur, call)),
        )
        .found_by("concurrency::a_write_is_seen_by_whom_it_is_told_to")
        .found_by("concurrency::a_delete_is_seen_by_whom_it_is_told_to"),
        around(
            "finds what was deleted in the filter that answers contains",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::Delete { key } => {
                            saboteur.notes.values().insert(key.clone(), Bytes::new());
                        }
                        Call::Contains { key } if saboteur.notes.values().contains_key(key) => {
                            return Ok(Answer::Flag(true));
                        }
                        _ => {}
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("concurrency::every_read_sees_an_acknowledged_write"),
    ]
}

async fn older_beside_a_write(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    match &call {
        Call::Set { key, .. } => {
            let (writing, old) = (format!("writing {key}"), format!("old {key}"));
            let replaced = saboteur.sound().get(key).await.ok();
            saboteur.notes.values().insert(writing.clone(), Bytes::new());
            yield_now().await;
            let answer = saboteur.soundly(&mut call).await;
            saboteur.notes.values().remove(&writing);
            if let Some(replaced) = replaced {
                saboteur.notes.values().insert(old, replaced);
            }
            answer
        }
        Call::Get { key } if saboteur.notes.values().contains_key(&format!("writing {key}")) => {
            let old = saboteur.notes.values().get(&format!("old {key}")).cloned();
            match old {
                Some(old) => Ok(Answer::Value(old)),
                None => saboteur.soundly(&mut call).await,
            }
        }
        _ => saboteur.soundly(&mut call).await,
    }
}

async fn late_for_others(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let me = Bytes::from(format!("{:?}", try_id()));
    match &call {
        Call::Set { key, .. } | Call::Delete { key } => {
            let before = saboteur.sound().get(key).await.ok();
            let mut notes = saboteur.notes.values();
            notes.insert(format!("by {key}"), me);
            notes.insert(format!("late {key}"), Bytes::new());
            notes.remove(&format!("before {key}"));
            if let Some(before) = before {
                notes.insert(format!("before {key}"), before);
            }
        }
        Call::Get { key } => {
            let mut notes = saboteur.notes.values();
            let by_another = notes.get(&format!("by {key}")).is_some_and(|by| *by != me);
            if by_another && notes.remove(&format!("late {key}")).is_some() {
                let before = notes.get(&format!("before {key}")).cloned();
                return before.map(Answer::Value).ok_or(Error::NotFound);
            }
        }
        _ => {}
    }
    saboteur.soundly(&mut call).await
}

fn racing() -> Vec<Mutation> {
    vec![
        around(
            "hides a key for ever where a delete meets a set",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::Set { key, .. } => {
                            let name = format!("set {key}/");
                            return under_way(saboteur, &mut call, &name).await.1;
                        }
                        Call::Delete { key } => {
                            let (name, mut notes) = (format!("set {key}/"), saboteur.notes.values());
                            if notes.keys().any(|other| other.starts_with(&name)) {
                                notes.insert(format!("dead {key}"), Bytes::new());
                            }
                        }
                        Call::Get { key } if saboteur.notes.values().contains_key(&format!("dead {key}")) => {
                            return Err(Error::NotFound);
                        }
                        _ => {}
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("concurrency::a_set_that_races_a_delete_ends_in_one_of_the_two"),
        around("reads the version, and then the value", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::GetVersioned { key } => {
                        let Versioned {
                            version, expires_at, ..
                        } = saboteur.sound().get_versioned(key).await?;
                        yield_now().await;
                        let value = saboteur.sound().get(key).await?;
                        Ok(Answer::Versioned(Versioned {
                            value,
                            version,
                            expires_at,
                        }))
                    }
                    Call::Update { .. } => {
                        yield_now().await;
                        saboteur.soundly(&mut call).await
                    }
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("concurrency::a_version_belongs_to_its_value"),
    ]
}

fn mixed() -> Vec<Mutation> {
    vec![
        around(
            "writes the first half of a long value, and then the rest",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, value, ttl } = &call
                        && (65..100_000).contains(&value.len())
                    {
                        saboteur.sound().set(key, value.slice(..value.len() / 2), *ttl).await?;
                        yield_now().await;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("concurrency::values_are_never_mixed"),
        around(
            "gives all batches that run at once the lengths of the first",
            |saboteur, call| Box::pin(sharing_lengths(saboteur, call)),
        )
        .found_by("concurrency::batches_leave_whole_entries"),
    ]
}

async fn sharing_lengths(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let Call::SetMany { entries } = &mut call else {
        return saboteur.soundly(&mut call).await;
    };
    let mine = format!("batch {}", serial());
    let first = {
        let mut notes = saboteur.notes.values();
        let first = !notes.keys().any(|name| name.starts_with("batch "));
        notes.insert(mine.clone(), Bytes::new());
        for entry in entries.iter().filter(|_| first) {
            notes.insert(format!("length {}", entry.key), entry.value.clone());
        }
        first
    };
    for _ in 0..5 {
        yield_now().await;
    }
    for entry in entries.iter_mut().filter(|_| !first) {
        if let Some(other) = saboteur.notes.values().get(&format!("length {}", entry.key)) {
            let mut value = entry.value.to_vec();
            value.resize(other.len(), 0);
            entry.value = value.into();
        }
    }
    let answer = saboteur.soundly(&mut call).await;
    let mut notes = saboteur.notes.values();
    notes.remove(&mine);
    if !notes.keys().any(|name| name.starts_with("batch ")) {
        notes.clear();
    }
    answer
}
