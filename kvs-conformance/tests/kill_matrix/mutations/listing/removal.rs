//! Stores that remove other keys than those of the prefix.

use kvs_core::{Bytes, Error, ListOptions};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};

pub(super) fn all() -> Vec<Mutation> {
    [prefixes(), entries()].into_iter().flatten().collect()
}

fn prefixes() -> Vec<Mutation> {
    vec![
        around("removes nothing for the empty prefix", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::DeletePrefix { prefix } if prefix.is_empty() && !saboteur.is_closed() => Ok(Answer::Done),
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("listing::delete_prefix_of_nothing_removes_every_key"),
        around(
            "answers a removal that finds nothing with NotFound",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::DeletePrefix { prefix } if saboteur.sound().list(prefix).await?.is_empty() => {
                            Err(Error::NotFound)
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("listing::delete_prefix_without_a_match_is_ok"),
        around("removes a page of a prefix at most", |saboteur, mut call| {
            Box::pin(async move {
                let Call::DeletePrefix { prefix } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let page = saboteur.sound().list_page(&ListOptions::new(prefix)).await?;
                let keys: Vec<&str> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
                saboteur.sound().delete_many(&keys).await?;
                Ok(Answer::Done)
            })
        })
        .found_by("listing::delete_prefix_removes_thousands"),
        around("removes the prefix wherever it stands in a key", |saboteur, call| {
            Box::pin(super::by_rule(saboteur, call, |prefix, key| key.contains(prefix)))
        })
        .found_by("listing::random_prefixes_find_their_keys"),
        around(
            "removes by a prefix that is cut by a character",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::DeletePrefix { prefix } = &mut call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    if prefix.len() > 1 && prefix.is_ascii() {
                        prefix.pop();
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("listing::delete_prefix_removes_just_its_own"),
    ]
}

fn entries() -> Vec<Mutation> {
    vec![
        around(
            "removes collections whose names begin with the prefix",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, .. } | Call::PutWith { collection, .. } = &call {
                        saboteur.notes.values().insert(collection.clone(), Bytes::new());
                    }
                    if let Call::DeletePrefix { prefix } = &call {
                        let names: Vec<String> = saboteur.notes.values().keys().cloned().collect();
                        for name in names.iter().filter(|name| name.starts_with(prefix)) {
                            saboteur.sound().delete_collection(name).await?;
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("listing::delete_prefix_leaves_documents"),
        around(
            "removes by prefix what never expires, and leaves the rest to the sweeper",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::DeletePrefix { prefix } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let found = super::entries(saboteur, ListOptions::new(prefix)).await?;
                    let lasting = found.iter().filter(|entry| entry.expires_at.is_none());
                    let keys: Vec<&str> = lasting.map(|entry| entry.key.as_str()).collect();
                    saboteur.sound().delete_many(&keys).await?;
                    Ok(Answer::Done)
                })
            },
        )
        .found_by("listing::delete_prefix_works_among_expired_entries"),
        around(
            "hides keys that were removed by prefix for ever",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::DeletePrefix { prefix } = &call {
                        for key in saboteur.sound().list(prefix).await? {
                            saboteur.notes.values().insert(key, Bytes::new());
                        }
                    }
                    match &call {
                        Call::Get { key } if saboteur.notes.values().contains_key(key) => Err(Error::NotFound),
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("listing::removed_keys_can_be_set_again"),
    ]
}
