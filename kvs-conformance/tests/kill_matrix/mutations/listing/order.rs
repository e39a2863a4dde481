//! Stores that list in another order, or what is not there.

use kvs_core::{Bytes, Error, Result};

use super::{entries, page};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [orders(), ghosts()].into_iter().flatten().collect()
}

fn orders() -> Vec<Mutation> {
    vec![
        around("orders keys as UTF-16 does", |saboteur, call| {
            Box::pin(sorted(saboteur, call, |key| {
                key.encode_utf16().flat_map(u16::to_be_bytes).collect()
            }))
        })
        .found_by("listing::keys_come_in_byte_order"),
        around("orders keys without regard to case", |saboteur, call| {
            Box::pin(sorted(saboteur, call, |key| key.to_lowercase().into_bytes()))
        })
        .found_by("listing::keys_come_in_byte_order"),
        around("lists keys last that were overwritten", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set { key, .. } = &call
                    && saboteur.sound().contains(key).await?
                {
                    saboteur.notes.values().insert(key.clone(), Bytes::new());
                }
                let mut answer = saboteur.soundly(&mut call).await?;
                if let Answer::Keys(keys) = &mut answer {
                    keys.sort_by_key(|key| saboteur.notes.values().contains_key(key));
                }
                Ok(answer)
            })
        })
        .found_by("listing::the_order_does_not_depend_on_writes"),
        around(
            "lists a key once for each time that it was written",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, .. } = &call
                        && saboteur.sound().contains(key).await?
                    {
                        saboteur.notes.values().insert(key.clone(), Bytes::new());
                    }
                    let mut answer = saboteur.soundly(&mut call).await?;
                    if let Answer::Page(page) = &mut answer {
                        let written = saboteur.notes.values();
                        let again = page.entries.iter().filter(|entry| written.contains_key(&entry.key));
                        let again: Vec<_> = again.cloned().collect();
                        drop(written);
                        page.entries.extend(again);
                        page.entries.sort_by(|a, b| a.key.cmp(&b.key));
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("listing::a_key_that_is_overwritten_comes_once")
        .found_by("listing::a_key_that_is_there_throughout_comes_once"),
        after("loses an entry of every tenth page", |saboteur, _, answer| {
            if let Ok(Answer::Page(page)) = answer
                && saboteur.notes.count("pages") % 10 == 9
            {
                page.entries.pop();
            }
        })
        .found_by("listing::two_listings_are_equal"),
    ]
}

fn ghosts() -> Vec<Mutation> {
    vec![
        around("leaves deleted keys in the index", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Delete { key } = &call {
                    saboteur.notes.values().insert(key.clone(), Bytes::new());
                }
                if let Call::Set { key, .. } = &call {
                    saboteur.notes.values().remove(key);
                }
                let mut answer = saboteur.soundly(&mut call).await?;
                if let (Answer::Keys(keys), Call::List { prefix }) = (&mut answer, &call) {
                    let deleted = saboteur.notes.values();
                    keys.extend(deleted.keys().filter(|key| key.starts_with(prefix)).cloned());
                    keys.sort();
                }
                Ok(answer)
            })
        })
        .found_by("listing::a_deleted_key_is_never_listed"),
        around("lists after it was closed", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::ListPage { options } if options.limit > 0 => {
                        let page = kvs_core::ListableStore::list_page(saboteur.storage(), options).await?;
                        Ok(Answer::Page(page))
                    }
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("listing::a_stream_of_a_closed_store_is_closed"),
        around(
            "shows on later pages what has expired since the first",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::ListPage { options } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let now = kvs_core::Clock::now(&saboteur.clock);
                    if options.after.is_none() {
                        let begun = now.as_millis().to_string().into();
                        saboteur.notes.values().insert("begun".to_owned(), begun);
                    }
                    let begun = saboteur.notes.values().get("begun").cloned().unwrap_or_default();
                    let begun = std::str::from_utf8(&begun).ok().and_then(|begun| begun.parse().ok());
                    let begun = begun.ok_or_else(|| Error::backend("the walk has no beginning"))?;
                    saboteur.clock.set(kvs_core::Timestamp::from_millis(begun));
                    let answer = saboteur.soundly(&mut call).await;
                    saboteur.clock.set(now);
                    answer
                })
            },
        )
        .found_by("listing::a_key_that_expires_during_the_walk_is_no_error"),
    ]
}

/// Lists in the order of what is made of the keys.
async fn sorted(saboteur: &Saboteur, mut call: Call<'_>, by: fn(&str) -> Vec<u8>) -> Result<Answer> {
    match &call {
        Call::List { prefix } => {
            let mut keys = saboteur.sound().list(prefix).await?;
            keys.sort_by_cached_key(|key| by(key));
            Ok(Answer::Keys(keys))
        }
        Call::ListPage { options } => {
            let mut all = options.clone();
            let position = all.after.take().map(|after| by(&after));
            let mut found = entries(saboteur, all).await?;
            found.sort_by_cached_key(|entry| by(&entry.key));
            if options.reverse {
                found.reverse();
            }
            found.retain(|entry| match &position {
                Some(position) if options.reverse => by(&entry.key) < *position,
                Some(position) => by(&entry.key) > *position,
                None => true,
            });
            Ok(page(found, options.limit))
        }
        _ => saboteur.soundly(&mut call).await,
    }
}
