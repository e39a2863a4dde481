//! What a closed store answers.

use std::time::Duration;

use kvs_core::{
    Document, ErrorKind, Filter, ListOptions, PutOptions, Query, Result, SetEntry, Transaction, Ttl, Version,
};
use serde_json::json;

use crate::cases::support::{Shared, bytes, document, nested_objects};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

const ANY: Version = Version::from_bytes([7; 16]);

cases! {
    "lifecycle";
    "After close every operation on entries is Closed."
        => operations_on_entries_are_closed [];
    "After close every listing is Closed."
        => listings_are_closed [listable];
    "After close every operation on documents is Closed."
        => operations_on_documents_are_closed [documents];
    "After close every conditional write is Closed."
        => conditional_writes_are_closed [atomic];
    "The function of an update is not called after close."
        => a_closed_update_calls_nothing [atomic];
    "After close nothing is swept: sweep is Closed, or 0 where there is nothing to sweep."
        => a_closed_store_sweeps_nothing [manual_clock];
    "An invalid key or a value over the limit is told as such after close, too."
        => arguments_on_entries_come_first [];
    "A limit of 0 in a listing is told as such after close, too."
        => arguments_of_listings_come_first [listable];
    "An invalid id, collection, document or filter is told as such after close, too."
        => arguments_on_documents_come_first [documents];
    "An invalid key, value or transaction is told as such after close, too."
        => arguments_of_conditional_writes_come_first [atomic];
    "Nothing that was refused after close was written: a missing key is not told from a closed store."
        => closed_is_not_a_miss [];
}

async fn closed(cx: &Context) -> Result<Shared, Failed> {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    store.close().await?;
    Ok(store)
}

