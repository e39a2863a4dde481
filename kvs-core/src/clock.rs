//! Where the time comes from: the system, or a test.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// An instant in UTC, in whole milliseconds since 1970-01-01T00:00:00Z. Serialises as that integer.
///
/// ```
/// use std::time::Duration;
/// use kvs_core::Timestamp;
/// let t = Timestamp::from_millis(1_000);
/// assert_eq!(t.checked_add(Duration::from_micros(1)), Some(Timestamp::from_millis(1_001)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last instant that can be represented.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// As milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant and `duration`, which is rounded up to whole milliseconds. `None` beyond what can be represented.
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let millis = duration.as_nanos().div_ceil(1_000_000);
        i64::try_from(millis)
            .ok()
            .and_then(|millis| self.0.checked_add(millis))
            .map(Self)
    }

    /// The time from `earlier` to this instant; zero where `earlier` is later.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        let millis = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<SystemTime> for Timestamp {
    /// Rounds down to the millisecond; beyond the range of i64 it saturates.
    fn from(time: SystemTime) -> Self {
        let millis = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => {
                let nanos = before.duration().as_nanos().div_ceil(1_000_000);
                i64::try_from(nanos).map_or(i64::MIN, |millis| -millis)
            }
        };
        Self(millis)
    }
}

/// What a store reads the time from, once an operation.
///
/// Every backend takes a clock in its configuration. Give it a [`ManualClock`] to test how your program treats expiry
/// without sleeping.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Does it show the time that the rest of the world has? A storage with an expiry of its own may then help to
    /// reclaim. No, unless the clock says so.
    fn is_real(&self) -> bool {
        false
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn is_real(&self) -> bool {
        (**self).is_real()
    }
}

/// The clock of the operating system: the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place where time is read")]
        SystemTime::now().into()
    }

    fn is_real(&self) -> bool {
        true
    }
}

/// A clock that stands still until it is told to move. Clones share one time.
///
/// ```
/// use std::time::Duration;
/// use kvs_core::{ManualClock, Store, Ttl};
/// use kvs_memory::{MemoryConfig, MemoryStore};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
/// let clock = ManualClock::default();
/// let store = MemoryStore::open(MemoryConfig::new().clock(clock.clone()))?;
/// store.set("session", "alice".into(), Ttl::After(Duration::from_secs(60))).await?;
/// clock.advance(Duration::from_millis(59_999));
/// assert!(store.contains("session").await?);
/// clock.advance(Duration::from_millis(1));
/// assert!(!store.contains("session").await?);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.0)))
    }

    /// Moves the clock forward, by whole milliseconds rounded up; stops at [`Timestamp::MAX`].
    pub fn advance(&self, by: Duration) {
        let step = |now| Some(Timestamp(now).checked_add(by).unwrap_or(Timestamp::MAX).0);
        // The closure always answers, so the update cannot fail.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step);
    }

    /// Sets the clock, backwards too.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// Starts at 2020-01-01T00:00:00Z.
    fn default() -> Self {
        Self::new(Timestamp(1_577_836_800_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_before_the_epoch_round_down() {
        let just_before = UNIX_EPOCH - Duration::from_micros(1);
        assert_eq!(Timestamp::from(just_before), Timestamp(-1));
    }

    #[test]
    fn adding_rounds_up_and_does_not_wrap() {
        assert_eq!(Timestamp(0).checked_add(Duration::from_nanos(1)), Some(Timestamp(1)));
        assert_eq!(Timestamp(1).checked_add(Duration::MAX), None);
        assert_eq!(Timestamp::MAX.checked_add(Duration::from_millis(1)), None);
    }

    #[test]
    fn a_manual_clock_stops_at_the_end_of_time() {
        let clock = ManualClock::default();
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
