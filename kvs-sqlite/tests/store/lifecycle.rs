//! Closing, dropping, and the runtimes that a store works on.

use std::time::Duration;

use crate::common::Site;
use futures_util::future::join_all;
use kvs_sqlite::{ErrorKind, ListableStore, SqliteConfig, SqliteStore, Store, StoreExt, Ttl};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

async fn works(store: &SqliteStore, key: &str) {
    store.set_text(key, "v", Duration::from_mins(1)).await.unwrap();
    assert_eq!(store.get_text(key).await.unwrap(), "v");
    assert_eq!(store.list(key).await.unwrap(), [key]);
    let (a, b) = futures_util::future::join(store.get(key), store.get("missing")).await;
    assert!(a.is_ok() && b.unwrap_err().is_not_found());
}

#[test]
fn works_on_every_runtime_and_moves_between_them() {
    let site = Site::new();
    let opened_on = current_thread();
    let store = opened_on.block_on(site.open()).unwrap();
    opened_on.block_on(works(&store, "current"));
    drop(opened_on);
    multi_thread().block_on(works(&store, "multi"));
    LocalSet::new().block_on(&current_thread(), async {
        let store = store.clone();
        tokio::task::spawn_local(async move { works(&store, "local").await })
            .await
            .unwrap();
    });
    let in_multi = multi_thread();
    LocalSet::new().block_on(&in_multi, works(&store, "local in multi"));
    futures_executor::block_on(works(&store, "none"));
    futures_executor::block_on(async {
        assert_eq!(store.list("").await.unwrap().len(), 5);
        store.close().await.unwrap();
        assert_eq!(store.get("k").await.unwrap_err().kind(), ErrorKind::Closed);
    });
}

#[test]
fn may_be_opened_without_any_runtime() {
    futures_executor::block_on(async {
        let store = SqliteStore::open(SqliteConfig::in_memory()).await.unwrap();
        works(&store, "k").await;
    });
}

#[test]
fn dropping_without_closing_keeps_what_was_acknowledged() {
    for inside in [true, false] {
        let site = Site::new();
        let runtime = multi_thread();
        let store = runtime.block_on(async {
            let store = site.open().await.unwrap();
            works(&store, "k").await;
            store
        });
        if inside {
            runtime.block_on(async move { drop(store) });
        } else {
            drop(runtime);
            drop(store);
        }
        futures_executor::block_on(async {
            let store = site.open().await.unwrap();
            assert_eq!(store.get_text("k").await.unwrap(), "v");
            store.close().await.unwrap();
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_under_load_answers_everything_and_lies_to_nobody() {
    let site = Site::new();
    let store = site.open().await.unwrap();
    let writer = |task: usize| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0.. {
                match store.set_text(&format!("{task}-{round}"), "v", Ttl::Never).await {
                    Ok(()) => {}
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
                        return round;
                    }
                }
            }
            0
        })
    };
    let writers: Vec<_> = (0..32).map(writer).collect();
    while store.get("7-3").await.is_err() {
        tokio::task::yield_now().await;
    }
    let closed = join_all((0..8).map(|_| store.close())).await;
    assert!(closed.into_iter().all(|closed| closed.is_ok()));
    let counts: Vec<usize> = join_all(writers).await.into_iter().map(Result::unwrap).collect();
    let reopened = site.open().await.unwrap();
    let keys = reopened.list("").await.unwrap();
    // Each acknowledged write is there, and none that was told `Closed`.
    assert_eq!(keys.len(), counts.iter().sum::<usize>());
    for (task, count) in counts.into_iter().enumerate() {
        assert_eq!(reopened.list(&format!("{task}-")).await.unwrap().len(), count);
    }
}

#[tokio::test]
async fn a_close_that_was_given_up_can_be_repeated() {
    let site = Site::new();
    let store = site.open().await.unwrap();
    let _ = tokio::time::timeout(Duration::ZERO, store.close()).await;
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(format!("{store:?}").contains("closed: true"));
    assert_eq!(store.profile().name, "sqlite");
}
