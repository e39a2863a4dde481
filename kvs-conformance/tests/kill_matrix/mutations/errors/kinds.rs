//! Stores that fail with the wrong kind, where they should not fail, or not where they should.

use kvs_core::{Bytes, Error, ErrorKind, Limits, MAX_KEY_BYTES, Version};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before, otherwise};
use crate::saboteur::Saboteur;

/// So many wrong calls are taken for an attack.
const PATIENCE: u64 = 18;

pub(super) fn all() -> Vec<Mutation> {
    [aftermath(), keys(), values(), misses()]
        .into_iter()
        .flatten()
        .collect()
}

fn is_kind(answer: &Result<Answer, Error>, kind: ErrorKind) -> bool {
    answer.as_ref().is_err_and(|error| error.kind() == kind)
}

fn aftermath() -> Vec<Mutation> {
    vec![
        after(
            "locks out who asked for the empty key too often",
            |saboteur, call, answer| {
                let asked = matches!(call, Call::Get { key } | Call::Set { key, .. } if key.is_empty());
                if asked && saboteur.notes.count("wrong") >= PATIENCE {
                    *answer = Err(Error::unavailable("too many wrong requests"));
                }
            },
        )
        .found_by("errors::the_same_input_gives_the_same_kind"),
        around("has no connection left after many errors", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await;
                let is_wrong = answer.as_ref().is_err_and(|error| error.kind() != ErrorKind::Closed);
                let name = if is_wrong { "connections" } else { "calls" };
                if is_wrong && saboteur.notes.count(name) >= 2 * PATIENCE {
                    return Err(Error::unavailable("all connections are in use"));
                }
                answer
            })
        })
        .found_by("errors::errors_do_not_poison_what_follows"),
        around(
            "repeats the last error of a document at the next query",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await;
                    match (&call, &answer) {
                        (Call::Put { .. }, Err(Error::InvalidDocument(_))) => {
                            saboteur.notes.values().insert("failed".into(), Bytes::new());
                        }
                        (Call::Query { .. }, Ok(_)) if saboteur.notes.values().remove("failed").is_some() => {
                            return Err(Error::backend("the transaction was aborted"));
                        }
                        _ => {}
                    }
                    answer
                })
            },
        )
        .found_by("errors::document_errors_do_not_poison_what_follows"),
        after(
            "does not know whether a write with an invalid key was done",
            |_, call, answer| {
                if matches!(call, Call::Get { key } if key.is_empty()) {
                    *answer = Err(Error::invalid_key("the key is empty")
                        .during("memory", "get")
                        .outcome_unknown());
                }
            },
        )
        .found_by("errors::errors_of_the_caller_are_final"),
        after("asks to repeat what was too large", |_, call, answer| {
            if matches!(call, Call::Set { .. }) && is_kind(answer, ErrorKind::TooLarge) {
                *answer = Err(Error::unavailable("the item is too large").during("memory", "set"));
            }
        })
        .found_by("errors::errors_of_the_caller_are_final"),
        after(
            "takes an entry that exists for a failure of its own",
            |_, call, answer| {
                if matches!(call, Call::SetIfAbsent { .. }) && is_kind(answer, ErrorKind::Conflict) {
                    *answer = Err(Error::unavailable("a unique constraint failed").during("memory", "set_if_absent"));
                }
            },
        )
        .found_by("errors::a_conflict_is_final"),
        after("fails otherwise for keys with control characters", |_, call, answer| {
            if matches!(call, Call::Touch { key, .. } | Call::Take { key } if key.contains(char::is_control)) {
                *answer = Err(Error::backend("the statement is malformed"));
            }
        })
        .found_by("errors::random_calls_fail_only_as_documented"),
    ]
}

/// Misses what it should refuse: the key is too long or too short to be there.
fn miss(_: &Saboteur, call: &Call<'_>, answer: &mut Result<Answer, Error>) {
    if matches!(call, Call::Take { .. } | Call::Touch { .. }) && is_kind(answer, ErrorKind::InvalidKey) {
        *answer = Err(Error::NotFound);
    }
}

