//! What the key-value store of Spin does on SQLite, in statements of our own: one connection behind a mutex, cached
//! statements, `block_in_place`.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bench_sqlite_load::Kv;
use bytes::Bytes;
use rusqlite::{Connection, params};
use tokio::task::block_in_place;

pub(crate) const TABLE: &str = "CREATE TABLE spin_key_value \
     (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))";
const GET: &str = "SELECT value FROM spin_key_value WHERE store = $1 AND key = $2";
const SET: &str = "INSERT INTO spin_key_value (store, key, value) VALUES ($1, $2, $3) \
     ON CONFLICT (store, key) DO UPDATE SET value = $3";
/// The store that an application has without asking.
pub(crate) const STORE: &str = "default";

/// The statement that sets, for one store: the key is its first parameter, the value its second.
pub(crate) fn set_in(store: &str) -> String {
    SET.replace("$1", &format!("'{store}'"))
        .replace("$2", "?1")
        .replace("$3", "?2")
}

/// One connection.
pub(crate) struct Spin(Box<dyn Statements>);

impl Spin {
    /// The file decides about the journal: Spin sets nothing.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(Box::new(OneConnection(Mutex::new(Connection::open(path)?)))))
    }
}

impl Kv for Spin {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        Ok(self.0.get(key).await?.map(Bytes::from))
    }

    async fn set(&self, key: &str, value: &Bytes) -> anyhow::Result<()> {
        self.0.set(key, value).await
    }
}

/// Spin's stores are trait objects too.
#[async_trait]
trait Statements: Send + Sync {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Vec<u8>>>;
    async fn set(&self, key: &str, value: &[u8]) -> anyhow::Result<()>;
}

struct OneConnection(Mutex<Connection>);

impl OneConnection {
    fn run<T>(&self, statement: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> anyhow::Result<T> {
        Ok(block_in_place(|| {
            statement(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
        })?)
    }
}

#[async_trait]
impl Statements for OneConnection {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Vec<u8>>> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(GET)?;
            statement.query_map([STORE, key], |row| row.get(0))?.next().transpose()
        })
    }

    async fn set(&self, key: &str, value: &[u8]) -> anyhow::Result<()> {
        self.run(|connection| {
            connection
                .prepare_cached(SET)?
                .execute(params![STORE, key, value])
                .map(drop)
        })
    }
}
