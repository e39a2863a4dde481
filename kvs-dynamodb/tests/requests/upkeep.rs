//! What opening and sweeping cost.

use std::time::Duration;

use kvs_dynamodb::{ManualClock, Store, Ttl};

use crate::meter::cost;
use crate::support::{Bench, namespace, open};

const HOUR: Ttl = Ttl::After(Duration::from_hours(1));

#[tokio::test]
async fn a_sweep_is_a_query_for_each_shard_and_a_delete_for_each_expired_entry() {
    let clock = ManualClock::default();
    let bench = Bench::with(|config| config.shards(4).clock(clock.clone())).await;
    for n in 0..5 {
        bench.observer.set(&format!("key-{n}"), "v".into(), HOUR).await.unwrap();
    }
    bench.observer.set("stays", "v".into(), Ttl::Never).await.unwrap();
    clock.advance(Duration::from_hours(1));
    bench.server.measure();
    assert_eq!(bench.store.sweep().await.unwrap(), 5);
    let cost = cost(&bench.server.requests());
    // What an empty shard costs is not documented: nothing, or a unit.
    assert!(cost.reads <= 4.0 && (cost.writes - 5.0).abs() < 1e-9, "{cost:?}");
    let mut requests = cost.requests;
    requests.sort();
    let expected = [["DeleteItem"; 5].as_slice(), &["Query"; 4]].concat();
    assert_eq!(requests, expected);
}

#[tokio::test]
async fn opening_is_one_request_and_three_for_a_new_namespace() {
    let bench = Bench::patient().await;
    let opening = async |config| {
        bench.server.forget();
        let store = open(config).await.unwrap();
        store.close().await.unwrap();
        cost(&bench.server.requests()).requests
    };
    assert_eq!(opening(bench.config.clone()).await, ["GetItem"]);
    let new = bench.config.clone().namespace(namespace());
    assert_eq!(opening(new.clone()).await, ["GetItem", "PutItem", "GetItem"]);
    assert_eq!(opening(new).await, ["GetItem"]);
}
