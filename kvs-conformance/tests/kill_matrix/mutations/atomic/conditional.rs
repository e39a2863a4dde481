//! Stores that create and replace otherwise than the condition says.

use kvs_core::{Bytes, Clock, Error, KeyName, Ttl};

use super::{remains, write};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

pub(super) fn all() -> Vec<Mutation> {
    [creating(), replacing(), reporting()].into_iter().flatten().collect()
}

fn creating() -> Vec<Mutation> {
    vec![
        around(
            "moves the expiry of a live entry where it refuses to create",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await;
                    if let (Call::SetIfAbsent { key, ttl, .. }, Err(Error::Conflict { .. })) = (&call, &answer) {
                        saboteur.sound().touch(key, *ttl).await?;
                    }
                    answer
                })
            },
        )
        .found_by("atomic::set_if_absent_leaves_a_live_entry_alone"),
        around("creates over an empty value", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await;
                match (&call, &answer) {
                    (Call::SetIfAbsent { key, value, ttl }, Err(Error::Conflict { .. }))
                        if saboteur.sound().get(key).await?.is_empty() =>
                    {
                        write(saboteur, key, value.clone(), *ttl).await
                    }
                    _ => answer,
                }
            })
        })
        .found_by("atomic::set_if_absent_sees_an_empty_value"),
        after(
            "creates no key that was deleted before",
            |saboteur, call, answer| match call {
                Call::Delete { key } => drop(saboteur.notes.values().insert(key.clone(), Bytes::new())),
                Call::SetIfAbsent { key, .. } if saboteur.notes.values().contains_key(key) => {
                    *answer = Err(Error::conflict([key.as_str()]));
                }
                _ => {}
            },
        )
        .found_by("atomic::set_if_absent_works_after_a_delete"),
        around(
            "creates nothing over an expired entry that is still stored",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::SetIfAbsent { key, .. } = &call
                        && remains(saboteur, key).await.is_some()
                    {
                        return Err(Error::conflict([key.as_str()]));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::set_if_absent_writes_over_an_expired_entry"),
        around("creates with the expiry of the expired entry", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::SetIfAbsent { key, ttl, .. } = &mut call
                    && *ttl == Ttl::Keep
                    && let Some(old) = remains(saboteur, key).await
                {
                    *ttl = old.expires_at.map_or(Ttl::Never, Ttl::At);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::set_if_absent_keeps_nothing_of_an_expired_entry"),
        before(
            "takes an expiry that is not in the future for none",
            |saboteur, call| {
                let now = saboteur.clock.now();
                call.each_ttl(|ttl| {
                    if matches!(ttl, Ttl::At(at) if *at <= now) {
                        *ttl = Ttl::Never;
                    }
                });
            },
        )
        .found_by("atomic::set_if_absent_into_the_past_leaves_nothing")
        .found_by("atomic::touch_into_the_past_removes")
        .found_by("transactions::a_set_into_the_past_leaves_nothing"),
        around(
            "protects what was created on a condition from plain writes",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::SetIfAbsent { key, .. } => {
                            saboteur.notes.values().insert(key.clone(), Bytes::new());
                        }
                        Call::Set { key, .. } if saboteur.notes.values().contains_key(key) => return Ok(Answer::Done),
                        _ => {}
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::plain_writes_ask_for_no_version"),
    ]
}

fn replacing() -> Vec<Mutation> {
    vec![
        after(
            "gives the old version when it has replaced a value",
            |_, call, answer| {
                if let (Call::CompareAndSet { expected, .. }, Ok(answer)) = (call, answer) {
                    *answer = Answer::Version(*expected);
                }
            },
        )
        .found_by("atomic::compare_and_set_writes_with_the_current_version"),
        around(
            "replaces whatever the version, if there is an entry",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::CompareAndSet { key, value, ttl, .. } if saboteur.sound().contains(key).await? => {
                            write(saboteur, key, value.clone(), *ttl).await
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("atomic::compare_and_set_refuses_an_older_version"),
        around("creates where there is nothing to replace", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::CompareAndSet { key, value, ttl, .. } if !saboteur.sound().contains(key).await? => {
                        write(saboteur, key, value.clone(), *ttl).await
                    }
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("atomic::compare_and_set_does_not_create"),
        around(
            "accepts the version of an entry that has expired",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::CompareAndSet {
                        key,
                        expected,
                        value,
                        ttl,
                    } = &call
                        && remains(saboteur, key).await.is_some_and(|old| old.version == *expected)
                    {
                        return write(saboteur, key, value.clone(), *ttl).await;
                    }
                    if let Call::CompareAndDelete { key, expected } = &call
                        && remains(saboteur, key).await.is_some_and(|old| old.version == *expected)
                    {
                        return Ok(Answer::Done);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::compare_and_set_refuses_an_expired_entry")
        .found_by("atomic::compare_and_delete_of_nothing_is_a_conflict"),
        before("keeps the expiry when it replaces a value", |_, call| {
            if let Call::CompareAndSet { ttl, .. } = call {
                *ttl = Ttl::Keep;
            }
        })
        .found_by("atomic::compare_and_set_follows_its_ttl")
        .found_by("ttl::compare_and_set_obeys_its_ttl"),
    ]
}

fn reporting() -> Vec<Mutation> {
    vec![
        after(
            "names the key of a conflict shortened for the program too",
            |_, call, answer| {
                if let Call::SetIfAbsent { key, .. }
                | Call::CompareAndSet { key, .. }
                | Call::CompareAndDelete { key, .. } = call
                    && let Err(Error::Conflict { failed, .. }) = answer
                {
                    *failed = [KeyName::from(KeyName::from(key.as_str()).to_string())].into();
                }
            },
        )
        .found_by("atomic::a_conflict_names_its_key"),
        after("names no key in the conflict of a single one", |_, call, answer| {
            if let (Call::CompareAndDelete { .. } | Call::CompareAndSet { .. }, Err(error)) = (call, answer)
                && error.is_conflict()
            {
                *error = Error::conflict(Vec::<KeyName>::new());
            }
        })
        .found_by("atomic::a_conflict_names_its_key"),
    ]
}
