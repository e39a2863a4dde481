//! Removing a namespace: all of it, and nothing else.

use std::fs;
use std::path::Path;
use std::time::Duration;

use kvs_sqlite::sqlx::{self, Connection as _, Row as _, SqliteConnection};
use kvs_sqlite::{Document, DocumentStore, ErrorKind, ListableStore, SqliteConfig, SqliteStore, Store, StoreExt, Ttl};
use serde_json::json;

use crate::common::{Site, connection};

/// Everything that the file holds: the statements of its schema, and the rows of its tables.
async fn dump(path: &Path) -> Vec<String> {
    let mut connection = connection(path).await;
    let objects = sqlx::query("SELECT type, name, sql FROM sqlite_schema ORDER BY name")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut dump = Vec::new();
    for object in objects {
        let (kind, name): (String, String) = (object.get(0), object.get(1));
        dump.push(format!("{kind} {name}: {:?}", object.get::<Option<String>, _>(2)));
        if kind == "table" {
            dump.extend(rows(&mut connection, &name).await);
        }
    }
    connection.close().await.unwrap();
    dump
}

/// The rows of a table, each as one text.
async fn rows(connection: &mut SqliteConnection, table: &str) -> Vec<String> {
    let columns = sqlx::query_scalar("SELECT name FROM pragma_table_info(?) ORDER BY cid").bind(table.to_owned());
    let columns: Vec<String> = columns.fetch_all(&mut *connection).await.unwrap();
    let quoted: Vec<String> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
    let statement = format!("SELECT {} FROM \"{table}\" ORDER BY 1", quoted.join(" || ',' || "));
    let query = sqlx::query_scalar(sqlx::AssertSqlSafe(statement));
    query.fetch_all(connection).await.unwrap()
}

async fn fill(config: SqliteConfig) {
    let store = SqliteStore::open(config).await.unwrap();
    store.set_text("k", "v", Ttl::Never).await.unwrap();
    store.set_text("expires", "v", Duration::from_mins(1)).await.unwrap();
    for collection in ["users", "other"] {
        let document = Document::new("ada", json!({ "of": collection })).unwrap();
        store.put(collection, document).await.unwrap();
    }
    store.close().await.unwrap();
}

fn tenant(site: &Site, namespace: &str) -> SqliteConfig {
    site.config().namespace(namespace.parse().unwrap())
}

async fn fails(config: &SqliteConfig, kind: ErrorKind, words: &str) {
    let error = SqliteStore::remove_namespace(config).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let message = error.to_string();
    assert!(
        message.starts_with("sqlite: remove_namespace: ") && message.contains(words),
        "{message}"
    );
}

#[tokio::test]
async fn all_of_a_namespace_goes_and_nothing_else() {
    let site = Site::new();
    let mut app = connection(&site.path()).await;
    for statement in ["CREATE TABLE app (id INTEGER)", "INSERT INTO app VALUES (7)"] {
        sqlx::query(statement).execute(&mut app).await.unwrap();
    }
    app.close().await.unwrap();
    fill(site.config()).await;
    // Names that SQLite would fold, and a name that begins with another.
    for other in ["TENANT", "tenant-1", "tenan"] {
        fill(tenant(&site, other)).await;
    }
    let before = dump(&site.path()).await;
    fill(tenant(&site, "tenant")).await;
    assert!(dump(&site.path()).await.len() > before.len());
    SqliteStore::remove_namespace(&tenant(&site, "tenant")).await.unwrap();
    assert_eq!(dump(&site.path()).await, before);
    let anew = SqliteStore::open(tenant(&site, "tenant")).await.unwrap();
    assert!(anew.list("").await.unwrap().is_empty());
    anew.close().await.unwrap();
}

#[tokio::test]
async fn the_last_namespace_takes_the_table_of_formats_with_it() {
    let site = Site::new();
    let mut app = connection(&site.path()).await;
    sqlx::query("CREATE TABLE app (id INTEGER)")
        .execute(&mut app)
        .await
        .unwrap();
    app.close().await.unwrap();
    let before = dump(&site.path()).await;
    fill(tenant(&site, "tenant")).await;
    SqliteStore::remove_namespace(&tenant(&site, "tenant")).await.unwrap();
    assert_eq!(dump(&site.path()).await, before);
}

