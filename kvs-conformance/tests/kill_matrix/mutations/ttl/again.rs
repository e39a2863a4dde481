//! Stores that are wrong about the expiry of an entry that is written again, or read.

use std::time::Duration;

use kvs_core::{Clock, Result, Timestamp, Ttl, Versioned};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around, before};
use crate::saboteur::Saboteur;

const HOUR: Duration = Duration::from_hours(1);

pub(crate) fn all() -> Vec<Mutation> {
    [sets(), keeps(), batches(), reads()].into_iter().flatten().collect()
}

fn sets() -> Vec<Mutation> {
    vec![
        before("keeps the expiry in a set that gives none", |_, call| {
            if let Call::Set { ttl, .. } = call
                && *ttl == Ttl::Never
            {
                *ttl = Ttl::Keep;
            }
        })
        .found_by("ttl::set_without_ttl_clears_it"),
        around("gives no expiry to an entry that had none", |saboteur, call| {
            Box::pin(set(saboteur, call, |_, live, ttl| match live.expires_at {
                None => Ttl::Never,
                Some(_) => ttl,
            }))
        })
        .found_by("ttl::set_with_ttl_adds_it"),
        around("keeps the later of two expiries", |saboteur, call| {
            Box::pin(set(
                saboteur,
                call,
                |new, live, ttl| if new < live.expires_at { Ttl::Keep } else { ttl },
            ))
        })
        .found_by("ttl::a_shorter_ttl_replaces_a_longer_one"),
        around("keeps the earlier of two expiries", |saboteur, call| {
            Box::pin(set(saboteur, call, |new, live, ttl| match live.expires_at {
                Some(_) if new > live.expires_at => Ttl::Keep,
                _ => ttl,
            }))
        })
        .found_by("ttl::a_longer_ttl_replaces_a_shorter_one"),
        before(
            "does not start a time to live again that is the same",
            |saboteur, call| {
                if let Call::Set { key, ttl, .. } = call {
                    let before = saboteur.notes.values().insert(key.clone(), format!("{ttl:?}").into());
                    if before.is_some_and(|before| before == format!("{ttl:?}")) {
                        *ttl = Ttl::Keep;
                    }
                }
            },
        )
        .found_by("ttl::the_same_ttl_starts_again"),
    ]
}

fn keeps() -> Vec<Mutation> {
    vec![
        before("takes Keep for Never", |_, call| {
            call.each_ttl(|ttl| {
                if *ttl == Ttl::Keep {
                    *ttl = Ttl::Never;
                }
            });
        })
        .found_by("ttl::keep_keeps_the_expiry_to_the_millisecond")
        .found_by("model::plain_operations_agree_with_a_map"),
        around("keeps the rest of the time in whole seconds", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set { key, ttl, .. } = &mut call
                    && *ttl == Ttl::Keep
                    && let Ok(Versioned {
                        expires_at: Some(at), ..
                    }) = saboteur.sound().get_versioned(key).await
                {
                    let left = at.saturating_since(saboteur.clock.now());
                    *ttl = Ttl::After(Duration::from_secs(left.as_secs().max(1)));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("ttl::keep_keeps_the_expiry_to_the_millisecond"),
        around(
            "gives an hour to what does not expire, with Keep",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, ttl, .. } = &mut call
                        && *ttl == Ttl::Keep
                        && saboteur
                            .sound()
                            .get_versioned(key)
                            .await
                            .is_ok_and(|live| live.expires_at.is_none())
                    {
                        *ttl = Ttl::After(HOUR);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("ttl::keep_on_a_lasting_entry_stays_never"),
        around("gives an hour to what is not there, with Keep", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set { key, ttl, .. } = &mut call
                    && *ttl == Ttl::Keep
                    && !saboteur.sound().contains(key).await?
                {
                    *ttl = Ttl::After(HOUR);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("ttl::keep_on_an_absent_key_is_never"),
        before("keeps the expiry of an entry that has expired", |saboteur, call| {
            if let Call::Set { key, ttl, .. } = call
                && *ttl == Ttl::Keep
                && let Some(ghost) = saboteur.ghost(key)
            {
                *ttl = ghost.expires_at.map_or(Ttl::Never, Ttl::At);
            }
        })
        .remembering()
        .found_by("ttl::keep_on_an_expired_entry_is_never"),
    ]
}

fn batches() -> Vec<Mutation> {
    vec![
        before("takes Keep for Never in a batch", |_, call| {
            if let Call::SetMany { entries } = call {
                for entry in entries.iter_mut().filter(|entry| entry.ttl == Ttl::Keep) {
                    entry.ttl = Ttl::Never;
                }
            }
        })
        .found_by("ttl::keep_in_a_batch_keeps_each_expiry"),
        before("gives the first time to live to all of a batch", |_, call| {
            if let Call::SetMany { entries } = call {
                let first = entries.first().map(|entry| entry.ttl).unwrap_or_default();
                for entry in entries {
                    entry.ttl = first;
                }
            }
        })
        .found_by("ttl::a_batch_has_a_ttl_for_each_entry"),
        before("gives the first time to live to all of a transaction", |_, call| {
            if let Call::Commit { .. } = call {
                let mut first = None;
                call.each_ttl(|ttl| *ttl = *first.get_or_insert(*ttl));
            }
        })
        .found_by("ttl::a_transaction_has_a_ttl_for_each_key"),
    ]
}

fn reads() -> Vec<Mutation> {
    vec![
        around("lets an entry live longer when it is read", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::GetMany { keys } = &call {
                    for key in keys {
                        longer(saboteur, key).await?;
                    }
                }
                Ok(answer)
            })
        })
        .found_by("ttl::reads_do_not_extend_a_ttl"),
        around("lets an entry live longer when it is listed", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Answer::Keys(keys) = &answer {
                    for key in keys {
                        longer(saboteur, key).await?;
                    }
                }
                Ok(answer)
            })
        })
        .found_by("ttl::listing_does_not_extend_a_ttl"),
    ]
}

/// A set over a live entry that gives an expiry. `change` gets the new expiry, the live entry, and the time to live.
async fn set(
    saboteur: &Saboteur,
    mut call: Call<'_>,
    change: fn(Option<Timestamp>, Versioned, Ttl) -> Ttl,
) -> Result<Answer> {
    if let Call::Set { key, ttl, .. } = &mut call
        && let Ok(live) = saboteur.sound().get_versioned(key).await
        && let Some(new) = ttl.expires_at(saboteur.clock.now(), None)
    {
        *ttl = change(Some(new), live, *ttl);
    }
    saboteur.soundly(&mut call).await
}

/// One second more for an entry that expires.
async fn longer(saboteur: &Saboteur, key: &str) -> Result<()> {
    if let Ok(Versioned {
        expires_at: Some(at), ..
    }) = saboteur.sound().get_versioned(key).await
    {
        let later = at.checked_add(Duration::from_secs(1)).unwrap_or(at);
        saboteur.sound().touch(key, Ttl::At(later)).await?;
    }
    Ok(())
}
