//! Several processes on one file. The test starts itself again as the other processes.

use std::env;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::Site;
use futures_util::future::join_all;
use kvs_sqlite::{AtomicStore, ListableStore, SqliteConfig, SqliteStore, Store, StoreExt, Ttl};

/// Set for a child: the path of the database.
pub(crate) const PATH: &str = "KVS_SQLITE_TEST_PATH";

const ROUNDS: usize = 40;
const TASKS: usize = 16;

fn child(test: &str, path: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::null());
    command.spawn().unwrap()
}

/// Writes flat out: half of it increments of shared counters, half of it keys of its own.
async fn load(path: &Path, name: &str) {
    let store = SqliteStore::open(SqliteConfig::new(path)).await.unwrap();
    let task = |task: usize| {
        let (store, name) = (store.clone(), name.to_owned());
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                store.increment(&format!("sum{}", round % 4), 1).await.unwrap();
                store
                    .set_text(&format!("{name}-{task}-{round}"), "v", Ttl::Never)
                    .await
                    .unwrap();
                store.get_text(&format!("{name}-{task}-{round}")).await.unwrap();
            }
        })
    };
    for done in join_all((0..TASKS).map(task)).await {
        done.unwrap();
    }
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_flat_out_and_nobody_sees_a_lock() {
    if let Some(path) = env::var_os(PATH) {
        return load(Path::new(&path), "child").await;
    }
    let site = Site::new();
    let mut other = child(
        "processes::two_processes_write_flat_out_and_nobody_sees_a_lock",
        &site.path(),
    );
    load(&site.path(), "parent").await;
    assert!(other.wait().unwrap().success());
    let store = site.open().await.unwrap();
    for counter in 0..4 {
        let expected = 2 * TASKS * ROUNDS / 4;
        assert_eq!(
            store.get_text(&format!("sum{counter}")).await.unwrap(),
            expected.to_string()
        );
    }
    for name in ["child-", "parent-"] {
        assert_eq!(store.list(name).await.unwrap().len(), TASKS * ROUNDS);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_file_at_once() {
    if let Some(path) = env::var_os(PATH) {
        let stores = join_all((0..4).map(|_| SqliteStore::open(SqliteConfig::new(&path)))).await;
        for store in stores {
            store.unwrap().increment("opened", 1).await.unwrap();
        }
        return;
    }
    let site = Site::new();
    let children: Vec<_> = (0..4)
        .map(|_| child("processes::many_may_open_a_new_file_at_once", &site.path()))
        .collect();
    let stores = join_all((0..16).map(|_| site.open())).await;
    for store in stores {
        store.unwrap().increment("opened", 1).await.unwrap();
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(site.open().await.unwrap().get_text("opened").await.unwrap(), "32");
}

/// A process that closes any descriptor of the file loses its locks on it. Another one, of a SQLite before 3.51, takes the log
/// away then, and with it what is written from now on.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_store_keeps_its_locks_whatever_else_this_process_opens() {
    use std::os::unix::fs::MetadataExt as _;
    let site = Site::new();
    let store = site.open().await.unwrap();
    store.set_text("first", "v", Ttl::Never).await.unwrap();
    let file = std::fs::metadata(site.path()).unwrap().ino();
    // The bytes that SQLite locks for as long as a connection uses the log.
    let shared = format!(":{file} 1073741826 1073742335");
    let is_locked = || std::fs::read_to_string("/proc/locks").unwrap().contains(&shared);
    assert!(is_locked());
    let beside = || SqliteConfig::new(site.path()).namespace("beside".parse().unwrap());
    SqliteStore::open(beside()).await.unwrap().close().await.unwrap();
    assert!(is_locked(), "after another store was opened");
    SqliteStore::check(&beside()).await.unwrap();
    assert!(is_locked(), "after a check");
    SqliteStore::remove_namespace(&beside()).await.unwrap();
    assert!(is_locked(), "after the removal of a namespace");
    store.close().await.unwrap();
}
