//! Which databases a store refuses: another format, another encoding, tables that are not ours.

use kvs_sqlite::sqlx::{self, Connection as _};
use kvs_sqlite::{ErrorKind, SqliteStore, Store};

use crate::common::{Site, connection, refused};

#[tokio::test]
async fn a_newer_format_is_refused() {
    let site = Site::new();
    site.open().await.unwrap().close().await.unwrap();
    let mut connection = connection(&site.path()).await;
    sqlx::query("UPDATE kvs_format SET version = 2")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    refused(site.config(), ErrorKind::Incompatible, "has format 2").await;
}

#[tokio::test]
async fn a_newer_format_is_refused_as_such_whatever_it_changed() {
    let site = Site::new();
    site.open().await.unwrap().close().await.unwrap();
    let mut connection = connection(&site.path()).await;
    for statement in [
        "UPDATE kvs_format SET version = 2",
        "ALTER TABLE kvs_format ADD COLUMN more TEXT",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    refused(site.config(), ErrorKind::Incompatible, "has format 2").await;
}

#[tokio::test]
async fn a_database_whose_text_is_not_utf_8_is_refused() {
    let site = Site::new();
    let mut connection = connection(&site.path()).await;
    for statement in ["PRAGMA encoding = 'UTF-16le'", "CREATE TABLE theirs (id)"] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    refused(site.config(), ErrorKind::Config, "UTF-16le").await;
}

#[tokio::test]
async fn tables_with_our_names_that_are_not_ours_are_refused() {
    for statement in [
        "CREATE TABLE kvs_entries (id INTEGER PRIMARY KEY, key TEXT)",
        "CREATE VIEW kvs_entries AS SELECT 1 AS key",
        "CREATE TABLE KVS_Documents (collection, id)",
        "CREATE TABLE kvs_format (number)",
    ] {
        let site = Site::new();
        let mut connection = connection(&site.path()).await;
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        refused(site.config(), ErrorKind::Corrupt, "was not made by this library").await;
        let tenant = site.config().namespace("tenant".parse().unwrap());
        if !statement.contains("format") {
            SqliteStore::open(tenant).await.unwrap().close().await.unwrap();
        }
    }
}
