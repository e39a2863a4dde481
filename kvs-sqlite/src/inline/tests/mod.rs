//! The conditions under which callers read by themselves, one by one.

mod lists;
mod slots;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::{join, join_all};
use kvs_core::{AtomicStore as _, Bytes, ErrorKind, ManualClock, Store as _, Ttl};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::*;
use crate::sql::SMALL_VALUE;
use crate::{SqliteConfig, SqliteSettings, SqliteStore};

struct Site(TempDir);

impl Site {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("kvs.db")
    }

    fn config(&self) -> SqliteConfig {
        SqliteConfig::new(self.path())
    }

    /// A store that holds `k`.
    async fn open(&self) -> SqliteStore {
        let store = SqliteStore::open(self.config()).await.unwrap();
        store.set("k", "v".into(), Ttl::Never).await.unwrap();
        store
    }

    async fn beside(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.path());
        options.connect().await.unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

/// As if the engine had seen quick reads, however busy the machine is.
async fn warm_up(store: &SqliteStore) {
    // Whatever callers owe.
    store.inline().warmth.quick(Duration::from_secs(2));
    for _ in 0..2_000 {
        store.inline().engine_read(1, 1, Duration::ZERO).await;
    }
}

/// How many reads callers have done by themselves.
fn taken(store: &SqliteStore) -> u64 {
    store.inline().slots.iter().map(|slot| lock(slot).reads).sum()
}

/// Repeats something until a caller has read by itself: on a busy machine a read may be slow, and the next by the engine.
async fn inline<T>(store: &SqliteStore, mut read: impl AsyncFnMut() -> T) -> T {
    loop {
        warm_up(store).await;
        let before = taken(store);
        let result = read().await;
        if taken(store) > before {
            return result;
        }
    }
}

async fn get(store: &SqliteStore, key: &str) -> Result<Bytes> {
    inline(store, async || store.get(key).await).await
}

#[tokio::test]
async fn a_store_begins_with_the_engine_and_goes_on_by_itself() {
    let site = Site::new();
    let store = site.open().await;
    assert_eq!(store.get("k").await.unwrap(), "v");
    assert_eq!(taken(&store), 0);
    assert_eq!(get(&store, "k").await.unwrap(), "v");
    assert!(get(&store, "missing").await.unwrap_err().is_not_found());
    assert!(inline(&store, async || store.contains("k").await).await.unwrap());
    let versioned = inline(&store, async || store.get_versioned("k").await).await.unwrap();
    let updated = inline(&store, async || store.update("k", &mut |_| Ok("w".into())).await).await;
    assert_ne!(updated.unwrap().version, versioned.version);
    assert_eq!(get(&store, "k").await.unwrap(), "w");
}

#[tokio::test]
async fn slow_reads_send_the_next_ones_to_the_engine() {
    let site = Site::new();
    let store = site.open().await;
    get(&store, "k").await.unwrap();
    let before = taken(&store);
    let warmth = &store.inline().warmth;
    warmth.slow(Duration::from_secs(1));
    for _ in 0..15 {
        assert_eq!(store.get("k").await.unwrap(), "v");
    }
    assert_eq!(taken(&store), before);
}

#[tokio::test]
async fn never_on_an_injected_pool_nor_on_a_database_in_memory() {
    let site = Site::new();
    site.open().await.close().await.unwrap();
    let options = SqliteConnectOptions::new().filename(site.path());
    let pool = SqlitePoolOptions::new().connect_with(options).await.unwrap();
    let pooled = SqliteStore::from_pool(pool.clone(), SqliteSettings::new())
        .await
        .unwrap();
    let memory = SqliteStore::open(SqliteConfig::in_memory()).await.unwrap();
    memory.set("k", "v".into(), Ttl::Never).await.unwrap();
    for store in [&pooled, &memory] {
        warm_up(store).await;
        assert_eq!(store.get("k").await.unwrap(), "v");
        assert!(store.inline().slots.is_empty());
    }
    pooled.close().await.unwrap();
    pool.close().await;
}

