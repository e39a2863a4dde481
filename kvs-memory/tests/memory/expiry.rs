//! Exact expiry, and memory that comes back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kvs_memory::{
    AtomicStore, Bytes, Clock, ListOptions, ListableStore, ManualClock, MemoryConfig, MemoryStore, SetEntry, Store,
    StoreExt, Timestamp, Transaction, Ttl,
};

use crate::{FAR, block_on, eventually, swept_every, tracked, unswept};

const QUARTER: Duration = Duration::from_millis(250);
const TICK: Duration = Duration::from_millis(1);

/// Counts its readings, and panics when told to.
#[derive(Debug, Clone, Default)]
struct Probe {
    readings: Arc<AtomicUsize>,
    panics: Arc<AtomicBool>,
}

impl Clock for Probe {
    fn now(&self) -> Timestamp {
        assert!(!self.panics.load(Ordering::SeqCst), "the clock is broken");
        self.readings.fetch_add(1, Ordering::SeqCst);
        Timestamp::from_millis(1_000)
    }
}

fn probed() -> (MemoryStore, Probe) {
    let clock = Probe::default();
    let config = MemoryConfig::new().clock(clock.clone()).sweep_interval(FAR);
    (MemoryStore::open(config).unwrap(), clock)
}

#[tokio::test]
async fn an_entry_is_there_at_249_ms_and_gone_at_250_in_every_operation() {
    let (store, clock) = unswept();
    let all = ListOptions::new("");
    store.set_text("key", "value", QUARTER).await.unwrap();
    clock.advance(Duration::from_millis(249));
    assert_eq!(store.get_text("key").await.unwrap(), "value");
    assert_eq!(store.list_page(&all).await.unwrap().entries.len(), 1);
    clock.advance(TICK);
    assert!(store.get("key").await.unwrap_err().is_not_found());
    assert!(!store.contains("key").await.unwrap());
    assert_eq!(store.get_many(&["key"]).await.unwrap(), [None]);
    assert!(store.list_page(&all).await.unwrap().entries.is_empty());
    assert!(store.get_versioned("key").await.unwrap_err().is_not_found());
    assert!(store.take("key").await.unwrap_err().is_not_found());
    assert!(store.touch("key", Ttl::Never).await.unwrap_err().is_not_found());
    let exists = Transaction::new().check_exists("key");
    assert!(store.commit(exists).await.unwrap_err().is_conflict());
    assert_eq!(store.stored_entries(), 1, "readers delete nothing");
    store.set_if_absent("key", "new".into(), Ttl::Never).await.unwrap();
    assert_eq!(store.get_text("key").await.unwrap(), "new");
}

#[tokio::test]
async fn keep_over_an_expired_entry_never_expires() {
    let (store, clock) = unswept();
    store.set_text("key", "old", QUARTER).await.unwrap();
    clock.advance(QUARTER);
    store.set_text("key", "new", Ttl::Keep).await.unwrap();
    assert_eq!(store.get_versioned("key").await.unwrap().expires_at, None);
}

#[tokio::test]
async fn keep_touch_and_update_keep_what_they_must() {
    let (store, clock) = unswept();
    let expires_at = async |key| store.get_versioned(key).await.unwrap().expires_at;
    store.set_text("key", "1", QUARTER).await.unwrap();
    let first = expires_at("key").await;
    clock.advance(QUARTER / 2);
    store.set_text("key", "2", Ttl::Keep).await.unwrap();
    assert_eq!(expires_at("key").await, first);
    assert_eq!(store.increment("key", 1).await.unwrap(), 3);
    assert_eq!(expires_at("key").await, first);
    store.touch("key", Ttl::After(QUARTER)).await.unwrap();
    assert_eq!(expires_at("key").await, clock.now().checked_add(QUARTER));
    assert_eq!(store.get_text("key").await.unwrap(), "3");
    store.touch("key", Ttl::Never).await.unwrap();
    assert_eq!(expires_at("key").await, None);
}

#[tokio::test]
async fn an_instant_in_the_past_removes_the_entry() {
    let (store, clock) = unswept();
    for ttl in [Ttl::At(clock.now()), Ttl::At(Timestamp::from_millis(i64::MIN))] {
        store.set_text("key", "value", Ttl::Never).await.unwrap();
        store.set_text("key", "value", ttl).await.unwrap();
        assert_eq!(store.stored_entries(), 0);
        store.set_text("key", "value", Ttl::Never).await.unwrap();
        store.touch("key", ttl).await.unwrap();
        assert_eq!(store.stored_entries(), 0);
    }
}

#[tokio::test]
async fn a_time_to_live_beyond_all_time_is_never() {
    let (store, clock) = unswept();
    store.set_text("key", "value", Duration::MAX).await.unwrap();
    clock.advance(Duration::MAX);
    assert!(store.contains("key").await.unwrap());
}