/// Holds the outcomes, each with the name of its operation, to one kind.
fn ensure_all(kind: ErrorKind, outcomes: impl IntoIterator<Item = (&'static str, Result<()>)>) -> Outcome {
    for (operation, outcome) in outcomes {
        ensure_kind!(outcome, kind, "{operation}");
    }
    Ok(())
}

async fn operations_on_entries_are_closed(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    ensure_all(
        ErrorKind::Closed,
        [
            ("get", store.get("k").await.map(drop)),
            ("get of a missing key", store.get("missing").await.map(drop)),
            ("set", store.set("k", "w".into(), Ttl::Never).await),
            (
                "set with a TTL",
                store.set("k", "w".into(), Ttl::After(Duration::from_secs(1))).await,
            ),
            ("delete", store.delete("k").await),
            ("delete of a missing key", store.delete("missing").await),
            ("contains", store.contains("k").await.map(drop)),
            ("get_many", store.get_many(&["k", "l"]).await.map(drop)),
            (
                "set_many",
                store
                    .set_many(vec![SetEntry::new("k", "w"), SetEntry::new("l", "w")])
                    .await,
            ),
            ("delete_many", store.delete_many(&["k", "l"]).await),
        ],
    )
}

async fn listings_are_closed(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    ensure_all(
        ErrorKind::Closed,
        [
            ("list_page", store.list_page(&ListOptions::new("")).await.map(drop)),
            (
                "list_page in reverse",
                store
                    .list_page(&ListOptions::new("k").reverse(true).values(true))
                    .await
                    .map(drop),
            ),
            ("list", store.list("").await.map(drop)),
            (
                "list of a prefix that no key has",
                store.list(&"x".repeat(5_000)).await.map(drop),
            ),
            ("delete_prefix", store.delete_prefix("").await),
        ],
    )
}

async fn operations_on_documents_are_closed(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    let new = || document("d", json!({"a": 1}));
    ensure_all(
        ErrorKind::Closed,
        [
            ("put", store.put("c", new()?).await.map(drop)),
            (
                "put_with",
                store.put_with("c", new()?, PutOptions::if_absent()).await.map(drop),
            ),
            (
                "put_with a version",
                store.put_with("c", new()?, PutOptions::if_version(ANY)).await.map(drop),
            ),
            ("get_doc", store.get_doc("c", "d").await.map(drop)),
            ("query_page", store.query_page("c", &Query::default()).await.map(drop)),
            ("query", store.query("c", &Filter::all()).await.map(drop)),
            (
                "query that matches nothing",
                store.query("c", &Filter::or([])).await.map(drop),
            ),
            ("delete_doc", store.delete_doc("c", "d").await),
            ("delete_collection", store.delete_collection("c").await),
        ],
    )
}

async fn conditional_writes_are_closed(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    ensure_all(
        ErrorKind::Closed,
        [
            ("get_versioned", store.get_versioned("k").await.map(drop)),
            (
                "commit",
                store
                    .commit(Transaction::new().set("k", "w", Ttl::Never))
                    .await
                    .map(drop),
            ),
            (
                "commit of checks",
                store.commit(Transaction::new().check_exists("k")).await.map(drop),
            ),
            ("commit of nothing", store.commit(Transaction::new()).await.map(drop)),
            (
                "set_if_absent",
                store.set_if_absent("k", "w".into(), Ttl::Never).await.map(drop),
            ),
            (
                "compare_and_set",
                store.compare_and_set("k", ANY, "w".into(), Ttl::Never).await.map(drop),
            ),
            ("compare_and_delete", store.compare_and_delete("k", ANY).await),
            ("take", store.take("k").await.map(drop)),
            ("touch", store.touch("k", Ttl::Never).await.map(drop)),
            ("update", store.update("k", &mut |_| Ok("w".into())).await.map(drop)),
            ("increment", store.increment("n", 1).await.map(drop)),
        ],
    )
}

async fn a_closed_update_calls_nothing(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    let mut calls = 0;
    let outcome = store
        .update("k", &mut |_| {
            calls += 1;
            Ok("w".into())
        })
        .await;
    ensure_kind!(outcome, ErrorKind::Closed, "the store is closed");
    ensure_eq!(calls, 0, "the function was not called");
    Ok(())
}

async fn a_closed_store_sweeps_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::After(Duration::from_millis(1))).await?;
    cx.clock().advance(Duration::from_millis(1));
    store.close().await?;
    match store.sweep().await {
        Ok(0) => Ok(()),
        outcome => {
            ensure_kind!(outcome, ErrorKind::Closed, "a closed store reclaims nothing");
            Ok(())
        }
    }
}

async fn arguments_on_entries_come_first(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    let (long, large) = ("k".repeat(1_025), bytes(cx.limits().value_bytes + 1));
    for key in ["", &long] {
        ensure_all(
            ErrorKind::InvalidKey,
            [
                ("get", store.get(key).await.map(drop)),
                ("set", store.set(key, "w".into(), Ttl::Never).await),
                ("delete", store.delete(key).await),
                ("contains", store.contains(key).await.map(drop)),
                ("get_many", store.get_many(&["k", key]).await.map(drop)),
                (
                    "set_many",
                    store
                        .set_many(vec![SetEntry::new("k", "w"), SetEntry::new(key, "w")])
                        .await,
                ),
                ("delete_many", store.delete_many(&["k", key]).await),
            ],
        )?;
    }
    ensure_all(
        ErrorKind::TooLarge,
        [
            ("set", store.set("k", large.clone(), Ttl::Never).await),
            (
                "set_many",
                store
                    .set_many(vec![SetEntry::new("k", "w"), SetEntry::new("l", large)])
                    .await,
            ),
        ],
    )
}

async fn arguments_of_listings_come_first(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    let outcome = store.list_page(&ListOptions::new("k").limit(0)).await;
    ensure_kind!(outcome, ErrorKind::InvalidArgument, "list_page");
    Ok(())
}

