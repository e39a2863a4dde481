//! The other end of the pipe, for stores that link the SQLite of ours.

use anyhow::bail;
use bench_sqlite_load::{Kv, Opening};
use bytes::Bytes;

use crate::field::{Engine, entrant};
use crate::stores::by_hand::{Held, Pool};
use crate::stores::ours::{self, Ours};
use crate::stores::rusqlite::Rusqlite;
use crate::stores::spin::Spin;

/// Obeys standard input until it ends.
pub(crate) fn serve() -> anyhow::Result<()> {
    bench_sqlite_load::serve(open)
}

enum Store {
    Ours(Ours),
    Rusqlite(Rusqlite),
    Spin(Spin),
    Pool(Pool),
    Held(Held),
}

async fn open(opening: Opening) -> anyhow::Result<Store> {
    let path = &opening.path;
    Ok(match entrant(&opening.store)?.engine {
        Engine::Ours => Store::Ours(ours::open(path).await?),
        Engine::Tuned(name, value) => Store::Ours(ours::open_with(path, (name, value)).await?),
        Engine::FromPool => Store::Ours(ours::from_pool(path).await?),
        Engine::Facade => Store::Ours(ours::facade(path).await?),
        Engine::Rusqlite => Store::Rusqlite(Rusqlite::open(path)?),
        Engine::Spin => Store::Spin(Spin::open(path)?),
        Engine::Pool => Store::Pool(Pool::open(path, opening.journal).await?),
        Engine::Held => Store::Held(Held::open(path).await?),
        Engine::Child(..) => bail!("another program runs {}", opening.store),
    })
}

impl Kv for Store {
    async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        match self {
            Self::Ours(store) => store.get(key).await,
            Self::Rusqlite(store) => store.get(key).await,
            Self::Spin(store) => store.get(key).await,
            Self::Pool(store) => store.get(key).await,
            Self::Held(store) => store.get(key).await,
        }
    }

    async fn set(&self, key: &str, value: &Bytes) -> anyhow::Result<()> {
        match self {
            Self::Ours(store) => store.set(key, value).await,
            Self::Rusqlite(store) => store.set(key, value).await,
            Self::Spin(store) => store.set(key, value).await,
            Self::Pool(store) => store.set(key, value).await,
            Self::Held(store) => store.set(key, value).await,
        }
    }
}
