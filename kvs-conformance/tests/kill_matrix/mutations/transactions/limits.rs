//! Stores with other limits than they declare.

use kvs_core::{Action, Error, Limits, Result, Transaction, Write};

use super::{actions, each_action};
use crate::call::{Answer, Call, with_action};
use crate::mutation::{Mutation, after, around, before};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [counts(), contents()].into_iter().flatten().collect()
}

/// Refuses transactions by another count than the declared one.
async fn counting(saboteur: &Saboteur, mut call: Call<'_>, most: usize, count: fn(&Action) -> usize) -> Result<Answer> {
    if let Call::Commit { transaction } = &call {
        let total = actions(transaction).iter().map(count).sum();
        if total > most {
            return Err(Error::too_large("transaction", "items", total, most));
        }
    }
    saboteur.soundly(&mut call).await
}

fn counts() -> Vec<Mutation> {
    vec![
        around("takes twenty-five keys in a transaction at most", |saboteur, call| {
            Box::pin(counting(saboteur, call, 25, |_| 1))
        })
        .found_by("transactions::the_limit_of_keys_is_exact"),
        around("counts the check and the write of a key apart", |saboteur, call| {
            Box::pin(counting(saboteur, call, 100, |action| {
                usize::from(action.check.is_some()) + usize::from(action.write.is_some())
            }))
        })
        .found_by("transactions::a_checked_and_written_key_counts_once"),
        around("takes a megabyte in a transaction at most", |saboteur, call| {
            Box::pin(counting(saboteur, call, 1 << 20, |action| match &action.write {
                Some(Write::Set { value, .. }) => value.len(),
                _ => 0,
            }))
        })
        .found_by("transactions::the_limit_of_bytes_is_exact"),
        around("does not count keys that are only checked", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Commit { transaction } = &mut call {
                    let checked = actions(transaction);
                    let idle = checked.iter().all(|action| action.write.is_none());
                    if idle && checked.len() > 100 {
                        *transaction = checked.into_iter().take(100).fold(Transaction::new(), with_action);
                    }
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("transactions::checked_keys_count"),
    ]
}

fn contents() -> Vec<Mutation> {
    vec![
        before("cuts a value in a transaction to the limit", |_, call| {
            if let Call::Commit { transaction } = call
                && !actions(transaction).is_empty()
            {
                let cut = actions(transaction).into_iter().map(|mut action| {
                    if let Some(Write::Set { value, .. }) = &mut action.write {
                        value.truncate(Limits::PORTABLE.value_bytes);
                    }
                    action
                });
                *transaction = cut.fold(Transaction::new(), with_action);
            }
        })
        .found_by("transactions::a_large_value_is_refused"),
        after(
            "reports an invalid key in a transaction as an argument",
            |_, call, answer| {
                if let (Call::Commit { .. }, Err(Error::InvalidKey(_))) = (call, &*answer) {
                    *answer = Err(Error::invalid_argument("a key is invalid"));
                }
            },
        )
        .found_by("transactions::an_invalid_key_is_refused"),
        before("ends keys at NUL in transactions", |_, call| {
            each_action(call, |action| {
                if let Some((start, _)) = action.key.split_once('\0').filter(|(start, _)| !start.is_empty()) {
                    action.key = start.to_owned();
                }
            });
        })
        .found_by("transactions::hostile_keys_are_keys"),
    ]
}
