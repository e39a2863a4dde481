//! Stores that are wrong about the length of values.

use kvs_core::{Bytes, Error, Limits};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before, otherwise};

const LIMIT: usize = Limits::PORTABLE.value_bytes;

/// What a page of a file holds.
const PAGE: usize = 1 << 14;

pub(crate) fn all() -> Vec<Mutation> {
    [limits(), pages()].into_iter().flatten().collect()
}

fn limits() -> Vec<Mutation> {
    vec![
        after("has no room for a value of exactly the limit", |_, call, answer| {
            if matches!(call, Call::Set { value, .. } if value.len() == LIMIT) && answer.is_ok() {
                *answer = Err(Error::too_large("value", "bytes", LIMIT, LIMIT));
            }
        })
        .found_by("values::the_largest_value_comes_back"),
        before("cuts a value that is too long", |_, call| {
            if let Call::Set { value, .. } = call {
                value.truncate(LIMIT);
            }
        })
        .found_by("values::one_byte_over_the_limit_is_too_large"),
        after("mixes up the lengths of a value that is too long", |_, _, answer| {
            if let Err(Error::TooLarge(error)) = answer {
                let swapped = Error::too_large(error.what, error.unit, error.limit, error.length);
                *answer = Err(swapped.during("memory", "set"));
            }
        })
        .found_by("values::too_large_tells_both_lengths"),
        before("cuts values that are too long in a batch", |_, call| {
            if let Call::SetMany { .. } = call {
                call.each_value(|value| value.truncate(LIMIT));
            }
        })
        .found_by("values::a_batch_refuses_a_value_over_the_limit")
        .found_by("batch::one_large_value_rejects_a_set_many"),
        before("cuts values that are too long in atomic writes", |_, call| match call {
            Call::SetIfAbsent { .. } | Call::CompareAndSet { .. } | Call::Commit { .. } => {
                call.each_value(|value| value.truncate(LIMIT));
            }
            _ => {}
        })
        .found_by("values::atomic_writes_refuse_a_value_over_the_limit"),
        around("cuts what an update makes too long", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Update { key, change } = &mut call else {
                    return saboteur.soundly(&mut call).await;
                };
                let cut = &mut |old: Option<&Bytes>| change(old).map(|new| new.slice(..new.len().min(LIMIT)));
                Ok(Answer::Versioned(saboteur.sound().update(key, cut).await?))
            })
        })
        .found_by("values::an_update_over_the_limit_leaves_the_value"),
        otherwise("has a lower limit than the portable one")
            .announces(|profile| profile.limits.document_bytes = 1 << 10)
            .found_by("values::the_limits_are_not_below_the_portable_ones"),
    ]
}

fn pages() -> Vec<Mutation> {
    vec![
        before("loses the last byte of a value that fills its pages", |_, call| {
            if let Call::Set { value, .. } = call
                && !value.is_empty()
                && value.len() % PAGE == 0
            {
                value.truncate(value.len() - 1);
            }
        })
        .found_by("values::lengths_around_edges_come_back"),
        around(
            "leaves the tail of a large value that a shorter one replaces",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, value, .. } = &mut call
                        && let Ok(old) = saboteur.sound().get(key).await
                        && old.len() > PAGE
                        && old.len() > value.len()
                    {
                        *value = [&value[..], &old[value.len()..]].concat().into();
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("values::a_shorter_value_leaves_no_tail"),
        around("cuts a value that outgrows its page", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set { key, value, .. } = &mut call
                    && saboteur.sound().get(key).await.is_ok_and(|old| old.len() <= PAGE)
                {
                    value.truncate(PAGE);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("values::a_value_grows"),
        after("cuts what it reads of many keys at 64 KiB", |_, _, answer| {
            if let Ok(Answer::Values(values)) = answer {
                values.iter_mut().flatten().for_each(|value| value.truncate(1 << 16));
            }
        })
        .found_by("values::every_read_gives_the_same"),
    ]
}
