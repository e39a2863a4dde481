//! Writes that are committed together: exact sums, whole writes, and no harm between neighbours.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Site, connection};
use futures_util::future::join_all;
use kvs_sqlite::sqlx;
use kvs_sqlite::{
    AtomicStore, Bytes, ErrorKind, SqliteConfig, SqliteStore, Store, StoreExt, Synchronous, Transaction, Ttl,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_by_compare_and_set_are_exact() {
    let site = Site::new();
    let config = site.config().synchronous(Synchronous::Normal);
    let store = Arc::new(SqliteStore::open(config).await.unwrap());
    let task = |task: usize| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..200 {
                let key = format!("k{}", (task + round) % 8);
                store
                    .update(&key, &mut |old| {
                        let old: u64 = old.map_or(0, |old| std::str::from_utf8(old).unwrap().parse().unwrap());
                        Ok(Bytes::from((old + 1).to_string()))
                    })
                    .await
                    .unwrap();
            }
        })
    };
    for done in join_all((0..64).map(task)).await {
        done.unwrap();
    }
    for key in 0..8 {
        assert_eq!(store.get_text(&format!("k{key}")).await.unwrap(), "1600");
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn increments_of_a_group_are_exact() {
    let store = SqliteStore::open(SqliteConfig::in_memory()).await.unwrap();
    let mut sums: Vec<i64> = join_all((0..500).map(|_| store.increment("n", 1)))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    sums.sort_unstable();
    assert_eq!(sums, (1..=500).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_row_that_cannot_be_written_fails_alone() {
    let site = Site::new();
    let store = site.open().await.unwrap();
    let mut connection = connection(&site.path()).await;
    let trigger = "CREATE TRIGGER no BEFORE INSERT ON kvs_entries WHEN NEW.key = CAST('bad' AS BLOB) \
                   BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(trigger).execute(&mut connection).await.unwrap();
    let keys: Vec<String> = (0..100)
        .map(|index| {
            if index == 50 {
                "bad".to_owned()
            } else {
                format!("k{index}")
            }
        })
        .collect();
    let results = join_all(keys.iter().map(|key| store.set_text(key, "v", Ttl::Never))).await;
    for (key, result) in keys.iter().zip(results) {
        match result {
            Ok(()) => assert_eq!(store.get_text(key).await.unwrap(), "v"),
            Err(error) => {
                assert_eq!((key.as_str(), error.kind()), ("bad", ErrorKind::Backend));
                assert!(store.get(key).await.unwrap_err().is_not_found());
            }
        }
    }
    assert_eq!(store.increment("n", 1).await.unwrap(), 1);
    let transaction = Transaction::new()
        .set("k0", "new", Ttl::Never)
        .set("bad", "new", Ttl::Never);
    assert_eq!(store.commit(transaction).await.unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(store.get_text("k0").await.unwrap(), "v");
}

#[tokio::test]
async fn a_batch_that_stops_tells_what_was_applied() {
    let site = Site::new();
    let store = site.open().await.unwrap();
    let mut connection = connection(&site.path()).await;
    let trigger = "CREATE TRIGGER no BEFORE INSERT ON kvs_entries WHEN NEW.key = CAST('k17000' AS BLOB) \
                   BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(trigger).execute(&mut connection).await.unwrap();
    let entries: Vec<_> = (0..20_000)
        .map(|index| kvs_sqlite::SetEntry::new(format!("k{index}"), "v"))
        .collect();
    let error = store.set_many(entries).await.unwrap_err();
    match error {
        kvs_sqlite::Error::Incomplete { applied, total, .. } => assert_eq!((applied, total), (16_384, 20_000)),
        other => panic!("{other}"),
    }
    assert_eq!(store.get_text("k16383").await.unwrap(), "v");
    assert!(store.get("k17001").await.unwrap_err().is_not_found());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_abandoned_writes_the_acknowledged_are_there_and_the_rest_is_whole() {
    let site = Site::new();
    let store = Arc::new(site.open().await.unwrap());
    let task = |task: u64| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for round in 0..60_u64 {
                let (a, b) = (format!("a{task}-{round}"), format!("b{task}-{round}"));
                let both = Transaction::new().set(a, "v", Ttl::Never).set(b, "v", Ttl::Never);
                let patience = Duration::from_micros((task * 7_919 + round * 104_729) % 4_000);
                if let Ok(done) = tokio::time::timeout(patience, store.commit(both)).await {
                    done.unwrap();
                    acknowledged.push(round);
                }
            }
            acknowledged
        })
    };
    let outcomes = join_all((0..32).map(task)).await;
    let mut abandoned = 0;
    for (task, acknowledged) in outcomes.into_iter().enumerate() {
        let acknowledged = acknowledged.unwrap();
        for round in 0..60 {
            let (a, b) = (format!("a{task}-{round}"), format!("b{task}-{round}"));
            let both = store.get_many(&[&a, &b]).await.unwrap();
            assert_eq!(both[0].is_some(), both[1].is_some(), "torn");
            assert!(both[0].is_some() || !acknowledged.contains(&round), "lost");
            abandoned += usize::from(!acknowledged.contains(&round));
        }
    }
    assert!(abandoned > 0, "nothing was abandoned");
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_write_that_was_given_up_never_lands_after_a_later_one() {
    let store = SqliteStore::open(SqliteConfig::in_memory()).await.unwrap();
    for round in 0..300 {
        let old = store.set_text("k", "old", Ttl::Never);
        let _ = tokio::time::timeout(Duration::from_micros(round % 50), old).await;
        store.set_text("k", "new", Ttl::Never).await.unwrap();
        assert_eq!(store.get_text("k").await.unwrap(), "new");
    }
}
