//! Stores that refuse, cut or mistake the last valid value of a limit.

use kvs_core::{Error, MAX_KEY_BYTES, MAX_PAGE, Result, Transaction, Write};

use crate::call::{Answer, Call, map_actions};
use crate::mutation::{Mutation, after, around, before};
use crate::saboteur::Saboteur;

pub(crate) fn all() -> Vec<Mutation> {
    [entries(), transactions(), listings()].into_iter().flatten().collect()
}

fn is_longest(key: &str) -> bool {
    key.len() == MAX_KEY_BYTES
}

fn cut(key: &mut String) {
    if is_longest(key) {
        key.pop();
    }
}

fn entries() -> Vec<Mutation> {
    vec![
        around(
            "counts the key of an entry in a batch to its value",
            |saboteur, mut call| {
                Box::pin(async move {
                    let limit = saboteur.declared().limits.value_bytes;
                    if let Call::SetMany { entries } = &call {
                        let lengths = entries.iter().map(|entry| entry.key.len() + entry.value.len());
                        if let Some(length) = lengths.max().filter(|length| *length > limit) {
                            return Err(Error::too_large("value", "bytes", length, limit));
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("limits::batches_take_the_largest_entry"),
        before("leaves the longest keys of a batch of deletes", |_, call| {
            if let Call::DeleteMany { keys } = call {
                keys.retain(|key| !is_longest(key));
            }
        })
        .found_by("limits::batches_take_the_largest_entry"),
        after("contains no key of the greatest length", |_, call, answer| {
            if let (Call::Contains { key }, Ok(Answer::Flag(there))) = (call, answer) {
                *there &= !is_longest(key);
            }
        })
        .found_by("limits::every_plain_method_takes_the_longest_key"),
        before("cuts the longest key where it compares before a delete", |_, call| {
            if let Call::CompareAndDelete { key, .. } = call {
                cut(key);
            }
        })
        .found_by("limits::every_atomic_method_takes_the_longest_key"),
        around(
            "creates no entry with a value of exactly the limit",
            |saboteur, mut call| {
                Box::pin(async move {
                    let limit = saboteur.declared().limits.value_bytes;
                    match &call {
                        Call::SetIfAbsent { value, .. } if value.len() == limit => {
                            Err(Error::too_large("value", "bytes", limit, limit))
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("limits::every_atomic_write_takes_the_largest_value"),
        before("cuts the longest id where it deletes a document", |_, call| {
            if let Call::DeleteDoc { id, .. } = call {
                cut(id);
            }
        })
        .found_by("limits::the_largest_document_works_under_the_longest_names"),
    ]
}

/// How many keys a transaction has, and how many bytes with that much beside each.
fn measured(transaction: &Transaction, beside: usize) -> (usize, usize) {
    let (mut keys, mut bytes) = (0, 0);
    map_actions(&mut transaction.clone(), |action| {
        keys += 1;
        if let Some(Write::Set { value, .. }) = &action.write {
            bytes += action.key.len() + value.len() + beside;
        }
    });
    (keys, bytes)
}

fn transactions() -> Vec<Mutation> {
    vec![
        around(
            "counts two bytes of length with each key of a transaction",
            |saboteur, mut call| {
                Box::pin(async move {
                    let limit = saboteur.declared().limits.transaction_bytes;
                    if let Call::Commit { transaction } = &call {
                        let (_, bytes) = measured(transaction, 2);
                        if bytes > limit {
                            return Err(Error::too_large("transaction", "bytes", bytes, limit));
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("limits::a_transaction_of_all_its_bytes_is_committed"),
        around(
            "refuses a transaction of as many keys as it may have",
            |saboteur, call| Box::pin(all_but_one(saboteur, call)),
        )
        .found_by("limits::a_transaction_of_all_its_keys_is_committed"),
    ]
}

async fn all_but_one(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let limit = saboteur.declared().limits.transaction_keys;
    if let Call::Commit { transaction } = &call {
        let (keys, _) = measured(transaction, 0);
        if keys >= limit {
            return Err(Error::too_large("transaction", "keys", keys, limit));
        }
    }
    saboteur.soundly(&mut call).await
}

fn listings() -> Vec<Mutation> {
    vec![
        before("cuts the longest key where it is a position", |_, call| {
            if let Call::ListPage { options } = call
                && let Some(after) = &mut options.after
            {
                cut(after);
            }
        })
        .found_by("limits::the_longest_keys_are_listed"),
        around(
            "reads one entry ahead, and so no page of the most",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::ListPage { options } if options.limit >= MAX_PAGE => {
                            Err(Error::invalid_argument("the page is too long"))
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("limits::the_longest_page_works"),
    ]
}
