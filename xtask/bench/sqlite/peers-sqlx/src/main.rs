//! opendal and keyv, obeying `bench-sqlite`.

use std::sync::Arc;

use anyhow::{Context, bail};
use bench_sqlite_load::{Journal, Kv, Opening, serve};
use bytes::Bytes;
use keyv::Keyv;
use keyv::adapter::sqlite::SqliteStoreBuilder;
use opendal::services::Sqlite;
use opendal::{ErrorKind, Operator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

fn main() -> anyhow::Result<()> {
    serve(open)
}

enum Peer {
    Opendal(Operator),
    Keyv(Keyv),
}

async fn open(opening: Opening) -> anyhow::Result<Peer> {
    let url = format!("sqlite://{}", opening.path.display());
    match opening.store.as_str() {
        // The journal mode stands in the file, and SQLite's own default is to wait for the disk: nothing to set.
        "opendal" => {
            let service = Sqlite::default()
                .connection_string(&url)
                .table("kv")
                .key_field("key")
                .value_field("value");
            Ok(Peer::Opendal(Operator::new(service)?))
        }
        "keyv" => {
            let store = SqliteStoreBuilder::new().table_name("keyv");
            let store = match opening.journal {
                Journal::AsItComes => store.uri(url),
                Journal::Wal => {
                    let options: SqliteConnectOptions = url.parse()?;
                    let options = options
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Full);
                    store.pool(Arc::new(SqlitePoolOptions::new().connect_with(options).await?))
                }
            };
            Ok(Peer::Keyv(Keyv::try_new(store.build().await?).await?))
        }
        other => bail!("there is no {other} here"),
    }
}

impl Kv for Peer {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        match self {
            Self::Opendal(operator) => match operator.read(key).await {
                Ok(value) => Ok(Some(value.to_bytes())),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            },
            Self::Keyv(store) => match store.get(key).await? {
                None => Ok(None),
                Some(keyv_value) => {
                    let text = keyv_value
                        .as_str()
                        .context("keyv returned something else than a string")?;
                    Ok(Some(Bytes::copy_from_slice(text.as_bytes())))
                }
            },
        }
    }

    async fn set(&self, key: &str, value: &Bytes) -> anyhow::Result<()> {
        match self {
            Self::Opendal(operator) => {
                operator.write(key, value.clone()).await?;
            }
            Self::Keyv(store) => store.set(key, std::str::from_utf8(value)?).await?,
        }
        Ok(())
    }
}