#[tokio::test]
async fn what_is_not_there_is_fine_and_is_not_made() {
    let site = Site::new();
    SqliteStore::remove_namespace(&tenant(&site, "tenant")).await.unwrap();
    assert!(!site.path().exists());
    fill(site.config()).await;
    let before = dump(&site.path()).await;
    for _ in 0..2 {
        SqliteStore::remove_namespace(&tenant(&site, "tenant")).await.unwrap();
    }
    assert_eq!(dump(&site.path()).await, before);
    let memory = SqliteConfig::in_memory().namespace("tenant".parse().unwrap());
    SqliteStore::remove_namespace(&memory).await.unwrap();
}

#[tokio::test]
async fn without_a_namespace_or_for_reading_alone_nothing_is_removed() {
    let site = Site::new();
    fill(site.config()).await;
    fill(tenant(&site, "tenant")).await;
    let before = dump(&site.path()).await;
    fails(&site.config(), ErrorKind::Config, "name the namespace").await;
    fails(
        &tenant(&site, "tenant").read_only(true),
        ErrorKind::ReadOnly,
        "read_only",
    )
    .await;
    let directory = site.path().parent().unwrap().to_owned();
    let wrong = SqliteConfig::new(directory).namespace("tenant".parse().unwrap());
    fails(&wrong, ErrorKind::Config, "directory").await;
    let nameless = SqliteConfig::new("").namespace("tenant".parse().unwrap());
    fails(&nameless, ErrorKind::Config, "path").await;
    assert_eq!(dump(&site.path()).await, before);
}

#[tokio::test]
async fn tables_that_are_not_ours_or_newer_stay() {
    let site = Site::new();
    fill(tenant(&site, "tenant")).await;
    fill(tenant(&site, "newer")).await;
    let mut app = connection(&site.path()).await;
    for statement in [
        "ALTER TABLE \"kvs_entries.tenant\" RENAME COLUMN value TO content",
        "UPDATE kvs_format SET version = 2 WHERE namespace = 'newer'",
    ] {
        sqlx::query(statement).execute(&mut app).await.unwrap();
    }
    app.close().await.unwrap();
    let before = dump(&site.path()).await;
    fails(&tenant(&site, "tenant"), ErrorKind::Corrupt, "kvs_entries.tenant").await;
    fails(&tenant(&site, "newer"), ErrorKind::Incompatible, "format 2").await;
    assert_eq!(dump(&site.path()).await, before);
    let text = site.path().with_file_name("text.db");
    fs::write(
        &text,
        "no database at all, and long enough to be read as the header of one",
    )
    .unwrap();
    let config = SqliteConfig::new(&text).namespace("tenant".parse().unwrap());
    fails(&config, ErrorKind::Corrupt, "not a SQLite database").await;
}

#[tokio::test]
async fn it_waits_for_another_writer_and_gives_up_in_time() {
    let site = Site::new();
    let config = tenant(&site, "tenant");
    fill(config.clone()).await;
    let mut app = connection(&site.path()).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut app).await.unwrap();
    let hasty = config.clone().busy_timeout(Duration::from_millis(20));
    fails(&hasty, ErrorKind::Unavailable, "locked").await;
    let waiting = tokio::spawn(async move { SqliteStore::remove_namespace(&config).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    sqlx::query("COMMIT").execute(&mut app).await.unwrap();
    waiting.await.unwrap().unwrap();
    app.close().await.unwrap();
    assert!(dump(&site.path()).await.is_empty());
}

#[tokio::test]
async fn an_open_handle_fails_until_the_namespace_is_opened_anew() {
    let site = Site::new();
    let other = SqliteStore::open(tenant(&site, "other")).await.unwrap();
    let store = SqliteStore::open(tenant(&site, "tenant")).await.unwrap();
    store.set_text("k", "v", Ttl::Never).await.unwrap();
    other.set_text("k", "v", Ttl::Never).await.unwrap();
    SqliteStore::remove_namespace(&tenant(&site, "tenant")).await.unwrap();
    assert_eq!(store.get("k").await.unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(
        store.set_text("k", "v", Ttl::Never).await.unwrap_err().kind(),
        ErrorKind::Backend
    );
    assert_eq!(other.get_text("k").await.unwrap(), "v");
    let anew = SqliteStore::open(tenant(&site, "tenant")).await.unwrap();
    assert!(store.get("k").await.unwrap_err().is_not_found());
    store.set_text("k", "again", Ttl::Never).await.unwrap();
    assert_eq!(anew.get_text("k").await.unwrap(), "again");
    for store in [store, other, anew] {
        store.close().await.unwrap();
    }
}
