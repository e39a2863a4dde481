//! `MemoryStore`: what a handle is, and what its operations have in common.

use std::fmt;
use std::sync::Arc;

use kvs_core::{Check, Clock, Precondition, Profile, Result, Traits, Ttl, VersionSource, Write};

use crate::config::MemoryConfig;
use crate::documents::Documents;
use crate::entries::{Entries, SHARDS, SWEEP_BATCH, Written};
use crate::op::Op;
use crate::sweeper::Sweeper;

pub(crate) const NAME: &str = "memory";

/// A store in memory: all four traits, nothing lost, nothing kept beyond the process.
///
/// - Clones are cheap and share one store; two stores that were opened share nothing.
/// - `get` gives back the bytes that were set, without a copy. A slice of a larger buffer keeps the whole buffer in memory.
/// - Works in any runtime, and in none: no operation waits for anything but a short lock.
/// - The memory of expired entries comes back by itself: a thread that starts with the first deadline looks for them,
///   and ends with the store. It is bounded by nothing else: `MemoryCache` is.
///
/// ```
/// use std::time::Duration;
/// use kvs_memory::{MemoryStore, StoreExt};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_memory::Result<()> {
/// let store = MemoryStore::new();
/// store.set_text("greeting", "hello", Duration::from_secs(60)).await?;
/// assert_eq!(store.get_text("greeting").await?, "hello");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    pub(crate) inner: Arc<Inner>,
}

/// What the clones of a handle share.
pub(crate) struct Inner {
    pub(crate) profile: Profile,
    pub(crate) entries: Entries,
    pub(crate) documents: Documents,
    pub(crate) sweeper: Sweeper,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store with the default configuration.
    ///
    /// # Panics
    ///
    /// Where the operating system has no random numbers, as [`HashMap::new`](std::collections::HashMap::new) does.
    pub fn new() -> Self {
        #[expect(clippy::expect_used, reason = "documented, and the same as the standard library's")]
        Self::open(MemoryConfig::new()).expect("the operating system has random numbers")
    }

    /// An empty store.
    ///
    /// # Errors
    ///
    /// `Config` for limits below the portable ones or an interval of zero; `Backend` where the operating system has no
    /// random numbers.
    pub fn open(config: MemoryConfig) -> Result<Self> {
        config.check().map_err(|error| error.during(NAME, "open"))?;
        let versions = || VersionSource::new().map_err(|error| error.during(NAME, "open"));
        let mut profile = Profile::new(NAME);
        profile.limits = config.limits;
        profile.traits = Traits::ALL;
        let inner = Inner {
            profile,
            clock: config.clock,
            entries: Entries::new(versions()?),
            documents: Documents::new(versions()?),
            sweeper: Sweeper::new(config.sweep_interval),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The number of entries in memory, those included that have expired and whose memory has not come back yet: for
    /// tests and metrics. Documents do not count. Takes the time of one lock.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kvs_memory::{ManualClock, MemoryConfig, MemoryStore, Store, StoreExt};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_memory::Result<()> {
    /// let clock = ManualClock::default();
    /// let config = MemoryConfig::new().clock(clock.clone()).sweep_interval(Duration::from_secs(3_600));
    /// let store = MemoryStore::open(config)?;
    /// store.set_text("session", "ada", Duration::from_secs(60)).await?;
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(store.stored_entries(), 1);
    /// assert_eq!(store.sweep().await?, 1);
    /// assert_eq!(store.stored_entries(), 0);
    /// # Ok(()) }
    /// ```
    pub fn stored_entries(&self) -> usize {
        self.inner.entries.len()
    }

    pub(crate) fn check(&self, operation: &'static str) -> Check<'_> {
        self.inner.profile.check(operation)
    }

    pub(crate) fn op<'a>(&'a self, check: Check<'a>) -> Op<'a> {
        Op::new(check, &self.inner.clock)
    }

    /// One conditional write of one key.
    pub(crate) fn write(
        &self,
        operation: &'static str,
        key: &str,
        condition: Option<Precondition>,
        write: Write,
    ) -> Result<Written> {
        let mut check = self.check(operation).key(key)?;
        if let Write::Set { value, .. } = &write {
            check = check.value(value)?;
        }
        let expires = writes_deadline(&write);
        let written = self.inner.entries.write(&self.op(check), key, condition, write);
        let written = written.map_err(|error| error.during(NAME, operation))?;
        if expires {
            self.start_sweeper();
        }
        Ok(written)
    }

    pub(crate) fn start_sweeper(&self) {
        self.inner.sweeper.start(|| {
            let store = Arc::downgrade(&self.inner);
            // Held for one shard at a time, so that the drop of the last handle frees the store soon.
            move || (0..SHARDS).all(|shard| store.upgrade().is_some_and(|inner| inner.sweep_shard(shard).is_ok()))
        });
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl Inner {
    /// Gives back the memory of all expired entries of a shard. `Closed` is the only error.
    fn sweep_shard(&self, shard: usize) -> Result<()> {
        let op = Op::new(self.profile.check("sweep"), &self.clock);
        while self.entries.reclaim(&op, shard)? == SWEEP_BATCH {}
        Ok(())
    }
}

/// Does the write set a deadline?
pub(crate) fn writes_deadline(write: &Write) -> bool {
    match write {
        Write::Set { ttl, .. } | Write::Touch { ttl } => sets_deadline(*ttl),
        Write::Delete => false,
    }
}

/// [`Ttl::Keep`] can only keep a deadline that was set before.
pub(crate) fn sets_deadline(ttl: Ttl) -> bool {
    !matches!(ttl, Ttl::Never | Ttl::Keep)
}
