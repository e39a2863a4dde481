//! What a store does with the file: making it, refusing it, sharing it with other tables.

use std::fs;
use std::time::Duration;

use crate::common::{Site, connection, refused};
use kvs_sqlite::sqlx::{self, Row as _};
use kvs_sqlite::{
    AtomicStore, Bytes, Document, DocumentStore, ErrorKind, Limits, ListableStore, ManualClock, SqliteConfig,
    SqliteSettings, SqliteStore, Store, StoreExt, Ttl, Value,
};

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_for_its_owner_alone_and_an_old_one_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new();
    let store = site.open().await.unwrap();
    store.set_text("k", "v", Ttl::Never).await.unwrap();
    let mode = |suffix: &str| {
        let path = format!("{}{suffix}", site.path().display());
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!([mode(""), mode("-wal"), mode("-shm")], [0o600; 3]);
    store.close().await.unwrap();
    fs::set_permissions(site.path(), fs::Permissions::from_mode(0o640)).unwrap();
    site.open().await.unwrap().close().await.unwrap();
    assert_eq!(mode(""), 0o640);
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let site = Site::new();
    let store = site.open().await.unwrap();
    store.set_text("k", "v", Ttl::Never).await.unwrap();
    store.close().await.unwrap();
    let names: Vec<_> = fs::read_dir(site.path().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["kvs.db"]);
}

#[tokio::test]
async fn a_path_that_cannot_be_is_refused_in_clear_words() {
    let site = Site::new();
    let directory = site.path().parent().unwrap().to_owned();
    refused(
        SqliteConfig::new(""),
        ErrorKind::Config,
        "the path of the database is empty",
    )
    .await;
    refused(SqliteConfig::new(&directory), ErrorKind::Config, "is a directory").await;
    refused(
        SqliteConfig::new(directory.join("no/such/kvs.db")),
        ErrorKind::Config,
        "directory of the database does not exist",
    )
    .await;
    refused(site.config().create(false), ErrorKind::Config, "does not exist").await;
    refused(site.config().read_only(true), ErrorKind::Config, "does not exist").await;
    refused(SqliteConfig::new("a\0b"), ErrorKind::Config, "NUL").await;
    refused(
        SqliteConfig::in_memory().read_only(true),
        ErrorKind::Config,
        "in memory",
    )
    .await;
    refused(SqliteConfig::in_memory().readers(0), ErrorKind::Config, "readers").await;
    assert!(!site.path().exists());
}

#[tokio::test]
async fn a_file_without_the_tables_is_left_as_it_is_if_nothing_may_be_created() {
    let site = Site::new();
    fs::write(site.path(), "").unwrap();
    refused(
        site.config().create(false),
        ErrorKind::Config,
        "no store of this namespace",
    )
    .await;
    assert_eq!(fs::metadata(site.path()).unwrap().len(), 0);
    let other = SqliteStore::open(site.config()).await.unwrap();
    other.set("k", "v".into(), Ttl::Never).await.unwrap();
    let named = site.config().namespace("other".parse().unwrap());
    refused(named.create(false), ErrorKind::Config, "no store of this namespace").await;
    let again = SqliteStore::open(site.config().create(false)).await.unwrap();
    assert_eq!(again.get("k").await.unwrap(), "v");
}

