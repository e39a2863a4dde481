//! Listings over many keys in several shards.

use kvs_dynamodb::{Bytes, DynamoStore, ListOptions, ListableStore, SetEntry, Store};

use crate::meter::{cost, units};
use crate::support::{Bench, namespace};

const SHARDS: u16 = 8;

async fn bench() -> Bench {
    Bench::with(|config| config.shards(SHARDS)).await
}

async fn fill(store: &DynamoStore, keys: impl Iterator<Item = String>) {
    let mut entries: Vec<SetEntry> = keys.map(|key| SetEntry::new(key, "x")).collect();
    while !entries.is_empty() {
        let rest = entries.split_off(entries.len().min(2_000));
        store.set_many(entries).await.unwrap();
        entries = rest;
    }
}

#[tokio::test]
async fn listing_10_keys_costs_as_many_requests_in_a_large_namespace_as_in_a_small_one() {
    let (small, large) = (bench().await, bench().await);
    let key = |n: u32| format!("key-{:06}", n * 7_919 % 100_000);
    fill(&small.observer, (0..1_000).map(key)).await;
    fill(&large.observer, (0..100_000).map(key)).await;
    let pages = [
        ListOptions::new("").limit(10),
        ListOptions::new("key-").limit(10).values(true),
        ListOptions::new("key-").limit(10).reverse(true),
        ListOptions::new("key-").after("key-010000").limit(10),
    ];
    for options in pages {
        let mut requests = Vec::new();
        for bench in [&small, &large] {
            bench.server.forget();
            let page = bench.store.list_page(&options).await.unwrap();
            assert_eq!(page.entries.len(), 10, "{options:?}");
            requests.push(bench.server.requests().len());
        }
        assert_eq!(requests, [usize::from(SHARDS); 2], "{options:?}");
        println!("{options:?}: {requests:?} requests");
    }
}

/// How many items each shard is asked for, so that a page of 1,000 rarely takes a second round.
const SHARE_OF_1000: usize = 161;

#[tokio::test]
async fn a_page_of_1000_costs_a_request_a_shard_and_the_units_of_its_share_however_many_keys_there_are() {
    for count in [10_000, 40_000] {
        let namespace = namespace();
        let bench = Bench::with(|config| config.shards(SHARDS).namespace(namespace.clone())).await;
        fill(&bench.observer, (0..count).map(|n: u32| format!("key-{n:06}"))).await;
        bench.server.measure();
        let size = 30 + namespace.as_str().len() + "key-000000".len() + "x".len();
        let each = units(SHARE_OF_1000 * size, 4_096);
        for values in [false, true] {
            bench.server.forget();
            let options = ListOptions::new("key-").limit(1_000).values(values);
            let page = bench.store.list_page(&options).await.unwrap();
            assert_eq!(page.entries.len(), 1_000);
            let cost = cost(&bench.server.requests());
            assert_eq!(cost.requests, ["Query"; SHARDS as usize], "{count} keys");
            assert_eq!(
                (cost.reads, cost.writes),
                (f64::from(SHARDS) * each, 0.0),
                "{count} keys"
            );
        }
    }
}

/// Keys of all lengths of characters, under one prefix, and neighbours that are not.
fn keys() -> (Vec<String>, Vec<String>) {
    let odd = ["", "\0", "\u{7f}", "é", "\u{ffee}", "\u{10000}", "\u{10ffff}"];
    let mut keys: Vec<String> = (0..10_001).map(|n| format!("p/{}{n:05}", odd[n % odd.len()])).collect();
    keys.sort();
    let neighbours = ["p", "p.", "p/", "p0", "o/00001", "q/00001", "P/00001"].map(str::to_owned);
    (keys, neighbours.to_vec())
}

#[tokio::test]
async fn ten_thousand_and_one_keys_under_a_prefix_are_listed_completely_and_in_order() {
    let bench = bench().await;
    let (mut keys, neighbours) = keys();
    fill(&bench.observer, keys.iter().chain(&neighbours).cloned()).await;
    let large = Bytes::from(vec![7; 300_000]);
    let large_keys: Vec<String> = keys.iter().step_by(1_000).cloned().collect();
    for key in &large_keys {
        bench
            .observer
            .set(key, large.clone(), kvs_dynamodb::Ttl::Never)
            .await
            .unwrap();
    }
    keys.push("p/".to_owned());
    keys.sort();

    assert!(bench.store.list("p/").await.unwrap() == keys);
    for values in [false, true] {
        for reverse in [false, true] {
            let mut found = Vec::new();
            let mut options = ListOptions::new("p/").values(values).reverse(reverse);
            loop {
                let page = bench.store.list_page(&options).await.unwrap();
                assert!(page.entries.len() <= options.limit);
                for entry in page.entries {
                    let is_large = large_keys.contains(&entry.key);
                    let wanted = if is_large { large.clone() } else { Bytes::from("x") };
                    assert!(entry.value == values.then_some(wanted), "{:?}", entry.key);
                    found.push(entry.key);
                }
                match page.next {
                    Some(next) => options.after = Some(next),
                    None => break,
                }
            }
            if reverse {
                found.reverse();
            }
            assert!(
                found == keys,
                "values: {values}, reverse: {reverse}, {} keys",
                found.len()
            );
        }
    }
}
