//! Stores that write a value and its expiry, or all that one call deletes, one after the other.

use kvs_core::{AtomicStore, Bytes, Document, DocumentStore, Filter, ListableStore, Ttl, Version};
use kvs_memory::MemoryStore;
use tokio::task::yield_now;

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};

pub(super) fn all() -> Vec<Mutation> {
    [expiries(), wholes()].into_iter().flatten().collect()
}

fn expiries() -> Vec<Mutation> {
    vec![
        around("writes a value, then its expiry", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set {
                    key,
                    value,
                    ttl: ttl @ Ttl::After(_),
                } = &call
                    && !saboteur.is_closed()
                {
                    saboteur.sound().set(key, value.clone(), Ttl::Never).await?;
                    yield_now().await;
                    // Somebody may have removed the entry.
                    let _ = saboteur.sound().touch(key, *ttl).await;
                    return Ok(Answer::Done);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("cancellation::a_dropped_set_keeps_value_and_expiry_together"),
        around("creates an entry, then gives it its expiry", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::SetIfAbsent {
                    key,
                    value,
                    ttl: ttl @ Ttl::After(_),
                } = &call
                    && !saboteur.is_closed()
                {
                    let created = saboteur.sound().set_if_absent(key, value.clone(), Ttl::Never).await?;
                    yield_now().await;
                    let touched = saboteur.sound().touch(key, *ttl).await;
                    return Ok(Answer::Version(touched.unwrap_or(created)));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("cancellation::a_dropped_set_if_absent_leaves_no_entry_for_ever"),
        steps!(
            "takes the old expiry away before it sets the new one",
            Call::Touch { key, ttl },
            |store| {
                if *ttl != Ttl::Keep {
                    store.touch(key, Ttl::Never).await?;
                }
            }
        )
        .found_by("cancellation::a_dropped_touch_leaves_one_of_two_expiries"),
        around(
            "forgets the expiry of a value while it updates it",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::Update { key, .. } = &mut call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let Ok(live) = saboteur.sound().get_versioned(key).await else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let (key, expiry) = (key.clone(), live.expires_at.map_or(Ttl::Never, Ttl::At));
                    saboteur.sound().touch(&key, Ttl::Never).await?;
                    yield_now().await;
                    let answer = saboteur.soundly(&mut call).await;
                    let version = saboteur.sound().touch(&key, expiry).await?;
                    let Answer::Versioned(updated) = answer? else {
                        unreachable!("an update gives what it wrote");
                    };
                    Ok(Answer::Versioned(kvs_core::Versioned {
                        version,
                        expires_at: live.expires_at,
                        ..updated
                    }))
                })
            },
        )
        .found_by("cancellation::a_dropped_update_leaves_one_of_the_two"),
    ]
}

/// Leaves the entry, without its value, if it still has that version.
async fn empty(store: &MemoryStore, key: &str, version: Version) -> Option<Version> {
    store.compare_and_set(key, version, Bytes::new(), Ttl::Keep).await.ok()
}

fn wholes() -> Vec<Mutation> {
    vec![
        steps!(
            "empties a value before it deletes it on a condition",
            Call::CompareAndDelete { key, expected },
            |store| {
                if let Some(version) = empty(store, key, *expected).await {
                    *expected = version;
                }
            }
        )
        .found_by("cancellation::a_dropped_compare_and_delete_leaves_one_of_the_two"),
        steps!(
            "empties all values under a prefix before it deletes them",
            Call::DeletePrefix { prefix },
            |store| {
                for key in store.list(prefix).await? {
                    if let Ok(live) = store.get_versioned(&key).await {
                        empty(store, &key, live.version).await;
                    }
                }
            }
        )
        .found_by("cancellation::a_dropped_delete_prefix_leaves_whole_entries"),
        steps!(
            "empties all documents of a collection before it deletes them",
            Call::DeleteCollection { collection },
            |store| {
                for document in store.query(collection, &Filter::all()).await? {
                    let empty = Document {
                        id: document.id,
                        ..Document::default()
                    };
                    store.put(collection, empty).await?;
                }
            }
        )
        .found_by("cancellation::a_dropped_delete_collection_leaves_whole_documents"),
    ]
}
