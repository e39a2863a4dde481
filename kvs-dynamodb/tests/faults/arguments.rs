//! What is refused without asking the service, and what is just allowed.

use std::future::Future;

use kvs_dynamodb::{
    AtomicStore, Bytes, Document, DocumentStore, ErrorKind, Filter, ListOptions, ListableStore, PutOptions, Query,
    SetEntry, Store, Transaction, Ttl, Version,
};
use serde_json::json;

use crate::operations::document;
use crate::support::{Bench, bounded};

const V: Version = Version::from_bytes([7; 16]);
const LIMIT: usize = 393_216;

async fn kind<T>(work: impl Future<Output = kvs_dynamodb::Result<T>>) -> ErrorKind {
    match work.await {
        Ok(_) => panic!("it was accepted"),
        Err(error) => {
            assert!(!error.is_retryable() && !error.may_have_applied(), "{error:?}");
            error.kind()
        }
    }
}

#[tokio::test]
async fn an_invalid_key_costs_no_request() {
    let bench = Bench::patient().await;
    let store = &bench.store;
    for key in [String::new(), "k".repeat(1_025), "é".repeat(513)] {
        let key = key.as_str();
        let kinds = [
            kind(store.get(key)).await,
            kind(store.set(key, "v".into(), Ttl::Never)).await,
            kind(store.delete(key)).await,
            kind(store.contains(key)).await,
            kind(store.get_many(&["ok", key])).await,
            kind(store.set_many(vec![SetEntry::new("ok", "v"), SetEntry::new(key, "v")])).await,
            kind(store.delete_many(&["ok", key])).await,
            kind(store.get_versioned(key)).await,
            kind(store.set_if_absent(key, "v".into(), Ttl::Never)).await,
            kind(store.compare_and_set(key, V, "v".into(), Ttl::Never)).await,
            kind(store.compare_and_delete(key, V)).await,
            kind(store.take(key)).await,
            kind(store.touch(key, Ttl::Never)).await,
            kind(store.update(key, &mut |_| Ok("v".into()))).await,
            kind(store.increment(key, 1)).await,
            kind(store.commit(Transaction::new().delete("ok").delete(key))).await,
            kind(store.put("docs", document(key, "new"))).await,
            kind(store.put_with("docs", document(key, "new"), PutOptions::if_absent())).await,
            kind(store.get_doc("docs", key)).await,
            kind(store.delete_doc("docs", key)).await,
        ];
        assert_eq!(kinds, [ErrorKind::InvalidKey; 20], "a key of {} bytes", key.len());
    }
    assert!(bench.server.requests().is_empty());
}

#[tokio::test]
async fn an_invalid_argument_costs_no_request() {
    let bench = Bench::patient().await;
    let store = &bench.store;
    let (nameless, deep) = (String::new(), "c".repeat(256));
    let kinds = [
        kind(store.list_page(&ListOptions::new("").limit(0))).await,
        kind(store.query_page("docs", &Query::default().limit(0))).await,
        kind(store.query_page(&nameless, &Query::default())).await,
        kind(store.query(&deep, &Filter::all())).await,
        kind(store.put(&nameless, document("id", "new"))).await,
        kind(store.get_doc(&deep, "id")).await,
        kind(store.delete_doc(&nameless, "id")).await,
        kind(store.delete_collection(&deep)).await,
        kind(store.commit(Transaction::new().check_absent("k").check_exists("k"))).await,
        kind(store.commit(Transaction::new().set("k", "v", Ttl::Never).delete("k"))).await,
    ];
    assert_eq!(kinds, [ErrorKind::InvalidArgument; 10]);
    let mut nested = json!(1);
    for _ in 0..40 {
        nested = json!([nested]);
    }
    let document = Document::new("id", json!({"nested": nested})).unwrap();
    assert_eq!(kind(store.put("docs", document)).await, ErrorKind::InvalidDocument);
    assert!(bench.server.requests().is_empty());
}

#[tokio::test]
async fn what_is_too_large_by_a_byte_costs_no_request() {
    let bench = Bench::patient().await;
    let store = &bench.store;
    let value = Bytes::from(vec![7; LIMIT + 1]);
    let many = (0..101).fold(Transaction::new(), |tx, n| tx.delete(format!("k{n}")));
    let large = (0..11).fold(Transaction::new(), |tx, n| {
        tx.set(format!("k{n}"), vec![0; LIMIT], Ttl::Never)
    });
    let document = Document::new("id", json!({"text": "x".repeat(LIMIT)})).unwrap();
    let kinds = [
        kind(store.set("k", value.clone(), Ttl::Never)).await,
        kind(store.set("k", value.clone(), Ttl::Keep)).await,
        kind(store.set_many(vec![SetEntry::new("a", "v"), SetEntry::new("k", value.clone())])).await,
        kind(store.set_if_absent("k", value.clone(), Ttl::Never)).await,
        kind(store.compare_and_set("k", V, value.clone(), Ttl::Never)).await,
        kind(store.commit(Transaction::new().set("k", value, Ttl::Never))).await,
        kind(store.commit(many)).await,
        kind(store.commit(large)).await,
        kind(store.put("docs", document)).await,
    ];
    assert_eq!(kinds, [ErrorKind::TooLarge; 9]);
    assert!(bench.server.requests().is_empty());
}

#[tokio::test]
async fn what_there_is_nothing_to_do_for_costs_no_request() {
    let bench = Bench::patient().await;
    let store = &bench.store;
    assert!(store.get_many(&[]).await.unwrap().is_empty());
    store.set_many(Vec::new()).await.unwrap();
    store.delete_many(&[]).await.unwrap();
    store.commit(Transaction::new()).await.unwrap();
    assert!(store.list(&"p".repeat(1_025)).await.unwrap().is_empty());
    assert!(bench.server.requests().is_empty());
}

#[tokio::test]
async fn a_value_of_exactly_the_limit_fits_under_the_longest_key() {
    let bench = Bench::patient().await;
    let (store, key) = (&bench.store, "k".repeat(1_024));
    let expiring = Ttl::After(std::time::Duration::from_hours(1));
    let value = |byte: u8| Bytes::from(vec![byte; LIMIT]);
    bounded(store.set(&key, value(1), expiring)).await.unwrap();
    assert!(store.get(&key).await.unwrap() == value(1));
    let touched = store.touch(&key, expiring).await.unwrap();
    bounded(store.set(&key, value(2), Ttl::Keep))
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
    assert!(
        store
            .compare_and_set(&key, touched, value(3), Ttl::Never)
            .await
            .is_err()
    );
    bounded(store.set_many(vec![SetEntry::new(key.as_str(), value(4)).ttl(expiring)]))
        .await
        .unwrap();
    bounded(store.commit(Transaction::new().set(&key, value(5), expiring).check_absent("b")))
        .await
        .unwrap();
    assert!(store.get_many(&[&key]).await.unwrap() == [Some(value(5))]);
    assert!(store.take(&key).await.unwrap() == value(5));
}