#[test]
fn the_memory_of_expired_entries_comes_back_while_nobody_reads() {
    let (store, clock) = swept_every(TICK);
    let (value, content) = tracked();
    block_on(async {
        store.set("live", "value".into(), Ttl::Never).await.unwrap();
        for number in 0..10_000 {
            let ttl = Ttl::After(Duration::from_millis(number % 50 + 1));
            store.set(&format!("key{number}"), value.clone(), ttl).await.unwrap();
        }
    });
    drop(value);
    assert_eq!(store.stored_entries(), 10_001);
    clock.advance(Duration::from_millis(50));
    eventually("expired entries are reclaimed", || store.stored_entries() == 1);
    eventually("their values are freed", || Arc::strong_count(&content) == 1);
}

#[test]
fn the_system_clock_drives_the_sweeper_too() {
    let store = MemoryStore::open(MemoryConfig::new().sweep_interval(TICK)).unwrap();
    let entries = vec![SetEntry::new("a", "1").ttl(TICK), SetEntry::new("b", "2").ttl(TICK)];
    block_on(store.set_many(entries)).unwrap();
    block_on(store.commit(Transaction::new().set("c", "3", TICK))).unwrap();
    eventually("expired entries are reclaimed", || store.stored_entries() == 0);
}

#[tokio::test]
async fn a_sweep_tells_how_many_and_spares_what_was_written_meanwhile() {
    let (store, clock) = unswept();
    for number in 0..1_000 {
        store.set_text(&format!("key{number}"), "old", QUARTER).await.unwrap();
    }
    clock.advance(QUARTER);
    assert!(store.get("key7").await.unwrap_err().is_not_found());
    store.set_text("key7", "new", QUARTER).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 999);
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(store.get_text("key7").await.unwrap(), "new");
    assert_eq!(store.stored_entries(), 1);
}

#[tokio::test]
async fn a_clock_that_goes_back_harms_nothing() {
    let (store, clock) = unswept();
    let start = clock.now();
    store.set_text("swept", "value", QUARTER).await.unwrap();
    clock.advance(QUARTER);
    store.sweep().await.unwrap();
    store.set_text("live", "value", QUARTER).await.unwrap();
    clock.set(start);
    assert!(!store.contains("swept").await.unwrap());
    assert!(store.contains("live").await.unwrap());
    assert_eq!(store.sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn the_clock_is_read_once_and_only_where_there_is_a_deadline() {
    let (store, probe) = probed();
    let readings = || probe.readings.swap(0, Ordering::SeqCst);
    store.set_text("plain", "value", Ttl::Never).await.unwrap();
    store.set_text("plain", "value", Ttl::Keep).await.unwrap();
    store.get("plain").await.unwrap();
    store.list("").await.unwrap();
    store.delete("plain").await.unwrap();
    assert_eq!(readings(), 0);

    let entries = (0..9).map(|number| SetEntry::new(format!("{number}"), "value").ttl(QUARTER));
    store.set_many(entries.collect()).await.unwrap();
    assert_eq!(readings(), 1);
    assert_eq!(store.list("").await.unwrap().len(), 9);
    assert_eq!(readings(), 1);
    store.get_many(&["0", "1", "2"]).await.unwrap();
    assert_eq!(readings(), 1);
    store.set_text("0", "value", Ttl::Keep).await.unwrap();
    assert_eq!(readings(), 1);
    let transaction = Transaction::new()
        .check_exists("0")
        .touch("1", QUARTER)
        .set("2", "value", QUARTER);
    store.commit(transaction).await.unwrap();
    assert_eq!(readings(), 1);
}

#[test]
fn a_clock_that_panics_under_a_lock_leaves_everything_whole() {
    let (store, probe) = probed();
    block_on(store.set("key", "old".into(), QUARTER.into())).unwrap();
    probe.panics.store(true, Ordering::SeqCst);
    let writes: [&dyn Fn(); 3] = [
        &|| drop(block_on(store.set("key", Bytes::from("new"), QUARTER.into()))),
        &|| drop(block_on(store.get("key"))),
        &|| {
            let transaction = Transaction::new()
                .set("another", "new", Ttl::Never)
                .set("key", "new", QUARTER);
            drop(block_on(store.commit(transaction)));
        },
    ];
    for write in writes {
        assert!(catch_unwind(AssertUnwindSafe(write)).is_err());
    }
    probe.panics.store(false, Ordering::SeqCst);
    assert_eq!(block_on(store.get("key")).unwrap(), "old");
    assert_eq!(block_on(store.list("")).unwrap(), ["key"]);
    block_on(store.set("key", "new".into(), Ttl::Never)).unwrap();
    assert_eq!(block_on(store.get("key")).unwrap(), "new");
}

#[tokio::test]
async fn two_stores_share_neither_entries_nor_clocks() {
    let (store, clock) = unswept();
    let other = MemoryStore::open(MemoryConfig::new().clock(ManualClock::default())).unwrap();
    other.set_text("key", "value", QUARTER).await.unwrap();
    clock.advance(QUARTER);
    assert!(!store.contains("key").await.unwrap());
    assert!(other.contains("key").await.unwrap());
}
