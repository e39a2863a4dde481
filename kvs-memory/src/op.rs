//! What every operation carries with it: its checks, and its time.

use std::future::poll_fn;
use std::sync::OnceLock;
use std::task::Poll;

use kvs_core::{Check, Clock, Timestamp, Ttl, is_live};

/// One operation, its arguments checked.
///
/// Its clock is read when a deadline is first met or set, and at most once. That happens under the lock of what is
/// read or written: a time read earlier or later could miss a value that was there all along.
pub(crate) struct Op<'a> {
    /// Whether the store is closed is asked of it last, under the lock.
    pub(crate) check: Check<'a>,
    clock: &'a dyn Clock,
    now: OnceLock<Timestamp>,
}

impl<'a> Op<'a> {
    pub(crate) fn new(check: Check<'a>, clock: &'a dyn Clock) -> Self {
        Self {
            check,
            clock,
            now: OnceLock::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.now.get_or_init(|| self.clock.now())
    }

    /// [`is_live`], which needs no clock where there is no deadline.
    #[inline]
    pub(crate) fn is_live(&self, expires_at: Option<Timestamp>) -> bool {
        expires_at.is_none() || is_live(expires_at, self.now())
    }

    /// [`Ttl::expires_at`], which needs the clock and the current expiry only for some.
    #[inline]
    pub(crate) fn expires_at(&self, ttl: Ttl, current: impl FnOnce() -> Option<Timestamp>) -> Option<Timestamp> {
        match ttl {
            Ttl::Never => None,
            Ttl::Keep => current(),
            ttl => ttl.expires_at(self.now(), None),
        }
    }
}

/// Lets other tasks run: on any executor, since it needs nothing but its waker.
pub(crate) async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
