//! Batches of which the service leaves a part undone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kvs_dynamodb::{Bytes, Error, ErrorKind, ListableStore, SetEntry, Store, Ttl};
use serde_json::Value;

use crate::server::{Fault, Reply, Request, Rule};
use crate::support::{Bench, bounded};

/// Leaves three of ten items, each time others.
fn some() -> Fault {
    let count = AtomicUsize::new(0);
    Fault::unprocessed(move |_| count.fetch_add(1, Ordering::Relaxed) * 7 % 10 < 3)
}

/// Leaves this key, always.
fn one(key: &'static str) -> Fault {
    Fault::unprocessed(move |item| key_of(item) == key)
}

fn all() -> Fault {
    Fault::unprocessed(|_| true)
}

/// The key of a write or a read in a batch.
fn key_of(item: &Value) -> &str {
    let places = ["/PutRequest/Item/sk/S", "/DeleteRequest/Key/sk/S", "/sk/S"];
    let found = places.iter().find_map(|place| item.pointer(place));
    found.and_then(Value::as_str).expect("an item has a key")
}

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("key-{n:04}")).collect()
}

fn entries(keys: &[String]) -> Vec<SetEntry> {
    keys.iter()
        .map(|key| SetEntry::new(key.as_str(), key.clone()))
        .collect()
}

