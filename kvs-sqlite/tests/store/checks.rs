//! What a check says of a file, and that it changes nothing.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use kvs_sqlite::sqlx::{self, Connection as _};
use kvs_sqlite::{
    Document, DocumentStore, ErrorKind, Finding, Level, ManualClock, Map, SetEntry, SqliteConfig, SqliteStore, Store,
    StoreExt, Ttl, Value,
};

use crate::common::{Site, connection};

async fn check(config: &SqliteConfig) -> Vec<Finding> {
    SqliteStore::check(config).await.unwrap()
}

/// The finding of that name has that level and those words; each is one line.
#[track_caller]
fn says(findings: &[Finding], name: &str, level: Level, words: &str) {
    let told = findings.iter().find(|finding| finding.name == name);
    assert!(
        told.is_some_and(|finding| finding.level == level && finding.to_string().contains(words)),
        "{name} {level} {words}: {findings:#?}"
    );
    assert!(
        findings
            .iter()
            .all(|finding| !finding.to_string().contains(char::is_control))
    );
}

/// The worst level, but for where the tests happen to run.
fn worst(findings: &[Finding]) -> Level {
    let of_the_store = findings.iter().filter(|finding| finding.name != "filesystem");
    of_the_store.map(|finding| finding.level).max().unwrap()
}

/// Names and contents of all files beside the database.
fn files(site: &Site) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(site.path().parent().unwrap()).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (
                name,
                if path.is_file() {
                    fs::read(&path).unwrap()
                } else {
                    Vec::new()
                },
            )
        })
        .collect();
    files.sort_unstable();
    files
}

async fn filled(site: &Site) -> SqliteStore {
    let clock = ManualClock::default();
    let store = SqliteStore::open(site.config().clock(clock.clone())).await.unwrap();
    let entries = (0..3_000).map(|i| SetEntry::new(format!("k{i:04}"), "v".repeat(100)));
    store.set_many(entries.collect()).await.unwrap();
    store.set_text("soon", "v", Duration::from_millis(1)).await.unwrap();
    clock.advance(Duration::from_millis(1));
    store
        .put("c", Document::new("d", Value::Object(Map::new())).unwrap())
        .await
        .unwrap();
    store
}

#[tokio::test]
async fn a_healthy_file_is_told_to_be_so_and_stays_as_it_is() {
    let site = Site::new();
    filled(&site).await.close().await.unwrap();
    let before = files(&site);
    let findings = check(&site.config()).await;
    assert_eq!(worst(&findings), Level::Good, "{findings:#?}");
    says(&findings, "file", Level::Good, "kvs.db");
    says(&findings, "database", Level::Good, "4096");
    says(&findings, "journal", Level::Good, "WAL");
    says(&findings, "integrity", Level::Good, "nothing");
    says(&findings, "tables", Level::Good, "format 1");
    says(&findings, "entries", Level::Good, "3000 live, 1 expired");
    says(&findings, "documents", Level::Good, "1 in all");
    says(&findings, "durability", Level::Good, "loss of power");
    assert_eq!(files(&site), before);
}

#[tokio::test]
async fn a_file_that_is_in_use_is_looked_at_with_its_log() {
    let site = Site::new();
    let store = filled(&site).await;
    let names = |site: &Site| files(site).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let before = (names(&site), fs::read(site.path()).unwrap());
    let findings = check(&site.config()).await;
    assert_eq!(worst(&findings), Level::Good, "{findings:#?}");
    says(&findings, "entries", Level::Good, "3000 live");
    assert_eq!((names(&site), fs::read(site.path()).unwrap()), before);
    store.set_text("k", "v", Ttl::Never).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(names(&site), ["kvs.db"]);
}

