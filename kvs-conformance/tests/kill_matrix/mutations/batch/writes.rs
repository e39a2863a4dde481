//! Stores that write a batch otherwise than they should: in another order, more than it says, or in part.

use kvs_core::{Error, last_of_each};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around, before};

pub(crate) fn all() -> Vec<Mutation> {
    [duplicates(), deletes(), refusals()].into_iter().flatten().collect()
}

fn duplicates() -> Vec<Mutation> {
    vec![
        before("lets the first of two entries with one key win", |_, call| {
            if let Call::SetMany { entries } = call {
                entries.reverse();
            }
        })
        .found_by("batch::the_last_duplicate_wins")
        .found_by("batch::random_batches_agree_with_a_map"),
        before("takes the time to live of the first duplicate", |_, call| {
            if let Call::SetMany { entries } = call {
                let firsts = entries.clone();
                for entry in entries {
                    let first = firsts.iter().find(|first| first.key == entry.key);
                    entry.ttl = first.map_or(entry.ttl, |first| first.ttl);
                }
            }
        })
        .found_by("batch::the_last_duplicate_decides_the_ttl"),
        around("writes duplicates one after the other", |saboteur, mut call| {
            Box::pin(async move {
                let Call::SetMany { entries } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                saboteur.declared().check("set_many").entries(entries)?;
                for entry in entries {
                    saboteur.sound().set(&entry.key, entry.value.clone(), entry.ttl).await?;
                }
                Ok(Answer::Done)
            })
        })
        .found_by("batch::an_earlier_duplicate_leaves_no_expiry"),
        around("leaves what is there alone in set_many", |saboteur, mut call| {
            Box::pin(async move {
                let Call::SetMany { entries } = &mut call else {
                    return saboteur.soundly(&mut call).await;
                };
                let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
                let mut found = saboteur.sound().get_many(&keys).await.unwrap_or_default().into_iter();
                entries.retain(|_| found.next().flatten().is_none());
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("batch::set_many_overwrites_and_creates"),
        before("ends the keys of a batch at NUL", |_, call| match call {
            Call::SetMany { .. } | Call::GetMany { .. } | Call::DeleteMany { .. } => {
                call.rename_keys(|key| key.split('\0').next().unwrap_or_default().to_owned());
            }
            _ => {}
        })
        .found_by("batch::hostile_keys_work_in_batches"),
    ]
}

fn deletes() -> Vec<Mutation> {
    vec![
        around("refuses duplicates in delete_many", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::DeleteMany { keys } = &call
                    && keys.iter().enumerate().any(|(place, key)| keys[..place].contains(key))
                {
                    return Err(Error::invalid_argument("a key is named twice"));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("batch::delete_many_takes_duplicates_and_absent_keys"),
        around(
            "deletes a range from the first to the last of many keys",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await?;
                    if let Call::DeleteMany { keys } = &call
                        && let (Some(first), Some(last)) = (keys.iter().min(), keys.iter().max())
                    {
                        let all = saboteur.sound().list("").await?;
                        for key in all.iter().filter(|key| *first <= **key && **key <= *last) {
                            saboteur.sound().delete(key).await?;
                        }
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("batch::delete_many_removes_just_its_own"),
    ]
}

fn refusals() -> Vec<Mutation> {
    vec![
        around(
            "checks the entries of a batch as it writes them",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::SetMany { entries } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    for entry in last_of_each(entries.clone()) {
                        saboteur.sound().set(&entry.key, entry.value, entry.ttl).await?;
                    }
                    Ok(Answer::Done)
                })
            },
        )
        .found_by("batch::one_invalid_key_rejects_a_set_many")
        .found_by("batch::one_large_value_rejects_a_set_many"),
        around("checks the keys of a batch as it deletes them", |saboteur, mut call| {
            Box::pin(async move {
                let Call::DeleteMany { keys } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                for key in keys {
                    saboteur.sound().delete(key).await?;
                }
                Ok(Answer::Done)
            })
        })
        .found_by("batch::one_invalid_key_rejects_a_delete_many"),
        around("answers an invalid key in get_many with None", |saboteur, mut call| {
            Box::pin(async move {
                let Call::GetMany { keys } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let mut values = Vec::new();
                for key in keys {
                    values.push(match saboteur.sound().get(key).await {
                        Ok(value) => Some(value),
                        Err(Error::NotFound | Error::InvalidKey(_)) => None,
                        Err(error) => return Err(error),
                    });
                }
                Ok(Answer::Values(values))
            })
        })
        .found_by("batch::one_invalid_key_rejects_a_get_many"),
    ]
}
