//! What errors say to people, and what they must never say.

use std::error::Error as StdError;

use kvs_core::{Error, ErrorKind, Filter, ListOptions, PutOptions, Query, Result, SetEntry, Transaction, Ttl, Version};
use serde_json::json;

use crate::cases::support::{Shared, bytes, document, nested_objects};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

/// Stands in keys, ids and values where it would be seen if any of them were told.
const CANARY: &str = "canary-5f0c2a9d";

cases! {
    "errors";
    "A message begins with the backend and the operation."
        => a_message_names_backend_and_operation [];
    "The operation that a message names is a method of the store."
        => a_message_names_a_method [];
    "A message is one line without control characters, whatever stands in the key."
        => a_message_is_one_clean_line [];
    "No message, no Debug and no cause holds a whole key."
        => no_error_tells_a_key [];
    "No message, no Debug and no cause holds a value."
        => no_error_tells_a_value [];
    "No error about a document or a filter tells what is in it."
        => no_error_tells_a_document [documents];
    "No error of a conditional write tells a key or a value; the program can read the key, people cannot."
        => no_conflict_tells_a_key [atomic];
    "A message does not repeat its cause."
        => a_message_does_not_repeat_its_cause [];
    "A message about a limit has both lengths, and says what to do."
        => a_message_about_a_limit_has_both_lengths [];
    "A miss says so in one short line."
        => a_miss_says_so [];
    "An error can be shown in every form: Display, Debug, alternate."
        => errors_can_be_shown_in_every_form [];
}

/// A key that is too long, with the canary in front, in the middle and at the end.
fn long_key() -> String {
    format!("{CANARY}{}{CANARY}{}{CANARY}", "x".repeat(900), "y".repeat(900))
}

/// One error of every kind that a caller can provoke, on every trait that there is.
async fn errors(cx: &Context) -> std::result::Result<Vec<Error>, Failed> {
    let store = cx.open().await?;
    let mut outcomes = entry_errors(&store, cx).await;
    let traits = store.profile().traits;
    if traits.listable {
        outcomes.push(store.list_page(&ListOptions::new(CANARY).limit(0)).await.map(drop));
    }
    if traits.atomic {
        outcomes.extend(atomic_errors(&store).await?);
    }
    if traits.documents {
        outcomes.extend(document_errors(&store, cx).await?);
    }
    store.close().await?;
    outcomes.push(store.get(&format!("key of {CANARY}")).await.map(drop));
    outcomes.push(store.set(&format!("key of {CANARY}"), CANARY.into(), Ttl::Never).await);
    let count = outcomes.len();
    let errors: Vec<Error> = outcomes.into_iter().filter_map(Result::err).collect();
    ensure_eq!(errors.len(), count, "every one of these calls fails");
    Ok(errors)
}

async fn entry_errors(store: &Shared, cx: &Context) -> Vec<Result<()>> {
    let large = [bytes(cx.limits().value_bytes), CANARY.into()].concat();
    vec![
        store.get("").await.map(drop),
        store.get(&long_key()).await.map(drop),
        store.set(&long_key(), CANARY.into(), Ttl::Never).await,
        store.delete(&long_key()).await,
        store.contains(&long_key()).await.map(drop),
        store.get_many(&[CANARY, &long_key()]).await.map(drop),
        store.set_many(vec![SetEntry::new(long_key(), CANARY)]).await,
        store.delete_many(&[&long_key()]).await,
        store.set(&format!("key of {CANARY}"), large.into(), Ttl::Never).await,
    ]
}

