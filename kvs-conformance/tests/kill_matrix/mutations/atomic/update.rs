//! Stores that update otherwise than by reading, computing and writing.

use std::time::Duration;

use kvs_core::{Bytes, Error, Result, Transaction, Ttl, UpdateFn, Versioned};

use super::{current, remains};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::saboteur::Saboteur;

/// Updates with another function in the place of the caller's.
async fn computing(
    saboteur: &Saboteur,
    mut call: Call<'_>,
    compute: fn(Option<&Bytes>, &mut UpdateFn<'_>) -> Result<Bytes>,
) -> Result<Answer> {
    match &mut call {
        Call::Update { key, change } => {
            let updated = saboteur.sound().update(key, &mut |old| compute(old, *change)).await?;
            Ok(Answer::Versioned(updated))
        }
        _ => saboteur.soundly(&mut call).await,
    }
}

pub(super) fn all() -> Vec<Mutation> {
    [values(), entries(), failures()].into_iter().flatten().collect()
}

fn values() -> Vec<Mutation> {
    vec![
        around(
            "shows an empty value where there is nothing to update",
            |saboteur, call| {
                Box::pin(computing(saboteur, call, |old, change| {
                    change(Some(old.unwrap_or(&Bytes::new())))
                }))
            },
        )
        .found_by("atomic::update_creates_without_expiry")
        .found_by("atomic::update_of_an_expired_key_begins_anew"),
        around("shows nothing where it updates an empty value", |saboteur, call| {
            Box::pin(computing(saboteur, call, |old, change| {
                change(old.filter(|old| !old.is_empty()))
            }))
        })
        .found_by("atomic::update_tells_empty_from_absent"),
        around("puts what an update makes behind the old value", |saboteur, call| {
            Box::pin(computing(saboteur, call, |old, change| {
                let new = change(old)?;
                Ok([old.cloned().unwrap_or_default(), new].concat().into())
            }))
        })
        .found_by("atomic::update_computes_from_the_live_value"),
        around("cuts what an update makes to the limit", |saboteur, call| {
            Box::pin(computing(saboteur, call, |old, change| {
                change(old).map(|mut new| {
                    new.truncate(kvs_core::Limits::PORTABLE.value_bytes);
                    new
                })
            }))
        })
        .found_by("atomic::update_refuses_a_value_over_the_limit"),
        around("shows an update what has expired", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Update { key, .. } = &call
                    && let Some(old) = remains(saboteur, key).await
                {
                    let revived = Transaction::new().set(key.as_str(), old.value, Ttl::Never);
                    saboteur.sound().commit(revived).await?;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::update_of_an_expired_key_begins_anew"),
    ]
}

fn entries() -> Vec<Mutation> {
    vec![
        around("gives the version from before the update", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Update { key, .. } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let before = current(saboteur, key).await;
                let mut answer = saboteur.soundly(&mut call).await?;
                if let (Answer::Versioned(updated), Some(before)) = (&mut answer, before) {
                    updated.version = before;
                }
                Ok(answer)
            })
        })
        .found_by("atomic::update_returns_what_is_stored"),
        around("lets what an update creates expire in an hour", |saboteur, mut call| {
            Box::pin(async move {
                let created = match &call {
                    Call::Update { key, .. } if !saboteur.sound().contains(key).await? => Some(key.clone()),
                    _ => None,
                };
                let answer = saboteur.soundly(&mut call).await?;
                if let Some(key) = created {
                    saboteur
                        .sound()
                        .touch(&key, Ttl::After(Duration::from_hours(1)))
                        .await?;
                    return saboteur.sound().get_versioned(&key).await.map(Answer::Versioned);
                }
                Ok(answer)
            })
        })
        .found_by("atomic::update_creates_without_expiry"),
        around(
            "counts the whole TTL of an entry again when it is updated",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::Set {
                            key,
                            ttl: Ttl::After(ttl),
                            ..
                        } => {
                            let ttl = ttl.as_millis().to_string();
                            saboteur.notes.values().insert(key.clone(), ttl.into());
                            saboteur.soundly(&mut call).await
                        }
                        Call::Update { key, .. } => {
                            let key = key.clone();
                            let answer = saboteur.soundly(&mut call).await?;
                            let ttl = saboteur.notes.values().get(&key).cloned().unwrap_or_default();
                            let ttl = std::str::from_utf8(&ttl).ok().and_then(|ttl| ttl.parse().ok());
                            let Some(ttl) = ttl.filter(|ttl| *ttl < 1_000_000_000) else {
                                return Ok(answer);
                            };
                            saboteur
                                .sound()
                                .touch(&key, Ttl::After(Duration::from_millis(ttl)))
                                .await?;
                            saboteur.sound().get_versioned(&key).await.map(Answer::Versioned)
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("atomic::update_keeps_the_expiry"),
        around(
            "writes nothing where an update makes an equal value",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::Update { key, change } = &mut call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let live = saboteur.sound().get_versioned(key).await.ok();
                    let unchanged = |new: &Bytes| live.as_ref().is_some_and(|live: &Versioned| live.value == *new);
                    let guarded = &mut |old: Option<&Bytes>| {
                        let new = change(old)?;
                        if unchanged(&new) {
                            Err(Error::unsupported("no change"))
                        } else {
                            Ok(new)
                        }
                    };
                    match (saboteur.sound().update(key, guarded).await, live) {
                        (Err(Error::Unsupported(_)), Some(live)) => Ok(Answer::Versioned(live)),
                        (outcome, _) => outcome.map(Answer::Versioned),
                    }
                })
            },
        )
        .found_by("atomic::update_to_an_equal_value_gives_a_new_version"),
    ]
}

fn failures() -> Vec<Mutation> {
    vec![
        around(
            "writes the old value back where the function of an update fails",
            |saboteur, call| {
                Box::pin(async move {
                    let Call::Update { key, change } = call else {
                        let mut call = call;
                        return saboteur.soundly(&mut call).await;
                    };
                    let mut failed = None;
                    let guarded = &mut |old: Option<&Bytes>| {
                        change(old).or_else(|error| {
                            failed = Some(error);
                            Ok(old.cloned().unwrap_or_default())
                        })
                    };
                    let updated = saboteur.sound().update(&key, guarded).await?;
                    failed.map_or(Ok(Answer::Versioned(updated)), Err)
                })
            },
        )
        .found_by("atomic::an_error_of_the_function_changes_nothing")
        .found_by("atomic::an_error_of_the_function_creates_nothing"),
        around(
            "tells errors of the function of an update in its own words",
            |saboteur, call| {
                Box::pin(computing(saboteur, call, |old, change| {
                    change(old).map_err(|_| Error::backend("the function failed"))
                }))
            },
        )
        .found_by("atomic::an_error_of_the_function_changes_nothing"),
        around(
            "takes an error of the function of an update for a lost race",
            |saboteur, call| {
                Box::pin(computing(saboteur, call, |old, change| {
                    change(old).or_else(|error| {
                        if error.is_conflict() || error.is_not_found() {
                            change(old)
                        } else {
                            Err(error)
                        }
                    })
                }))
            },
        )
        .found_by("atomic::a_not_found_of_the_function_is_not_a_miss")
        .found_by("atomic::a_conflict_of_the_function_ends_the_update"),
    ]
}
