//! Stores of which no order explains what concurrent clients saw.
//!
//! Each lets others run between its steps, so that it loses its races always, not only with bad luck.

use kvs_core::{Bytes, Result, Ttl};
use tokio::sync::Mutex;
use tokio::task::yield_now;

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::mutations::atomic::{current, write};
use crate::saboteur::Saboteur;

pub(crate) fn all() -> Vec<Mutation> {
    [reads(), writes(), expiry(), dropped(), handles()]
        .into_iter()
        .flatten()
        .collect()
}

/// Lets others run.
async fn rest() {
    for _ in 0..3 {
        yield_now().await;
    }
}

fn reads() -> Vec<Mutation> {
    vec![
        around(
            "fills its cache with what was written over while it read",
            |saboteur, call| Box::pin(filling(saboteur, call)),
        )
        .found_by("linearizability::four_clients_of_one_key")
        .found_by("linearizability::eight_clients_of_three_keys"),
        around(
            "lets a read wait for one under way, and answers with what that has read",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::Get { key } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let joined = saboteur.notes.values().get(key).cloned();
                    if let Some(value) = joined {
                        yield_now().await;
                        return Ok(Answer::Value(value));
                    }
                    let value = saboteur.sound().get(key).await?;
                    saboteur.notes.values().insert(key.clone(), value.clone());
                    rest().await;
                    saboteur.notes.values().remove(key);
                    Ok(Answer::Value(value))
                })
            },
        )
        .found_by("linearizability::four_clients_of_one_key")
        .found_by("linearizability::eight_clients_of_three_keys"),
    ]
}

/// A cache of what lasts, which every write empties.
async fn filling(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let Call::Get { key } = &call else {
        let answer = saboteur.soundly(&mut call).await;
        saboteur.notes.values().clear();
        return answer;
    };
    if let Some(kept) = saboteur.notes.values().get(key) {
        return Ok(Answer::Value(kept.clone()));
    }
    let entry = saboteur.sound().get_versioned(key).await?;
    rest().await;
    if entry.expires_at.is_none() {
        saboteur.notes.values().insert(key.clone(), entry.value.clone());
    }
    Ok(Answer::Value(entry.value))
}