async fn atomic_errors(store: &Shared) -> std::result::Result<Vec<Result<()>>, Failed> {
    let key = format!("key of {CANARY}");
    let other = Version::from_bytes([7; 16]);
    store.set(&key, CANARY.into(), Ttl::Never).await?;
    let contradiction = Transaction::new()
        .check_absent(&key)
        .check_exists(&key)
        .set("other", CANARY, Ttl::Never);
    Ok(vec![
        store.set_if_absent(&key, CANARY.into(), Ttl::Never).await.map(drop),
        store
            .compare_and_set(&key, other, CANARY.into(), Ttl::Never)
            .await
            .map(drop),
        store.compare_and_delete(&key, other).await,
        store.increment(&key, 1).await.map(drop),
        store
            .commit(Transaction::new().check_absent(&key).set("other", CANARY, Ttl::Never))
            .await
            .map(drop),
        store.commit(contradiction).await.map(drop),
        store.get_versioned(&long_key()).await.map(drop),
        store.update(&long_key(), &mut |_| Ok(CANARY.into())).await.map(drop),
    ])
}

async fn document_errors(store: &Shared, cx: &Context) -> std::result::Result<Vec<Result<()>>, Failed> {
    let id = format!("id of {CANARY}");
    let secret = || document(&id, json!({CANARY: CANARY}));
    store.put("c", secret()?).await?;
    let deep = document(&id, json!({CANARY: nested_objects(40), "a": CANARY}))?;
    let large = document(
        &id,
        json!({"a": format!("{CANARY}{}", "x".repeat(cx.limits().document_bytes))}),
    )?;
    let invalid = (0..40).fold(Filter::eq("a", CANARY), |filter, _| !filter);
    Ok(vec![
        store
            .put("c", document(&long_key(), json!({"a": CANARY}))?)
            .await
            .map(drop),
        store.put(&long_key(), secret()?).await.map(drop),
        store.put_with("c", secret()?, PutOptions::if_absent()).await.map(drop),
        store.put("c", deep).await.map(drop),
        store.put("c", large).await.map(drop),
        store.query("c", &invalid).await.map(drop),
        store
            .query_page("c", &Query::new(Filter::eq("a", CANARY)).limit(0))
            .await
            .map(drop),
        store.get_doc("c", &long_key()).await.map(drop),
    ])
}

/// Everything that the error could print, its causes included.
fn everything(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text} {error} {error:?} {error:#?}");
        cause = error.source();
    }
    text
}

async fn a_message_names_backend_and_operation(cx: Context) -> Outcome {
    let prefix = format!("{}: ", cx.profile().name);
    for error in errors(&cx).await? {
        let message = error.to_string();
        let rest = message.strip_prefix(&prefix).and_then(|rest| rest.split_once(": "));
        let operation = rest.map_or("", |(operation, _)| operation);
        let is_name = !operation.is_empty() && operation.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        ensure!(is_name, "`{prefix}operation: …` begins the message, seen {message}");
    }
    Ok(())
}

async fn a_message_names_a_method(cx: Context) -> Outcome {
    let methods = "get set delete contains get_many set_many delete_many sweep close list list_page delete_prefix put \
                   put_with get_doc query query_page delete_doc delete_collection get_versioned commit set_if_absent \
                   compare_and_set compare_and_delete take touch update increment";
    for error in errors(&cx).await? {
        let message = error.to_string();
        let operation = message.split(": ").nth(1).unwrap_or_default();
        ensure!(
            methods.split(' ').any(|method| method == operation),
            "a method of the store, seen {message}"
        );
    }
    Ok(())
}

async fn a_message_is_one_clean_line(cx: Context) -> Outcome {
    let mut errors = errors(&cx).await?;
    let store = cx.open_at(&cx.new_site()).await?;
    for hostile in [
        "\u{1b}[31mred\u{1b}[0m",
        "a\nb\r\nc",
        "\0\0\0\0",
        "\u{202e}abc\u{2066}",
        "\u{7f}\u{85}\u{2028}",
    ] {
        errors.extend(store.get(&hostile.repeat(1_000)).await.err());
        if store.profile().traits.atomic {
            store.set(&hostile.repeat(4), hostile.into(), Ttl::Never).await?;
            errors.extend(
                store
                    .set_if_absent(&hostile.repeat(4), "v".into(), Ttl::Never)
                    .await
                    .err(),
            );
        }
    }
    for error in errors {
        let message = error.to_string();
        let clean = !message
            .chars()
            .any(|c| c.is_control() || "\u{2028}\u{2029}".contains(c));
        ensure!(
            clean && !message.trim().is_empty(),
            "one line without control characters, seen {message:?}"
        );
        ensure!(
            message.len() < 500,
            "one line that is read at a glance, seen {} bytes",
            message.len()
        );
    }
    Ok(())
}

