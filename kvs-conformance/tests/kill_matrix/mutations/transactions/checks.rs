//! Stores that check less or more than they are told to.

use kvs_core::{Action, Committed, Error, Precondition, Result, Transaction, Write};

use super::{actions, each_action};
use crate::call::{Answer, Call, with_action};
use crate::mutation::{Mutation, after, around, before};
use crate::mutations::atomic::remains;
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [kinds(), refusals(), folds(), expiry(), reports()]
        .into_iter()
        .flatten()
        .collect()
}

fn kinds() -> Vec<Mutation> {
    vec![
        before("holds check_exists to be fulfilled", |_, call| {
            each_action(call, |action| {
                action.check.take_if(|check| *check == Precondition::Exists);
            });
        })
        .found_by("transactions::check_exists_demands_a_live_entry"),
        before("holds check_absent to be fulfilled", |_, call| {
            each_action(call, |action| {
                action.check.take_if(|check| *check == Precondition::Absent);
            });
        })
        .found_by("transactions::check_absent_demands_no_live_entry"),
        before("demands any version where one is demanded", |_, call| {
            each_action(call, |action| {
                if let Some(check @ Precondition::Version(_)) = &mut action.check {
                    *check = Precondition::Exists;
                }
            });
        })
        .found_by("transactions::check_version_demands_the_current_version")
        .found_by("transactions::exists_folds_into_version")
        .found_by("transactions::a_plain_write_is_seen_by_a_check"),
        before("checks only keys that it writes", |_, call| {
            each_action(call, |action| {
                action.check.take_if(|_| action.write.is_none());
            });
        })
        .found_by("transactions::a_check_guards_another_key"),
        before("checks no key that it deletes", |_, call| {
            each_action(call, |action| {
                action.check.take_if(|_| matches!(action.write, Some(Write::Delete)));
            });
        })
        .found_by("transactions::the_order_of_check_and_write_does_not_matter"),
    ]
}

/// Refuses transactions in which an action is of that kind, or of which all are.
async fn refusing(saboteur: &Saboteur, mut call: Call<'_>, refused: fn(&[Action]) -> Option<Error>) -> Result<Answer> {
    if let Call::Commit { transaction } = &call
        && let Some(error) = refused(&actions(transaction))
    {
        return Err(error);
    }
    saboteur.soundly(&mut call).await
}

fn refusals() -> Vec<Mutation> {
    vec![
        around("refuses a transaction that writes nothing", |saboteur, call| {
            Box::pin(refusing(saboteur, call, |actions| {
                let idle = !actions.is_empty() && actions.iter().all(|action| action.write.is_none());
                idle.then(|| Error::invalid_argument("there is nothing to write"))
            }))
        })
        .found_by("transactions::consistent_reads_agree_on_the_order_of_writes")
        .found_by("transactions::checks_alone_are_legal")
        .found_by("transactions::equal_checks_fold"),
        around(
            "takes a check and the write that undoes it for a contradiction",
            |saboteur, call| {
                Box::pin(refusing(saboteur, call, |actions| {
                    let vain = |action: &Action| {
                        action.check == Some(Precondition::Absent) && matches!(action.write, Some(Write::Delete))
                    };
                    let found = actions.iter().any(vain);
                    found.then(|| Error::invalid_argument("the key cannot be absent and deleted"))
                }))
            },
        )
        .found_by("transactions::check_absent_with_a_delete_is_legal"),
        around("checks the state that its own writes have made", |saboteur, call| {
            Box::pin(refusing(saboteur, call, |actions| {
                let undone = |action: &&Action| {
                    matches!(
                        (action.check, &action.write),
                        (Some(Precondition::Absent), Some(Write::Set { .. }))
                            | (Some(Precondition::Exists), Some(Write::Delete))
                    )
                };
                let failed = actions.iter().find(undone)?;
                Some(Error::conflict([failed.key.as_str()]))
            }))
        })
        .found_by("transactions::checks_see_the_state_before_the_writes"),
    ]
}

fn folds() -> Vec<Mutation> {
    vec![
        before("demands of what it touches no more than that it exists", |_, call| {
            each_action(call, |action| {
                if matches!(action.write, Some(Write::Touch { .. })) {
                    action.check = Some(Precondition::Exists);
                }
            });
        })
        .found_by("transactions::a_version_folds_with_a_touch"),
        around("evaluates no checks where nothing is written", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Commit { transaction } = &mut call
                    && actions(transaction).iter().all(|action| action.write.is_none())
                    && !saboteur.is_closed()
                {
                    map_to_nothing(transaction);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("transactions::checks_alone_can_fail"),
    ]
}

fn map_to_nothing(transaction: &mut Transaction) {
    crate::call::map_actions(transaction, |action| action.check = None);
}

fn expiry() -> Vec<Mutation> {
    vec![
        around("takes what has expired for there in check_exists", |saboteur, call| {
            Box::pin(among_remains(saboteur, call, Precondition::Exists, true))
        })
        .found_by("transactions::check_exists_demands_a_live_entry"),
        around("takes what has expired for there in check_absent", |saboteur, call| {
            Box::pin(among_remains(saboteur, call, Precondition::Absent, false))
        })
        .found_by("transactions::check_absent_demands_no_live_entry"),
    ]
}

/// Where an entry has expired and is stored still, that check holds, or does not.
async fn among_remains(saboteur: &Saboteur, mut call: Call<'_>, check: Precondition, holds: bool) -> Result<Answer> {
    let Call::Commit { transaction } = &mut call else {
        return saboteur.soundly(&mut call).await;
    };
    let mut changed = Transaction::new();
    let actions = actions(transaction);
    let valid = !actions.is_empty();
    for mut action in actions {
        if action.check == Some(check) && remains(saboteur, &action.key).await.is_some() {
            if !holds {
                return Err(Error::conflict([action.key.as_str()]));
            }
            action.check = None;
        }
        changed = with_action(changed, action);
    }
    if valid {
        *transaction = changed;
    }
    saboteur.soundly(&mut call).await
}

fn reports() -> Vec<Mutation> {
    vec![
        after("names every key of a transaction in its conflict", |_, call, answer| {
            if let (Call::Commit { transaction }, Err(error)) = (call, answer)
                && error.is_conflict()
            {
                *error = Error::conflict(actions(transaction).into_iter().map(|action| action.key));
            }
        })
        .found_by("transactions::a_conflict_names_failed_keys_only"),
        after(
            "takes a transaction that contradicts itself for an empty one",
            |_, call, answer| {
                if let (Call::Commit { .. }, Err(Error::InvalidArgument(_))) = (call, &*answer) {
                    *answer = Ok(Answer::Committed(Committed::default()));
                }
            },
        )
        .found_by("transactions::contradictory_checks_are_refused")
        .found_by("transactions::a_second_write_is_refused"),
        after(
            "reports a transaction that contradicts itself as a conflict",
            |_, call, answer| {
                if let (Call::Commit { .. }, Err(Error::InvalidArgument(_))) = (call, &*answer) {
                    *answer = Err(Error::conflict(["a key"]));
                }
            },
        )
        .found_by("transactions::a_contradiction_comes_before_a_conflict"),
    ]
}
