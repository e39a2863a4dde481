//! Closing, dropping, runtimes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use kvs_memory::{
    AtomicStore, Bytes, Clock, Document, DocumentStore, ErrorKind, Filter, FullStore, ListableStore, Map, MemoryConfig,
    MemoryStore, SetEntry, Store, StoreExt, Timestamp, Transaction, Ttl,
};
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use crate::{block_on, eventually, tracked, unswept};

async fn use_all(store: &dyn FullStore) -> kvs_memory::Result<()> {
    store.set("key", "1".into(), Ttl::After(Duration::from_mins(1))).await?;
    assert_eq!(store.get("key").await?, "1");
    assert_eq!(store.list("").await?, ["key"]);
    assert_eq!(store.increment("key", 1).await?, 2);
    store.put("things", Document::new("id", Map::new())?).await?;
    assert_eq!(store.query("things", &Filter::all()).await?.len(), 1);
    store.delete_collection("things").await?;
    store.delete_prefix("").await?;
    store.sweep().await?;
    Ok(())
}

#[test]
fn it_works_in_every_runtime_and_in_none() {
    let (store, _) = unswept();
    block_on(use_all(&store)).unwrap();
    let current = Builder::new_current_thread().build().unwrap();
    current.block_on(use_all(&store)).unwrap();
    LocalSet::new().block_on(&current, use_all(&store)).unwrap();
    let multi = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let moved = store.clone();
    multi
        .block_on(async move { tokio::spawn(async move { use_all(&moved).await }).await.unwrap() })
        .unwrap();
}

#[test]
fn a_closed_store_refuses_everything_on_every_clone() {
    let (store, _) = unswept();
    let clone = store.clone();
    let kind = |error: kvs_memory::Error| error.kind();
    block_on(async {
        store.close().await.unwrap();
        store.close().await.unwrap();
        let closed = ErrorKind::Closed;
        assert_eq!(kind(clone.get("key").await.unwrap_err()), closed);
        assert_eq!(kind(clone.contains("key").await.unwrap_err()), closed);
        assert_eq!(
            kind(clone.set("key", "v".into(), Ttl::Never).await.unwrap_err()),
            closed
        );
        assert_eq!(kind(clone.delete("key").await.unwrap_err()), closed);
        assert_eq!(kind(clone.get_many(&[]).await.unwrap_err()), closed);
        assert_eq!(
            kind(clone.set_many(vec![SetEntry::new("key", "v")]).await.unwrap_err()),
            closed
        );
        assert_eq!(kind(clone.delete_many(&["key"]).await.unwrap_err()), closed);
        assert_eq!(kind(clone.sweep().await.unwrap_err()), closed);
        assert_eq!(kind(clone.list("").await.unwrap_err()), closed);
        assert_eq!(
            kind(clone.commit(Transaction::new().delete("key")).await.unwrap_err()),
            closed
        );
        assert_eq!(
            kind(clone.update("key", &mut |_| Ok("v".into())).await.unwrap_err()),
            closed
        );
        assert_eq!(kind(clone.get_doc("things", "id").await.unwrap_err()), closed);
        assert_eq!(kind(clone.delete_collection("things").await.unwrap_err()), closed);
        assert_eq!(
            kind(clone.get("").await.unwrap_err()),
            ErrorKind::InvalidKey,
            "arguments come first"
        );
    });
}

#[test]
fn closing_frees_everything_although_a_handle_is_left() {
    let (store, _) = unswept();
    let (value, content) = tracked();
    block_on(async {
        for number in 0..3_000 {
            store
                .set(&format!("key{number}"), value.clone(), Ttl::Never)
                .await
                .unwrap();
            store
                .put("things", Document::new(format!("{number}"), Map::new()).unwrap())
                .await
                .unwrap();
        }
        drop(value);
        store.close().await.unwrap();
    });
    assert_eq!(Arc::strong_count(&content), 1);
    assert_eq!(store.stored_entries(), 0);
}

#[test]
fn dropping_the_last_handle_frees_the_store_although_it_is_swept() {
    let (store, _) = unswept();
    let (value, content) = tracked();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime
        .block_on(store.set("key", value, Ttl::After(Duration::from_mins(1))))
        .unwrap();
    let clone = store.clone();
    drop(store);
    drop(runtime);
    assert_eq!(Arc::strong_count(&content), 2);
    drop(clone);
    assert_eq!(Arc::strong_count(&content), 1);
}

/// A value that uses its store when it is freed.
struct Nosy(MemoryStore, Arc<AtomicUsize>);