async fn arguments_on_documents_come_first(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    let long = "c".repeat(1_025);
    for id in ["", &long] {
        ensure_all(
            ErrorKind::InvalidKey,
            [
                ("put", store.put("c", document(id, json!({}))?).await.map(drop)),
                ("get_doc", store.get_doc("c", id).await.map(drop)),
                ("delete_doc", store.delete_doc("c", id).await),
            ],
        )?;
    }
    for collection in ["", &long] {
        ensure_all(
            ErrorKind::InvalidArgument,
            [
                (
                    "put",
                    store
                        .put(
                            collection,
                            Document {
                                id: "d".into(),
                                ..Document::default()
                            },
                        )
                        .await
                        .map(drop),
                ),
                ("get_doc", store.get_doc(collection, "d").await.map(drop)),
                (
                    "query_page",
                    store.query_page(collection, &Query::default()).await.map(drop),
                ),
                ("query", store.query(collection, &Filter::all()).await.map(drop)),
                ("delete_doc", store.delete_doc(collection, "d").await),
                ("delete_collection", store.delete_collection(collection).await),
            ],
        )?;
    }
    ensure_kind!(
        store.put("c", document("d", nested_objects(33))?).await,
        ErrorKind::InvalidDocument,
        "put"
    );
    let large = document("d", json!({"s": "x".repeat(cx.limits().document_bytes)}))?;
    ensure_kind!(store.put("c", large).await, ErrorKind::TooLarge, "put");
    let invalid = (0..40).fold(Filter::eq("a", 1), |filter, _| !filter);
    ensure_all(
        ErrorKind::InvalidArgument,
        [
            ("query", store.query("c", &invalid).await.map(drop)),
            (
                "query_page",
                store.query_page("c", &Query::new(invalid)).await.map(drop),
            ),
            (
                "query_page with a limit of 0",
                store.query_page("c", &Query::default().limit(0)).await.map(drop),
            ),
        ],
    )
}

async fn arguments_of_conditional_writes_come_first(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    let (long, large) = ("k".repeat(1_025), bytes(cx.limits().value_bytes + 1));
    for key in ["", &long] {
        ensure_all(
            ErrorKind::InvalidKey,
            [
                ("get_versioned", store.get_versioned(key).await.map(drop)),
                ("commit", store.commit(Transaction::new().delete(key)).await.map(drop)),
                (
                    "set_if_absent",
                    store.set_if_absent(key, "w".into(), Ttl::Never).await.map(drop),
                ),
                (
                    "compare_and_set",
                    store.compare_and_set(key, ANY, "w".into(), Ttl::Never).await.map(drop),
                ),
                ("compare_and_delete", store.compare_and_delete(key, ANY).await),
                ("take", store.take(key).await.map(drop)),
                ("touch", store.touch(key, Ttl::Never).await.map(drop)),
                ("update", store.update(key, &mut |_| Ok("w".into())).await.map(drop)),
                ("increment", store.increment(key, 1).await.map(drop)),
            ],
        )?;
    }
    ensure_all(
        ErrorKind::TooLarge,
        [
            (
                "set_if_absent",
                store.set_if_absent("k", large.clone(), Ttl::Never).await.map(drop),
            ),
            (
                "compare_and_set",
                store
                    .compare_and_set("k", ANY, large.clone(), Ttl::Never)
                    .await
                    .map(drop),
            ),
            (
                "commit",
                store
                    .commit(Transaction::new().set("k", large, Ttl::Never))
                    .await
                    .map(drop),
            ),
        ],
    )?;
    let contradiction = Transaction::new().check_absent("k").check_exists("k");
    ensure_kind!(store.commit(contradiction).await, ErrorKind::InvalidArgument, "commit");
    Ok(())
}

async fn closed_is_not_a_miss(cx: Context) -> Outcome {
    let store = closed(&cx).await?;
    let error = store.get("missing").await.err().ok_or("a closed store gives nothing")?;
    ensure!(
        !error.is_not_found() && !error.is_conflict(),
        "Closed is neither a miss nor a conflict: {error}"
    );
    ensure!(
        !error.is_retryable() && !error.may_have_applied(),
        "nothing happened, and a repetition is in vain: {error}"
    );
    Ok(())
}
