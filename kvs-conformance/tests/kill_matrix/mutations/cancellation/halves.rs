//! Stores that do in two steps what is one, and wait in between.

use kvs_core::{AtomicStore, Bytes, Error, Store, Transaction, Ttl, Version};
use tokio::task::yield_now;

use crate::call::{Answer, Call, with_action};
use crate::mutation::{Mutation, around};

pub(super) fn all() -> Vec<Mutation> {
    [entries(), conditional(), changes()].into_iter().flatten().collect()
}

fn entries() -> Vec<Mutation> {
    vec![
        steps!(
            "removes the old value before it writes the new one",
            Call::Set { key, .. },
            |store| {
                if !key.is_empty() {
                    let _ = store.delete(key).await;
                }
            }
        )
        .found_by("cancellation::a_dropped_set_leaves_one_of_the_two")
        .found_by("cancellation::the_loser_of_a_select_harms_nothing"),
        steps!("empties a value before it deletes it", Call::Delete { key }, |store| {
            if let Ok(live) = store.get_versioned(key).await {
                let _ = store.compare_and_set(key, live.version, Bytes::new(), Ttl::Keep).await;
            }
        })
        .found_by("cancellation::a_dropped_delete_leaves_one_of_the_two"),
        steps!(
            "deletes what a batch will replace",
            Call::SetMany { entries },
            |store| {
                let keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
                let _ = store.delete_many(&keys).await;
            }
        )
        .found_by("cancellation::a_dropped_batch_leaves_whole_entries"),
        steps!(
            "touches what a batch will delete by a stamp in it",
            Call::DeleteMany { keys },
            |store| {
                for key in keys.iter() {
                    if let Ok(live) = store.get_versioned(key).await {
                        let stamped = [b"deleted ", &live.value[..]].concat();
                        let _ = store
                            .compare_and_set(key, live.version, stamped.into(), Ttl::Keep)
                            .await;
                    }
                }
            }
        )
        .found_by("cancellation::a_dropped_batch_leaves_whole_entries"),
    ]
}

fn conditional() -> Vec<Mutation> {
    vec![
        steps!(
            "gives the old value the new version first",
            Call::CompareAndSet { key, expected, .. },
            |store| {
                let live = store.get_versioned(key).await;
                if live.is_ok_and(|live| live.version == *expected) {
                    *expected = store.touch(key, Ttl::Keep).await?;
                }
            }
        )
        .found_by("cancellation::a_dropped_compare_and_set_leaves_one_of_the_two"),
        around("reserves a key before it fills it", |saboteur, mut call| {
            Box::pin(async move {
                let Call::SetIfAbsent { key, value, ttl } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                // The sound store checks the arguments that the reservation lacks.
                let store = saboteur.sound();
                if value.len() > saboteur.declared().limits.value_bytes || matches!(ttl, Ttl::At(_)) {
                    return saboteur.soundly(&mut call).await;
                }
                let reserved = store.set_if_absent(key, Bytes::new(), *ttl).await?;
                yield_now().await;
                let version = store.compare_and_set(key, reserved, value.clone(), *ttl).await?;
                Ok(Answer::Version(version))
            })
        })
        .found_by("cancellation::a_dropped_set_if_absent_leaves_one_of_the_two"),
        around(
            "empties a value that is taken before it deletes it",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::Take { key } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let store = saboteur.sound();
                    let live = store
                        .get_versioned(key)
                        .await
                        .map_err(|error| error.during("memory", "take"))?;
                    let emptied = store.compare_and_set(key, live.version, Bytes::new(), Ttl::Keep).await;
                    let emptied = emptied.map_err(|_| Error::NotFound)?;
                    yield_now().await;
                    let _ = store.compare_and_delete(key, emptied).await;
                    Ok(Answer::Value(live.value))
                })
            },
        )
        .found_by("cancellation::a_dropped_take_leaves_one_of_the_two"),
        around("takes an entry out to touch it", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Touch { key, ttl } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                if *ttl != Ttl::Never || saboteur.is_closed() {
                    return saboteur.soundly(&mut call).await;
                }
                let value = saboteur
                    .sound()
                    .take(key)
                    .await
                    .map_err(|error| error.during("memory", "touch"))?;
                yield_now().await;
                Ok(Answer::Version(saboteur.sound().set_if_absent(key, value, *ttl).await?))
            })
        })
        .found_by("cancellation::a_dropped_touch_leaves_the_value"),
    ]
}

fn changes() -> Vec<Mutation> {
    vec![
        around("counts twice, then takes one back", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Increment { key, delta: 1 } = &call {
                    saboteur.sound().increment(key, 2).await?;
                    yield_now().await;
                    return saboteur.sound().increment(key, -1).await.map(Answer::Number);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("cancellation::a_dropped_increment_counts_once_at_most"),
        around("writes a transaction key by key", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Commit { transaction } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let actions = saboteur.declared().check("commit").transaction(transaction.clone())?;
                let checks = actions.iter().map(|action| kvs_core::Action {
                    write: None,
                    ..action.clone()
                });
                saboteur
                    .sound()
                    .commit(checks.fold(Transaction::new(), with_action))
                    .await?;
                let mut versions: Vec<(String, Version)> = Vec::new();
                for action in actions {
                    let write = kvs_core::Action { check: None, ..action };
                    let written = saboteur.sound().commit(with_action(Transaction::new(), write)).await?;
                    versions.extend(written.versions().map(|(key, version)| (key.to_owned(), version)));
                    yield_now().await;
                }
                Ok(Answer::Committed(versions.into_iter().collect()))
            })
        })
        .found_by("cancellation::a_dropped_transaction_is_whole")
        .found_by("cancellation::transactions_survive_random_drops"),
    ]
}
