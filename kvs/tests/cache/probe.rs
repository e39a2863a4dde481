//! A store that shows what the cache asks it, and a cache over it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kvs::memory::MemoryStore;
use kvs::{
    AtomicStore, Bytes, Cache, CacheConfig, Committed, ListOptions, ListPage, ListableStore, Profile, Result, Store,
    StoreExt, Transaction, Ttl, Versioned, async_trait,
};
use tokio::sync::Notify;

/// A store in memory that counts reads, and holds one back on demand after it has read.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    store: MemoryStore,
    reads: Arc<AtomicU64>,
    pause: Arc<Mutex<Option<Arc<Pause>>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Pause {
    pub(crate) has_read: Notify,
    pub(crate) go_on: Notify,
}

impl Probe {
    pub(crate) fn new(store: MemoryStore) -> Self {
        Self {
            store,
            reads: Arc::default(),
            pause: Arc::default(),
        }
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }

    /// Holds the next read back between what it reads and its answer.
    pub(crate) fn pause_next_read(&self) -> Arc<Pause> {
        let pause = Arc::<Pause>::default();
        *self.pause.lock().unwrap() = Some(Arc::clone(&pause));
        pause
    }
}

#[async_trait]
impl Store for Probe {
    async fn get(&self, key: &str) -> Result<Bytes> {
        Ok(self.get_versioned(key).await?.value)
    }
    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        self.store.set(key, value, ttl).await
    }
    async fn delete(&self, key: &str) -> Result<()> {
        self.store.delete(key).await
    }
    async fn close(&self) -> Result<()> {
        self.store.close().await
    }
    fn profile(&self) -> &Profile {
        self.store.profile()
    }
}

#[async_trait]
impl ListableStore for Probe {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        self.store.list_page(options).await
    }
}

#[async_trait]
impl AtomicStore for Probe {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let answer = self.store.get_versioned(key).await;
        let pause = self.pause.lock().unwrap().take();
        match pause {
            Some(pause) => {
                pause.has_read.notify_one();
                pause.go_on.notified().await;
            }
            None => tokio::task::yield_now().await,
        }
        answer
    }
    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        self.store.commit(transaction).await
    }
}

pub(crate) const LONG: Duration = Duration::from_hours(1);

/// A cache that would show a stale value for an hour, and the store inside.
pub(crate) fn cache() -> (Cache<Probe>, Probe) {
    let probe = Probe::new(MemoryStore::new());
    let config = CacheConfig::new().max_age(LONG);
    (Cache::with_config(probe.clone(), config), probe)
}

pub(crate) async fn text(cache: &Cache<Probe>, key: &str) -> Option<String> {
    let value = cache.get_opt(key).await.unwrap()?;
    Some(String::from_utf8(value.into()).unwrap())
}
