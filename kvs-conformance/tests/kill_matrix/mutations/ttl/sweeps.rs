//! Stores that sweep wrongly.

use std::time::Duration;

use kvs_core::{Clock, ListOptions};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        around("sweeps what expires within five seconds", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Sweep = call {
                    let soon = saboteur.clock.now().checked_add(Duration::from_secs(5));
                    for entry in saboteur.sound().list_page(&ListOptions::default()).await?.entries {
                        if entry.expires_at.is_some_and(|at| Some(at) <= soon) {
                            saboteur.sound().delete(&entry.key).await?;
                        }
                    }
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("ttl::a_sweep_leaves_the_last_millisecond")
        .found_by("ttl::a_sweep_changes_nothing_visible"),
        around(
            "sweeps the keys that start with an expired one, too",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Sweep = call {
                        for (key, _) in saboteur.ghosts() {
                            saboteur.sound().delete_prefix(&key).await?;
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .remembering()
        .found_by("ttl::expiry_takes_only_its_own"),
        after("counts again what was swept before", |saboteur, _, answer| {
            if let Ok(Answer::Count(count)) = answer {
                *count = saboteur.ghosts().len() as u64;
            }
        })
        .remembering()
        .found_by("ttl::a_sweep_counts_what_it_reclaims"),
        around("counts what a sweep looked at", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                match answer {
                    Answer::Count(count) => {
                        let left = saboteur.sound().list("").await?.len() as u64;
                        Ok(Answer::Count(count + left))
                    }
                    answer => Ok(answer),
                }
            })
        })
        .found_by("ttl::a_sweep_of_living_entries_reclaims_nothing"),
        around(
            "sweeps documents that are more than a year old",
            |saboteur, mut call| {
                Box::pin(async move {
                    let now = saboteur.clock.now();
                    if let Call::Put { collection, .. } = &call {
                        saboteur.notes.instants().insert(collection.clone(), now);
                    }
                    if let Call::Sweep = call {
                        let put = saboteur.notes.instants().clone();
                        for (collection, at) in put {
                            if now.saturating_since(at) > Duration::from_hours(24 * 365) {
                                saboteur.sound().delete_collection(&collection).await?;
                            }
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("ttl::a_sweep_leaves_documents")
        .found_by("metadata::documents_do_not_expire"),
    ]
}
