//! Decides whether a read may be done on the caller's thread, by how long the reads before it took.
//!
//! A read of what the system holds in memory takes microseconds. One that goes to the disk may take many milliseconds, and
//! an executor that it blocked would stand still. Nobody can tell beforehand, so there is an account, in time: what is read
//! quickly, by the engine or by callers, is paid in, and a slow read of a caller costs several times what it took. Callers
//! read while it is not overdrawn; the engine makes good what they owe.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

/// A read by a caller that took longer went to the disk, or its thread was suspended.
const SLOW: Duration = Duration::from_micros(500);

/// The same of a read by the engine, on whose way two threads are woken.
const SLOW_BY_ENGINE: Duration = Duration::from_millis(1);

/// What each row adds to that.
const ROW_BY_ENGINE: Duration = Duration::from_micros(10);

/// How many quick reads in a row the engine must have seen.
const ENOUGH: u32 = 16;

/// A slow read costs so many times what it took: callers wait for at most a fifth of the time of all reads.
const COST: i64 = 4;

/// Bounds of the account, in microseconds. A thread that works is suspended now and then, for some milliseconds; that must
/// not end a long time of quick reading. Just after the engine has handed over its last reads are in the way of the first of
/// callers; hence the credit.
const MOST_SAVED: i64 = 8_000;
const CREDIT: i64 = 8_000;
const MOST_OWED: i64 = 1_000_000;

#[derive(Debug)]
pub(super) struct Warmth {
    warm: AtomicBool,
    /// How many quick reads in a row the engine has seen.
    seen: AtomicU32,
    account: AtomicI64,
}

impl Warmth {
    pub(super) const fn cold() -> Self {
        Self {
            warm: AtomicBool::new(false),
            seen: AtomicU32::new(0),
            account: AtomicI64::new(0),
        }
    }

    pub(super) fn is_warm(&self) -> bool {
        self.warm.load(Ordering::Relaxed)
    }

    /// Notes that the engine did so many reads, of so many rows in all, in that time; says whether callers may read. Only the
    /// engine's thread calls this.
    pub(super) fn engine_read(&self, reads: usize, rows: usize, took: Duration) -> bool {
        let reads = u32::try_from(reads).unwrap_or(u32::MAX);
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        if took >= SLOW_BY_ENGINE + ROW_BY_ENGINE.saturating_mul(rows) {
            self.seen.store(0, Ordering::Relaxed);
            return false;
        }
        let seen = self.seen.load(Ordering::Relaxed).saturating_add(reads);
        self.seen.store(seen, Ordering::Relaxed);
        self.book(micros(took)) >= 0 && seen >= ENOUGH
    }

    /// Lets callers read.
    pub(super) fn warm_up(&self) {
        self.warm.store(true, Ordering::Relaxed);
    }

    /// Whether a read by a caller that took so long was slow.
    pub(super) fn is_slow(took: Duration) -> bool {
        took >= SLOW
    }

    /// Notes how long quick reads by callers took.
    pub(super) fn quick(&self, took: Duration) {
        self.book(micros(took));
    }

    /// Notes how long a slow one took.
    pub(super) fn slow(&self, took: Duration) {
        if self.book(micros(took).saturating_mul(-COST)) < -CREDIT {
            self.cool_down();
        }
    }

    /// Sends the next reads to the engine, as many as can be.
    pub(super) fn give_up(&self) {
        self.book(-MOST_OWED - MOST_SAVED);
        self.cool_down();
    }

    fn cool_down(&self) {
        self.seen.store(0, Ordering::Relaxed);
        self.warm.store(false, Ordering::Relaxed);
    }

