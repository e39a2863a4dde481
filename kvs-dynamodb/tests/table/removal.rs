//! Removing a namespace: all that can be found of it, and nothing else.

use kvs_dynamodb::{
    Document, DocumentStore, DynamoConfig, DynamoSettings, DynamoStore, ErrorKind, ListableStore, Result, SetEntry,
    Store, StoreExt, Ttl,
};
use serde_json::json;

use crate::emulator;
use crate::server::{Fault, FaultServer, Rule, Upstream};
use crate::site::Site;

/// More than one chunk of a batch.
const ENTRIES: usize = 60;

async fn site(test: &str) -> Site {
    let site = Site::new(test);
    site.table().create(&[]).await.unwrap();
    site
}

fn tenant(namespace: &str) -> DynamoSettings {
    DynamoSettings::new().namespace(namespace.parse().unwrap())
}

async fn fill(site: &Site, settings: DynamoSettings) {
    let store = site.open(settings).await.unwrap();
    let entries = (0..ENTRIES).map(|n| SetEntry::new(format!("key-{n}"), "v").ttl(Ttl::Never));
    store.set_many(entries.collect()).await.unwrap();
    for collection in ["users", "a/b", "other"] {
        let document = Document::new("ada", json!({ "of": collection })).unwrap();
        store.put(collection, document).await.unwrap();
    }
    store.close().await.unwrap();
}

async fn remove(site: &Site, settings: DynamoSettings, collections: &[&str]) -> Result<()> {
    site.table().remove_namespace(&settings, collections).await
}

async fn fails(site: &Site, settings: DynamoSettings, kind: ErrorKind, words: &str) {
    let error = remove(site, settings, &["users"]).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let message = error.to_string();
    assert!(
        message.starts_with("dynamodb: remove_namespace: ") && message.contains(words),
        "{message}"
    );
}

#[tokio::test]
async fn all_of_a_namespace_goes_and_nothing_else() {
    let site = site("all").await;
    fill(&site, DynamoSettings::new().shards(2)).await;
    for other in ["TENANT", "tenant-1", "tenan"] {
        fill(&site, tenant(other).shards(2)).await;
    }
    let before = site.items().await;
    // The record tells the shards; an eventual read must not hide anything.
    fill(&site, tenant("tenant").shards(3)).await;
    let eventual = tenant("tenant").reads(kvs_dynamodb::Reads::Eventual);
    remove(&site, eventual, &["users", "a/b", "other"]).await.unwrap();
    assert_eq!(site.items().await, before);
    site.remove().await;
}

#[tokio::test]
async fn a_collection_that_is_not_named_stays_and_is_seen_again() {
    let site = site("named").await;
    fill(&site, tenant("tenant").shards(2)).await;
    remove(&site, tenant("tenant"), &["users", "a/b"]).await.unwrap();
    assert_eq!(site.items().await.len(), 1);
    let store = site.open(tenant("tenant").shards(2)).await.unwrap();
    assert!(store.list("").await.unwrap().is_empty());
    assert_eq!(store.get_doc("other", "ada").await.unwrap().data["of"], "other");
    store.close().await.unwrap();
    remove(&site, tenant("tenant"), &["other"]).await.unwrap();
    assert_eq!(site.items().await, [""; 0]);
    site.remove().await;
}

#[tokio::test]
async fn what_landed_late_is_removed_by_removing_again() {
    let site = site("late").await;
    let store = site.open(tenant("tenant")).await.unwrap();
    for _ in 0..2 {
        remove(&site, tenant("tenant"), &[]).await.unwrap();
    }
    assert_eq!(site.items().await, [""; 0]);
    store.set_text("late", "v", Ttl::Never).await.unwrap();
    assert_eq!(site.items().await.len(), 1);
    remove(&site, tenant("tenant"), &[]).await.unwrap();
    assert_eq!(site.items().await, [""; 0]);
    site.remove().await;
}

#[tokio::test]
async fn what_cannot_be_removed_is_refused_and_stays() {
    let site = site("refused").await;
    fill(&site, DynamoSettings::new().shards(2)).await;
    fill(&site, tenant("tenant").shards(2)).await;
    site.put_record("kvs/newer", &[("format", "2"), ("shards", "2")]).await;
    let before = site.items().await;
    fails(&site, DynamoSettings::new(), ErrorKind::Config, "name the namespace").await;
    fails(&site, tenant("tenant").shards(3), ErrorKind::Config, "was made with 2").await;
    fails(&site, tenant("newer"), ErrorKind::Incompatible, "format 2").await;
    let error = remove(&site, tenant("tenant"), &["users", ""]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert_eq!(site.items().await, before);
    site.remove().await;
    fails(&Site::new("missing"), tenant("tenant"), ErrorKind::Config, "table").await;
}

#[tokio::test]
async fn one_that_failed_can_be_done_again_because_the_record_goes_last() {
    let site = site("again").await;
    let before = site.items().await;
    fill(&site, tenant("tenant").shards(3)).await;
    let server = FaultServer::start(Upstream::new(&emulator::endpoint())).await;
    let behind = site.behind(&server);
    // The first chunk gets through, and what throttles meanwhile is asked again.
    server.plan(
        Rule::new(Fault::refused(400, "ThrottlingException"))
            .on("Query")
            .times(1),
    );
    server.plan(
        Rule::new(Fault::refused(400, "AccessDeniedException"))
            .on("BatchWriteItem")
            .skip(1)
            .times(9),
    );
    let error = remove(&behind, tenant("tenant"), &["users", "a/b", "other"])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incomplete, "{error}");
    let partly = site.partitions_and_keys().await;
    assert!(partly.len() < ENTRIES && partly.contains(&("kvs/tenant".to_owned(), "kvs".to_owned())));
    server.heal();
    remove(&behind, tenant("tenant"), &["users", "a/b", "other"])
        .await
        .unwrap();
    assert_eq!(site.items().await, before);
    site.remove().await;
}

#[tokio::test]
async fn it_asks_for_no_more_than_a_store_may() {
    let site = site("asked").await;
    fill(&site, tenant("tenant").shards(1)).await;
    let server = FaultServer::start(Upstream::new(&emulator::endpoint())).await;
    let settings = tenant("tenant");
    remove(&site.behind(&server), settings, &["users", "a/b", "other"])
        .await
        .unwrap();
    let mut operations: Vec<String> = server.requests().into_iter().map(|request| request.operation).collect();
    operations.sort();
    let batches = ["BatchWriteItem"; ENTRIES.div_ceil(25) + 3];
    let expected = [batches.as_slice(), &["DeleteItem", "GetItem"], &["Query"; 4]].concat();
    assert_eq!(operations, expected);
    site.remove().await;
}

#[tokio::test]
async fn a_configuration_removes_it_too() {
    let site = site("config").await;
    fill(&site, tenant("tenant").shards(2)).await;
    let config: DynamoConfig = site.config().namespace("tenant".parse().unwrap());
    let removal = Box::pin(DynamoStore::remove_namespace(&config, &["users", "a/b", "other"]));
    removal.await.unwrap();
    assert_eq!(site.items().await, [""; 0]);
    let error = Box::pin(DynamoStore::remove_namespace(&site.config(), &[])).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Config);
    site.remove().await;
}
