//! `MemoryCache`: a bounded store that evicts, on moka.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use kvs_core::{Bytes, Check, Clock, Error, Limits, Profile, Result, Store, SystemClock, Timestamp, Ttl, async_trait};
use moka::Expiry;
use moka::ops::compute::Op as Change;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::op::{Op, pause};

const NAME: &str = "memory-cache";

/// How many entries a sweep looks at before other tasks may run.
const STEP: usize = 1_000;

/// What moka adds to each deadline. It measures time by itself, while ours is the store's clock, which a test may hold:
/// it must not take for expired what is live by that clock. It serves to give memory back, nothing else.
const RECLAIM_AFTER: Duration = Duration::from_mins(1);

/// How to open a [`MemoryCache`]: how much it may hold, and the same settings as a store's.
///
/// ```
/// use kvs_memory::{MemoryCache, MemoryCacheConfig, Store};
/// let cache = MemoryCache::open(MemoryCacheConfig::bytes(64 << 20))?;
/// assert!(cache.profile().evicting);
/// # Ok::<(), kvs_memory::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryCacheConfig {
    capacity: Capacity,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

#[derive(Debug, Clone, Copy)]
enum Capacity {
    Entries(u64),
    Bytes(u64),
}

impl MemoryCacheConfig {
    /// At most that many entries.
    pub fn entries(most: u64) -> Self {
        Self::new(Capacity::Entries(most))
    }

    /// At most that many bytes of keys and values. What an entry costs besides, some hundred bytes, does not count; one
    /// larger than the whole is not kept.
    pub fn bytes(most: u64) -> Self {
        Self::new(Capacity::Bytes(most))
    }

    fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            clock: Arc::new(SystemClock),
            limits: Limits::PORTABLE,
        }
    }

    /// Where the time comes from. It must not call the cache.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How large things may be. At least [`Limits::PORTABLE`], which is the default.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    fn check(&self) -> Result<()> {
        self.limits.check(usize::MAX)?;
        match self.capacity {
            Capacity::Entries(0) | Capacity::Bytes(0) => {
                Err(Error::config("the capacity of the cache is 0; let it hold something"))
            }
            _ => Ok(()),
        }
    }
}

/// A cache in memory: a `Store` that drops live entries when it is full, the least recently used first.
///
/// - What was just set is there: eviction is by recency, not by the frequency that moka would go by, which refuses new
///   entries to keep popular ones.
/// - Expiry is exact, each entry by its own time to live. Memory comes back when the entry is evicted, or within about a
///   minute while the cache is in use; [`sweep`](Store::sweep) does it now.
/// - Clones are cheap and share one cache. Works in any runtime, and in none.
///
/// Only [`Store`] is implemented: what may vanish at any time can neither be listed nor be conditional.
///
/// ```
/// use std::time::Duration;
/// use kvs_memory::{MemoryCache, MemoryCacheConfig, StoreExt};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_memory::Result<()> {
/// let cache = MemoryCache::open(MemoryCacheConfig::entries(10_000))?;
/// cache.set_text("page:/", "<html>…", Duration::from_secs(60)).await?;
/// assert_eq!(cache.get_opt("page:/missing").await?, None);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MemoryCache {
    inner: Arc<Inner>,
}

struct Inner {
    profile: Profile,
    clock: Arc<dyn Clock>,
    cache: Cache<String, Slot, RandomState>,
    closed: AtomicBool,
}

#[derive(Clone)]
struct Slot {
    value: Bytes,
    expires_at: Option<Timestamp>,
}

