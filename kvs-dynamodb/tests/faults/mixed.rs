//! Many clients under a mixture of all faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use kvs_dynamodb::{AtomicStore, Store, StoreExt, Transaction, Ttl};

use crate::server::{Answer, Fault, Reply, Rule};
use crate::support::{Bench, bounded};

const CLIENTS: usize = 8;
const ROUNDS: usize = 25;

/// Of 30 requests one meets each fault; which ones differs with the interleaving.
fn plan_mixture(bench: &Bench) {
    let faults = [
        Fault::refused(400, "ThrottlingException"),
        Fault::refused(500, "InternalServerError"),
        Fault::applied(Reply::Instead(Answer::error(
            500,
            "InternalServerError",
            "after the work",
        ))),
        Fault::unreached(Reply::Reset),
        Fault::applied(Reply::Reset),
        Fault::applied(Reply::Closed),
        Fault::repeated(),
        Fault::applied(Reply::Truncated),
    ];
    for (n, fault) in faults.into_iter().enumerate() {
        let count = AtomicUsize::new(n * 5);
        let its_turn = move |_: &crate::server::Request| count.fetch_add(1, Ordering::Relaxed) % 30 == 29;
        bench.server.plan(Rule::new(fault).when(its_turn));
    }
}

#[tokio::test]
async fn increments_under_all_faults_count_what_was_acknowledged_once() {
    let bench = Bench::patient().await;
    plan_mixture(&bench);
    let (known, unknown) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
    let client = async || {
        for _ in 0..ROUNDS {
            match bench.store.increment("n", 1).await {
                Ok(_) => known.fetch_add(1, Ordering::Relaxed),
                Err(error) if error.may_have_applied() => unknown.fetch_add(1, Ordering::Relaxed),
                Err(_) => 0,
            };
        }
    };
    bounded(futures_util::future::join_all((0..CLIENTS).map(|_| client()))).await;
    let sum: i64 = bench.observer.get_json("n").await.unwrap();
    let (known, unknown) = (known.load(Ordering::Relaxed), unknown.load(Ordering::Relaxed));
    assert!(
        (known..=known + unknown).contains(&sum),
        "{sum}, {known} known, {unknown} unknown"
    );
    assert!(known > 100, "{known} known, {unknown} unknown");
}

#[tokio::test]
async fn transfers_under_all_faults_keep_the_sum() {
    let bench = Bench::patient().await;
    let keys = ["a", "b", "c", "d"];
    for key in keys {
        bench.observer.set_text(key, "100", Ttl::Never).await.unwrap();
    }
    plan_mixture(&bench);
    let client = async |n: usize| {
        for round in 0..ROUNDS {
            let (from, to) = (keys[(n + round) % 4], keys[(n + round + 1 + n % 3) % 4]);
            drop(transfer(&bench, from, to).await);
        }
    };
    bounded(futures_util::future::join_all((0..CLIENTS).map(client))).await;
    let mut sum = 0;
    for key in keys {
        let value: i64 = bench.observer.get_json(key).await.unwrap();
        sum += value;
    }
    assert_eq!(sum, 400);
}

/// Moves one from one key to another, if nobody else touches them meanwhile.
async fn transfer(bench: &Bench, from: &str, to: &str) -> kvs_dynamodb::Result<()> {
    let (source, target) = (
        bench.store.get_versioned(from).await?,
        bench.store.get_versioned(to).await?,
    );
    let number = |value: &[u8]| std::str::from_utf8(value).unwrap().parse::<i64>().unwrap();
    let transaction = Transaction::new()
        .check_version(from, source.version)
        .set(from, (number(&source.value) - 1).to_string(), Ttl::Never)
        .check_version(to, target.version)
        .set(to, (number(&target.value) + 1).to_string(), Ttl::Never);
    bench.store.commit(transaction).await.map(drop)
}

#[tokio::test]
async fn plain_writes_under_all_faults_are_there_once_acknowledged() {
    let bench = Bench::patient().await;
    plan_mixture(&bench);
    let client = async |n: usize| {
        let mut acknowledged = Vec::new();
        for round in 0..ROUNDS {
            let key = format!("{n}-{round}");
            if bench.store.set_text(&key, &key, Ttl::Never).await.is_ok() {
                acknowledged.push(key);
            }
        }
        acknowledged
    };
    let acknowledged = bounded(futures_util::future::join_all((0..CLIENTS).map(client))).await;
    for key in acknowledged.iter().flatten() {
        assert_eq!(bench.observer.get(key).await.unwrap(), key.as_str());
    }
    assert!(acknowledged.iter().flatten().count() > 100);
}
