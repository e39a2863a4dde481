//! What is kept, and what a write does to it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use kvs::memory::{MemoryConfig, MemoryStore};
use kvs::{
    AtomicStore, Bytes, Cache, CacheConfig, ErrorKind, ListableStore, ManualClock, Result, SetEntry, Store, StoreExt,
    Transaction, Ttl,
};

use crate::probe::{LONG, cache, text};

#[tokio::test]
async fn a_hit_does_not_ask_the_store() {
    let (cache, probe) = cache();
    probe.set_text("a", "1", Ttl::Never).await.unwrap();
    probe.set_text("b", "2", Ttl::Never).await.unwrap();
    for _ in 0..5 {
        assert_eq!(text(&cache, "a").await.as_deref(), Some("1"));
        assert!(cache.contains("a").await.unwrap());
    }
    assert_eq!(probe.reads(), 1);
    let values = cache.get_many(&["b", "a", "c", "b"]).await.unwrap();
    assert_eq!(values, [Some("2".into()), Some("1".into()), None, Some("2".into())]);
    assert_eq!(probe.reads(), 1 + 3, "only what is not at hand is asked for");
}

#[tokio::test]
async fn a_miss_is_not_remembered() {
    let (cache, probe) = cache();
    assert_eq!(text(&cache, "k").await, None);
    probe.set_text("k", "v", Ttl::Never).await.unwrap();
    assert_eq!(text(&cache, "k").await.as_deref(), Some("v"));
}

#[tokio::test]
async fn every_write_through_it_shows_at_once() {
    let (cache, probe) = cache();
    for round in 0..12 {
        probe.set_text("k", "1", Ttl::Never).await.unwrap();
        cache.delete("other").await.unwrap();
        assert_eq!(text(&cache, "k").await.as_deref(), Some("1"), "{round}");
        let live = cache.get_versioned("k").await.unwrap();
        let new = Bytes::from("2");
        let entry = SetEntry::new("k", "2");
        match round {
            0 => cache.set("k", new, Ttl::Never).await.unwrap(),
            1 => cache.delete("k").await.unwrap(),
            2 => cache.set_many(vec![SetEntry::new("a", "x"), entry]).await.unwrap(),
            3 => cache.delete_many(&["a", "k"]).await.unwrap(),
            4 => cache
                .commit(Transaction::new().set("k", "2", Ttl::Never))
                .await
                .map(drop)
                .unwrap(),
            5 => cache
                .compare_and_set("k", live.version, new, Ttl::Never)
                .await
                .map(drop)
                .unwrap(),
            6 => cache.compare_and_delete("k", live.version).await.unwrap(),
            7 => assert_eq!(cache.take("k").await.unwrap(), "1"),
            8 => cache.update("k", &mut |_| Ok("2".into())).await.map(drop).unwrap(),
            9 => assert_eq!(cache.increment("k", 1).await.unwrap(), 2),
            10 => cache.delete_prefix("k").await.unwrap(),
            _ => {
                cache.inner().delete("k").await.unwrap();
                cache.set_if_absent("k", new, Ttl::Never).await.map(drop).unwrap();
            }
        }
        let expected = (![1, 3, 6, 7, 10].contains(&round)).then_some("2");
        assert_eq!(text(&cache, "k").await.as_deref(), expected, "{round}");
        cache.delete("k").await.unwrap();
    }
}

#[tokio::test]
async fn a_touch_through_it_shows_at_once() {
    let clock = ManualClock::default();
    let store = MemoryStore::open(MemoryConfig::new().clock(clock.clone())).unwrap();
    let cache = Cache::with_config(store, CacheConfig::new().max_age(LONG).clock(clock.clone()));
    cache.set_text("k", "v", Ttl::Never).await.unwrap();
    assert!(cache.get("k").await.is_ok());
    cache.touch("k", Ttl::After(Duration::from_secs(1))).await.unwrap();
    assert!(cache.get("k").await.is_ok());
    clock.advance(Duration::from_secs(1));
    assert!(cache.get("k").await.unwrap_err().is_not_found());
}