#[tokio::test]
async fn a_path_is_never_a_uri() {
    let site = Site::new();
    let path = site.path().with_file_name("file:x?mode=memory");
    let store = SqliteStore::open(SqliteConfig::new(&path)).await.unwrap();
    store.close().await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn what_is_no_database_is_corrupt_and_stays_as_it_is() {
    for content in ["hello", &"this is not a database. ".repeat(1_000)] {
        let site = Site::new();
        fs::write(site.path(), content).unwrap();
        refused(site.config(), ErrorKind::Corrupt, "not a SQLite database").await;
        assert_eq!(fs::read_to_string(site.path()).unwrap(), content);
    }
}

#[tokio::test]
async fn the_tables_of_an_application_are_left_alone() {
    let site = Site::new();
    let mut connection = connection(&site.path()).await;
    for statement in [
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO users (name) VALUES ('ada')",
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY)",
        "PRAGMA user_version = 7",
        "PRAGMA application_id = 9",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let store = site.open().await.unwrap();
    store.set_text("k", "v", Ttl::Never).await.unwrap();
    store.delete_prefix("").await.unwrap();
    store.close().await.unwrap();
    for (statement, expected) in [
        ("PRAGMA user_version", 7),
        ("PRAGMA application_id", 9),
        ("SELECT count(*) FROM users WHERE name = 'ada'", 1),
        ("SELECT count(*) FROM _sqlx_migrations", 0),
        (
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'kvs%'",
            2,
        ),
    ] {
        let seen: i64 = sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap();
        assert_eq!(seen, expected, "{statement}");
    }
}

#[tokio::test]
async fn namespaces_that_differ_in_case_are_apart() {
    let site = Site::new();
    let open = async |name: &str| {
        SqliteStore::open(site.config().namespace(name.parse().unwrap()))
            .await
            .unwrap()
    };
    let stores = [
        open("ab").await,
        open("AB").await,
        open("Ab").await,
        site.open().await.unwrap(),
    ];
    for (store, value) in stores.iter().zip(["1", "2", "3", "4"]) {
        store.set_text("k", value, Ttl::Never).await.unwrap();
        store
            .put("c", Document::new("d", serde_json::json!({"v": value})).unwrap())
            .await
            .unwrap();
    }
    for (store, value) in stores.iter().zip(["1", "2", "3", "4"]) {
        assert_eq!(store.get_text("k").await.unwrap(), value);
        assert_eq!(store.get_doc("c", "d").await.unwrap().data["v"], Value::from(value));
        store.delete_prefix("").await.unwrap();
    }
}

#[tokio::test]
async fn a_read_only_store_reads() {
    let site = Site::new();
    let store = site.open().await.unwrap();
    store.set_text("k", "v", Ttl::Never).await.unwrap();
    store.close().await.unwrap();
    let store = SqliteStore::open(site.config().read_only(true)).await.unwrap();
    assert_eq!(store.get_text("k").await.unwrap(), "v");
    assert_eq!(store.list("").await.unwrap(), ["k"]);
    assert_eq!(store.query("c", &kvs_sqlite::Filter::all()).await.unwrap(), []);
    let document = Document::new("d", serde_json::json!({})).unwrap();
    let errors = [
        store.set("k", Bytes::new(), Ttl::Never).await.unwrap_err(),
        store.delete("k").await.unwrap_err(),
        store.take("k").await.unwrap_err(),
        store.put("c", document).await.unwrap_err(),
        store.sweep().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
        assert!(!error.is_retryable() && !error.may_have_applied());
    }
    assert_eq!(store.get_text("k").await.unwrap(), "v");
    store.close().await.unwrap();
    let tenant = site.config().read_only(true).namespace("none".parse().unwrap());
    refused(tenant, ErrorKind::ReadOnly, "holds no tables of this store yet").await;
}

#[tokio::test]
async fn a_full_disk_stops_writes_and_nothing_else() {
    let site = Site::new();
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(site.path())
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .pragma("max_page_count", "100");
    let store = SqliteStore::from_options(options, SqliteSettings::new()).await.unwrap();
    let mut written = 0;
    let error = loop {
        match store
            .set_bytes(&format!("k{written}"), vec![7; 20_000], Ttl::Never)
            .await
        {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert!(!error.may_have_applied() && written > 5);
    // In a group with a write that does not fit, one that does is not harmed.
    let (big, small) = tokio::join!(store.set_bytes("big", vec![7; 300_000], Ttl::Never), store.delete("k0"));
    assert_eq!(big.unwrap_err().kind(), ErrorKind::Full);
    small.unwrap();
    for index in 1..written {
        assert_eq!(store.get(&format!("k{index}")).await.unwrap(), vec![7; 20_000]);
    }
    store.set_bytes("again", vec![8; 15_000], Ttl::Never).await.unwrap();
    store.delete_prefix("k").await.unwrap();
    store.set_bytes("big", vec![9; 300_000], Ttl::Never).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn rows_that_this_library_did_not_write_are_corrupt_and_harm_no_other() {
    let site = Site::new();
    let store = site.open().await.unwrap();
    store.set_text("good", "v", Ttl::Never).await.unwrap();
    store
        .put("c", Document::new("good", serde_json::json!({"a": 1})).unwrap())
        .await
        .unwrap();
    let mut connection = connection(&site.path()).await;
    for statement in [
        "INSERT INTO kvs_entries VALUES (CAST('short' AS BLOB), NULL, x'00', x'01')",
        "INSERT INTO kvs_entries VALUES (x'6bff', NULL, zeroblob(16), x'01')",
        "INSERT INTO kvs_documents VALUES (CAST('c' AS BLOB), CAST('bad' AS BLOB), 0, 0, zeroblob(16), '{}', '{oops')",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let (bad, good, missing) = tokio::join!(store.get("short"), store.get("good"), store.get("other"));
    assert_eq!(bad.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(good.unwrap(), "v");
    assert!(missing.unwrap_err().is_not_found());
    assert_eq!(store.list("").await.unwrap_err().kind(), ErrorKind::Corrupt);
    let all = store.query("c", &kvs_sqlite::Filter::all()).await.unwrap_err();
    let some = store.query("c", &kvs_sqlite::Filter::eq("a", 1)).await.unwrap_err();
    assert_eq!([all.kind(), some.kind()], [ErrorKind::Corrupt; 2], "{some}");
    assert!(!all.to_string().contains("oops"));
    store.set_text("short", "mended", Ttl::Never).await.unwrap();
    assert_eq!(store.get_text("short").await.unwrap(), "mended");
}

#[tokio::test]
async fn limits_may_be_raised() {
    let limits = Limits {
        value_bytes: 9 << 20,
        document_bytes: 2 << 20,
        ..Limits::PORTABLE
    };
    let store = SqliteStore::open(SqliteConfig::in_memory().limits(limits))
        .await
        .unwrap();
    let value = Bytes::from(vec![5; 9 << 20]);
    for key in ["a", "b"] {
        store.set(key, value.clone(), Ttl::Never).await.unwrap();
    }
    assert_eq!(store.get("a").await.unwrap(), value);
    // A page ends at 8 MiB, so each of these has one to itself.
    let page = store
        .list_page(&kvs_sqlite::ListOptions::new("").values(true))
        .await
        .unwrap();
    assert_eq!((page.entries.len(), page.next.as_deref()), (1, Some("a")));
    assert!(store.set("c", vec![5; (9 << 20) + 1].into(), Ttl::Never).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_rows_are_removed_by_themselves_and_live_ones_are_not() {
    let site = Site::new();
    let clock = ManualClock::default();
    let config = site
        .config()
        .clock(clock.clone())
        .sweep_interval(Duration::from_millis(5));
    let store = SqliteStore::open(config).await.unwrap();
    let entries = |prefix: &'static str, ttl: u64| {
        let entry =
            move |index| kvs_sqlite::SetEntry::new(format!("{prefix}{index}"), "v").ttl(Duration::from_secs(ttl));
        (0..1_200).map(entry).collect::<Vec<_>>()
    };
    store.set_many(entries("short", 10)).await.unwrap();
    store.set_many(entries("long", 60)).await.unwrap();
    clock.advance(Duration::from_secs(10));
    let mut connection = connection(&site.path()).await;
    loop {
        let row = sqlx::query("SELECT count(*) FROM kvs_entries")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        match row.get::<i64, _>(0) {
            1_200 => break,
            left => assert!(left > 1_200, "{left}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(store.list("").await.unwrap().len(), 1_200);
    store.close().await.unwrap();
}

#[tokio::test]
async fn sweeping_now_tells_how_many() {
    let clock = ManualClock::default();
    let store = SqliteStore::open(SqliteConfig::in_memory().clock(clock.clone()))
        .await
        .unwrap();
    let entry = |index| kvs_sqlite::SetEntry::new(format!("{index}"), "v").ttl(Duration::from_millis(1));
    store.set_many((0..1_001).map(entry).collect()).await.unwrap();
    store.set_text("stays", "v", Ttl::Never).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 0);
    clock.advance(Duration::from_millis(1));
    store.set_text("7", "written again", Ttl::Never).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 1_000);
    assert_eq!(store.list("").await.unwrap(), ["7", "stays"]);
}

#[tokio::test]
async fn sqlite_is_new_enough_for_its_log_to_be_safe() {
    // Until 3.51.3 a checkpoint that raced with a write could damage the file.
    let site = Site::new();
    let mut connection = connection(&site.path()).await;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![3, 51, 3], "{version}");
}
