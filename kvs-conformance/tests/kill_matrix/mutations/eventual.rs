//! Stores whose reads may be behind, and that never catch up, or do more than lag.

use kvs_core::{Bytes, Clock, Consistency, Error, Profile, Result, SystemClock, Ttl};
use tokio::task::yield_now;

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::mutations::atomic::races::pause;
use crate::saboteur::Saboteur;

/// How long a replica of these stores lags, in milliseconds: longer than nearly all cases take.
const LAG: i64 = 100;

pub(crate) fn all() -> Vec<Mutation> {
    let all = [replicas(), caches(), races()].into_iter().flatten();
    all.map(|mutation| mutation.declares(lagging).announces(lagging))
        .collect()
}

fn lagging(profile: &mut Profile) {
    profile.consistency = Consistency::Eventual;
}

fn replicas() -> Vec<Mutation> {
    vec![
        around(
            "goes back to the value before the last when a slow replica catches up",
            |saboteur, call| Box::pin(going_back(saboteur, call, false)),
        )
        .found_by("eventual::the_last_write_stays"),
        around(
            "has a deleted entry back when a slow replica catches up",
            |saboteur, call| Box::pin(going_back(saboteur, call, true)),
        )
        .found_by("eventual::a_delete_is_seen_in_the_end"),
        around(
            "sends no more than fifty entries of a batch to its replicas",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::SetMany { entries } = &call {
                        let unsent = entries.iter().skip(50).map(|entry| (entry.key.clone(), Bytes::new()));
                        saboteur.notes.values().extend(unsent);
                    }
                    let mut answer = saboteur.soundly(&mut call).await?;
                    if let (Call::GetMany { keys }, Answer::Values(values)) = (&call, &mut answer) {
                        let unsent = saboteur.notes.values();
                        for (_, value) in keys.iter().zip(values).filter(|(key, _)| unsent.contains_key(*key)) {
                            *value = None;
                        }
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("eventual::a_batch_is_seen_in_the_end"),
        around(
            "keeps what a handle has read until that handle writes",
            |saboteur, mut call| {
                Box::pin(async move {
                    let mine = format!("{} ", saboteur.handle);
                    let Call::Get { key } = &call else {
                        saboteur.notes.values().retain(|name, _| !name.starts_with(&mine));
                        return saboteur.soundly(&mut call).await;
                    };
                    let name = format!("{mine}{key}");
                    if let Some(kept) = saboteur.notes.values().get(&name) {
                        return Ok(Answer::Value(kept.clone()));
                    }
                    let entry = saboteur.sound().get_versioned(key).await?;
                    if entry.expires_at.is_none() {
                        saboteur.notes.values().insert(name, entry.value.clone());
                    }
                    Ok(Answer::Value(entry.value))
                })
            },
        )
        .found_by("eventual::a_second_handle_sees_a_write_in_the_end"),
    ]
}

/// Shows what was written over, or deleted, once the lag is over.
async fn going_back(saboteur: &Saboteur, mut call: Call<'_>, deleted: bool) -> Result<Answer> {
    match &call {
        Call::Set { key, .. } | Call::Delete { key } => {
            let old = saboteur.sound().get(key).await.ok();
            saboteur.notes.values().remove(key);
            if let Some(old) = old.filter(|_| matches!(call, Call::Delete { .. }) == deleted) {
                saboteur.notes.values().insert(key.clone(), old);
                saboteur.notes.instants().insert(key.clone(), SystemClock.now());
            }
        }
        Call::Get { key } => {
            let since = saboteur.notes.instants().get(key).copied();
            let late = since.is_some_and(|since| SystemClock.now().as_millis() - since.as_millis() > LAG);
            let old = saboteur.notes.values().get(key).cloned();
            if let Some(old) = old.filter(|_| late) {
                return Ok(Answer::Value(old));
            }
        }
        _ => {}
    }
    saboteur.soundly(&mut call).await
}

fn caches() -> Vec<Mutation> {
    vec![
        around(
            "moves what is read to a cache where contains does not look",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::Get { key } => {
                            saboteur.notes.values().insert(key.clone(), Bytes::new());
                        }
                        Call::Contains { key } if saboteur.notes.values().contains_key(key) => {
                            return Ok(Answer::Flag(false));
                        }
                        call if call.writes() => saboteur.notes.values().clear(),
                        _ => {}
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("eventual::a_write_is_seen_in_the_end"),
        around("keeps what was read beyond its expiry", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Get { key } = &call else {
                    saboteur.notes.values().clear();
                    return saboteur.soundly(&mut call).await;
                };
                let kept = saboteur.notes.values().get(key).cloned();
                match (saboteur.sound().get(key).await, kept) {
                    (Err(Error::NotFound), Some(kept)) => Ok(Answer::Value(kept)),
                    (Ok(value), _) => {
                        saboteur.notes.values().insert(key.clone(), value.clone());
                        Ok(Answer::Value(value))
                    }
                    (Err(error), _) => Err(error),
                }
            })
        })
        .found_by("eventual::an_expiry_is_seen_in_the_end"),
        around(
            "keeps a listing until something is written, not deleted",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::List { prefix } = &call else {
                        if call.writes() && !matches!(call, Call::Delete { .. }) {
                            saboteur.notes.values().clear();
                        }
                        return saboteur.soundly(&mut call).await;
                    };
                    let name = format!("listing {prefix}");
                    // Line feeds between the keys: no key is to hold one.
                    let kept = saboteur.notes.values().get(&name).cloned();
                    if let Some(kept) = kept.filter(|kept| !kept.is_empty()) {
                        let text = String::from_utf8_lossy(&kept).into_owned();
                        return Ok(Answer::Keys(text.split('\n').map(String::from).collect()));
                    }
                    let answer = saboteur.soundly(&mut call).await?;
                    if let Answer::Keys(keys) = &answer {
                        saboteur.notes.values().insert(name, keys.join("\n").into());
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("eventual::a_listing_is_right_in_the_end"),
        around(
            "moves a document that is read by its id to where queries do not look",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await;
                    match (&call, answer) {
                        (Call::GetDoc { id, .. }, answer) => {
                            saboteur.notes.values().insert(id.clone(), Bytes::new());
                            answer
                        }
                        (Call::Query { .. }, Ok(Answer::Documents(mut documents))) => {
                            let moved = saboteur.notes.values();
                            documents.retain(|document| !moved.contains_key(&document.id));
                            Ok(Answer::Documents(documents))
                        }
                        (_, answer) => {
                            saboteur.notes.values().clear();
                            answer
                        }
                    }
                })
            },
        )
        .found_by("eventual::a_document_is_seen_in_the_end"),
    ]
}

fn races() -> Vec<Mutation> {
    vec![
        around(
            "answers every read amid a write with what is being written",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::Set { value, .. } => {
                            saboteur.notes.values().insert("slot".to_owned(), value.clone());
                            yield_now().await;
                            let answer = saboteur.soundly(&mut call).await;
                            saboteur.notes.values().remove("slot");
                            answer
                        }
                        Call::Get { .. } => {
                            let slot = saboteur.notes.values().get("slot").cloned();
                            match slot {
                                Some(value) => Ok(Answer::Value(value)),
                                None => saboteur.soundly(&mut call).await,
                            }
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("eventual::reads_amid_writes_give_what_was_written"),
        around(
            "asks a replica that is behind whether a key is absent",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::SetIfAbsent { key, value, .. } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let behind = saboteur.sound().contains(key).await?;
                    pause().await;
                    if !behind && saboteur.sound().contains(key).await? {
                        saboteur.sound().set(key, value.clone(), Ttl::Keep).await?;
                        let entry = saboteur.sound().get_versioned(key).await?;
                        return Ok(Answer::Version(entry.version));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("eventual::conditions_are_not_behind"),
    ]
}