impl AsRef<[u8]> for Nosy {
    fn as_ref(&self) -> &[u8] {
        b"value"
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        drop(block_on(self.0.get("key")));
        drop(block_on(self.0.list("")));
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn values_are_freed_where_nothing_is_locked() {
    let (store, clock) = unswept();
    let freed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&freed);
    let work = async move {
        let nosy = || Bytes::from_owner(Nosy(store.clone(), Arc::clone(&counter)));
        let minute = Duration::from_mins(1);
        store.set("key", nosy(), Ttl::Never).await.unwrap();
        store.set("key", nosy(), Ttl::Never).await.unwrap();
        store.delete("key").await.unwrap();
        store.set("key", nosy(), Ttl::Never).await.unwrap();
        let transaction = Transaction::new()
            .delete("key")
            .set("other", nosy(), Ttl::After(minute));
        store.commit(transaction).await.unwrap();
        let past = Ttl::At(clock.now());
        store.set("key", nosy(), past).await.unwrap();
        store.commit(Transaction::new().set("key", nosy(), past)).await.unwrap();
        clock.advance(minute);
        store.sweep().await.unwrap();
        store.set("key", nosy(), Ttl::Never).await.unwrap();
        store.close().await.unwrap();
    };
    // On a thread of its own: one that met its own lock would wait for ever.
    let thread = thread::spawn(move || block_on(work));
    eventually("nothing waits for itself", || thread.is_finished());
    thread.join().unwrap();
    assert_eq!(freed.load(Ordering::SeqCst), 7);
}

#[tokio::test]
async fn a_store_may_be_dropped_inside_a_runtime_and_opened_by_default() {
    let store: Arc<dyn FullStore> = Arc::new(MemoryStore::default());
    use_all(&*store).await.unwrap();
    drop(store);
}

#[test]
fn operations_in_flight_end_normally_or_with_closed() {
    let (store, _) = unswept();
    let keys: Vec<String> = (0..500).map(|number| format!("key{number:03}")).collect();
    let entries = keys
        .iter()
        .map(|key| SetEntry::new(key, "value").ttl(Duration::from_mins(1)));
    block_on(store.set_many(entries.collect())).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for key in keys.iter().cycle() {
                    match block_on(store.get(key)) {
                        Ok(value) => assert_eq!(value, "value"),
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Closed, "a present key is never missed");
                            break;
                        }
                    }
                    match block_on(store.list("key")) {
                        Ok(listed) => assert_eq!(listed, keys),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::Closed),
                    }
                }
            });
        }
        for _ in 0..4 {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                block_on(store.close()).unwrap();
            });
        }
    });
    assert_eq!(store.stored_entries(), 0);
}

/// A clock that holds up whoever reads it, and with it the lock that is held for that.
#[derive(Debug, Clone, Default)]
struct Barrier {
    shut: Arc<AtomicBool>,
    reached: Arc<AtomicBool>,
}

impl Clock for Barrier {
    fn now(&self) -> Timestamp {
        self.reached.store(true, Ordering::SeqCst);
        eventually("the barrier opens", || !self.shut.load(Ordering::SeqCst));
        Timestamp::from_millis(0)
    }
}

#[test]
fn what_waited_for_a_lock_while_the_store_was_closed_does_not_miss_what_was_there() {
    let barrier = Barrier::default();
    let store = MemoryStore::open(MemoryConfig::new().clock(barrier.clone())).unwrap();
    block_on(store.set("key", "value".into(), Ttl::Never)).unwrap();
    barrier.shut.store(true, Ordering::SeqCst);
    thread::scope(|scope| {
        let store = &store;
        scope.spawn(|| block_on(store.set("key", "value".into(), Ttl::After(Duration::from_mins(1)))).unwrap());
        eventually("the lock is held", || barrier.reached.load(Ordering::SeqCst));
        scope.spawn(|| match block_on(store.get("key")) {
            Ok(value) => assert_eq!(value, "value"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Closed),
        });
        // Time to get in line for the lock, the reader first. Whatever the order, it must hold.
        thread::sleep(Duration::from_millis(20));
        scope.spawn(|| block_on(store.close()).unwrap());
        thread::sleep(Duration::from_millis(20));
        barrier.shut.store(false, Ordering::SeqCst);
    });
}

#[test]
fn a_batch_that_closing_cuts_short_says_how_far_it_got() {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    let (store, _) = unswept();
    // Each key comes twice, and counts once.
    let entries = (0..4_000).map(|number| SetEntry::new(format!("key{}", number / 2), "value"));
    let mut batch = pin!(store.set_many(entries.collect()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(batch.as_mut().poll(&mut context).is_pending());
    block_on(store.close()).unwrap();
    let Poll::Ready(Err(kvs_memory::Error::Incomplete {
        applied, total, source, ..
    })) = batch.poll(&mut context)
    else {
        panic!("it must be incomplete");
    };
    assert_eq!((applied, total, source.kind()), (1_000, 2_000, ErrorKind::Closed));
}

#[tokio::test]
async fn debug_shows_neither_keys_nor_values() {
    let (store, _) = unswept();
    store.set_text("session:9f86", "secret", Ttl::Never).await.unwrap();
    assert_eq!(format!("{store:?}"), "MemoryStore { .. }");
}
