//! What the memory store promises beyond the conformance suite, or what only its own diagnostics can show.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod atomic;
mod concurrency;
mod documents;
mod expiry;
mod lifecycle;
mod listing;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use kvs_memory::{Bytes, ManualClock, MemoryConfig, MemoryStore};

const FAR: Duration = Duration::from_hours(1_000);

/// A store on a clock that stands still, which is not swept unless asked.
fn unswept() -> (MemoryStore, ManualClock) {
    swept_every(FAR)
}

fn swept_every(interval: Duration) -> (MemoryStore, ManualClock) {
    let clock = ManualClock::default();
    let config = MemoryConfig::new().clock(clock.clone()).sweep_interval(interval);
    (MemoryStore::open(config).unwrap(), clock)
}

/// Runs a future without any runtime. Nothing in the store waits for anything but its turn.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "within 20 s: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A value that shows when it is freed: then the count of the other `Arc` is 1.
fn tracked() -> (Bytes, Arc<[u8; 64]>) {
    struct Owner(Arc<[u8; 64]>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &*self.0
        }
    }
    let content = Arc::new([7; 64]);
    (Bytes::from_owner(Owner(Arc::clone(&content))), content)
}
