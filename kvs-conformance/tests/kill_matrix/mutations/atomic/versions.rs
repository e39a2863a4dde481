//! Stores whose versions tell too little.

use kvs_core::{Bytes, Error, SetEntry, Ttl, Version, Versioned};

use super::{current, remains, write};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [reads(), unchanged(), repeated(), foreign()]
        .into_iter()
        .flatten()
        .collect()
}

fn reads() -> Vec<Mutation> {
    vec![
        after(
            "gives an empty value of no version where there is nothing",
            |_, call, answer| {
                if let (Call::GetVersioned { .. }, Err(Error::NotFound)) = (call, &*answer) {
                    *answer = Ok(Answer::Versioned(Versioned {
                        value: Bytes::new(),
                        version: Version::from_bytes([0; 16]),
                        expires_at: None,
                    }));
                }
            },
        )
        .found_by("atomic::get_versioned_of_an_absent_key_is_not_found"),
        around("gives the version of what has expired", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::GetVersioned { key } = &call
                    && let Some(old) = remains(saboteur, key).await
                {
                    return Ok(Answer::Versioned(old));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::get_versioned_of_an_expired_key_is_not_found"),
        around(
            "notes each read in the entry, which gives it a new version",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await?;
                    if let Call::Get { key } = &call {
                        // It may be gone already.
                        let _ = saboteur.sound().touch(key, Ttl::Keep).await;
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("atomic::a_read_keeps_the_version"),
        after("gives a version of its own for what it created", |_, call, answer| {
            if let (Call::SetIfAbsent { .. }, Ok(Answer::Version(version))) = (call, answer) {
                let mut bytes = *version.as_bytes();
                bytes.reverse();
                *version = Version::from_bytes(bytes);
            }
        })
        .found_by("atomic::get_versioned_gives_value_and_version")
        .found_by("atomic::set_if_absent_creates"),
        after(
            "accepts no version of what it created",
            |saboteur, call, answer| match call {
                Call::SetIfAbsent { key, .. } => {
                    if let Ok(Answer::Version(version)) = answer {
                        saboteur.notes.versions().insert(key.clone(), *version);
                    }
                }
                Call::CompareAndSet { key, expected, .. } if saboteur.notes.versions().get(key) == Some(expected) => {
                    *answer = Err(Error::conflict([key.as_str()]));
                }
                _ => {}
            },
        )
        .found_by("atomic::a_parsed_version_is_accepted"),
    ]
}

fn unchanged() -> Vec<Mutation> {
    vec![
        around(
            "writes nothing where the same value is set again",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::Set {
                            key,
                            value,
                            ttl: Ttl::Never,
                        } if holds(saboteur, key, value).await => Ok(Answer::Done),
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("atomic::every_set_gives_a_new_version"),
        around(
            "writes nothing where a batch sets the same value again",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::SetMany { entries } = &mut call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let mut changed: Vec<SetEntry> = Vec::new();
                    for entry in std::mem::take(entries) {
                        if entry.ttl != Ttl::Never || !holds(saboteur, &entry.key, &entry.value).await {
                            changed.push(entry);
                        }
                    }
                    *entries = changed;
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::set_many_gives_new_versions"),
    ]
}

/// Is that the value, and does it not expire?
async fn holds(saboteur: &Saboteur, key: &str, value: &Bytes) -> bool {
    let live = saboteur.sound().get_versioned(key).await;
    live.is_ok_and(|live| live.value == *value && live.expires_at.is_none())
}

fn repeated() -> Vec<Mutation> {
    vec![
        after(
            "gives a key the version again with which it was first created",
            |saboteur, call, answer| {
                if let (Call::SetIfAbsent { key, .. }, Ok(Answer::Version(version))) = (call, answer) {
                    *version = *saboteur.notes.versions().entry(key.clone()).or_insert(*version);
                }
            },
        )
        .found_by("atomic::a_version_does_not_come_back_after_a_delete")
        .found_by("atomic::a_version_does_not_come_back_after_expiry"),
        around(
            "compares the value that a version stood for, not the version",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::CompareAndSet {
                        key,
                        expected,
                        value,
                        ttl,
                    } = &call
                    {
                        let meant = saboteur.notes.values().get(&expected.to_string()).cloned();
                        let live = saboteur.sound().get(key).await.ok();
                        if meant.is_some() && meant == live {
                            return write(saboteur, key, value.clone(), *ttl).await;
                        }
                    }
                    let answer = saboteur.soundly(&mut call).await?;
                    if let (Call::SetIfAbsent { value, .. }, Answer::Version(version)) = (&call, &answer) {
                        saboteur.notes.values().insert(version.to_string(), value.clone());
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("atomic::a_value_that_came_back_has_another_version"),
    ]
}

fn foreign() -> Vec<Mutation> {
    vec![
        around("accepts the version of any entry", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::CompareAndSet {
                    key,
                    expected,
                    value,
                    ttl,
                } = &call
                    && saboteur.sound().contains(key).await?
                {
                    for other in saboteur.sound().list("").await? {
                        if current(saboteur, &other).await == Some(*expected) {
                            return write(saboteur, key, value.clone(), *ttl).await;
                        }
                    }
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::the_version_of_another_key_is_a_conflict"),
        around("accepts versions that it cannot have given", |saboteur, mut call| {
            Box::pin(async move {
                let (Call::CompareAndSet { key, expected, .. } | Call::CompareAndDelete { key, expected }) = &mut call
                else {
                    return saboteur.soundly(&mut call).await;
                };
                if let Some(live) = current(saboteur, key).await
                    && live.as_bytes()[..8] != expected.as_bytes()[..8]
                {
                    *expected = live;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::the_version_of_another_store_is_a_conflict")
        .found_by("atomic::an_invented_version_is_a_conflict"),
        around("takes the version of zeros for any", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::CompareAndSet { key, expected, .. } | Call::CompareAndDelete { key, expected } = &mut call
                    && *expected.as_bytes() == [0; 16]
                    && let Some(live) = current(saboteur, key).await
                {
                    *expected = live;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::an_invented_version_is_a_conflict"),
    ]
}
