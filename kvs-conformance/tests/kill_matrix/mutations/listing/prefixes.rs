//! Stores that find other keys than those that start with the prefix.

use kvs_core::Error;

use super::by_rule;
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};

pub(super) fn all() -> Vec<Mutation> {
    [wildcards(), characters(), ranges(), misses()]
        .into_iter()
        .flatten()
        .collect()
}

fn wildcards() -> Vec<Mutation> {
    vec![
        around("takes an underscore in a prefix for any character", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| wild(prefix, key, "\0_")))
        })
        .found_by("listing::a_prefix_with_an_underscore_is_literal")
        .found_by("listing::delete_prefix_takes_wildcards_literally"),
        around("takes a percent sign in a prefix for any text", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| wild(prefix, key, "%\0")))
        })
        .found_by("listing::a_prefix_with_a_percent_sign_is_literal"),
        around("takes the signs of GLOB in a prefix for wildcards", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| wild(prefix, key, "*?")))
        })
        .found_by("listing::a_prefix_with_glob_signs_is_literal"),
        around("takes a backslash in a prefix for an escape", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| {
                key.starts_with(&prefix.replace('\\', ""))
            }))
        })
        .found_by("listing::a_prefix_with_a_backslash_or_a_quote_is_literal"),
        around("takes a slash at the end of a prefix for optional", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| {
                key.starts_with(prefix.trim_end_matches('/'))
            }))
        })
        .found_by("listing::a_prefix_is_no_path"),
    ]
}

/// Does the key begin like the pattern, in which the first sign stands for any text, the second for any character?
fn wild(pattern: &str, key: &str, signs: &str) -> bool {
    let mut rest = pattern.chars();
    let Some(sign) = rest.next() else { return true };
    let (rest, place) = (rest.as_str(), signs.find(sign).filter(|_| sign != '\0'));
    let mut behind = key.chars();
    match (place, behind.next()) {
        (Some(0), _) => {
            wild(rest, key, signs)
                || key
                    .char_indices()
                    .any(|(at, c)| wild(rest, &key[at + c.len_utf8()..], signs))
        }
        (Some(_), Some(_)) => wild(rest, behind.as_str(), signs),
        (_, seen) => seen == Some(sign) && wild(rest, behind.as_str(), signs),
    }
}

fn characters() -> Vec<Mutation> {
    vec![
        around(
            "compares prefixes without regard to case, as LIKE does",
            |saboteur, call| {
                Box::pin(by_rule(saboteur, call, |prefix, key| {
                    key.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase())
                }))
            },
        )
        .found_by("listing::a_prefix_is_case_sensitive"),
        around("ends a prefix at NUL", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| {
                key.starts_with(prefix.split('\0').next().unwrap_or_default())
            }))
        })
        .found_by("listing::a_prefix_with_nul_is_literal"),
        around("drops combining marks of a prefix", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| {
                key.starts_with(&prefix.replace(|c| ('\u{300}'..='\u{36f}').contains(&c), ""))
            }))
        })
        .found_by("listing::a_prefix_is_not_normalised"),
    ]
}

fn ranges() -> Vec<Mutation> {
    vec![
        around(
            "ends no range where the last character of a prefix has no successor",
            |saboteur, call| {
                Box::pin(by_rule(saboteur, call, |prefix, key| match prefix.chars().last() {
                    Some(last) if char::from_u32(last as u32 + 1).is_none() => key >= prefix,
                    _ => key.starts_with(prefix),
                }))
            },
        )
        .found_by("listing::a_prefix_at_the_edge_of_a_range_finds_its_own")
        .found_by("listing::a_prefix_beside_the_surrogate_gap_finds_its_own")
        .found_by("listing::delete_prefix_at_the_edges_leaves_neighbours"),
        around("takes U+F8FF for the last character of all", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| {
                key.starts_with(prefix) && *key <= *format!("{prefix}\u{f8ff}")
            }))
        })
        .found_by("listing::the_empty_prefix_finds_every_key"),
        around("does not find the key that is the prefix", |saboteur, call| {
            Box::pin(by_rule(saboteur, call, |prefix, key| {
                key.starts_with(prefix) && key != prefix
            }))
        })
        .found_by("listing::a_prefix_finds_itself_and_longer_keys"),
        after("refuses a prefix longer than any key", |_, call, answer| match call {
            Call::List { prefix } | Call::DeletePrefix { prefix } if prefix.len() > 1_024 => {
                *answer = Err(Error::invalid_key("the prefix is too long"));
            }
            _ => {}
        })
        .found_by("listing::a_prefix_longer_than_any_key_finds_nothing"),
        around(
            "looks for the prefix among the first thousand keys only",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::List { prefix } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let keys = saboteur.sound().list("").await?.into_iter().take(1_000);
                    Ok(Answer::Keys(keys.filter(|key| key.starts_with(prefix)).collect()))
                })
            },
        )
        .found_by("listing::a_few_keys_among_many_are_listed"),
        after("gives ten thousand keys in a list at most", |_, _, answer| {
            if let Ok(Answer::Keys(keys)) = answer {
                keys.truncate(10_000);
            }
        })
        .found_by("listing::ten_thousand_and_one_keys_are_listed"),
        after("gives a thousand keys in a list at most", |_, _, answer| {
            if let Ok(Answer::Keys(keys)) = answer {
                keys.truncate(1_000);
            }
        })
        .found_by("listing::a_thousand_and_twenty_five_keys_are_listed"),
    ]
}

fn misses() -> Vec<Mutation> {
    vec![
        after("answers a prefix that no key has with NotFound", |_, call, answer| {
            if let (Call::List { prefix }, Ok(Answer::Keys(keys))) = (call, &*answer)
                && !prefix.is_empty()
                && keys.is_empty()
            {
                *answer = Err(Error::NotFound);
            }
        })
        .found_by("listing::a_prefix_that_no_key_has_finds_nothing"),
        after("cannot list a store in which nothing is", |_, call, answer| {
            if let (Call::List { prefix }, Ok(Answer::Keys(keys))) = (call, &*answer)
                && prefix.is_empty()
                && keys.is_empty()
            {
                *answer = Err(Error::backend("there is no such table"));
            }
        })
        .found_by("listing::an_empty_store_lists_nothing"),
        around("lists documents among keys", |saboteur, mut call| {
            Box::pin(async move {
                let id = call.document().map(|document| document.id.clone());
                let answer = saboteur.soundly(&mut call).await?;
                if let Some(id) = id {
                    saboteur.notes.values().insert(id, kvs_core::Bytes::new());
                }
                let ids: Vec<String> = saboteur.notes.values().keys().cloned().collect();
                Ok(match (answer, &call) {
                    (Answer::Keys(mut keys), Call::List { prefix }) => {
                        keys.extend(ids.into_iter().filter(|id| id.starts_with(prefix)));
                        keys.sort();
                        Answer::Keys(keys)
                    }
                    (answer, _) => answer,
                })
            })
        })
        .found_by("listing::documents_are_not_listed"),
    ]
}
