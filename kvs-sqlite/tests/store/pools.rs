//! Connections and pools that an application hands in, and databases in memory.

use std::time::Duration;

use crate::common::Site;
use futures_util::future::join_all;
use kvs_sqlite::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use kvs_sqlite::sqlx::{self, SqlitePool};
use kvs_sqlite::{
    AtomicStore, Durability, ErrorKind, ListableStore, SqliteConfig, SqliteSettings, SqliteStore, Store, StoreExt, Ttl,
};

async fn pool(options: SqliteConnectOptions, connections: u32) -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_millis(300));
    pool.idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.create_if_missing(true))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_pool_of_one_connection_is_shared_with_the_application() {
    let site = Site::new();
    let pool = pool(SqliteConnectOptions::new().filename(site.path()), 1).await;
    let store = SqliteStore::from_pool(pool.clone(), SqliteSettings::new())
        .await
        .unwrap();
    let sums = join_all((0..50).map(|_| store.increment("n", 1))).await;
    assert!(sums.into_iter().all(|sum| sum.is_ok()));
    let gets = join_all((0..50).map(|_| store.get_text("n"))).await;
    assert!(gets.into_iter().all(|text| text.unwrap() == "50"));
    assert_eq!(store.list("").await.unwrap(), ["n"]);
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM kvs_entries")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(count, 1);
    store.close().await.unwrap();
    assert_eq!(store.get("n").await.unwrap_err().kind(), ErrorKind::Closed);
    assert!(!pool.is_closed());
    assert_eq!(pool.size(), 1);
    sqlx::query("CREATE TABLE mine (a)").execute(&pool).await.unwrap();
    pool.close().await;
}

#[tokio::test]
async fn a_pool_without_a_free_connection_is_unavailable_and_a_closed_one_is_closed() {
    let site = Site::new();
    let pool = pool(SqliteConnectOptions::new().filename(site.path()), 1).await;
    let store = SqliteStore::from_pool(pool.clone(), SqliteSettings::new())
        .await
        .unwrap();
    let held = pool.acquire().await.unwrap();
    let (read, write) = tokio::join!(store.get("k"), store.set_text("k", "v", Ttl::Never));
    assert_eq!(read.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(write.unwrap_err().is_retryable());
    drop(held);
    store.set_text("k", "v", Ttl::Never).await.unwrap();
    pool.close().await;
    assert_eq!(store.get("k").await.unwrap_err().kind(), ErrorKind::Closed);
    store.close().await.unwrap();
}

#[tokio::test]
async fn the_profile_tells_what_the_settings_promise() {
    let site = Site::new();
    let wal = SqliteConnectOptions::new()
        .filename(site.path())
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let cases = [
        (wal.clone().synchronous(SqliteSynchronous::Full), Durability::Power),
        (wal.clone().synchronous(SqliteSynchronous::Extra), Durability::Power),
        (wal.clone().synchronous(SqliteSynchronous::Normal), Durability::Process),
        (wal.clone().synchronous(SqliteSynchronous::Off), Durability::Process),
        (SqliteConnectOptions::new().in_memory(true), Durability::None),
    ];
    for (options, durability) in cases {
        let pool = pool(options.clone(), 1).await;
        let store = SqliteStore::from_pool(pool.clone(), SqliteSettings::new())
            .await
            .unwrap();
        assert_eq!(store.profile().durability, durability);
        store.close().await.unwrap();
        pool.close().await;
        let store = SqliteStore::from_options(options, SqliteSettings::new()).await.unwrap();
        assert_eq!(store.profile().durability, durability);
        store.close().await.unwrap();
    }
    let normal = site.config().synchronous(kvs_sqlite::Synchronous::Normal);
    assert_eq!(
        SqliteStore::open(normal).await.unwrap().profile().durability,
        Durability::Process
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_journal_works_too() {
    let site = Site::new();
    let options = SqliteConnectOptions::new()
        .filename(site.path())
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Delete);
    let options = options.synchronous(SqliteSynchronous::Off);
    let store = SqliteStore::from_options(options, SqliteSettings::new()).await.unwrap();
    let task = |task: usize| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..50 {
                store
                    .set_text(&format!("{task}-{round}"), "v", Ttl::Never)
                    .await
                    .unwrap();
                assert_eq!(store.get_text(&format!("{task}-{round}")).await.unwrap(), "v");
            }
        })
    };
    for done in join_all((0..8).map(task)).await {
        done.unwrap();
    }
    assert_eq!(store.list("").await.unwrap().len(), 400);
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_one_database_and_a_new_one_for_each_store() {
    let store = SqliteStore::open(SqliteConfig::in_memory()).await.unwrap();
    let other = SqliteStore::open(SqliteConfig::new(":memory:")).await.unwrap();
    let task = |task: usize| {
        let store = store.clone();
        tokio::spawn(async move {
            store.set_text(&format!("k{task}"), "v", Ttl::Never).await.unwrap();
            store.list("").await.unwrap().len()
        })
    };
    for seen in join_all((0..64).map(task)).await {
        assert!(seen.unwrap() > 0);
    }
    assert_eq!(store.list("").await.unwrap().len(), 64);
    assert_eq!(other.list("").await.unwrap().len(), 0);
    assert_eq!(store.profile().durability, Durability::None);
}
