//! The line of reference: one rusqlite connection behind a mutex, called where the task runs. It blocks the runtime, has no
//! expiry and no versions, and commits each write by itself.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bench_sqlite_load::Kv;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};

pub(crate) const TABLE: &str = "CREATE TABLE kv (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)";
pub(crate) const GET: &str = "SELECT value FROM kv WHERE key = ?1";
pub(crate) const SET: &str =
    "INSERT INTO kv (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
pub(crate) const LIST: &str = "SELECT key, value FROM kv WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3";
pub(crate) const LIST_KEYS: &str = "SELECT key FROM kv WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3";

/// One connection.
pub(crate) struct Rusqlite(Mutex<Connection>);

impl Rusqlite {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(Self(Mutex::new(connection)))
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kv for Rusqlite {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        let connection = self.connection();
        let value: Option<Vec<u8>> = connection
            .prepare_cached(GET)?
            .query_row([key], |row| row.get(0))
            .optional()?;
        Ok(value.map(Bytes::from))
    }

    async fn set(&self, key: &str, value: &Bytes) -> anyhow::Result<()> {
        self.connection().prepare_cached(SET)?.execute((key, &value[..]))?;
        Ok(())
    }
}
