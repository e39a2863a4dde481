//! Stores of which closing or opening loses something.

use kvs_core::{Bytes, Ttl, Write};

use super::{is_new, keeping};
use crate::call::{Call, map_actions};
use crate::mutation::{Mutation, around};

pub(super) fn all() -> Vec<Mutation> {
    [values(), losses()].into_iter().flatten().collect()
}

fn values() -> Vec<Mutation> {
    vec![
        around("ends keys at NUL when it is closed", |saboteur, call| {
            Box::pin(keeping(saboteur, call, |kept| {
                if let Some((start, _)) = kept.key.split_once('\0').filter(|(start, _)| !start.is_empty()) {
                    kept.key = start.to_owned();
                }
            }))
        })
        .found_by("durability::hostile_keys_and_values_survive_reopening"),
        around("keeps values as text when it is closed", |saboteur, call| {
            Box::pin(keeping(saboteur, call, |kept| {
                kept.value = String::from_utf8_lossy(&kept.value).into_owned().into_bytes().into();
                kept.value.truncate(300_000);
            }))
        })
        .found_by("durability::hostile_keys_and_values_survive_reopening"),
        around("keeps 64 KiB of a value when it is closed", |saboteur, call| {
            Box::pin(keeping(saboteur, call, |kept| kept.value.truncate(1 << 16)))
        })
        .found_by("durability::the_largest_value_survives_reopening"),
    ]
}

fn losses() -> Vec<Mutation> {
    vec![
        around("loses the last write when it is closed", |saboteur, mut call| {
            Box::pin(async move {
                let last = match &call {
                    Call::Set { key, .. } => Some(key.clone()),
                    Call::SetMany { entries } => entries.last().map(|entry| entry.key.clone()),
                    _ => None,
                };
                if let Some(key) = last {
                    saboteur.notes.values().insert("last".to_owned(), key.into());
                }
                let last = saboteur.notes.values().get("last").cloned();
                if let Some(last) = last.filter(|_| matches!(call, Call::Close) && !saboteur.is_closed()) {
                    let last = String::from_utf8_lossy(&last).into_owned();
                    // The last one may have been refused.
                    let _ = saboteur.sound().delete(&last).await;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("durability::a_set_survives_reopening"),
        around(
            "brings back what was overwritten or deleted when it is closed",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, .. } | Call::Delete { key } = &call
                        && let Ok(value) = saboteur.sound().get(key).await
                    {
                        saboteur.notes.values().insert(key.clone(), value);
                    }
                    if matches!(call, Call::Close) && !saboteur.is_closed() {
                        let old = std::mem::take(&mut *saboteur.notes.values());
                        for (key, value) in old {
                            saboteur.sound().set(&key, value, Ttl::Never).await?;
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::overwrites_and_deletes_survive_reopening"),
        around(
            "keeps nothing of transactions when it is closed",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Commit { transaction } = &mut call {
                        map_actions(transaction, |action| {
                            if matches!(action.write, Some(Write::Set { .. })) {
                                saboteur.notes.values().insert(action.key.clone(), Bytes::new());
                            }
                        });
                    }
                    if matches!(call, Call::Close) && !saboteur.is_closed() {
                        let lost = std::mem::take(&mut *saboteur.notes.values());
                        let lost: Vec<&str> = lost.keys().map(String::as_str).collect();
                        saboteur.sound().delete_many(&lost).await?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::a_transaction_survives_reopening"),
        around("keeps five thousand entries when it is closed", |saboteur, mut call| {
            Box::pin(async move {
                if matches!(call, Call::Close) && !saboteur.is_closed() {
                    let keys = saboteur.sound().list("").await?;
                    let lost: Vec<&str> = keys.iter().skip(5_000).map(String::as_str).collect();
                    saboteur.sound().delete_many(&lost).await?;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("durability::ten_thousand_entries_survive_reopening"),
        around(
            "rolls back what a handle wrote that is not closed when another begins",
            |saboteur, mut call| {
                Box::pin(async move {
                    if is_new(saboteur) {
                        let lost = saboteur.notes.values().clone();
                        let lost: Vec<&str> = lost.keys().filter_map(|name| name.strip_prefix("open ")).collect();
                        saboteur.sound().delete_many(&lost).await?;
                    }
                    match &call {
                        Call::SetMany { entries } => {
                            let names = entries
                                .iter()
                                .map(|entry| (format!("open {}", entry.key), Bytes::new()));
                            saboteur.notes.values().extend(names);
                        }
                        Call::Close => saboteur.notes.values().retain(|name, _| !name.starts_with("open ")),
                        _ => {}
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::writes_survive_a_drop_without_close"),
    ]
}