impl MemoryCache {
    /// An empty cache.
    ///
    /// # Errors
    ///
    /// `Config` for a capacity of 0 or limits below the portable ones.
    pub fn open(config: MemoryCacheConfig) -> Result<Self> {
        config.check().map_err(|error| error.during(NAME, "open"))?;
        let mut profile = Profile::new(NAME);
        profile.limits = config.limits;
        profile.evicting = true;
        let builder = Cache::builder()
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(Reclaim(Arc::clone(&config.clock)));
        let builder = match config.capacity {
            Capacity::Entries(most) => builder.max_capacity(most),
            Capacity::Bytes(most) => builder.max_capacity(most).weigher(weigh),
        };
        let inner = Inner {
            profile,
            clock: config.clock,
            cache: builder.build_with_hasher(RandomState::default()),
            closed: AtomicBool::new(false),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    fn check(&self, operation: &'static str) -> Check<'_> {
        self.inner.profile.check(operation)
    }

    /// The operation, its arguments checked, if the cache is open.
    fn op<'a>(&'a self, check: Check<'a>) -> Result<Op<'a>> {
        check.open(&self.inner.closed)?;
        Ok(Op::new(check, &self.inner.clock))
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for MemoryCache {
    async fn get(&self, key: &str) -> Result<Bytes> {
        let op = self.op(self.check("get").key(key)?)?;
        let slot = self.inner.cache.get(key).filter(|slot| op.is_live(slot.expires_at));
        slot.map(|slot| slot.value).ok_or(Error::NotFound)
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        let op = self.op(self.check("set").key(key)?.value(&value)?)?;
        // Every write goes this way, by turns for each key, so that what is kept is the expiry of what is replaced.
        self.inner.cache.entry_by_ref(key).and_compute_with(|stored| {
            let stored = stored.map(moka::Entry::into_value);
            let live = stored.filter(|slot| op.is_live(slot.expires_at));
            let expires_at = op.expires_at(ttl, || live?.expires_at);
            if op.is_live(expires_at) {
                Change::Put(Slot { value, expires_at })
            } else {
                Change::Remove
            }
        });
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.op(self.check("delete").key(key)?)?;
        self.inner.cache.entry_by_ref(key).and_compute_with(|_| Change::Remove);
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.inner.closed.store(true, Ordering::Release);
        self.inner.cache.invalidate_all();
        self.inner.cache.run_pending_tasks();
        Ok(())
    }

    fn profile(&self) -> &Profile {
        &self.inner.profile
    }

    async fn sweep(&self) -> Result<u64> {
        let op = self.op(self.check("sweep"))?;
        let cache = &self.inner.cache;
        let mut reclaimed = 0;
        for (looked_at, (key, slot)) in cache.iter().enumerate() {
            if !op.is_live(slot.expires_at) {
                let removed = cache
                    .entry_by_ref(key.as_str())
                    .and_compute_with(|stored| match stored {
                        Some(stored) if !op.is_live(stored.value().expires_at) => Change::Remove,
                        _ => Change::Nop,
                    });
                reclaimed += u64::from(matches!(removed, moka::ops::compute::CompResult::Removed(_)));
            }
            if looked_at % STEP == STEP - 1 {
                pause().await;
            }
        }
        cache.run_pending_tasks();
        self.check("sweep").open(&self.inner.closed)?;
        Ok(reclaimed)
    }
}

/// When moka may drop an entry by itself.
struct Reclaim(Arc<dyn Clock>);

impl Reclaim {
    fn after(&self, slot: &Slot) -> Option<Duration> {
        let left = slot.expires_at?.saturating_since(self.0.now());
        Some(left.saturating_add(RECLAIM_AFTER))
    }
}

impl Expiry<String, Slot> for Reclaim {
    fn expire_after_create(&self, _: &String, slot: &Slot, _: Instant) -> Option<Duration> {
        self.after(slot)
    }

    fn expire_after_update(&self, _: &String, slot: &Slot, _: Instant, _: Option<Duration>) -> Option<Duration> {
        self.after(slot)
    }
}

#[expect(clippy::ptr_arg, reason = "moka gives it so")]
fn weigh(key: &String, slot: &Slot) -> u32 {
    u32::try_from(key.len() + slot.value.len()).unwrap_or(u32::MAX)
}