#[tokio::test]
async fn what_is_no_database_is_bad_and_left_as_it_is() {
    let site = Site::new();
    says(
        &check(&site.config()).await,
        "file",
        Level::Bad,
        "does not exist; check the path",
    );
    let nowhere = SqliteConfig::new(site.path().join("no\nsuch/kvs.db"));
    says(&check(&nowhere).await, "file", Level::Bad, "nor does its directory");
    let directory = SqliteConfig::new(site.path().parent().unwrap());
    says(&check(&directory).await, "file", Level::Bad, "is a directory");
    assert_eq!(files(&site), []);
    for (content, words) in [
        ("", "is empty"),
        ("hello", "not a SQLite database"),
        (&"text ".repeat(1_000), "not a SQLite"),
    ] {
        fs::write(site.path(), content).unwrap();
        says(&check(&site.config()).await, "database", Level::Bad, words);
        assert_eq!(files(&site), [("kvs.db".to_owned(), content.as_bytes().to_vec())]);
    }
}

#[tokio::test]
async fn a_store_that_is_not_there_is_bad_and_those_that_are_get_named() {
    let site = Site::new();
    let named = |name: &str| site.config().namespace(name.parse().unwrap());
    SqliteStore::open(named("Tenant-1"))
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    assert_eq!(worst(&check(&named("Tenant-1")).await), Level::Good);
    for config in [named("tenant-1"), site.config()] {
        says(
            &check(&config).await,
            "tables",
            Level::Bad,
            "the file holds the namespace Tenant-1",
        );
    }
    let other = Site::new();
    let mut connection = connection(&other.path()).await;
    sqlx::query("CREATE TABLE theirs (id)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let findings = check(&other.config()).await;
    says(
        &findings,
        "tables",
        Level::Bad,
        "the first write to the store makes its tables",
    );
    says(&findings, "journal", Level::Warning, "not in WAL mode");
    assert_eq!(files(&other).len(), 1);
}

#[tokio::test]
async fn tables_of_another_format_are_bad() {
    let site = Site::new();
    site.open().await.unwrap().close().await.unwrap();
    let mut connection = connection(&site.path()).await;
    sqlx::query("UPDATE kvs_format SET version = 2")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    says(&check(&site.config()).await, "tables", Level::Bad, "has format 2");
}

#[tokio::test]
async fn a_damaged_file_is_bad() {
    let site = Site::new();
    filled(&site).await.close().await.unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(site.path()).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(length / 2 / 4_096 * 4_096)).unwrap();
    file.write_all(&[0xFF; 4_096]).unwrap();
    let findings = check(&site.config()).await;
    says(&findings, "integrity", Level::Bad, "damaged");
}

#[tokio::test]
async fn a_log_without_its_index_is_told_and_none_is_made() {
    let site = Site::new();
    let store = filled(&site).await;
    let copy = Site::new();
    for suffix in ["", "-wal"] {
        let at = |path: &Path| format!("{}{suffix}", path.display());
        fs::copy(at(&site.path()), at(&copy.path())).unwrap();
    }
    store.close().await.unwrap();
    let before = files(&copy);
    says(
        &check(&copy.config()).await,
        "journal",
        Level::Warning,
        "without its index",
    );
    assert_eq!(files(&copy), before);
    copy.open().await.unwrap().close().await.unwrap();
    assert_eq!(worst(&check(&copy.config()).await), Level::Good);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_may_open_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new();
    site.open().await.unwrap().close().await.unwrap();
    let chmod = |mode| fs::set_permissions(site.path(), fs::Permissions::from_mode(mode)).unwrap();
    says(&check(&site.config()).await, "mode", Level::Good, "0600");
    chmod(0o644);
    says(&check(&site.config()).await, "mode", Level::Warning, "run chmod 600 ");
    chmod(0o400);
    let findings = check(&site.config()).await;
    assert_eq!(worst(&findings), Level::Warning, "{findings:#?}");
    assert_eq!(worst(&check(&site.config().read_only(true)).await), Level::Good);
}

#[tokio::test]
async fn settings_that_cannot_be_are_an_error_and_memory_is_well() {
    let error = SqliteStore::check(&SqliteConfig::in_memory().readers(0))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(worst(&check(&SqliteConfig::in_memory()).await), Level::Good);
}

#[test]
fn a_check_needs_no_runtime() {
    let site = Site::new();
    let findings = futures_executor::block_on(check(&site.config()));
    says(&findings, "file", Level::Bad, "does not exist");
}