fn refs(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_batch_of_1000_ends_complete_though_30_percent_are_left_each_time() {
    let bench = Bench::patient().await;
    let keys = keys(1_000);
    bench.server.plan(Rule::new(some()));
    bounded(bench.store.set_many(entries(&keys))).await.unwrap();
    let sent = bench.server.requests();
    assert!(sent.len() > 40 && sent.iter().all(|request| request.operation == "BatchWriteItem"));
    assert_eq!(bench.observer.list("").await.unwrap(), keys);

    let values = bounded(bench.store.get_many(&refs(&keys))).await.unwrap();
    assert!(
        keys.iter()
            .zip(&values)
            .all(|(key, value)| value.as_deref() == Some(key.as_bytes()))
    );

    bounded(bench.store.delete_many(&refs(&keys))).await.unwrap();
    assert!(bench.observer.list("").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_that_is_never_accepted_leaves_the_batch_incomplete() {
    let bench = Bench::with(|config| config.operation_timeout(Duration::from_secs(3))).await;
    let keys = keys(1_000);
    bench.server.plan(Rule::new(one("key-0500")));
    let error = bounded(bench.store.set_many(entries(&keys))).await.unwrap_err();
    let Error::Incomplete {
        applied, total, source, ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!((*applied, *total), (999, 1_000));
    assert_eq!(source.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.is_retryable() && error.may_have_applied(), "{error:?}");
    assert_eq!(bench.observer.list("").await.unwrap().len(), 999);

    bench.server.heal();
    bounded(bench.store.set_many(entries(&keys))).await.unwrap();
    assert_eq!(bench.observer.list("").await.unwrap().len(), 1_000);
    bench.server.plan(Rule::new(one("key-0001")));
    let error = bounded(bench.store.delete_many(&refs(&keys))).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Incomplete {
                applied: 999,
                total: 1_000,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(bench.observer.list("").await.unwrap(), ["key-0001"]);
}

#[tokio::test]
async fn a_batch_of_which_nothing_is_ever_accepted_fails_in_bounded_time() {
    let bench = Bench::hasty().await;
    let keys = keys(60);
    bench.server.plan(Rule::new(all()));
    let outcomes = [
        bounded(bench.store.set_many(entries(&keys))).await,
        bounded(bench.store.delete_many(&refs(&keys))).await,
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        let cause = match &error {
            Error::Incomplete { applied, source, .. } => {
                assert_eq!(*applied, 0);
                source.kind()
            }
            other => other.kind(),
        };
        assert_eq!(cause, ErrorKind::Unavailable, "{error:?}");
        assert!(error.is_retryable(), "{error:?}");
    }
    assert!(bench.observer.list("").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_that_is_never_read_is_an_error_and_not_a_miss() {
    let bench = Bench::hasty().await;
    let keys = keys(150);
    bench.observer.set_many(entries(&keys)).await.unwrap();
    for fault in [one("key-0120"), all()] {
        bench.server.heal();
        bench.server.plan(Rule::new(fault));
        let error = bounded(bench.store.get_many(&refs(&keys))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.is_retryable() && !error.may_have_applied(), "{error:?}");
    }
}

#[tokio::test]
async fn a_batch_that_fails_in_the_middle_tells_what_was_applied() {
    let bench = Bench::patient().await;
    let keys = keys(100);
    let poisoned = |request: &Request| request.body.to_string().contains("key-0060");
    bench
        .server
        .plan(Rule::new(Fault::refused(400, "ValidationException")).when(poisoned));
    let error = bounded(bench.store.set_many(entries(&keys))).await.unwrap_err();
    let applied = match &error {
        Error::Incomplete {
            applied, total, source, ..
        } => {
            assert_eq!(*total, 100);
            assert_eq!(source.kind(), ErrorKind::Backend, "{error:?}");
            *applied
        }
        other => panic!("{other:?}"),
    };
    assert!(!error.is_retryable(), "{error:?}");
    let stored = bench.observer.list("").await.unwrap().len();
    assert!(applied <= stored && stored <= 75, "{applied} known, {stored} stored");
}

#[tokio::test]
async fn chunks_that_are_throttled_or_lost_are_sent_again() {
    let bench = Bench::patient().await;
    let keys = keys(100);
    bench
        .server
        .plan(Rule::new(Fault::refused(400, "ThrottlingException")).times(2));
    bench.server.plan(Rule::new(Fault::applied(Reply::Reset)).times(2));
    bounded(bench.store.set_many(entries(&keys))).await.unwrap();
    assert_eq!(bench.server.requests().len(), 8);
    assert_eq!(bench.observer.list("").await.unwrap(), keys);
}

#[tokio::test]
async fn values_beyond_what_one_answer_holds_come_back_complete() {
    let bench = Bench::patient().await;
    let keys = keys(100);
    let value = |n: usize| Bytes::from(vec![u8::try_from(n).unwrap(); 300_000]);
    for part in (0..100).collect::<Vec<_>>().chunks(20) {
        let batch = part
            .iter()
            .map(|n| SetEntry::new(keys[*n].as_str(), value(*n)))
            .collect();
        bench.observer.set_many(batch).await.unwrap();
    }
    let values = bounded(bench.store.get_many(&refs(&keys))).await.unwrap();
    for (n, found) in values.into_iter().enumerate() {
        assert!(found == Some(value(n)), "{}", keys[n]);
    }
    assert!(bench.server.requests().len() >= 2);
}

#[tokio::test]
async fn a_chunk_of_unknown_outcome_is_told_though_another_was_refused_for_good() {
    let bench = Bench::hasty().await;
    let keys = keys(50);
    let holds = |key: &'static str| move |request: &Request| request.body.to_string().contains(key);
    let refused = Fault::refused(400, "ValidationException");
    bench.server.plan(Rule::new(refused).when(holds("key-0000")));
    bench
        .server
        .plan(Rule::new(Fault::applied(Reply::Reset)).when(holds("key-0049")));
    let error = bounded(bench.store.set_many(entries(&keys))).await.unwrap_err();
    assert!(error.may_have_applied(), "{error:?}");
    assert_eq!(bench.observer.list("").await.unwrap().len(), 25);
}

#[tokio::test]
async fn an_entry_of_unknown_outcome_is_told_though_another_was_refused_for_good() {
    let bench = Bench::hasty().await;
    let keep = |key: &str| SetEntry::new(key, "v").ttl(Ttl::Keep);
    let of = |key: &'static str| move |request: &Request| request.body["Key"]["sk"]["S"] == key;
    bench.observer.set_many(entries(&keys(2))).await.unwrap();
    let refused = Fault::refused(400, "ValidationException").delay(Duration::from_millis(200));
    bench.server.plan(Rule::new(refused).when(of("key-0000")));
    bench
        .server
        .plan(Rule::new(Fault::applied(Reply::Silence)).when(of("key-0001")));
    let error = bounded(bench.store.set_many(vec![keep("key-0000"), keep("key-0001")]))
        .await
        .unwrap_err();
    assert_eq!(bench.observer.get("key-0001").await.unwrap(), "v");
    assert!(error.may_have_applied(), "{error:?}");
}
