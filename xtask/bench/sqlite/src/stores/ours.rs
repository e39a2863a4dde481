//! Ours, through the trait objects that applications hold.

use std::path::Path;
use std::sync::Arc;

use bench_sqlite_load::Kv;
use bytes::Bytes;
use kvs_core::{Error, FullStore, Store, Ttl};
use kvs_sqlite::{SqliteConfig, SqliteSettings, SqliteStore, Synchronous};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqlitePool};

use crate::stores::by_hand;

/// A store of ours.
pub(crate) struct Ours(pub(crate) Arc<dyn FullStore>);

/// On connections of its own: every path that there is.
pub(crate) async fn open(path: &Path) -> anyhow::Result<Ours> {
    Ok(Ours(Arc::new(SqliteStore::open(SqliteConfig::new(path)).await?)))
}

/// Without waiting for the disk (`synchronous=NORMAL`).
pub(crate) async fn open_without_waiting(path: &Path) -> anyhow::Result<Ours> {
    let config = SqliteConfig::new(path).synchronous(Synchronous::Normal);
    Ok(Ours(Arc::new(SqliteStore::open(config).await?)))
}

/// As [`open`], with a setting of SQLite that ours leaves as it is.
pub(crate) async fn open_with(path: &Path, pragma: (&'static str, &'static str)) -> anyhow::Result<Ours> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
        .pragma(pragma.0, pragma.1);
    let store = SqliteStore::from_options(options, SqliteSettings::new()).await?;
    Ok(Ours(Arc::new(store)))
}

/// On the application's own pool: through sqlx alone.
pub(crate) async fn from_pool(path: &Path) -> anyhow::Result<Ours> {
    let pool: SqlitePool = by_hand::pool(path).await?;
    Ok(Ours(Arc::new(
        SqliteStore::from_pool(pool, SqliteSettings::new()).await?,
    )))
}

/// By the URL, as the facade opens it.
pub(crate) async fn facade(path: &Path) -> anyhow::Result<Ours> {
    Ok(Ours(kvs::open(format!("sqlite:{}", path.display())).await?))
}

impl Kv for Ours {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        match Store::get(&*self.0, key).await {
            Ok(value) => Ok(Some(value)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn set(&self, key: &str, value: &Bytes) -> anyhow::Result<()> {
        Ok(Store::set(&*self.0, key, value.clone(), Ttl::Never).await?)
    }
}