fn writes() -> Vec<Mutation> {
    vec![
        around(
            "reads the version that it gives after the write",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await?;
                    if let Call::SetIfAbsent { key, .. } | Call::CompareAndSet { key, .. } | Call::Touch { key, .. } =
                        &call
                    {
                        rest().await;
                        if let Some(version) = current(saboteur, key).await {
                            return Ok(Answer::Version(version));
                        }
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("linearizability::conditional_writes"),
    ]
}

fn expiry() -> Vec<Mutation> {
    vec![
        around(
            "moves what is read a third time to where nothing expires",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Get { key } = &call
                        && saboteur.notes.count(key) > 1
                        && let Some(ghost) = saboteur.ghost(key)
                        && !saboteur.sound().contains(key).await?
                    {
                        return Ok(Answer::Value(ghost.value));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .remembering()
        .found_by("linearizability::expiry")
        .found_by("linearizability::conditional_writes_with_expiry")
        .found_by("linearizability::expiry_of_two_handles"),
    ]
}

/// A write that was begun and not ended, as long as it is not defused.
struct Journal<'a>(&'a Saboteur, Option<(String, Bytes)>);

impl Drop for Journal<'_> {
    fn drop(&mut self) {
        if let Some((key, value)) = self.1.take() {
            self.0.notes.values().insert(key, value);
        }
    }
}

/// Replays dropped writes of a key after its next write.
async fn replaying(saboteur: &Saboteur, mut call: Call<'_>, conditional: bool) -> Result<Answer> {
    let begun = match &call {
        Call::Set { key, value, .. } if !conditional => Some((key.clone(), value.clone())),
        Call::SetIfAbsent { key, value, .. } | Call::CompareAndSet { key, value, .. } if conditional => {
            Some((key.clone(), value.clone()))
        }
        Call::Delete { .. } | Call::Set { .. } => None,
        _ => return saboteur.soundly(&mut call).await,
    };
    let answer = saboteur.soundly(&mut call).await;
    if let Call::Set { key, .. } | Call::Delete { key } = &call {
        let left = saboteur.notes.values().remove(key);
        if let Some(value) = left {
            saboteur.sound().set(key, value, Ttl::Never).await?;
        }
    }
    if answer.is_ok() && begun.is_some() {
        let mut journal = Journal(saboteur, begun);
        rest().await;
        journal.1 = None;
    }
    answer
}

fn dropped() -> Vec<Mutation> {
    vec![
        around(
            "writes a second time what was dropped before it was struck out",
            |saboteur, call| Box::pin(replaying(saboteur, call, false)),
        )
        .found_by("linearizability::dropped_operations"),
        around(
            "writes a second time, without the condition, what was dropped",
            |saboteur, call| Box::pin(replaying(saboteur, call, true)),
        )
        .found_by("linearizability::dropped_conditional_writes"),
    ]
}

/// Is the handle another one than that which wrote the key last?
fn foreign(saboteur: &Saboteur, key: &str) -> bool {
    let me = saboteur.handle.to_string();
    saboteur.notes.values().get(key).is_some_and(|writer| *writer != me)
}

fn handles() -> Vec<Mutation> {
    vec![
        around(
            "answers the next read of a handle with what that has written last",
            |saboteur, mut call| {
                Box::pin(async move {
                    let mine = format!("{} ", saboteur.handle);
                    if let Call::Get { key } = &call {
                        let kept = saboteur.notes.values().remove(&format!("{mine}{key}"));
                        return match kept {
                            Some(value) => Ok(Answer::Value(value)),
                            None => saboteur.soundly(&mut call).await,
                        };
                    }
                    let answer = saboteur.soundly(&mut call).await;
                    let mut notes = saboteur.notes.values();
                    match &call {
                        Call::Set {
                            key,
                            value,
                            ttl: Ttl::Never,
                        } if answer.is_ok() => {
                            notes.insert(format!("{mine}{key}"), value.clone());
                        }
                        _ => notes.retain(|name, _| !name.starts_with(&mine)),
                    }
                    drop(notes);
                    answer
                })
            },
        )
        .found_by("linearizability::two_handles"),
        around(
            "holds a lock of the handle while it compares a version and writes",
            |saboteur, mut call| {
                Box::pin(async move {
                    if !call.writes() {
                        return saboteur.soundly(&mut call).await;
                    }
                    // Until the end.
                    let _held = match saboteur.kept::<Mutex<()>>() {
                        Some(lock) => Some(lock.lock().await),
                        None => None,
                    };
                    if let Call::CompareAndSet {
                        key,
                        expected,
                        value,
                        ttl,
                    } = &call
                        && current(saboteur, key).await == Some(*expected)
                    {
                        rest().await;
                        return write(saboteur, key, value.clone(), *ttl).await;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .opened(|saboteur| saboteur.keep(Mutex::new(())))
        .found_by("linearizability::conditional_writes_of_two_handles"),
        around(
            "reads beyond its expiry what another handle has written",
            |saboteur, mut call| {
                Box::pin(async move {
                    let me = Bytes::from(saboteur.handle.to_string());
                    if let Call::Set { key, .. } = &call {
                        saboteur.notes.values().insert(key.clone(), me);
                    }
                    if let Call::Get { key } = &call
                        && foreign(saboteur, key)
                        && let Some(ghost) = saboteur.ghost(key)
                        && !saboteur.sound().contains(key).await?
                    {
                        return Ok(Answer::Value(ghost.value));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .remembering()
        .found_by("durability::an_entry_that_expired_while_closed_is_absent"),
    ]
}
