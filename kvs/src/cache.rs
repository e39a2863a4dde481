//! A near cache in front of a store, and one computation for each key.

mod config;
mod near;
mod rest;
mod slots;
mod store;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use kvs_core::{AtomicStore, Bytes, Consistency, Error, Profile, Result, Store, Ttl, Versioned};

pub use self::config::CacheConfig;
use self::near::Near;
use self::slots::{Slots, Writing};

/// A bounded near cache in front of a store, for values that are read far more often than written, and
/// [`get_or_try_insert_with`](Self::get_or_try_insert_with) against stampedes on a miss.
///
/// It is a store itself, with all traits that the one inside has; handles are cheap to clone and share one cache.
///
/// - `get`, `contains` and `get_many` answer from memory where they can. Misses are not remembered.
/// - A write through it is seen by every read through it that begins later, as without the cache: a value that was on
///   its way from the store when the write came is not kept.
/// - A write that it does not see, by another process or through [`inner`](Self::inner), shows after at most the
///   [`max_age`](CacheConfig::max_age) of its configuration: one second unless told. The same holds for a write through it
///   whose future was dropped or that failed with [`may_have_applied`](Error::may_have_applied), and for closing the
///   store through another handle. The profile therefore says `Eventual`.
/// - Nothing is kept beyond its own expiry, exactly: a value is read from the store with its expiry, and the clock of the
///   configuration decides.
/// - What is read with `get_versioned`, listed or queried always comes from the store.
///
/// ```
/// use std::time::Duration;
/// use kvs::{Bytes, Cache, Store};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs::Result<()> {
/// # async fn render() -> kvs::Result<Bytes> { Ok("<h1>hello</h1>".into()) }
/// let cache = Cache::new(kvs::open("memory:").await?);
/// let page = cache.get_or_try_insert_with("page:1", Duration::from_secs(60), render).await?;
/// assert_eq!(cache.get("page:1").await?, page);
/// # Ok(()) }
/// ```
pub struct Cache<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    store: S,
    near: Near,
    slots: Slots,
    closed: AtomicBool,
    profile: Profile,
}

impl<S: AtomicStore> Cache<S> {
    /// Caches 10,000 entries for at most a second each.
    pub fn new(store: S) -> Self {
        Self::with_config(store, CacheConfig::new())
    }

    /// Caches as told.
    pub fn with_config(store: S, config: CacheConfig) -> Self {
        let mut profile = store.profile().clone();
        profile.consistency = Consistency::Eventual;
        Self {
            shared: Arc::new(Shared {
                store,
                near: Near::new(config),
                slots: Slots::new(),
                closed: AtomicBool::new(false),
                profile,
            }),
        }
    }

    /// The store inside. The cache does not see what is written through it.
    pub fn inner(&self) -> &S {
        &self.shared.store
    }

    /// Reads a value, or computes and stores it: of all callers in this process who miss the same key at the same time, one
    /// computes, and the others wait for what it stores.
    ///
    /// - An error of `f` goes to the caller whose `f` it was, and is not kept. The next of those who wait then computes
    ///   with an `f` of its own, so that a failing source is asked by one caller at a time.
    /// - Dropping the future of the one who computes passes the task on to the next.
    /// - A value is stored only if the key is still absent and was not written through this cache since `f` began; a newer
    ///   one that is there by then is returned in its place. So a slow computation never undoes an invalidation.
    /// - `f` may use the cache, but not for the same key: that would wait for itself.
    /// - Processes do not wait for each other: each may compute once, and the first to store wins.
    ///
    /// # Errors
    ///
    /// Those of `f`; those of [`Store::get`] but `NotFound`, and of [`Store::set`], as the error type of `f`.
    pub async fn get_or_try_insert_with<F, O, E>(&self, key: &str, ttl: impl Into<Ttl>, f: F) -> Result<Bytes, E>
    where
        F: FnOnce() -> O,
        O: Future<Output = Result<Bytes, E>>,
        E: From<Error>,
    {
        let ttl = ttl.into();
        let operation = "get_or_try_insert_with";
        self.profile().check(operation).key(key)?.open(&self.shared.closed)?;
        if let Some(value) = self.shared.near.get(key).await {
            return Ok(value);
        }
        let slot = self.shared.slots.of(key);
        let _turn = slot.turn().await;
        let writes = || (slot.writes(), self.shared.near.bulk_writes());
        let before = writes();
        match self.get(key).await {
            Err(Error::NotFound) => {}
            Err(error) => return Err(error.into()),
            Ok(value) => return Ok(value),
        }
        let value = f().await?;
        // Held until the value is stored, so that no write through this cache can come in between.
        let gate = slot.gate().await;
        let stored = if writes() == before {
            let _writing = slot.write();
            self.shared.near.remove(key).await;
            self.shared.store.set_if_absent(key, value.clone(), ttl).await.map(drop)
        } else {
            Err(Error::conflict([key]))
        };
        drop(gate);
        match stored {
            Ok(()) => Ok(value),
            Err(error) if error.is_conflict() => match self.shared.store.get(key).await {
                Err(Error::NotFound) => Ok(value),
                newer => Ok(newer?),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the store, and keeps the value unless the key was written meanwhile.
    async fn load(&self, key: &str) -> Result<Bytes> {
        let slot = self.shared.slots.of(key);
        let quiet = slot.quiet();
        let epoch = self.shared.near.epoch();
        let asked = Instant::now();
        let Versioned { value, expires_at, .. } = self.shared.store.get_versioned(key).await?;
        if let (Some(quiet), Some(epoch)) = (quiet, epoch)
            // Who holds the gate is about to change the key.
            && let Some(_gate) = slot.try_gate()
            && slot.quiet() == Some(quiet)
        {
            self.shared
                .near
                .insert(key, value.clone(), expires_at, asked, epoch)
                .await;
        }
        Ok(value)
    }

    /// Begins a write of one key: until the guard is dropped nothing is kept of it, and what was kept is gone.
    async fn writing(&self, key: &str) -> Writing<'_> {
        let slot = self.shared.slots.of(key);
        let gate = slot.gate().await;
        let writing = slot.write();
        drop(gate);
        self.shared.near.remove(key).await;
        writing
    }

    /// The same for several keys.
    async fn writing_all(&self, keys: impl Iterator<Item = &str> + Send) -> Vec<Writing<'_>> {
        let mut guards = Vec::new();
        for key in keys {
            guards.push(self.writing(key).await);
        }
        guards
    }
}

impl<S> Clone for Cache<S> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Cache<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("store", &self.shared.store)
            .field("near", &self.shared.near)
            .finish_non_exhaustive()
    }
}
