//! Stores of which closing or opening changes something.

use std::time::Duration;

use kvs_core::{Bytes, Clock, Error, Filter, PutOptions, Result, Timestamp, Ttl};

use super::{entries, is_new, keeping};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, otherwise};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [times(), versions(), documents(), openings()]
        .into_iter()
        .flatten()
        .collect()
}

fn times() -> Vec<Mutation> {
    vec![
        around("keeps the seconds of an expiry when it is closed", |saboteur, call| {
            Box::pin(keeping(saboteur, call, |kept| {
                if let Ttl::At(at) = kept.ttl {
                    kept.ttl = Ttl::At(Timestamp::from_millis(
                        at.as_millis().saturating_add(999) / 1_000 * 1_000,
                    ));
                }
            }))
        })
        .found_by("durability::an_expiry_survives_reopening"),
        around("stops the time of its entries while it is closed", |saboteur, call| {
            Box::pin(asleep_while_closed(saboteur, call))
        })
        .found_by("durability::an_entry_that_expired_while_closed_is_absent"),
        after("counts what it sweeps twice", |_, call, answer| {
            if let (Call::Sweep, Ok(Answer::Count(count))) = (call, answer) {
                *count *= 2;
            }
        })
        .found_by("durability::what_expired_while_closed_can_be_swept"),
    ]
}

async fn asleep_while_closed(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let now = saboteur.clock.now();
    let closed = saboteur.notes.values().get("closed").cloned();
    if is_new(saboteur)
        && let Some(closed) = closed
    {
        let closed = std::str::from_utf8(&closed).ok().and_then(|closed| closed.parse().ok());
        let closed = closed
            .map(Timestamp::from_millis)
            .ok_or_else(|| Error::corrupt("no time"))?;
        saboteur.clock.set(closed);
        for entry in entries(saboteur).await? {
            if let Some(later) = entry
                .expires_at
                .and_then(|at| at.checked_add(now.saturating_since(closed)))
            {
                saboteur.sound().touch(&entry.key, Ttl::At(later)).await?;
            }
        }
        saboteur.clock.set(now);
    }
    if matches!(call, Call::Close) {
        let closed = now.as_millis().to_string().into();
        saboteur.notes.values().insert("closed".to_owned(), closed);
    }
    saboteur.soundly(&mut call).await
}

fn versions() -> Vec<Mutation> {
    vec![
        around(
            "gives all entries new versions when it is closed",
            |saboteur, mut call| {
                Box::pin(async move {
                    if matches!(call, Call::Close) && !saboteur.is_closed() {
                        for entry in entries(saboteur).await? {
                            saboteur.sound().touch(&entry.key, Ttl::Keep).await?;
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::versions_survive_reopening"),
        around(
            "moves every expiry by a second when it is opened",
            |saboteur, mut call| {
                Box::pin(async move {
                    if is_new(saboteur) {
                        for entry in entries(saboteur).await? {
                            if let Some(later) = entry.expires_at.and_then(|at| at.checked_add(Duration::from_secs(1)))
                            {
                                saboteur.sound().touch(&entry.key, Ttl::At(later)).await?;
                            }
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::opening_changes_nothing"),
        after(
            "begins with the same versions each time that it is opened",
            |saboteur, call, answer| {
                if let (Call::SetIfAbsent { .. }, Ok(Answer::Version(version))) = (call, answer) {
                    let count = saboteur.notes.count(&format!("versions {}", saboteur.handle));
                    let mut known = saboteur.notes.versions();
                    *version = *known.entry(count.to_string()).or_insert(*version);
                }
            },
        )
        .found_by("durability::versions_are_not_used_again_after_reopening"),
    ]
}

fn documents() -> Vec<Mutation> {
    vec![
        around(
            "loses the metadata of documents when it is closed",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, .. } | Call::PutWith { collection, .. } = &call {
                        saboteur.notes.values().insert(collection.clone(), Bytes::new());
                    }
                    if matches!(call, Call::Close) && !saboteur.is_closed() {
                        let collections = std::mem::take(&mut *saboteur.notes.values());
                        for collection in collections.keys() {
                            for mut document in saboteur.sound().query(collection, &Filter::all()).await? {
                                document.metadata.clear();
                                let carried = PutOptions::default().carried_stamps();
                                saboteur.sound().put_with(collection, document, carried).await?;
                            }
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::documents_survive_reopening")
        .found_by("durability::a_query_finds_the_same_after_reopening"),
        after(
            "knows a position only in the handle that gave it",
            |saboteur, call, answer| {
                if let (Call::ListPage { options }, Ok(Answer::Page(page))) = (call, &*answer) {
                    let me = Bytes::from(saboteur.handle.to_string());
                    let mut givers = saboteur.notes.values();
                    let giver = options.after.as_ref().and_then(|after| givers.get(after));
                    if giver.is_some_and(|giver| *giver != me) {
                        *answer = Err(Error::invalid_argument("the cursor is unknown"));
                    } else if let Some(next) = &page.next {
                        givers.insert(next.clone(), me);
                    }
                }
            },
        )
        .found_by("durability::listings_survive_reopening"),
    ]
}

fn openings() -> Vec<Mutation> {
    vec![
        otherwise("ends a namespace at an underscore")
            .placed(|site| {
                let namespace = site.namespace().map_or("", |namespace| namespace.as_str());
                format!("{}/{}", site.id(), namespace.split('_').next().unwrap_or_default())
            })
            .found_by("durability::namespaces_survive_reopening"),
        around(
            "gives no connection back when it is closed, of twenty",
            |saboteur, mut call| {
                Box::pin(async move {
                    is_new(saboteur);
                    if saboteur.notes.values().len() > 20 {
                        return Err(Error::unavailable("all connections are taken"));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::a_store_can_be_opened_many_times"),
    ]
}
