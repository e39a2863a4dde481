//! Stores for which an expired entry, as long as it is still stored, is not absent everywhere.

use kvs_core::{Error, Precondition, Ttl, Versioned, Write, counter_sum};

use crate::call::{Answer, Call, map_actions};
use crate::mutation::{Mutation, after, around, before};

pub(crate) fn all() -> Vec<Mutation> {
    let all = [reads(), writes(), conditions(), transactions()];
    all.into_iter().flatten().map(Mutation::remembering).collect()
}

fn reads() -> Vec<Mutation> {
    vec![
        after("contains what has expired", |saboteur, call, answer| {
            if let (Call::Contains { key }, Ok(Answer::Flag(found))) = (call, answer) {
                *found |= saboteur.ghost(key).is_some();
            }
        })
        .wide()
        .found_by("ttl::an_expired_entry_is_absent_for_reads"),
        after("reads what has expired with get_many", |saboteur, call, answer| {
            if let (Call::GetMany { keys }, Ok(Answer::Values(values))) = (call, answer) {
                for (key, value) in keys.iter().zip(values) {
                    *value = value.take().or_else(|| saboteur.ghost(key).map(|ghost| ghost.value));
                }
            }
        })
        .found_by("ttl::a_jump_ahead_expires_what_is_due"),
        after(
            "checks the expiry of the first hundred in get_many",
            |saboteur, call, answer| {
                if let (Call::GetMany { keys }, Ok(Answer::Values(values))) = (call, answer) {
                    for (key, value) in keys.iter().zip(values).skip(100) {
                        *value = value.take().or_else(|| saboteur.ghost(key).map(|ghost| ghost.value));
                    }
                }
            },
        )
        .found_by("ttl::entries_expire_all_at_once"),
        after("lists what has expired", |saboteur, call, answer| {
            if let (Call::List { prefix }, Ok(Answer::Keys(keys))) = (call, answer) {
                let ghosts = saboteur.ghosts().into_iter().map(|(key, _)| key);
                keys.extend(ghosts.filter(|key| key.starts_with(prefix)));
                keys.sort_unstable();
            }
        })
        .found_by("ttl::an_expired_entry_is_not_listed")
        .found_by("ttl::a_listing_after_a_mass_expiry_is_empty"),
        after(
            "loses an entry at the end of a page among expired ones",
            |saboteur, _, answer| {
                if let Ok(Answer::Page(page)) = answer
                    && page.next.is_some()
                    && !saboteur.ghosts().is_empty()
                {
                    page.entries.pop();
                }
            },
        )
        .found_by("ttl::pages_among_expired_entries_hold_every_live_one"),
        after("shows from its cache what was swept", |saboteur, call, answer| {
            if let (Call::Contains { key }, Ok(Answer::Flag(found))) = (call, answer) {
                *found |= saboteur.written(key).is_some() && saboteur.ghost(key).is_none();
            }
        })
        .found_by("ttl::what_was_swept_does_not_come_back"),
    ]
}

fn writes() -> Vec<Mutation> {
    vec![
        around(
            "answers NotFound to the delete of an expired entry",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::Delete { key } if saboteur.ghost(key).is_some() => Err(Error::NotFound),
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("ttl::deleting_an_expired_entry_is_ok"),
        around("does not write over an expired entry", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::Set { key, .. } if saboteur.ghost(key).is_some() => Ok(Answer::Done),
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("ttl::a_set_after_the_expiry_is_fresh")
        .found_by("ttl::an_entry_expires_again_and_again")
        .found_by("ttl::a_swept_key_can_be_set_again"),
        around("updates what has expired", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Update { key, change } = &mut call else {
                    return saboteur.soundly(&mut call).await;
                };
                let Some(ghost) = saboteur.ghost(key) else {
                    return saboteur.soundly(&mut call).await;
                };
                let value = change(Some(&ghost.value))?;
                let version = saboteur.sound().set_if_absent(key, value.clone(), Ttl::Never).await?;
                let expires_at = None;
                Ok(Answer::Versioned(Versioned {
                    value,
                    version,
                    expires_at,
                }))
            })
        })
        .found_by("ttl::update_sees_an_expired_entry_as_absent"),
        around("goes on counting from what has expired", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Increment { key, delta } = &call
                    && let Some(ghost) = saboteur.ghost(key)
                {
                    let sum = counter_sum(Some(&ghost.value), *delta)?;
                    return Ok(Answer::Number(saboteur.sound().increment(key, sum).await?));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("ttl::increment_of_an_expired_counter_begins_again"),
    ]
}

fn conditions() -> Vec<Mutation> {
    vec![
        around(
            "conflicts with an expired entry in set_if_absent",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::SetIfAbsent { key, .. } if saboteur.ghost(key).is_some() => {
                            Err(Error::conflict([key.as_str()]))
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("ttl::set_if_absent_succeeds_over_an_expired_entry"),
        around("replaces what has expired in compare_and_set", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::CompareAndSet {
                    key,
                    expected,
                    value,
                    ttl,
                } = &call
                    && saboteur.ghost(key).is_some_and(|ghost| ghost.version == *expected)
                {
                    let version = saboteur.sound().set_if_absent(key, value.clone(), *ttl).await?;
                    return Ok(Answer::Version(version));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("ttl::compare_and_set_on_an_expired_entry_conflicts"),
        around(
            "deletes what has expired in compare_and_delete",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::CompareAndDelete { key, expected } = &call
                        && saboteur.ghost(key).is_some_and(|ghost| ghost.version == *expected)
                    {
                        return Ok(Answer::Done);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("ttl::compare_and_delete_on_an_expired_entry_conflicts"),
        after("takes what has expired", |saboteur, call, answer| {
            if let (Call::Take { key }, Err(Error::NotFound)) = (call, &*answer)
                && let Some(ghost) = saboteur.ghost(key)
            {
                *answer = Ok(Answer::Value(ghost.value));
            }
        })
        .found_by("ttl::take_of_an_expired_entry_is_not_found"),
        around("revives an expired entry with a touch", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Touch { key, ttl } = &call
                    && let Some(ghost) = saboteur.ghost(key)
                {
                    return Ok(Answer::Version(
                        saboteur.sound().set_if_absent(key, ghost.value, *ttl).await?,
                    ));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("ttl::touch_of_an_expired_entry_is_not_found"),
    ]
}

fn transactions() -> Vec<Mutation> {
    vec![
        before(
            "finds expired entries with the checks of a transaction",
            |saboteur, call| {
                if let Call::Commit { transaction } = call {
                    map_actions(transaction, |action| {
                        let ghost = saboteur.ghost(&action.key);
                        let found = ghost.and_then(|ghost| Some(action.check?.holds(Some(ghost.version))));
                        if found == Some(true) {
                            action.check = None;
                        }
                    });
                }
            },
        )
        .found_by("ttl::checks_see_an_expired_entry_as_absent"),
        before(
            "skips the touch of an expired entry in a transaction",
            |saboteur, call| {
                if let Call::Commit { transaction } = call {
                    map_actions(transaction, |action| {
                        if let Some(Write::Touch { .. }) = action.write
                            && saboteur.ghost(&action.key).is_some()
                        {
                            (action.check, action.write) = (Some(Precondition::Absent), None);
                        }
                    });
                }
            },
        )
        .found_by("ttl::a_touch_in_a_transaction_conflicts_on_an_expired_entry"),
    ]
}
