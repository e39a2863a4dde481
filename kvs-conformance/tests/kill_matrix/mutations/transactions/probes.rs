//! Stores whose transactions are alone only in part: one kind of check is too early, or one lock too small.
//!
//! Each lets others run between its steps, so that it loses its races always, not only with bad luck.

use kvs_core::{Action, Precondition, Result, Transaction, Versioned};
use tokio::sync::Mutex;
use tokio::task::{try_id, yield_now};

use super::actions;
use crate::call::{Answer, Call, with_action};
use crate::mutation::{Mutation, around};
use crate::mutations::atomic::races::pause;
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [early(), together()].into_iter().flatten().collect()
}

/// Decides some of the checks, lets others run, and then does the rest.
async fn deciding(saboteur: &Saboteur, mut call: Call<'_>, is_early: fn(&Action) -> bool) -> Result<Answer> {
    if let Call::Commit { transaction } = &mut call {
        let mut later = actions(transaction);
        let mut checks = Transaction::new();
        let writes = later.iter().any(|action| action.write.is_some());
        for action in later.iter_mut().filter(|action| writes && is_early(action)) {
            let check = Action {
                write: None,
                ..action.clone()
            };
            checks = with_action(checks, check);
            action.check = None;
        }
        later.retain(|action| action.check.is_some() || action.write.is_some());
        if actions(&checks).is_empty() {
            return saboteur.soundly(&mut call).await;
        }
        saboteur.sound().commit(checks).await?;
        pause().await;
        *transaction = later.into_iter().fold(Transaction::new(), with_action);
    }
    saboteur.soundly(&mut call).await
}

fn early() -> Vec<Mutation> {
    vec![
        around(
            "looks for absent keys before its transaction begins",
            |saboteur, call| {
                Box::pin(deciding(saboteur, call, |action| {
                    action.write.is_none() && matches!(action.check, Some(Precondition::Absent))
                }))
            },
        )
        .found_by("transactions::there_is_no_write_skew_over_absent_keys"),
        around(
            "looks for existing keys before its transaction begins",
            |saboteur, call| {
                Box::pin(deciding(saboteur, call, |action| {
                    action.write.is_none() && matches!(action.check, Some(Precondition::Exists))
                }))
            },
        )
        .found_by("transactions::there_is_no_write_skew_over_deletes"),
        around(
            "compares what it only reads before its transaction begins",
            |saboteur, call| {
                Box::pin(deciding(saboteur, call, |action| {
                    action.write.is_none() && matches!(action.check, Some(Precondition::Version(_)))
                }))
            },
        )
        .found_by("transactions::there_is_no_write_skew_around_a_ring"),
        around(
            "creates in a transaction what was absent before it began",
            |saboteur, call| {
                Box::pin(deciding(saboteur, call, |action| {
                    action.write.is_some() && matches!(action.check, Some(Precondition::Absent))
                }))
            },
        )
        .found_by("transactions::accounts_that_come_and_go_keep_the_sum"),
    ]
}

fn together() -> Vec<Mutation> {
    vec![
        around(
            "shows each task the writes of others in an order of its own",
            |saboteur, call| Box::pin(in_orders_of_their_own(saboteur, call)),
        ),
        around(
            "holds a lock of the handle while it checks and writes",
            |saboteur, mut call| {
                Box::pin(async move {
                    if !call.writes() {
                        return saboteur.soundly(&mut call).await;
                    }
                    let held = match saboteur.kept::<Mutex<()>>() {
                        Some(lock) => Some(lock.lock().await),
                        None => None,
                    };
                    let answer = deciding(saboteur, call, |action| action.check.is_some()).await;
                    drop(held);
                    answer
                })
            },
        )
        .opened(|saboteur| saboteur.keep(Mutex::new(())))
        .found_by("transactions::transfers_of_two_handles_keep_the_sum"),
    ]
}

/// Keeps what a task has read for its next seven reads, unless it writes, and evaluates no checks where nothing is
/// written.
async fn in_orders_of_their_own(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let task = format!("{:?} ", try_id());
    if let Call::Set { .. } = &call {
        for _ in 0..5 {
            yield_now().await;
        }
    }
    match &mut call {
        Call::GetVersioned { key } => {
            let name = format!("{task}{key}");
            let phase = name.bytes().map(u64::from).sum::<u64>();
            let due = (saboteur.notes.count(&name) + phase).is_multiple_of(8);
            let version = saboteur.notes.versions().get(&name).copied();
            let value = saboteur.notes.values().get(&name).cloned();
            if let (Some(version), Some(value), false) = (version, value, due) {
                let expires_at = None;
                return Ok(Answer::Versioned(Versioned {
                    value,
                    version,
                    expires_at,
                }));
            }
            let entry = saboteur.sound().get_versioned(key).await?;
            if entry.expires_at.is_none() {
                saboteur.notes.versions().insert(name.clone(), entry.version);
                saboteur.notes.values().insert(name, entry.value.clone());
            }
            return Ok(Answer::Versioned(entry));
        }
        Call::Commit { transaction } if only_checks(transaction) => {
            *transaction = Transaction::new();
        }
        call if call.writes() => saboteur.notes.values().retain(|name, _| !name.starts_with(&task)),
        _ => {}
    }
    saboteur.soundly(&mut call).await
}

fn only_checks(transaction: &Transaction) -> bool {
    let actions = actions(transaction);
    !actions.is_empty() && actions.iter().all(|action| action.write.is_none())
}