#[test]
fn on_every_kind_of_runtime_and_on_none() {
    let site = Site::new();
    let reads = async |store: &SqliteStore| {
        assert_eq!(get(store, "k").await.unwrap(), "v");
        assert_eq!(inline(store, async || store.get("k").await).await.unwrap(), "v");
    };
    let current = Builder::new_current_thread().enable_all().build().unwrap();
    let multi = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let store = current.block_on(site.open());
    current.block_on(reads(&store));
    multi.block_on(reads(&store));
    let spawned = store.clone();
    let task = async move {
        let before = taken(&spawned);
        while taken(&spawned) == before {
            warm_up(&spawned).await;
            assert_eq!(spawned.get("k").await.unwrap(), "v");
        }
    };
    multi.block_on(async { tokio::spawn(task).await.unwrap() });
    for runtime in [&current, &multi] {
        let store = store.clone();
        LocalSet::new().block_on(runtime, async move {
            tokio::task::spawn_local(async move { reads(&store).await })
                .await
                .unwrap();
        });
    }
    futures_executor::block_on(reads(&store));
    futures_executor::block_on(store.close()).unwrap();
}

#[tokio::test]
async fn under_join_and_timeout_and_with_futures_that_are_dropped() {
    let site = Site::new();
    let store = site.open().await;
    let (a, b) = inline(&store, async || join(store.get("k"), store.get("missing")).await).await;
    assert!(a.is_ok() && b.unwrap_err().is_not_found());
    let timed = inline(&store, async || {
        tokio::time::timeout(Duration::from_mins(1), store.get("k")).await
    })
    .await;
    assert_eq!(timed.unwrap().unwrap(), "v");
    // Polled once or never, wherever that leaves them.
    for _ in 0..1_000 {
        drop(store.get("k"));
        let _ = store.get("k").now_or_never();
    }
    assert_eq!(get(&store, "k").await.unwrap(), "v");
    assert!(store.inline().slots.iter().all(|slot| slot.try_lock().is_ok()));
}

#[tokio::test]
async fn a_task_that_only_reads_lets_others_run() {
    let site = Site::new();
    let store = site.open().await;
    let (reader, done) = (store.clone(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&done);
    let other = tokio::spawn(async move { seen.fetch_add(1, Ordering::Relaxed) });
    // All in one task of a current-thread runtime. Only reads by the caller, which never wait.
    let inline = reader.inline();
    warm_up(&reader).await;
    while done.load(Ordering::Relaxed) == 0 {
        if inline.get("k", &kvs_core::SystemClock).await == Seen::Unclear {
            inline.warmth.warm_up();
        }
    }
    other.await.unwrap();
}

#[tokio::test]
async fn when_all_connections_are_busy_the_engine_answers() {
    let site = Site::new();
    let store = site.open().await;
    get(&store, "k").await.unwrap();
    let held: Vec<_> = store.inline().slots.iter().map(lock).collect();
    store.inline().warmth.warm_up();
    let looked = store.inline().get("k", store.clock()).now_or_never();
    assert_eq!(looked, Some(Seen::Unclear));
    assert_eq!(store.get("k").await.unwrap(), "v");
    drop(held);
}

#[tokio::test]
async fn no_transaction_stays_open_and_writes_of_others_are_seen_at_once() {
    let site = Site::new();
    let (store, other) = (site.open().await, site.open().await);
    let mut beside = site.beside().await;
    for round in 0..20 {
        let value = Bytes::from(round.to_string());
        other.set("k", value.clone(), Ttl::Never).await.unwrap();
        assert_eq!(get(&store, "k").await.unwrap(), value);
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut beside)
            .await
            .unwrap();
        assert_eq!(row.get::<i64, _>(0), 0, "a reader stood in the way");
    }
    assert_eq!(fs::metadata(site.path().with_extension("db-wal")).unwrap().len(), 0);
}