fn keys() -> Vec<Mutation> {
    vec![
        after("misses a key that is invalid", miss).found_by("errors::invalid_keys_are_refused_everywhere"),
        before("cuts long keys of counters", |_, call| {
            if let Call::Increment { key, .. } = call {
                while key.len() > MAX_KEY_BYTES {
                    key.pop();
                }
            }
        })
        .found_by("errors::invalid_keys_are_refused_everywhere"),
        after("writes no key of the full length in a batch", |_, call, answer| {
            let is_longest = |key: &str| key.len() == MAX_KEY_BYTES;
            if matches!(call, Call::SetMany { entries } if entries.iter().any(|entry| is_longest(&entry.key))) {
                *answer = Err(Error::invalid_key("the key is too long"));
            }
        })
        .found_by("errors::the_limit_of_keys_is_exact"),
        around("checks a batch as it writes it", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::SetMany { entries } = &call
                    && !saboteur.is_closed()
                {
                    for entry in entries.clone() {
                        saboteur.sound().set_many(vec![entry]).await?;
                    }
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("errors::one_invalid_entry_rejects_a_batch"),
    ]
}

fn values() -> Vec<Mutation> {
    vec![
        after("refuses values of the full length", |saboteur, call, answer| {
            let limit = saboteur.declared().limits.value_bytes;
            if matches!(call, Call::Set { value, .. } if value.len() == limit) {
                *answer = Err(Error::too_large("value", "bytes", limit, limit - 1));
            }
        })
        .found_by("errors::the_limit_of_values_is_exact"),
        before("cuts long values of conditional writes", |saboteur, call| {
            let limit = saboteur.declared().limits.value_bytes;
            match call {
                Call::SetIfAbsent { value, .. } | Call::CompareAndSet { value, .. } => value.truncate(limit),
                _ => {}
            }
        })
        .found_by("errors::the_limit_of_values_holds_for_conditional_writes"),
        around(
            "removes the old value before it looks at the new one",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await;
                    if let Call::Set { key, .. } = &call
                        && is_kind(&answer, ErrorKind::TooLarge)
                    {
                        saboteur.sound().delete(key).await?;
                    }
                    answer
                })
            },
        )
        .found_by("errors::the_limit_of_values_is_exact"),
        otherwise("announces less room than every store has")
            .announces(|profile| profile.limits.transaction_keys = 25)
            .declares(|profile| profile.limits.transaction_keys = 25)
            .found_by("errors::the_limits_are_at_least_portable"),
        otherwise("announces less room for documents than every store has")
            .announces(|profile| profile.limits.document_bytes = Limits::PORTABLE.document_bytes - 1)
            .found_by("errors::the_limits_are_at_least_portable"),
    ]
}

fn misses() -> Vec<Mutation> {
    vec![
        after("conflicts with what is not there to be touched", |_, call, answer| {
            if let (Call::Touch { key, .. }, Err(Error::NotFound)) = (call, &answer) {
                *answer = Err(Error::conflict([key.as_str()]).during("memory", "touch"));
            }
        })
        .found_by("errors::a_miss_is_not_found"),
        after("has no version of what is not there", |_, call, answer| {
            if let (Call::GetVersioned { .. }, Err(Error::NotFound)) = (call, &answer) {
                *answer = Ok(Answer::Versioned(kvs_core::Versioned {
                    value: Bytes::new(),
                    version: Version::from_bytes([0; 16]),
                    expires_at: None,
                }));
            }
        })
        .found_by("errors::a_miss_is_not_found"),
        after(
            "fails to read before anything was written",
            |saboteur, call, answer| match call {
                Call::Get { .. } => {
                    let is_miss = answer.as_ref().is_err_and(Error::is_not_found);
                    if is_miss && !saboteur.notes.values().contains_key("written") {
                        *answer = Err(Error::backend("there is no such table").during("memory", "get"));
                    }
                }
                _ => {
                    saboteur.notes.values().insert("written".into(), Bytes::new());
                }
            },
        )
        .found_by("errors::a_miss_says_so"),
    ]
}
