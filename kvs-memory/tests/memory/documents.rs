//! Documents: bounded work, and room that comes back.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use kvs_memory::{
    Clock, Document, DocumentStore, ErrorKind, Filter, ListableStore, MemoryStore, PutOptions, Query, Store, StoreExt,
    Timestamp, Ttl,
};
use serde_json::json;

use crate::unswept;

async fn filled(store: &MemoryStore, count: usize) {
    for number in 0..count {
        let data = json!({"number": number, "last": number + 1 == count});
        store
            .put("things", Document::new(format!("{number:06}"), data).unwrap())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_page_looks_at_a_bounded_number_of_documents() {
    let (store, _) = unswept();
    filled(&store, 21_000).await;
    let mut query = Query::new(Filter::eq("last", true)).limit(1);
    let first = store.query_page("things", &query).await.unwrap();
    assert!(
        first.documents.is_empty() && first.next.is_some(),
        "an empty page is not the end"
    );
    query.after = first.next;
    let second = store.query_page("things", &query).await.unwrap();
    assert_eq!((second.documents[0].id.as_str(), second.next), ("020999", None));
    let mut context = Context::from_waker(Waker::noop());
    assert!(
        pin!(store.query("things", &query.filter))
            .poll(&mut context)
            .is_pending()
    );
}

#[tokio::test]
async fn the_limit_counts_matches() {
    let (store, _) = unswept();
    filled(&store, 1_000).await;
    let query = Query::new(Filter::gte("number", 500)).limit(300);
    let page = store.query_page("things", &query).await.unwrap();
    assert_eq!(page.documents.len(), 300);
    assert_eq!(page.documents[0].id, "000500");
    let rest = store
        .query_page("things", &query.after(page.next.unwrap()))
        .await
        .unwrap();
    assert_eq!((rest.documents.len(), rest.next), (200, None));
}

#[tokio::test]
async fn stamps_come_from_the_clock_and_versions_change() {
    let (store, clock) = unswept();
    let document = || {
        Document::new("id", json!({"a": 1}))
            .unwrap()
            .with_metadata("label", "x")
    };
    let start = clock.now();
    let first = store.put("things", document()).await.unwrap();
    clock.advance(Duration::from_secs(1));
    let second = store.put("things", document()).await.unwrap();
    assert_ne!(first, second);
    let stored = store.get_doc("things", "id").await.unwrap();
    assert_eq!((stored.created_at, stored.updated_at), (Some(start), Some(clock.now())));
    assert_eq!(stored.version, Some(second));
    assert_eq!(stored.metadata["label"], "x");

    let mut carried = document();
    carried.created_at = Some(Timestamp::from_millis(1));
    carried.updated_at = Some(Timestamp::from_millis(2));
    store
        .put_with("things", carried, PutOptions::default().carried_stamps())
        .await
        .unwrap();
    let stored = store.get_doc("things", "id").await.unwrap();
    assert_eq!(stored.created_at, Some(Timestamp::from_millis(1)));
    assert_eq!(stored.updated_at, Some(Timestamp::from_millis(2)));
}

#[tokio::test]
async fn conditions_are_those_of_the_stored_document() {
    let (store, _) = unswept();
    let document = || Document::new("id", json!({})).unwrap();
    let first = store
        .put_with("things", document(), PutOptions::if_absent())
        .await
        .unwrap();
    let error = store
        .put_with("things", document(), PutOptions::if_absent())
        .await
        .unwrap_err();
    assert!(
        error.is_conflict() && error.to_string().starts_with("memory: put_with: "),
        "{error}"
    );
    let elsewhere = store
        .put_with("others", document(), PutOptions::if_version(first))
        .await
        .unwrap_err();
    assert!(elsewhere.is_conflict());
    store
        .put_with("things", document(), PutOptions::if_version(first))
        .await
        .unwrap();
    store.delete_doc("things", "id").await.unwrap();
    store.delete_doc("things", "id").await.unwrap();
    store
        .put_with("things", document(), PutOptions::if_absent())
        .await
        .unwrap();
}

#[tokio::test]
async fn collections_and_keys_do_not_see_each_other() {
    let (store, _) = unswept();
    filled(&store, 300).await;
    store
        .put("others", Document::new("id", json!({})).unwrap())
        .await
        .unwrap();
    store.set_text("000000", "value", Ttl::Never).await.unwrap();
    assert_eq!(store.list("").await.unwrap(), ["000000"]);
    store.delete_collection("things").await.unwrap();
    store.delete_collection("unknown").await.unwrap();
    assert!(store.query("things", &Filter::all()).await.unwrap().is_empty());
    assert_eq!(store.query("others", &Filter::all()).await.unwrap().len(), 1);
    assert_eq!(store.get_text("000000").await.unwrap(), "value");
    store.close().await.unwrap();
    let refused = store.query("others", &Filter::all()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Closed);
}
