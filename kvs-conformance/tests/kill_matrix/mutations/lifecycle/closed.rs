//! Stores that answer otherwise than they should when they are closed.

use kvs_core::{Bytes, Error, Version};

use crate::call::{Answer, Call, perform};
use crate::mutation::{Mutation, after, around};

pub(super) fn all() -> Vec<Mutation> {
    [entries(), rest()].into_iter().flatten().collect()
}

/// A store that, when it is closed, answers some calls with something else than `Closed`.
macro_rules! answers {
    ($name:literal, $calls:pat => $other:expr) => {
        after($name, |_, call, answer| {
            if let ($calls, Err(Error::Closed(_))) = (call, &answer) {
                *answer = $other;
            }
        })
    };
}

fn entries() -> Vec<Mutation> {
    vec![
        answers!("misses every key when it is closed", Call::Get { .. } => Err(Error::NotFound))
            .found_by("lifecycle::closed_is_not_a_miss"),
        answers!("says that a closed store is worth a repetition", Call::Get { .. } => {
            Err(Error::unavailable("the store is closed").during("memory", "get"))
        })
        .found_by("lifecycle::closed_is_not_a_miss"),
        answers!("swallows writes when it is closed", Call::Set { .. } | Call::SetMany { .. } => Ok(Answer::Done))
            .found_by("lifecycle::operations_on_entries_are_closed"),
        answers!("deletes in vain when it is closed", Call::Delete { .. } | Call::DeleteMany { .. } => Ok(Answer::Done))
            .found_by("lifecycle::operations_on_entries_are_closed"),
        answers!("contains nothing when it is closed", Call::Contains { .. } => Ok(Answer::Flag(false)))
            .found_by("lifecycle::operations_on_entries_are_closed"),
        answers!("lists nothing when it is closed", Call::List { .. } => Ok(Answer::Keys(Vec::new())))
            .found_by("lifecycle::listings_are_closed"),
        answers!("deletes no prefix when it is closed", Call::DeletePrefix { .. } => Ok(Answer::Done))
            .found_by("lifecycle::listings_are_closed"),
    ]
}

fn rest() -> Vec<Mutation> {
    vec![
        answers!("misses every document when it is closed", Call::GetDoc { .. } => Err(Error::NotFound))
            .found_by("lifecycle::operations_on_documents_are_closed"),
        answers!("swallows documents when it is closed", Call::Put { .. } | Call::PutWith { .. } => {
            Ok(Answer::Version(Version::from_bytes([0; 16])))
        })
        .found_by("lifecycle::operations_on_documents_are_closed"),
        answers!("finds conflicts when it is closed", Call::CompareAndSet { key, .. } => {
            Err(Error::conflict([key.as_str()]))
        })
        .found_by("lifecycle::conditional_writes_are_closed"),
        after("commits nothing also when it is closed", |saboteur, call, answer| {
            let actions = match call {
                Call::Commit { transaction } => saboteur.declared().check("commit").transaction(transaction.clone()),
                _ => return,
            };
            if actions.is_ok_and(|actions| actions.is_empty()) {
                *answer = Ok(Answer::Committed(std::iter::empty::<(String, Version)>().collect()));
            }
        })
        .found_by("lifecycle::conditional_writes_are_closed"),
        around(
            "computes an update before it sees that it is closed",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Update { change, .. } = &mut call
                        && saboteur.is_closed()
                    {
                        change(None::<&Bytes>)?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("lifecycle::a_closed_update_calls_nothing"),
        around("sweeps also when it is closed", |saboteur, mut call| {
            Box::pin(async move {
                match call {
                    Call::Sweep => perform(saboteur.storage(), &mut call).await,
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("lifecycle::a_closed_store_sweeps_nothing"),
        after(
            "looks whether it is closed before it looks at arguments",
            |saboteur, call, answer| {
                if saboteur.is_closed() && answer.is_err() && !matches!(call, Call::Close) {
                    *answer = Err(Error::closed().during("memory", "get"));
                }
            },
        )
        .found_by("lifecycle::arguments_on_entries_come_first")
        .found_by("lifecycle::arguments_of_listings_come_first")
        .found_by("lifecycle::arguments_on_documents_come_first")
        .found_by("lifecycle::arguments_of_conditional_writes_come_first"),
    ]
}
