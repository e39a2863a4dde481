//! How a `MemoryStore` is opened.

use std::sync::Arc;
use std::time::Duration;

use kvs_core::{Clock, Error, Limits, Result, SystemClock};

const DEFAULT_SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// How to open a [`MemoryStore`](crate::MemoryStore). Everything has a default.
///
/// ```
/// use kvs_memory::{Limits, MemoryConfig, MemoryStore, Store};
/// let limits = Limits { value_bytes: 8 << 20, ..Limits::PORTABLE };
/// let store = MemoryStore::open(MemoryConfig::new().limits(limits))?;
/// assert_eq!(store.profile().limits.value_bytes, 8 << 20);
/// # Ok::<(), kvs_memory::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryConfig {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) sweep_interval: Duration,
}

impl MemoryConfig {
    /// The system's clock, the portable limits, a sweep every second.
    pub fn new() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            limits: Limits::PORTABLE,
            sweep_interval: DEFAULT_SWEEP_INTERVAL,
        }
    }

    /// Where the time comes from: a [`ManualClock`](kvs_core::ManualClock), say, to test expiry without sleeping.
    ///
    /// It is read while a part of the store is locked, so it must not call the store.
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

    /// How often the background looks for expired entries, to give their memory back: every second unless told. They
    /// are invisible in any case. It must not be zero.
    #[must_use]
    pub fn sweep_interval(mut self, interval: Duration) -> Self {
        self.sweep_interval = interval;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.limits.check(usize::MAX)?;
        if self.sweep_interval.is_zero() {
            return Err(Error::config(
                "sweep_interval is zero; it must be longer, 1 s for example",
            ));
        }
        Ok(())
    }
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self::new()
    }
}
