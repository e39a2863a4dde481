//! Stores that write something else than the transaction says, or a part of it.

use kvs_core::{Bytes, Committed, Error, Precondition, Result, Transaction, Ttl, Version, Write};

use super::{actions, each_action};
use crate::call::{Answer, Call, with_action};
use crate::mutation::{Mutation, after, around, before};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [parts(), times(), versions(), memories()]
        .into_iter()
        .flatten()
        .collect()
}

fn parts() -> Vec<Mutation> {
    vec![
        around("refuses the empty transaction", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::Commit { transaction } if transaction.is_empty() => {
                        Err(Error::invalid_argument("the transaction is empty"))
                    }
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("transactions::the_empty_transaction_does_nothing"),
        before("forgets the deletes of a transaction that also sets", |_, call| {
            let mut sets = false;
            each_action(call, |action| sets |= matches!(action.write, Some(Write::Set { .. })));
            each_action(call, |action| {
                action.write.take_if(|write| sets && matches!(write, Write::Delete));
            });
        })
        .found_by("transactions::writes_happen_together"),
        around("writes what comes before the check that fails", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Commit { transaction } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let actions = actions(transaction);
                let answer = saboteur.soundly(&mut call).await;
                if matches!(answer, Err(Error::Conflict { .. })) {
                    for action in actions {
                        saboteur.sound().commit(with_action(Transaction::new(), action)).await?;
                    }
                }
                answer
            })
        })
        .found_by("transactions::one_failed_check_stops_everything"),
        before("demands that what it deletes exists", |_, call| {
            each_action(call, |action| {
                if matches!(action.write, Some(Write::Delete)) {
                    action.check.get_or_insert(Precondition::Exists);
                }
            });
        })
        .found_by("transactions::deleting_an_absent_key_is_fine"),
        around("skips the touch of what is absent", |saboteur, call| {
            Box::pin(without_vain_touches(saboteur, call))
        })
        .found_by("transactions::a_touch_of_an_absent_key_conflicts")
        .found_by("transactions::a_touch_of_an_expired_key_conflicts"),
        before("ends values at NUL in transactions", |_, call| {
            if matches!(call, Call::Commit { .. }) {
                call.each_value(|value| {
                    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
                    value.truncate(end);
                });
            }
        })
        .found_by("transactions::values_come_back_byte_for_byte"),
    ]
}

async fn without_vain_touches(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    if let Call::Commit { transaction } = &mut call {
        let (mut kept, mut vain) = (Transaction::new(), 0);
        for action in actions(transaction) {
            let touch = matches!(action.write, Some(Write::Touch { .. }));
            if touch && !saboteur.sound().contains(&action.key).await? {
                vain += 1;
            } else {
                kept = with_action(kept, action);
            }
        }
        if vain > 0 {
            *transaction = kept;
        }
    }
    saboteur.soundly(&mut call).await
}

fn times() -> Vec<Mutation> {
    vec![
        before("touches nothing in a transaction but the version", |_, call| {
            each_action(call, |action| {
                if let Some(Write::Touch { ttl }) = &mut action.write {
                    *ttl = Ttl::Keep;
                }
            });
        })
        .found_by("transactions::a_touch_keeps_the_value"),
        before("gives all sets of a transaction the TTL of the first", |_, call| {
            if matches!(call, Call::Commit { .. }) {
                let mut first = None;
                call.each_ttl(|ttl| *ttl = *first.get_or_insert(*ttl));
            }
        })
        .found_by("transactions::every_set_has_its_own_ttl"),
        before("takes Keep for Never in transactions", |_, call| {
            if matches!(call, Call::Commit { .. }) {
                call.each_ttl(|ttl| {
                    if *ttl == Ttl::Keep {
                        *ttl = Ttl::Never;
                    }
                });
            }
        })
        .found_by("transactions::keep_keeps_the_live_expiry"),
    ]
}

fn versions() -> Vec<Mutation> {
    vec![
        after("gives no version of what it touched", |_, call, answer| {
            if let (Call::Commit { transaction }, Ok(Answer::Committed(committed))) = (call, answer) {
                let touched = |key: &str| {
                    let mut actions = actions(transaction).into_iter();
                    actions.any(|action| action.key == key && matches!(action.write, Some(Write::Touch { .. })))
                };
                let kept = committed.versions().filter(|(key, _)| !touched(key));
                *committed = kept.map(|(key, version)| (key.to_owned(), version)).collect();
            }
        })
        .found_by("transactions::committed_gives_the_stored_versions"),
        after("gives a version of what it deleted", |_, call, answer| {
            if let (Call::Commit { transaction }, Ok(Answer::Committed(committed))) = (call, answer) {
                let deleted = actions(transaction).into_iter();
                let deleted = deleted.filter(|action| matches!(action.write, Some(Write::Delete)));
                let none = Version::from_bytes([0; 16]);
                let known = committed.versions().map(|(key, version)| (key.to_owned(), version));
                *committed = known.chain(deleted.map(|action| (action.key, none))).collect();
            }
        })
        .found_by("transactions::committed_gives_no_version_where_nothing_was_written"),
    ]
}

fn memories() -> Vec<Mutation> {
    vec![
        after(
            "answers a transaction that failed once as it did then",
            |saboteur, call, answer| {
                let Call::Commit { transaction } = call else { return };
                let name = format!("{transaction:?}");
                if matches!(answer, Err(Error::Conflict { .. })) {
                    saboteur.notes.values().insert(name, Bytes::new());
                } else if saboteur.notes.values().contains_key(&name) {
                    *answer = Err(Error::conflict(["a key"]));
                }
            },
        )
        .found_by("transactions::a_conflict_spoils_nothing"),
        after(
            "answers a transaction that it did once from memory",
            |saboteur, call, answer| {
                if let (Call::Commit { transaction }, Ok(Answer::Committed(committed))) = (call, answer) {
                    let name = format!("{transaction:?}");
                    let remembered = |key: &str, version| {
                        let mut known = saboteur.notes.versions();
                        *known.entry(format!("{name} {key}")).or_insert(version)
                    };
                    let versions = committed
                        .versions()
                        .map(|(key, version)| (key.to_owned(), remembered(key, version)));
                    *committed = versions.collect::<Committed>();
                }
            },
        )
        .found_by("transactions::a_repeated_transaction_gives_new_versions"),
        after(
            "puts what a transaction set into no listing",
            |saboteur, call, answer| match (call, answer) {
                (Call::Commit { transaction }, Ok(_)) => {
                    for action in actions(transaction) {
                        saboteur.notes.values().insert(action.key, Bytes::new());
                    }
                }
                (Call::List { .. }, Ok(Answer::Keys(keys))) => {
                    keys.retain(|key| !saboteur.notes.values().contains_key(key));
                }
                _ => {}
            },
        )
        .found_by("transactions::a_commit_is_seen_by_every_read"),
    ]
}
