//! What goes side by side. A gate holds back every answer until as many requests are under way as there should be at the
//! same time: a store that sends them one after the other never gets through.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kvs_dynamodb::{DocumentStore, Filter, ListOptions, ListableStore, Query, SetEntry, Store, Ttl};
use serde_json::json;
use tokio::sync::watch;

use crate::server::{Fault, Reply, Rule};
use crate::support::{Bench, bounded};

const SHARDS: u16 = 8;

/// How many requests of a batch are under way at the same time, as the README says.
const SIDE_BY_SIDE: usize = 16;

/// Opens when enough requests stand before it, and stays open.
#[derive(Clone)]
struct Gate {
    arrived: watch::Sender<usize>,
    under_way: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Gate {
    /// Holds back the answers to this operation until `count` of them are asked for.
    fn before(bench: &Bench, operation: &'static str, count: usize) -> Self {
        let gate = Self {
            arrived: watch::Sender::new(0),
            under_way: Arc::default(),
            most: Arc::default(),
        };
        let (entering, leaving) = (gate.clone(), gate.clone());
        let enter = move || entering.clone().enter(count);
        let leave = move || {
            leaving.under_way.fetch_sub(1, Ordering::SeqCst);
            std::future::ready(())
        };
        let fault = Fault::applied(Reply::Unharmed).before(enter).after(leave);
        bench.server.plan(Rule::new(fault).on(operation));
        bench.server.forget();
        gate
    }

    async fn enter(self, count: usize) {
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        self.arrived.send_modify(|arrived| *arrived += 1);
        let mut arrived = self.arrived.subscribe();
        arrived.wait_for(|arrived| *arrived >= count).await.unwrap();
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// That many requests were sent, and so none twice: a gate that opens because the store lost its patience is no success.
fn assert_sent(bench: &Bench, operation: &str, count: usize) {
    let requests = bench.server.requests();
    assert_eq!(requests.len(), count, "{operation}");
    assert!(requests.iter().all(|request| request.operation == operation));
}

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("key-{n:04}")).collect()
}

fn entries(keys: &[String], ttl: Ttl) -> Vec<SetEntry> {
    let entry = |key: &String| SetEntry::new(key.as_str(), key.clone()).ttl(ttl);
    keys.iter().map(entry).collect()
}

#[tokio::test]
async fn all_10_chunks_of_a_get_many_of_1000_are_under_way_at_the_same_time() {
    let bench = Bench::with(|config| config.shards(SHARDS)).await;
    let keys = keys(1_000);
    bench.observer.set_many(entries(&keys, Ttl::Never)).await.unwrap();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let gate = Gate::before(&bench, "BatchGetItem", 10);
    let values = bounded(bench.store.get_many(&keys)).await.unwrap();
    assert!(
        values
            .iter()
            .zip(&keys)
            .all(|(value, key)| value.as_deref() == Some(key.as_bytes()))
    );
    assert_eq!(gate.most(), 10);
    assert_sent(&bench, "BatchGetItem", 10);
}

#[tokio::test]
async fn of_the_40_chunks_of_a_set_many_of_1000_and_of_a_delete_many_16_are_under_way_at_the_same_time() {
    let bench = Bench::with(|config| config.shards(SHARDS)).await;
    let keys = keys(1_000);
    let gate = Gate::before(&bench, "BatchWriteItem", SIDE_BY_SIDE);
    bounded(bench.store.set_many(entries(&keys, Ttl::Never))).await.unwrap();
    assert_eq!(gate.most(), SIDE_BY_SIDE);
    assert_sent(&bench, "BatchWriteItem", 40);
    assert!(bench.observer.list("").await.unwrap() == keys);

    bench.server.heal();
    let gate = Gate::before(&bench, "BatchWriteItem", SIDE_BY_SIDE);
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    bounded(bench.store.delete_many(&names)).await.unwrap();
    assert_eq!(gate.most(), SIDE_BY_SIDE);
    assert_sent(&bench, "BatchWriteItem", 40);
    assert!(bench.observer.list("").await.unwrap().is_empty());
}

#[tokio::test]
async fn of_100_entries_that_keep_their_expiry_16_are_written_at_the_same_time() {
    let bench = Bench::with(|config| config.shards(SHARDS)).await;
    let keys = keys(100);
    bench.observer.set_many(entries(&keys, Ttl::Never)).await.unwrap();
    let gate = Gate::before(&bench, "UpdateItem", SIDE_BY_SIDE);
    bounded(bench.store.set_many(entries(&keys, Ttl::Keep))).await.unwrap();
    assert_eq!(gate.most(), SIDE_BY_SIDE);
    assert_sent(&bench, "UpdateItem", 100);
}

#[tokio::test]
async fn all_shards_of_a_listing_are_asked_at_the_same_time() {
    let bench = Bench::with(|config| config.shards(SHARDS)).await;
    let keys = keys(1_000);
    bench.observer.set_many(entries(&keys, Ttl::Never)).await.unwrap();
    for options in [
        ListOptions::new("key-").limit(500),
        ListOptions::new("key-").limit(500).values(true),
        ListOptions::new("key-").limit(500).reverse(true),
    ] {
        let gate = Gate::before(&bench, "Query", SHARDS.into());
        let page = bounded(bench.store.list_page(&options)).await.unwrap();
        assert_eq!(page.entries.len(), 500);
        assert_eq!(gate.most(), usize::from(SHARDS));
        assert_sent(&bench, "Query", SHARDS.into());
        bench.server.heal();
    }
    let gate = Gate::before(&bench, "Query", SHARDS.into());
    assert!(bounded(bench.store.list("key-")).await.unwrap() == keys);
    assert_eq!(gate.most(), usize::from(SHARDS));
    assert_sent(&bench, "Query", SHARDS.into());
}

#[tokio::test]
async fn all_shards_of_a_query_are_asked_at_the_same_time() {
    let bench = Bench::with(|config| config.shards(SHARDS)).await;
    for id in keys(40) {
        let document = kvs_dynamodb::Document::new(id, json!({"n": 1})).unwrap();
        bench.observer.put("docs", document).await.unwrap();
    }
    let gate = Gate::before(&bench, "Query", SHARDS.into());
    let page = bounded(bench.store.query_page("docs", &Query::new(Filter::eq("n", 1))))
        .await
        .unwrap();
    assert_eq!(page.documents.len(), 40);
    assert_eq!(gate.most(), usize::from(SHARDS));
    assert_sent(&bench, "Query", SHARDS.into());
}