/// A read that began before a write must not leave its old value behind, whichever write it is.
#[tokio::test]
async fn a_read_that_was_overtaken_by_a_write_is_not_kept() {
    for write in ["set", "delete", "delete_prefix"] {
        let (cache, probe) = cache();
        probe.set_text("k", "old", Ttl::Never).await.unwrap();
        let pause = probe.pause_next_read();
        let reader = tokio::spawn({
            let cache = cache.clone();
            async move { text(&cache, "k").await }
        });
        pause.has_read.notified().await;
        match write {
            "set" => cache.set_text("k", "new", Ttl::Never).await.unwrap(),
            "delete" => cache.delete("k").await.unwrap(),
            _ => cache.delete_prefix("k").await.unwrap(),
        }
        pause.go_on.notify_one();
        assert_eq!(
            reader.await.unwrap().as_deref(),
            Some("old"),
            "it began before the write"
        );
        let expected = (write == "set").then_some("new");
        assert_eq!(text(&cache, "k").await.as_deref(), expected, "after {write}");
    }
}

#[tokio::test]
async fn a_write_that_was_dropped_does_not_stop_the_cache() {
    let (cache, probe) = cache();
    probe.set_text("k", "v", Ttl::Never).await.unwrap();
    {
        // The counter's read is held back, and the call dropped there.
        let _pause = probe.pause_next_read();
        let mut call = std::pin::pin!(cache.increment("k", 1));
        assert!(poll_once(call.as_mut()).await.is_none());
    }
    for _ in 0..3 {
        assert_eq!(text(&cache, "k").await.as_deref(), Some("v"));
    }
    assert_eq!(probe.reads(), 2, "the first read after it is kept again");
}

/// Polls once.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn what_another_process_writes_shows_after_the_age() {
    let (cache, probe) = cache();
    probe.set_text("k", "old", Ttl::Never).await.unwrap();
    assert_eq!(text(&cache, "k").await.as_deref(), Some("old"));
    probe.set_text("k", "new", Ttl::Never).await.unwrap();
    assert_eq!(text(&cache, "k").await.as_deref(), Some("old"), "kept for an hour");

    let short = CacheConfig::new().max_age(Duration::from_millis(5));
    let cache = Cache::with_config(probe.clone(), short);
    assert_eq!(text(&cache, "k").await.as_deref(), Some("new"));
    probe.set_text("k", "newer", Ttl::Never).await.unwrap();
    tokio::time::sleep(Duration::from_millis(6)).await;
    assert_eq!(text(&cache, "k").await.as_deref(), Some("newer"));
}

#[tokio::test]
async fn a_closed_cache_answers_nothing() {
    let (cache, probe) = cache();
    probe.set_text("k", "v", Ttl::Never).await.unwrap();
    assert!(cache.get("k").await.is_ok());
    cache.close().await.unwrap();
    cache.close().await.unwrap();
    let compute = async || -> Result<Bytes> { panic!("computed") };
    for error in [
        cache.get("k").await.unwrap_err(),
        cache.contains("k").await.unwrap_err(),
        cache.get_many(&["k"]).await.unwrap_err(),
        cache.set_text("k", "v", Ttl::Never).await.unwrap_err(),
        cache.get_or_try_insert_with("k", LONG, compute).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Closed);
    }
    assert_eq!(cache.get("").await.unwrap_err().kind(), ErrorKind::InvalidKey);
}

/// Each writer counts its key up, and says so when the write is done; whoever reads after that sees at least as much.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_sees_less_than_was_acknowledged() {
    const KEYS: usize = 4;
    const ROUNDS: u64 = 1_500;
    let (cache, _) = cache();
    let acknowledged: Arc<[AtomicU64; KEYS]> = Arc::default();
    for key in 0..KEYS {
        cache.set_text(&key.to_string(), "0", Ttl::Never).await.unwrap();
    }
    let writers = (0..KEYS).map(|key| {
        let (cache, acknowledged) = (cache.clone(), Arc::clone(&acknowledged));
        tokio::spawn(async move {
            for count in 1..=ROUNDS {
                cache
                    .set_text(&key.to_string(), &count.to_string(), Ttl::Never)
                    .await
                    .unwrap();
                acknowledged[key].store(count, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        })
    });
    let readers = (0..KEYS).map(|key| {
        let (cache, acknowledged) = (cache.clone(), Arc::clone(&acknowledged));
        tokio::spawn(async move {
            let mut least = 0;
            while least < ROUNDS {
                least = least.max(acknowledged[key].load(Ordering::SeqCst));
                let seen: u64 = cache.get_text(&key.to_string()).await.unwrap().parse().unwrap();
                assert!(seen >= least, "saw {seen} after {least}");
                least = seen;
                // A hit never waits, so that the readers would leave no thread to the writers.
                tokio::task::yield_now().await;
            }
        })
    });
    let tasks: Vec<_> = writers.chain(readers).collect();
    for task in tasks {
        task.await.unwrap();
    }
}
