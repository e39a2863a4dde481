//! Time to live, and the one rule of expiry.

use std::time::Duration;

use crate::clock::Timestamp;

/// How long an entry lives.
///
/// The expiry is an instant: `now + ttl`, rounded up to whole milliseconds, by the store's own clock. An entry is visible
/// while `now < expires_at`, exactly, in every operation; at `expires_at` it is absent, for conditions too.
///
/// ```
/// use std::time::Duration;
/// use kvs_core::Ttl;
/// assert_eq!(Ttl::from(Duration::from_secs(90)), Ttl::After(Duration::from_secs(90)));
/// assert_eq!(Ttl::from(Duration::ZERO), Ttl::Never);
/// assert_eq!(Ttl::from(None), Ttl::Never);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ttl {
    /// The entry stays until it is deleted.
    #[default]
    Never,
    /// The entry expires that long after the write. Zero means [`Never`](Self::Never); so does a time beyond what a
    /// [`Timestamp`] holds.
    After(Duration),
    /// The entry expires at that instant; one in the past makes it absent.
    At(Timestamp),
    /// The expiry of the live entry stays as it is; where there is none, the entry does not expire.
    Keep,
}

impl Ttl {
    /// The instant of expiry of an entry written at `now`, where `current` is the expiry of the live entry it replaces.
    /// `None` is never.
    pub fn expires_at(self, now: Timestamp, current: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::After(ttl) if ttl.is_zero() => None,
            Self::After(ttl) => now.checked_add(ttl),
            Self::At(instant) => Some(instant),
            Self::Keep => current,
        }
    }
}

/// Is an entry with this expiry visible at `now`? The one place where expiry is decided.
pub fn is_live(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_none_or(|expires_at| now < expires_at)
}

impl From<Duration> for Ttl {
    fn from(ttl: Duration) -> Self {
        if ttl.is_zero() { Self::Never } else { Self::After(ttl) }
    }
}

impl From<Option<Duration>> for Ttl {
    fn from(ttl: Option<Duration>) -> Self {
        ttl.map_or(Self::Never, Self::from)
    }
}

impl From<Timestamp> for Ttl {
    fn from(instant: Timestamp) -> Self {
        Self::At(instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn durations_round_up_and_never_wrap() {
        assert_eq!(
            Ttl::After(Duration::from_nanos(1)).expires_at(NOW, None),
            Some(Timestamp::from_millis(1_001))
        );
        assert_eq!(Ttl::After(Duration::ZERO).expires_at(NOW, None), None);
        assert_eq!(Ttl::After(Duration::MAX).expires_at(NOW, None), None);
    }

    #[test]
    fn keep_takes_the_live_expiry() {
        assert_eq!(Ttl::Keep.expires_at(NOW, Some(NOW)), Some(NOW));
        assert_eq!(Ttl::Keep.expires_at(NOW, None), None);
        assert_eq!(Ttl::Never.expires_at(NOW, Some(NOW)), None);
    }

    #[test]
    fn an_entry_is_gone_at_the_instant_of_its_expiry() {
        assert!(is_live(Some(Timestamp::from_millis(1_001)), NOW));
        assert!(!is_live(Some(NOW), NOW));
        assert!(is_live(None, Timestamp::MAX));
    }
}
