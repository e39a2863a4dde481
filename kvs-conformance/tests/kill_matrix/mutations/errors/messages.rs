//! Stores whose errors say too much, or too little.

use std::borrow::Cow;
use std::io;

use kvs_core::{Error, ErrorKind, Failure};

use crate::call::Call;
use crate::mutation::{Mutation, after, around};

pub(super) fn all() -> Vec<Mutation> {
    [places(), secrets(), conflicts(), texts()]
        .into_iter()
        .flatten()
        .collect()
}

/// A store that fails with another error where it would refuse a key.
macro_rules! refuses_keys {
    ($name:literal, |$key:ident| $error:expr) => {
        after($name, |_, call, answer| {
            if let (Call::Contains { key: $key }, Err(Error::InvalidKey(_))) = (call, &answer) {
                *answer = Err($error);
            }
        })
    };
}

/// What `contains` says of an invalid key.
fn refused(message: impl Into<Cow<'static, str>>) -> Error {
    Error::invalid_key(message).during("memory", "contains")
}

fn places() -> Vec<Mutation> {
    vec![
        refuses_keys!("does not say where an error comes from", |_key| Error::invalid_key(
            "the key is too long"
        ))
        .found_by("errors::a_message_names_backend_and_operation"),
        refuses_keys!("names the driver and not itself", |_key| {
            Error::invalid_key("the key is too long").during("driver", "contains")
        })
        .found_by("errors::a_message_names_backend_and_operation"),
        refuses_keys!("names a function of its own in an error", |_key| {
            Error::invalid_key("the key is too long").during("memory", "exec_stmt")
        })
        .found_by("errors::a_message_names_a_method"),
    ]
}

fn secrets() -> Vec<Mutation> {
    vec![
        refuses_keys!("tells a key in a message", |key| refused(format!(
            "the key {key:?} is too long"
        )))
        .found_by("errors::no_error_tells_a_key"),
        refuses_keys!("tells a key in the cause of an error", |key| {
            refused("the key is too long").with_source(io::Error::other(key.clone()))
        })
        .found_by("errors::no_error_tells_a_key"),
        after("tells a large value in the cause of an error", |_, call, answer| {
            if let (Call::Set { value, .. }, Err(Error::Closed(failure))) = (call, &answer) {
                let error = with_cause(failure, String::from_utf8_lossy(value).into_owned());
                *answer = Err(error.during("memory", "set"));
            }
        })
        .found_by("errors::no_error_tells_a_value"),
        around("tells the content of a document in an error", |saboteur, mut call| {
            Box::pin(async move {
                let detail = match &call {
                    Call::PutWith { document, .. } => format!("{:?} was not put", document.data),
                    _ => return saboteur.soundly(&mut call).await,
                };
                let answer = saboteur.soundly(&mut call).await;
                if answer.as_ref().is_err_and(Error::is_conflict) {
                    return Err(Error::backend(detail).during("memory", "put_with"));
                }
                answer
            })
        })
        .found_by("errors::no_error_tells_a_document"),
        after("tells a filter in an error", |_, call, answer| {
            let is_refusal = answer
                .as_ref()
                .is_err_and(|error| error.kind() == ErrorKind::InvalidArgument);
            if let (Call::QueryPage { query, .. }, true) = (call, is_refusal)
                && let kvs_core::Expr::Field {
                    op: kvs_core::Operator::Eq(value),
                    ..
                } = query.filter.expr()
            {
                let error = Error::invalid_argument(format!("the limit is 0; searched for {value}"));
                *answer = Err(error.during("memory", "query_page"));
            }
        })
        .found_by("errors::no_error_tells_a_document"),
    ]
}

/// A closed store that has a cause for it.
fn with_cause(failure: &Failure, cause: String) -> Error {
    Error::closed_with(failure.message().to_owned()).with_source(io::Error::other(cause))
}

fn conflicts() -> Vec<Mutation> {
    vec![
        after("gives the program a shortened key in a conflict", |_, call, answer| {
            if let (Call::CompareAndDelete { key, .. }, Err(Error::Conflict { .. })) = (call, &answer) {
                let short: String = key.chars().take(8).collect();
                *answer = Err(Error::conflict([short]).during("memory", "compare_and_delete"));
            }
        })
        .found_by("errors::no_conflict_tells_a_key"),
        after("tells the text that is no number", |saboteur, call, answer| {
            if let (Call::Increment { .. }, Err(Error::InvalidArgument(_))) = (call, &answer) {
                let texts = saboteur.notes.values().clone();
                let text = texts
                    .values()
                    .next()
                    .map(|value| String::from_utf8_lossy(value).into_owned());
                let error = Error::invalid_argument(format!("{} is no number", text.unwrap_or_default()));
                *answer = Err(error.during("memory", "increment"));
            }
            if let (Call::Set { key, value, .. }, Ok(_)) = (call, &answer) {
                saboteur.notes.values().insert(key.clone(), value.clone());
            }
        })
        .found_by("errors::no_conflict_tells_a_key"),
    ]
}

fn texts() -> Vec<Mutation> {
    vec![
        refuses_keys!("breaks its messages into lines", |_key| refused(
            "the key is too long;\nshorten it"
        ))
        .found_by("errors::a_message_is_one_clean_line"),
        after("tells how a key begins as it is", |_, call, answer| {
            if let (Call::SetIfAbsent { key, .. }, Err(Error::Conflict { .. })) = (call, &answer) {
                let begin: String = key.chars().take(3).collect();
                *answer = Err(Error::conflict([key.as_str()]).during("memory", leaked(begin)));
            }
        })
        .found_by("errors::a_message_is_one_clean_line"),
        refuses_keys!("goes on and on", |_key| refused("the key is too long; ".repeat(50)))
            .found_by("errors::a_message_is_one_clean_line"),
        refuses_keys!("repeats a cause in the message", |_key| {
            refused("the key is too long: string or blob too big")
                .with_source(io::Error::other("string or blob too big"))
        })
        .found_by("errors::a_message_does_not_repeat_its_cause"),
        refuses_keys!("fails without a word", |_key| Error::invalid_key(""))
            .found_by("errors::errors_can_be_shown_in_every_form"),
        after("tells the room that is left and not the limit", |_, call, answer| {
            if let (Call::Set { .. }, Err(Error::TooLarge(error))) = (call, &answer) {
                let room = error.limit - 100;
                let error = Error::too_large(error.what, error.unit, error.length, room);
                *answer = Err(error.during("memory", "set"));
            }
        })
        .found_by("errors::a_message_about_a_limit_has_both_lengths"),
    ]
}

/// For names that live as long as the program.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}
