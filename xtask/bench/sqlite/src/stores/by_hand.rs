//! What one writes on sqlx without a store: a pool with its defaults, or one connection that is never given back.

use std::path::Path;

use bench_sqlite_load::{Journal, Kv};
use bytes::Bytes;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;

use crate::stores::rusqlite::{GET, SET};

/// A pool of sqlx.
pub(crate) struct Pool(pub(crate) SqlitePool);

/// One connection of sqlx.
pub(crate) struct Held(Mutex<SqliteConnection>);

/// With its defaults, but for the journal.
pub(crate) async fn pool(path: &Path) -> anyhow::Result<SqlitePool> {
    Ok(SqlitePoolOptions::new().connect_with(options(path)).await?)
}

fn options(path: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
}

impl Pool {
    pub(crate) async fn open(path: &Path, journal: Journal) -> anyhow::Result<Self> {
        Ok(Self(match journal {
            Journal::Wal => pool(path).await?,
            Journal::AsItComes => {
                let options = SqliteConnectOptions::new().filename(path);
                SqlitePoolOptions::new().connect_with(options).await?
            }
        }))
    }
}

impl Held {
    pub(crate) async fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(Mutex::new(SqliteConnection::connect_with(&options(path)).await?)))
    }
}

impl Kv for Pool {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        let value: Option<Vec<u8>> = sqlx::query_scalar(GET).bind(key).fetch_optional(&self.0).await?;
        Ok(value.map(Bytes::from))
    }

    async fn set(&self, key: &str, value: &Bytes) -> anyhow::Result<()> {
        sqlx::query(SET).bind(key).bind(&value[..]).execute(&self.0).await?;
        Ok(())
    }
}

impl Kv for Held {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        let mut connection = self.0.lock().await;
        let value: Option<Vec<u8>> = sqlx::query_scalar(GET)
            .bind(key)
            .fetch_optional(&mut *connection)
            .await?;
        Ok(value.map(Bytes::from))
    }

    async fn set(&self, key: &str, value: &Bytes) -> anyhow::Result<()> {
        let mut connection = self.0.lock().await;
        sqlx::query(SET)
            .bind(key)
            .bind(&value[..])
            .execute(&mut *connection)
            .await?;
        Ok(())
    }
}
