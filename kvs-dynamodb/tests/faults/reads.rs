//! What reads ask for.

use kvs_dynamodb::{
    AtomicStore, DocumentStore, DynamoStore, Filter, ListOptions, ListableStore, Reads, Store, StoreExt, Transaction,
    Ttl,
};
use serde_json::{Value, json};

use crate::operations::document;
use crate::server::Request;
use crate::support::{Bench, open};

#[tokio::test]
async fn reads_are_consistent_unless_told_otherwise() {
    for reads in [Reads::Consistent, Reads::Eventual] {
        let bench = Bench::with(|config| config.reads(reads).shards(3)).await;
        bench.observer.set_text("there", "old", Ttl::Never).await.unwrap();
        bench.observer.put("docs", document("there", "old")).await.unwrap();
        read_all(&bench.store).await;
        let requests = bench.server.requests();
        assert_eq!(requests.len(), 4 + 2 * 3, "a request each, and one for each shard");
        for request in &requests {
            let wanted = reads == Reads::Consistent;
            assert_eq!(
                is_consistent(request),
                wanted,
                "{}: {}",
                request.operation,
                request.body
            );
        }
    }
}

#[tokio::test]
async fn a_commit_that_only_checks_is_decided_on_the_newest_state() {
    let bench = Bench::with(|config| config.reads(Reads::Eventual)).await;
    let version = bench
        .observer
        .set_if_absent("key", "value".into(), Ttl::Never)
        .await
        .unwrap();
    bench
        .store
        .commit(Transaction::new().check_version("key", version))
        .await
        .unwrap();
    let requests = bench.server.requests();
    assert!(requests.len() == 1 && is_consistent(&requests[0]), "{requests:?}");
}

#[tokio::test]
async fn opening_reads_the_record_consistently() {
    let bench = Bench::with(|config| config.reads(Reads::Eventual)).await;
    open(bench.config.clone()).await.unwrap();
    let requests = bench.server.requests();
    assert_eq!(requests.len(), 1);
    assert!(is_consistent(&requests[0]), "{}", requests[0].body);
}

#[tokio::test]
async fn no_request_is_a_scan() {
    let bench = Bench::patient().await;
    let store = &bench.store;
    read_all(store).await;
    store.delete_prefix("").await.unwrap();
    store.delete_collection("docs").await.unwrap();
    store.sweep().await.unwrap();
    let scans = bench
        .server
        .requests()
        .into_iter()
        .filter(|request| request.operation.contains("Scan"));
    assert_eq!(scans.count(), 0);
}

async fn read_all(store: &DynamoStore) {
    store.get_opt("there").await.unwrap();
    store.get_many(&["there", "absent"]).await.unwrap();
    store.contains("there").await.unwrap();
    store.list_page(&ListOptions::new("").values(true)).await.unwrap();
    store.query("docs", &Filter::all()).await.unwrap();
    drop(store.get_doc("docs", "there").await);
}

/// Whether a read asks for the newest state.
fn is_consistent(request: &Request) -> bool {
    let wanted = |body: &Value| body["ConsistentRead"] == json!(true);
    match request.body["RequestItems"].as_object() {
        Some(tables) => tables.values().all(wanted),
        None => wanted(&request.body),
    }
}
