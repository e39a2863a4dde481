//! What is left behind by a store that was closed. A test target of its own, because it counts what the process has.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::fs::{self, DirEntry};
use std::time::Duration;

use kvs_sqlite::{SqliteConfig, SqliteStore, Store, StoreExt, Ttl};

fn entries(path: &str) -> Vec<DirEntry> {
    fs::read_dir(path).unwrap().filter_map(Result::ok).collect()
}

fn threads() -> usize {
    let names = entries("/proc/self/task").into_iter();
    let names = names.map(|task| fs::read_to_string(task.path().join("comm")).unwrap_or_default());
    names
        .filter(|name| name.contains("sqlite") || name.contains("sqlx"))
        .count()
}

fn open_files() -> usize {
    let targets = entries("/proc/self/fd")
        .into_iter()
        .filter_map(|file| fs::read_link(file.path()).ok());
    targets
        .filter(|target| target.to_string_lossy().contains("leaks.db"))
        .count()
}

#[tokio::test]
async fn opening_and_closing_leaves_no_files_and_no_threads() {
    let directory = tempfile::tempdir().unwrap();
    let config = SqliteConfig::new(directory.path().join("leaks.db"));
    for _ in 0..30 {
        let store = SqliteStore::open(config.clone()).await.unwrap();
        store.set_text("k", "v", Ttl::Never).await.unwrap();
        assert_eq!(store.get_text("k").await.unwrap(), "v");
        assert!(open_files() > 0 && threads() > 0);
        store.close().await.unwrap();
        assert_eq!(open_files(), 0);
    }
    drop(SqliteStore::open(config).await.unwrap());
    // The engine of a dropped store ends by itself, and a thread is listed a little longer than it runs.
    while threads() > 0 || open_files() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