async fn no_error_tells_a_key(cx: Context) -> Outcome {
    for error in errors(&cx).await? {
        let text = everything(&error);
        ensure!(!text.contains(CANARY), "keys are secrets: {text}");
    }
    Ok(())
}

async fn no_error_tells_a_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let secret = CANARY.repeat(1 + cx.limits().value_bytes / CANARY.len());
    let error = store
        .set("k", secret.into(), Ttl::Never)
        .await
        .err()
        .ok_or("the value is too large")?;
    ensure!(!everything(&error).contains(CANARY), "values are secrets: {error}");
    store.close().await?;
    let error = store
        .set("k", CANARY.into(), Ttl::Never)
        .await
        .err()
        .ok_or("the store is closed")?;
    ensure!(!everything(&error).contains(CANARY), "values are secrets: {error}");
    Ok(())
}

async fn no_error_tells_a_document(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for error in document_errors(&store, &cx).await?.into_iter().filter_map(Result::err) {
        ensure!(
            !everything(&error).contains(CANARY),
            "documents and filters are secrets: {error:?}"
        );
    }
    for text in [
        format!("{{\"a\": {CANARY}}}"),
        format!("{{\"a\": \"{CANARY}"),
        format!("\"{CANARY}\""),
    ] {
        let error = text.parse::<Filter>().err().ok_or("the text is no filter")?;
        ensure!(
            !everything(&error).contains(CANARY),
            "the text of a filter is a secret: {error:?}"
        );
    }
    Ok(())
}

async fn no_conflict_tells_a_key(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for error in atomic_errors(&store).await?.into_iter().filter_map(Result::err) {
        ensure!(
            !everything(&error).contains(CANARY),
            "keys and values are secrets: {error:?}"
        );
        if error.kind() == ErrorKind::Conflict {
            let failed = crate::cases::support::failed_keys(&error);
            ensure_eq!(
                failed,
                [format!("key of {CANARY}")],
                "the program is given the whole key"
            );
        }
    }
    Ok(())
}

async fn a_message_does_not_repeat_its_cause(cx: Context) -> Outcome {
    for error in errors(&cx).await? {
        let message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let inner = error.to_string();
            ensure!(
                inner.is_empty() || !message.contains(&inner),
                "the cause is in source() only: {message}"
            );
            cause = error.source();
        }
    }
    Ok(())
}

async fn a_message_about_a_limit_has_both_lengths(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limit = cx.limits().value_bytes;
    let error = store
        .set("k", bytes(limit + 1), Ttl::Never)
        .await
        .err()
        .ok_or("the value is too large")?;
    let message = error.to_string();
    for part in [
        limit.to_string(),
        (limit + 1).to_string(),
        "value".to_owned(),
        "limit".to_owned(),
    ] {
        ensure!(message.contains(&part), "the message tells {part}: {message}");
    }
    Ok(())
}

async fn a_miss_says_so(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let error = store.get(CANARY).await.err().ok_or("nothing is stored there")?;
    let message = error.to_string();
    ensure!(message.contains("not found") && message.len() < 100, "seen {message}");
    ensure!(
        error.source().is_none() && !everything(&error).contains(CANARY),
        "a miss carries nothing"
    );
    Ok(())
}

async fn errors_can_be_shown_in_every_form(cx: Context) -> Outcome {
    for error in errors(&cx).await? {
        for shown in [
            format!("{error}"),
            format!("{error:#}"),
            format!("{error:?}"),
            format!("{error:#?}"),
        ] {
            ensure!(!shown.is_empty(), "every form says something");
        }
    }
    Ok(())
}