    /// Pays in, or out; says what is on the account.
    fn book(&self, micros: i64) -> i64 {
        let after = |before: i64| before.saturating_add(micros).clamp(-MOST_OWED, MOST_SAVED);
        let booked = |before| Some(after(before));
        match self.account.fetch_update(Ordering::Relaxed, Ordering::Relaxed, booked) {
            Ok(before) | Err(before) => after(before),
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_micros(5);
    const BY_ENGINE: Duration = Duration::from_micros(30);

    /// How many quick reads by the engine it takes.
    fn reads_until_warm(warmth: &Warmth) -> u32 {
        let mut reads = 1;
        while !warmth.engine_read(1, 1, BY_ENGINE) {
            reads += 1;
        }
        warmth.warm_up();
        reads
    }

    #[test]
    fn begins_cold_and_is_warm_after_a_row_of_quick_reads() {
        let warmth = Warmth::cold();
        for _ in 0..ENOUGH - 1 {
            assert!(!warmth.engine_read(1, 1, BY_ENGINE) && !warmth.is_warm());
        }
        // A slow one begins the row anew.
        assert!(!warmth.engine_read(64, 0, SLOW_BY_ENGINE));
        assert_eq!(reads_until_warm(&warmth), ENOUGH);
        assert!(warmth.is_warm());
    }

    #[test]
    fn reads_that_the_engine_did_together_all_count() {
        assert!(!Warmth::cold().engine_read(15, 15, BY_ENGINE));
        assert!(Warmth::cold().engine_read(16, 16, BY_ENGINE));
    }

    #[test]
    fn a_slow_read_by_a_caller_must_be_made_good() {
        let warmth = Warmth::cold();
        reads_until_warm(&warmth);
        let stall = Duration::from_millis(10);
        assert!(Warmth::is_slow(stall) && !Warmth::is_slow(QUICK));
        warmth.slow(stall);
        assert!(!warmth.is_warm());
        let owed = 40_000 - i64::from(ENOUGH) * micros(BY_ENGINE);
        let reads = reads_until_warm(&warmth);
        assert!(i64::from(reads) * micros(BY_ENGINE) >= owed, "{reads}");
    }

    #[test]
    fn an_accident_is_forgiven_a_row_of_them_is_not() {
        let warmth = Warmth::cold();
        reads_until_warm(&warmth);
        let accident = Duration::from_millis(1);
        warmth.slow(accident);
        assert!(warmth.is_warm(), "just after the engine handed over");
        warmth.quick(Duration::from_secs(1));
        for _ in 0..4 {
            warmth.slow(accident);
        }
        assert!(warmth.is_warm(), "after a long time of quick reading");
        warmth.slow(accident);
        assert!(!warmth.is_warm());
    }

    #[test]
    fn callers_wait_for_a_fifth_of_the_time_at_most() {
        for (stall, every) in [
            (10, 2),
            (10, 20),
            (10, 100),
            (10, 1_000),
            (30, 500),
            (1, 50),
            (1, 500),
            (1_000, 5_000),
        ] {
            let (stall, warmth) = (Duration::from_millis(stall), Warmth::cold());
            let (mut waited, mut read) = (Duration::ZERO, Duration::ZERO);
            for number in 1..=500_000 {
                match (warmth.is_warm(), number % every == 0) {
                    (true, true) => {
                        warmth.slow(stall);
                        waited += stall;
                    }
                    (true, false) => {
                        warmth.quick(QUICK);
                        read += QUICK;
                    }
                    (false, slow) => {
                        let took = if slow { stall.max(SLOW_BY_ENGINE * 2) } else { BY_ENGINE };
                        read += took;
                        if warmth.engine_read(1, 1, took) {
                            warmth.warm_up();
                        }
                    }
                }
            }
            let share = waited.as_secs_f64() / (waited + read).as_secs_f64();
            assert!(share <= 0.21, "{stall:?}, one of {every}: {share:.2}");
        }
    }

    #[test]
    fn where_one_read_in_thousands_is_slow_callers_read() {
        let warmth = Warmth::cold();
        let mut by_callers = 0;
        for number in 0..200_000 {
            if warmth.is_warm() {
                by_callers += 1;
                match number % 5_000 {
                    0 => warmth.slow(Duration::from_millis(3)),
                    _ => warmth.quick(QUICK),
                }
            } else if warmth.engine_read(1, 1, BY_ENGINE) {
                warmth.warm_up();
            }
        }
        assert!(by_callers > 190_000, "{by_callers}");
    }

    #[test]
    fn after_giving_up_the_engine_reads_for_long() {
        let warmth = Warmth::cold();
        reads_until_warm(&warmth);
        warmth.give_up();
        assert!(reads_until_warm(&warmth) > 10_000);
    }
}
