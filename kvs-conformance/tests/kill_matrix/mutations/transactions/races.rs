//! Stores whose transactions are not alone.
//!
//! Each lets others run between its steps, so that it loses its races always, not only with bad luck.

use kvs_core::{Action, Bytes, Committed, Error, Result, Transaction, Write};
use tokio::task::yield_now;

use super::actions;
use crate::call::{Answer, Call, with_action};
use crate::mutation::{Mutation, around};
use crate::mutations::atomic::races::pause;
use crate::saboteur::{Saboteur, serial};

pub(super) fn all() -> Vec<Mutation> {
    vec![
        around(
            "checks all keys of a transaction, and then writes one by one",
            |saboteur, call| Box::pin(step_by_step(saboteur, call)),
        )
        .found_by("transactions::transfers_keep_the_sum")
        .found_by("transactions::there_is_no_write_skew")
        .found_by("transactions::keys_written_together_are_read_together")
        .found_by("transactions::overlapping_transactions_do_not_deadlock")
        .found_by("transactions::one_of_many_transactions_wins"),
        around(
            "sees no more than conflicts between writes, as snapshots do",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Commit { transaction } = &mut call {
                        let (writes, reads): (Vec<_>, Vec<_>) = actions(transaction)
                            .into_iter()
                            .partition(|action| action.write.is_some());
                        if !writes.is_empty() && !reads.is_empty() {
                            commit(saboteur, reads).await?;
                            yield_now().await;
                            *transaction = writes.into_iter().fold(Transaction::new(), with_action);
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("transactions::there_is_no_write_skew"),
        around(
            "fails a transaction during which any other was written",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::Commit { transaction } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let first = actions(transaction).into_iter().find(|action| action.write.is_some());
                    let Some(first) = first else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let before = saboteur.notes.values().len();
                    yield_now().await;
                    if saboteur.notes.values().len() > before {
                        return Err(Error::conflict([first.key]));
                    }
                    saboteur.notes.values().insert(serial().to_string(), Bytes::new());
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("transactions::disjoint_transactions_all_succeed"),
        around(
            "compares versions as of the last transaction, not of plain writes",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, .. } = &call
                        && let Ok(live) = saboteur.sound().get_versioned(key).await
                    {
                        saboteur.notes.versions().insert(key.clone(), live.version);
                    }
                    if let Call::Commit { transaction } = &mut call {
                        let before = saboteur.notes.versions().clone();
                        crate::call::map_actions(transaction, |action| {
                            let known = before.get(&action.key).copied().map(kvs_core::Precondition::Version);
                            action.check.take_if(|check| known == Some(*check));
                        });
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("transactions::a_plain_write_is_seen_by_a_check"),
    ]
}

async fn commit(saboteur: &Saboteur, actions: Vec<Action>) -> Result<Committed> {
    let transaction = actions.into_iter().fold(Transaction::new(), with_action);
    saboteur.sound().commit(transaction).await
}

async fn step_by_step(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let Call::Commit { transaction } = &call else {
        return saboteur.soundly(&mut call).await;
    };
    let actions = actions(transaction);
    if actions.len() < 2 {
        return saboteur.soundly(&mut call).await;
    }
    let checks = actions.iter().map(|action| Action {
        write: None,
        ..action.clone()
    });
    commit(saboteur, checks.collect()).await?;
    pause().await;
    let mut versions = Vec::new();
    for action in actions {
        for _ in 0..3 {
            yield_now().await;
        }
        // A touch demands its key, and may find it gone.
        let touch = matches!(action.write, Some(Write::Touch { .. }));
        let written = commit(saboteur, vec![Action { check: None, ..action }]).await;
        match written {
            Ok(committed) => versions.extend(committed.versions().map(|(key, version)| (key.to_owned(), version))),
            Err(error) if touch && error.is_conflict() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Answer::Committed(versions.into_iter().collect()))
}
