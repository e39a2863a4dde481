//! The thread that does the sweeping: of its own, so that it works whichever runtime opened the store, or none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::entries::unpoisoned;

/// Runs a pass at each interval, from the first need of it until it is stopped or dropped.
pub(crate) struct Sweeper {
    interval: Duration,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    running: AtomicBool,
    stopped: Mutex<bool>,
    wake: Condvar,
}

impl Sweeper {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval,
            shared: Arc::default(),
        }
    }

    /// Starts the thread if it does not run. The pass must not keep alive what it sweeps; it answers `false` when that
    /// is gone, which ends the thread.
    pub(crate) fn start<P: FnMut() -> bool + Send + 'static>(&self, pass: impl FnOnce() -> P) {
        // Read before it is written: this comes with every write of a deadline.
        if self.shared.running.load(Ordering::Relaxed) || self.shared.running.swap(true, Ordering::AcqRel) {
            return;
        }
        let (mut pass, interval) = (pass(), self.interval);
        let running = Running(Arc::clone(&self.shared));
        let body = move || while !running.0.stopped_within(interval) && pass() {};
        // Should there be no thread to have, then `running` was dropped with the body, and the next write of a deadline
        // tries again. Until then expired entries hold their memory, but stay invisible.
        drop(thread::Builder::new().name("kvs-sweeper".to_owned()).spawn(body));
    }

    /// Ends the thread, at once unless it is in a pass; it does not start again.
    pub(crate) fn stop(&self) {
        *unpoisoned(self.shared.stopped.lock()) = true;
        self.shared.wake.notify_all();
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn stopped_within(&self, interval: Duration) -> bool {
        let stopped = unpoisoned(self.stopped.lock());
        let waited = self.wake.wait_timeout_while(stopped, interval, |stopped| !*stopped);
        *unpoisoned(waited).0
    }
}

/// Held by the thread: should a pass panic, the next write of a deadline starts another thread.
struct Running(Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const SOON: Duration = Duration::from_millis(1);
    const NEVER: Duration = Duration::from_hours(10_000);

    fn eventually(holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < deadline, "it did not happen within 20 s");
            thread::sleep(SOON);
        }
    }

    #[test]
    fn the_thread_ends_when_it_is_told_and_does_not_start_again() {
        let (sweeper, held) = (Sweeper::new(NEVER), Arc::new(()));
        let pass = || {
            let held = Arc::clone(&held);
            move || Arc::strong_count(&held) > 0
        };
        sweeper.start(pass);
        sweeper.start(pass);
        assert_eq!(Arc::strong_count(&held), 2, "one thread");
        sweeper.stop();
        eventually(|| Arc::strong_count(&held) == 1);
        eventually(|| !sweeper.shared.running.load(Ordering::Acquire));
        sweeper.start(pass);
        eventually(|| Arc::strong_count(&held) == 1);
    }

    #[test]
    fn the_thread_ends_with_its_owner() {
        let (sweeper, held) = (Sweeper::new(NEVER), Arc::new(()));
        sweeper.start(|| {
            let held = Arc::clone(&held);
            move || Arc::strong_count(&held) > 0
        });
        drop(sweeper);
        eventually(|| Arc::strong_count(&held) == 1);
    }

    #[test]
    fn after_a_pass_that_ended_the_thread_another_one_can_start() {
        let (sweeper, passes) = (Sweeper::new(SOON), Arc::new(()));
        for _ in 0..2 {
            sweeper.start(|| {
                let passes = Arc::clone(&passes);
                move || Arc::strong_count(&passes) == 0
            });
            eventually(|| !sweeper.shared.running.load(Ordering::Acquire));
            assert_eq!(Arc::strong_count(&passes), 1);
        }
    }
}
