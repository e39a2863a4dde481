//! Stores that are wrong about the length of keys, and about keys in other places than a plain read or write.

use kvs_core::{Error, MAX_KEY_BYTES, Write};

use crate::call::{Answer, Call, map_actions};
use crate::mutation::{Mutation, after, around, before};

pub(crate) fn all() -> Vec<Mutation> {
    [lengths(), places()].into_iter().flatten().collect()
}

fn lengths() -> Vec<Mutation> {
    vec![
        before("takes the empty key for a key", |_, call| {
            call.each_key(|key| {
                if key.is_empty() {
                    "(empty)".clone_into(key);
                }
            });
        })
        .found_by("keys::the_empty_key_is_invalid")
        .found_by("keys::the_empty_key_is_invalid_in_atomic_operations"),
        before("cuts a key that is too long", |_, call| {
            call.each_key(|key| key.truncate(key.floor_char_boundary(MAX_KEY_BYTES)));
        })
        .found_by("keys::a_key_of_1025_bytes_is_invalid")
        .found_by("keys::a_key_of_1025_bytes_is_invalid_in_atomic_operations"),
        before("counts the length of a key in characters", |_, call| {
            call.each_key(|key| {
                if key.len() > MAX_KEY_BYTES && key.chars().count() <= MAX_KEY_BYTES {
                    key.truncate(key.floor_char_boundary(MAX_KEY_BYTES));
                }
            });
        })
        .found_by("keys::the_length_is_counted_in_bytes"),
        before("compares the first 1,023 bytes of a key", |_, call| {
            call.rename_keys(|key| key[..key.floor_char_boundary(MAX_KEY_BYTES - 1)].to_owned());
        })
        .found_by("keys::long_keys_that_differ_at_the_end_are_different"),
        before("compares the first 40 bytes of a key", |_, call| {
            call.rename_keys(|key| key[..key.floor_char_boundary(40)].to_owned());
        })
        .found_by("keys::prefixes_of_each_other_are_kept")
        .found_by("security::ten_thousand_similar_keys_are_told_apart"),
        after("cannot store a key of the full length", |_, call, answer| {
            if matches!(call, Call::Set { key, .. } if key.len() == MAX_KEY_BYTES) && answer.is_ok() {
                *answer = Err(Error::backend("the item is too large"));
            }
        })
        .found_by("keys::a_key_of_1024_bytes_works"),
        after(
            "takes the namespace off the length that a key may have",
            |saboteur, call, answer| {
                let most = MAX_KEY_BYTES - saboteur.namespace.len();
                if matches!(call, Call::Set { key, .. } if key.len() > most) && answer.is_ok() {
                    *answer = Err(Error::invalid_key("the key is too long"));
                }
            },
        )
        .found_by("keys::the_longest_key_works_in_a_namespace"),
    ]
}

fn places() -> Vec<Mutation> {
    vec![
        after("shows a refused key whole", |_, call, answer| {
            if let (Call::Get { key }, Err(Error::InvalidKey(_))) = (call, &*answer) {
                let message = format!("{key:?} is no key");
                *answer = Err(Error::invalid_key(message).during("memory", "get"));
            }
        })
        .found_by("keys::a_refused_key_is_not_shown_whole"),
        around("deletes by LIKE", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::Delete { key: pattern } = &call {
                    for key in saboteur.sound().list("").await?.iter().filter(|key| like(key, pattern)) {
                        saboteur.sound().delete(key).await?;
                    }
                }
                Ok(answer)
            })
        })
        .found_by("keys::hostile_keys_can_be_deleted"),
        after("escapes the keys in a listing", |_, _, answer| {
            if let Ok(Answer::Keys(keys)) = answer {
                for key in keys {
                    *key = key.escape_debug().to_string();
                }
            }
        })
        .found_by("keys::a_listing_gives_hostile_keys_back"),
        before("ends the keys of a transaction at NUL", |_, call| {
            if let Call::Commit { .. } = call {
                call.rename_keys(|key| key.split('\0').next().unwrap_or_default().to_owned());
            }
        })
        .found_by("keys::hostile_keys_take_part_in_transactions"),
        around("deletes by LIKE in a transaction", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                let mut patterns = Vec::new();
                if let Call::Commit { transaction } = &mut call {
                    map_actions(transaction, |action| {
                        patterns.extend(matches!(action.write, Some(Write::Delete)).then(|| action.key.clone()));
                    });
                }
                for pattern in patterns {
                    for key in saboteur
                        .sound()
                        .list("")
                        .await?
                        .iter()
                        .filter(|key| like(key, &pattern))
                    {
                        saboteur.sound().delete(key).await?;
                    }
                }
                Ok(answer)
            })
        })
        .found_by("security::hostile_transactions_touch_their_own"),
    ]
}

/// Is the text what the pattern says, in which `%` stands for any text and `_` for any character?
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    let mut signs = pattern.chars();
    match signs.next() {
        None => text.is_empty(),
        Some('%') => {
            let rests = text.char_indices().map(|(at, _)| &text[at..]).chain([""]);
            rests.into_iter().any(|rest| like(rest, signs.as_str()))
        }
        Some(sign) => {
            let mut characters = text.chars();
            let alike = characters.next().is_some_and(|seen| sign == '_' || sign == seen);
            alike && like(characters.as_str(), signs.as_str())
        }
    }
}