#[tokio::test]
async fn closing_and_dropping_leave_one_file() {
    for dropped in [false, true] {
        let site = Site::new();
        let store = site.open().await;
        get(&store, "k").await.unwrap();
        assert!(site.names().contains(&"kvs.db-wal".to_owned()));
        if dropped {
            drop(store);
            while site.names() != ["kvs.db"] {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        } else {
            store.close().await.unwrap();
            assert_eq!(site.names(), ["kvs.db"]);
            assert_eq!(store.get("k").await.unwrap_err().kind(), ErrorKind::Closed);
            assert_eq!(store.inline().get("k", store.clock()).await, Seen::Unclear);
        }
        let again = SqliteStore::open(site.config().create(false)).await.unwrap();
        assert_eq!(again.get("k").await.unwrap(), "v");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_amid_reads_answers_each() {
    let site = Site::new();
    let store = site.open().await;
    get(&store, "k").await.unwrap();
    let reader = |_| {
        let store = store.clone();
        tokio::spawn(async move {
            loop {
                match store.get("k").await {
                    Ok(value) => assert_eq!(value, "v"),
                    Err(error) => return error.kind(),
                }
            }
        })
    };
    let readers: Vec<_> = (0..8).map(reader).collect();
    let before = taken(&store);
    while taken(&store) < before + 100 {
        warm_up(&store).await;
        tokio::task::yield_now().await;
    }
    store.close().await.unwrap();
    for ended in join_all(readers).await {
        assert_eq!(ended.unwrap(), ErrorKind::Closed);
    }
    assert_eq!(site.names(), ["kvs.db"]);
}

#[tokio::test]
async fn a_large_value_is_left_to_the_engine() {
    let site = Site::new();
    let store = site.open().await;
    for (key, length) in [("fits", SMALL_VALUE), ("large", SMALL_VALUE + 1)] {
        let value = Bytes::from(vec![7; length]);
        store.set(key, value.clone(), Ttl::Never).await.unwrap();
        assert_eq!(get(&store, key).await.unwrap(), value);
    }
    store.inline().warmth.warm_up();
    assert_eq!(store.inline().get("large", store.clock()).await, Seen::Unclear);
    store.inline().warmth.warm_up();
    assert!(matches!(
        store.inline().get("fits", store.clock()).await,
        Seen::Found(_)
    ));
}

#[tokio::test]
async fn expiry_is_by_the_clock_of_the_store() {
    let site = Site::new();
    let clock = ManualClock::default();
    let store = SqliteStore::open(site.config().clock(clock.clone())).await.unwrap();
    store
        .set("k", "v".into(), Duration::from_millis(5).into())
        .await
        .unwrap();
    clock.advance(Duration::from_millis(4));
    assert_eq!(get(&store, "k").await.unwrap(), "v");
    clock.advance(Duration::from_millis(1));
    assert!(get(&store, "k").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_damaged_row_and_a_removed_table_get_the_answer_of_the_engine() {
    let site = Site::new();
    let store = site.open().await;
    for key in ["a", "b", "c"] {
        store.set(key, "v".into(), Ttl::Never).await.unwrap();
    }
    get(&store, "k").await.unwrap();
    let mut beside = site.beside().await;
    for statement in [
        "UPDATE kvs_entries SET version = x'00' WHERE key = CAST('a' AS BLOB)",
        "UPDATE kvs_entries SET value = 7 WHERE key = CAST('b' AS BLOB)",
        "UPDATE kvs_entries SET value = 'text' WHERE key = CAST('c' AS BLOB)",
    ] {
        sqlx::query(statement).execute(&mut beside).await.unwrap();
    }
    let told = |result: Result<Bytes>| result.map_err(|error| (error.kind(), error.to_string()));
    for key in ["a", "b", "c"] {
        let cold = SqliteStore::open(site.config()).await.unwrap();
        let expected = told(cold.get(key).await);
        assert_eq!(expected.is_ok(), key == "c");
        assert_eq!(told(get(&store, key).await), expected);
    }
    assert_eq!(get(&store, "k").await.unwrap(), "v");
    let rename = "ALTER TABLE kvs_entries RENAME TO kvs_gone";
    sqlx::query(rename).execute(&mut beside).await.unwrap();
    assert_eq!(get(&store, "k").await.unwrap_err().kind(), ErrorKind::Backend);
    let back = "ALTER TABLE kvs_gone RENAME TO kvs_entries";
    sqlx::query(back).execute(&mut beside).await.unwrap();
    assert_eq!(get(&store, "k").await.unwrap(), "v");
    beside.close().await.unwrap();
}

#[tokio::test]
async fn a_lock_is_left_to_the_engine_which_waits() {
    let site = Site::new();
    // Without WAL a writer that spills shuts readers out.
    let options = SqliteConnectOptions::new()
        .filename(site.path())
        .create_if_missing(true);
    let store = SqliteStore::from_options(options, SqliteSettings::new()).await.unwrap();
    store.set("k", "v".into(), Ttl::Never).await.unwrap();
    get(&store, "k").await.unwrap();
    let mut beside = site.beside().await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut beside).await.unwrap();
    store.inline().warmth.warm_up();
    assert_eq!(store.inline().get("k", store.clock()).await, Seen::Unclear);
    let (read, ()) = join(store.get("k"), async {
        sqlx::query("COMMIT").execute(&mut beside).await.unwrap();
    })
    .await;
    assert_eq!(read.unwrap(), "v");
}
