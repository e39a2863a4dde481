//! How much a cache keeps, and for how long.

use std::sync::Arc;
use std::time::Duration;

use kvs_core::{Clock, SystemClock};

/// How much a [`Cache`](crate::Cache) keeps, and for how long.
///
/// ```
/// use std::time::Duration;
/// use kvs::{Cache, CacheConfig};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs::Result<()> {
/// let config = CacheConfig::new().bytes(64 << 20).max_age(Duration::from_secs(5));
/// let cache = Cache::with_config(kvs::open("memory:").await?, config);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct CacheConfig {
    pub(super) capacity: Capacity,
    pub(super) max_age: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Capacity {
    Entries(u64),
    Bytes(u64),
}

impl CacheConfig {
    /// 10,000 entries, one second, the clock of the system.
    pub fn new() -> Self {
        Self {
            capacity: Capacity::Entries(10_000),
            max_age: Duration::from_secs(1),
            clock: Arc::new(SystemClock),
        }
    }

    /// Keeps so many entries at most.
    #[must_use]
    pub fn entries(mut self, most: u64) -> Self {
        self.capacity = Capacity::Entries(most);
        self
    }

    /// Keeps so many bytes of keys and values at most, in the place of a number of entries. What the cache needs for
    /// itself, some 200 bytes an entry, is not counted.
    #[must_use]
    pub fn bytes(mut self, most: u64) -> Self {
        self.capacity = Capacity::Bytes(most);
        self
    }

    /// Reads the store again after that time: how stale a value can be that another process has changed. Zero keeps
    /// nothing, and leaves the one computation for each key.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// The clock that decides about expiry: the one of the store inside.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self::new()
    }
}
