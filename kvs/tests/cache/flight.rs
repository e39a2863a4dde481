//! One computation for each key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kvs::memory::{MemoryConfig, MemoryStore};
use kvs::{AtomicStore, Bytes, Cache, CacheConfig, Error, ManualClock, Result, Store, StoreExt, Ttl};
use tokio::sync::{Notify, Semaphore};

use crate::probe::{LONG, cache, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_callers_compute_once() {
    let (cache, _) = cache();
    let computed = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let (cache, computed) = (cache.clone(), Arc::clone(&computed));
            tokio::spawn(async move {
                let compute = async || {
                    computed.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    Ok::<_, Error>(Bytes::from("v"))
                };
                cache.get_or_try_insert_with("k", LONG, compute).await
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), "v");
    }
    assert_eq!(computed.load(Ordering::SeqCst), 1);
    assert_eq!(cache.inner().get_versioned("k").await.unwrap().value, "v");
}

#[tokio::test]
async fn different_keys_are_computed_at_the_same_time() {
    let (cache, _) = cache();
    let meet = tokio::sync::Barrier::new(2);
    let compute = async || {
        meet.wait().await;
        Ok::<_, Error>(Bytes::from("v"))
    };
    let (a, b) = tokio::join!(
        cache.get_or_try_insert_with("a", LONG, compute),
        cache.get_or_try_insert_with("b", LONG, compute)
    );
    assert!(a.is_ok() && b.is_ok());
}

#[tokio::test]
async fn a_cancelled_leader_passes_the_task_on() {
    let (cache, _) = cache();
    let started = Arc::new(Notify::new());
    let leader = tokio::spawn({
        let (cache, started) = (cache.clone(), Arc::clone(&started));
        async move {
            let never = async || {
                started.notify_one();
                std::future::pending::<Result<Bytes>>().await
            };
            cache.get_or_try_insert_with("k", LONG, never).await
        }
    });
    started.notified().await;
    let follower = tokio::spawn({
        let cache = cache.clone();
        async move {
            cache
                .get_or_try_insert_with("k", LONG, async || Ok::<_, Error>("v".into()))
                .await
        }
    });
    tokio::task::yield_now().await;
    assert!(!follower.is_finished());
    leader.abort();
    assert_eq!(follower.await.unwrap().unwrap(), "v");
}

#[tokio::test]
async fn a_panicking_leader_passes_the_task_on() {
    let (cache, _) = cache();
    let leader = tokio::spawn({
        let cache = cache.clone();
        async move {
            let compute = async || -> Result<Bytes> { panic!("as the test wants it") };
            cache.get_or_try_insert_with("k", LONG, compute).await
        }
    });
    assert!(leader.await.unwrap_err().is_panic());
    let value = cache
        .get_or_try_insert_with("k", LONG, async || Ok::<_, Error>("v".into()))
        .await;
    assert_eq!(value.unwrap(), "v");
}

#[tokio::test]
async fn an_error_goes_to_its_caller_and_is_not_kept() {
    #[derive(Debug)]
    enum Mine {
        Origin(&'static str),
        Store,
    }
    impl From<Error> for Mine {
        fn from(_: Error) -> Self {
            Self::Store
        }
    }
    let (cache, _) = cache();
    let gate = Semaphore::new(0);
    let calls = AtomicUsize::new(0);
    let compute = async || {
        let _permit = gate.acquire().await.unwrap();
        match calls.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Mine::Origin("down")),
            _ => Ok(Bytes::from("v")),
        }
    };
    let release = async {
        tokio::task::yield_now().await;
        gate.add_permits(1);
    };
    let (first, second, third, ()) = tokio::join!(
        cache.get_or_try_insert_with("k", LONG, compute),
        cache.get_or_try_insert_with("k", LONG, compute),
        cache.get_or_try_insert_with("k", LONG, compute),
        release
    );
    assert!(matches!(first, Err(Mine::Origin("down"))), "{first:?}");
    assert_eq!((second.unwrap(), third.unwrap()), ("v".into(), "v".into()));
    assert_eq!(calls.load(Ordering::SeqCst), 2);

    let invalid = cache.get_or_try_insert_with("", LONG, compute).await;
    assert!(matches!(invalid, Err(Mine::Store)));
    assert_eq!(calls.load(Ordering::SeqCst), 2, "an invalid key costs no computation");
}

#[tokio::test]
async fn a_value_that_is_there_is_not_computed() {
    let (cache, probe) = cache();
    probe.set_text("k", "there", Ttl::Never).await.unwrap();
    let compute = async || -> Result<Bytes> { panic!("computed") };
    for _ in 0..3 {
        assert_eq!(cache.get_or_try_insert_with("k", LONG, compute).await.unwrap(), "there");
    }
    assert_eq!(probe.reads(), 1);
}

#[tokio::test]
async fn a_computed_value_expires_as_told() {
    let clock = ManualClock::default();
    let store = MemoryStore::open(MemoryConfig::new().clock(clock.clone())).unwrap();
    let cache = Cache::with_config(store, CacheConfig::new().max_age(LONG).clock(clock.clone()));
    let calls = AtomicUsize::new(0);
    let compute = async || Ok::<_, Error>(Bytes::from(calls.fetch_add(1, Ordering::SeqCst).to_string()));
    let ttl = Duration::from_millis(250);
    assert_eq!(cache.get_or_try_insert_with("k", ttl, compute).await.unwrap(), "0");
    clock.advance(Duration::from_millis(249));
    assert_eq!(cache.get_or_try_insert_with("k", ttl, compute).await.unwrap(), "0");
    assert_eq!(cache.get("k").await.unwrap(), "0");
    clock.advance(Duration::from_millis(1));
    assert!(cache.get("k").await.unwrap_err().is_not_found());
    assert_eq!(cache.get_or_try_insert_with("k", ttl, compute).await.unwrap(), "1");
}

#[tokio::test]
async fn an_invalidation_while_a_value_is_computed_stands() {
    let (cache, probe) = cache();
    let compute = async || {
        cache.delete("k").await?;
        Ok::<_, Error>(Bytes::from("old"))
    };
    assert_eq!(cache.get_or_try_insert_with("k", LONG, compute).await.unwrap(), "old");
    assert!(
        !probe.contains("k").await.unwrap(),
        "what was computed before the invalidation is not stored"
    );
    assert_eq!(text(&cache, "k").await, None);
}

#[tokio::test]
async fn a_write_while_a_value_is_computed_wins() {
    let (cache, probe) = cache();
    let through = async || {
        cache.set_text("k", "new", Ttl::Never).await?;
        Ok::<_, Error>(Bytes::from("old"))
    };
    assert_eq!(cache.get_or_try_insert_with("k", LONG, through).await.unwrap(), "new");
    assert_eq!(text(&cache, "k").await.as_deref(), Some("new"));

    let beside = async || {
        probe.set_text("l", "new", Ttl::Never).await?;
        Ok::<_, Error>(Bytes::from("old"))
    };
    assert_eq!(cache.get_or_try_insert_with("l", LONG, beside).await.unwrap(), "new");
}
