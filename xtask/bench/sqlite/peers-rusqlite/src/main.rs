//! What runs rusqlite on other threads, obeying `bench-sqlite`.

use anyhow::{anyhow, bail};
use async_sqlite::{JournalMode, PoolBuilder};
use bench_sqlite_load::{Journal, Kv, Opening, serve};
use bytes::Bytes;
use deadpool_sqlite::{Config, Runtime};
use rusqlite::{Connection, OptionalExtension};

const GET: &str = "SELECT value FROM kv WHERE key = ?1";
const SET: &str = "INSERT INTO kv (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

fn main() -> anyhow::Result<()> {
    serve(open)
}

enum Peer {
    TokioRusqlite(tokio_rusqlite::Connection),
    Deadpool(deadpool_sqlite::Pool),
    AsyncSqlite(async_sqlite::Pool),
}

async fn open(opening: Opening) -> anyhow::Result<Peer> {
    // The file is in the mode that is asked for already; SQLite's own default is to wait for the disk.
    match opening.store.as_str() {
        "tokio-rusqlite" => Ok(Peer::TokioRusqlite(
            tokio_rusqlite::Connection::open(opening.path).await?,
        )),
        "deadpool-sqlite" => Ok(Peer::Deadpool(Config::new(opening.path).create_pool(Runtime::Tokio1)?)),
        "async-sqlite" => {
            let pool = PoolBuilder::new().path(opening.path);
            let pool = match opening.journal {
                Journal::Wal => pool.journal_mode(JournalMode::Wal),
                Journal::AsItComes => pool,
            };
            Ok(Peer::AsyncSqlite(pool.open().await?))
        }
        other => bail!("there is no {other} here"),
    }
}

fn read(connection: &Connection, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached(GET)?
        .query_row([key], |row| row.get(0))
        .optional()
}

fn write(connection: &Connection, key: &str, value: &Bytes) -> rusqlite::Result<usize> {
    connection.prepare_cached(SET)?.execute((key, &value[..]))
}

impl Kv for Peer {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        let key = key.to_owned();
        let value = match self {
            Self::TokioRusqlite(connection) => connection.call(move |connection| read(connection, &key)).await?,
            Self::Deadpool(pool) => {
                let connection = pool.get().await?;
                let read = connection.interact(move |connection| read(connection, &key)).await;
                read.map_err(|error| anyhow!("{error}"))??
            }
            Self::AsyncSqlite(pool) => pool.conn(move |connection| read(connection, &key)).await?,
        };
        Ok(value.map(Bytes::from))
    }

    async fn set(&self, key: &str, value: &Bytes) -> anyhow::Result<()> {
        let (key, value) = (key.to_owned(), value.clone());
        match self {
            Self::TokioRusqlite(connection) => {
                connection
                    .call(move |connection| write(connection, &key, &value))
                    .await?
            }
            Self::Deadpool(pool) => {
                let connection = pool.get().await?;
                let written = connection
                    .interact(move |connection| write(connection, &key, &value))
                    .await;
                written.map_err(|error| anyhow!("{error}"))??
            }
            Self::AsyncSqlite(pool) => pool.conn(move |connection| write(connection, &key, &value)).await?,
        };
        Ok(())
    }
}
