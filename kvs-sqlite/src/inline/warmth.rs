//! Decides whether a read may be done on the caller's thread, by how long the reads before it took.
//!
//! A read of what the system holds in memory takes microseconds. One that goes to the disk may take many milliseconds, and
//! an executor that it blocked would stand still. Nobody can tell beforehand, so reads begin with the engine; after enough
//! quick ones they are done by the caller; and the second that was slow sends them back to the engine. The first may be an
//! accident: while the engine answers what it was asked before, more threads work than there are cores.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// A read by a caller that took longer went to the disk, or its thread was suspended.
const SLOW: Duration = Duration::from_micros(500);

/// The same of a read by the engine, on whose way two threads are woken.
const SLOW_BY_ENGINE: Duration = Duration::from_millis(1);

/// What each row adds to that.
const ROW_BY_ENGINE: Duration = Duration::from_micros(10);

/// The most and the fewest quick reads that the engine is asked for.
const FEWEST: u32 = 16;
const MOST: u32 = 256;

/// How many quick reads a slow one undoes. Where more than one of so many is slow, the file stays cold; a row without any
/// would take forever on a machine that suspends a thread now and then.
const SETBACK: u32 = 16;

/// After so much reading without a slow one, that one is an accident: the system lets a thread that works run for about as
/// long before it suspends it. And after so many times what it took, so that callers wait for a small part of their time.
const RARE: Duration = Duration::from_millis(2);
const RARE_TIMES: u32 = 4;

#[derive(Debug)]
pub(super) struct Warmth {
    warm: AtomicBool,
    /// How many quick reads the engine must have seen.
    needed: AtomicU32,
    seen: AtomicU32,
    /// Whether there was a slow one since it became warm.
    doubted: AtomicBool,
    winters: AtomicU32,
}

impl Warmth {
    pub(super) const fn cold() -> Self {
        Self {
            warm: AtomicBool::new(false),
            needed: AtomicU32::new(FEWEST),
            seen: AtomicU32::new(0),
            doubted: AtomicBool::new(false),
            winters: AtomicU32::new(0),
        }
    }

    pub(super) fn is_warm(&self) -> bool {
        self.warm.load(Ordering::Relaxed)
    }

    /// How often it became cold.
    pub(super) fn winters(&self) -> u32 {
        self.winters.load(Ordering::Relaxed)
    }

    /// Notes that the engine did so many reads, of so many rows in all, in that time; says whether enough were quick. Only the
    /// engine's thread calls this.
    pub(super) fn engine_read(&self, reads: usize, rows: usize, took: Duration) -> bool {
        let reads = u32::try_from(reads).unwrap_or(u32::MAX);
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        let seen = self.seen.load(Ordering::Relaxed);
        let seen = if took < SLOW_BY_ENGINE + ROW_BY_ENGINE.saturating_mul(rows) {
            seen.saturating_add(reads)
        } else {
            seen.saturating_sub(SETBACK)
        };
        self.seen.store(seen, Ordering::Relaxed);
        seen >= self.needed.load(Ordering::Relaxed)
    }

    /// Lets callers read.
    pub(super) fn warm_up(&self) {
        self.warm.store(true, Ordering::Relaxed);
    }

    /// Notes how long a read by a caller took, and how long the quick ones before it did; says whether it was quick.
    pub(super) fn inline_read(&self, took: Duration, quick_before: Duration) -> bool {
        if took < SLOW {
            return true;
        }
        let needed = match self.needed.load(Ordering::Relaxed) {
            _ if quick_before >= RARE.max(took.saturating_mul(RARE_TIMES)) => FEWEST,
            _ if !self.doubted.swap(true, Ordering::Relaxed) => return false,
            needed => needed.saturating_mul(2).min(MOST),
        };
        self.cool_down(needed);
        false
    }

    /// Sends the next reads to the engine, as many as can be.
    pub(super) fn give_up(&self) {
        self.cool_down(MOST);
    }

    fn cool_down(&self, needed: u32) {
        self.needed.store(needed, Ordering::Relaxed);
        self.seen.store(0, Ordering::Relaxed);
        self.doubted.store(false, Ordering::Relaxed);
        self.winters.fetch_add(1, Ordering::Relaxed);
        self.warm.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_micros(5);

    /// How many quick reads by the engine it takes.
    fn reads_until_warm(warmth: &Warmth) -> u32 {
        let mut reads = 1;
        while !warmth.engine_read(1, 1, QUICK) {
            reads += 1;
        }
        warmth.warm_up();
        reads
    }

    #[test]
    fn begins_cold_and_is_warm_after_some_quick_reads() {
        let warmth = Warmth::cold();
        for _ in 0..FEWEST - 1 {
            assert!(!warmth.engine_read(1, 1, QUICK) && !warmth.is_warm());
        }
        // A slow one undoes them.
        assert!(!warmth.engine_read(64, 0, SLOW_BY_ENGINE));
        assert_eq!(reads_until_warm(&warmth), FEWEST);
        assert!(warmth.is_warm());
    }

    #[test]
    fn slow_reads_of_the_engine_delay_and_do_not_prevent() {
        /// Whether it is warm after a thousand reads, of which every so many-th was slow.
        fn warms_up(slow_every: u32) -> bool {
            let warmth = Warmth::cold();
            warmth.give_up();
            (1..=1_000).any(|read| {
                let is_slow = read % slow_every == 0;
                warmth.engine_read(1, 0, if is_slow { SLOW_BY_ENGINE } else { QUICK })
            })
        }
        assert!(warms_up(100) && warms_up(2 * SETBACK));
        assert!(!warms_up(SETBACK) && !warms_up(2));
    }

    #[test]
    fn reads_that_the_engine_did_together_all_count() {
        assert!(!Warmth::cold().engine_read(15, 15, QUICK));
        assert!(Warmth::cold().engine_read(16, 16, QUICK));
    }

    #[test]
    fn the_second_slow_read_by_a_caller_makes_it_cold() {
        let warmth = Warmth::cold();
        for _ in 0..3 {
            reads_until_warm(&warmth);
            assert!(warmth.inline_read(QUICK, Duration::ZERO) && warmth.is_warm());
            assert!(!warmth.inline_read(SLOW, Duration::ZERO) && warmth.is_warm());
            assert!(!warmth.inline_read(SLOW, Duration::ZERO) && !warmth.is_warm());
        }
    }

    #[test]
    fn on_a_cold_file_fewer_and_fewer_callers_are_slow() {
        let warmth = Warmth::cold();
        let mut rows = Vec::new();
        for _ in 0..8 {
            rows.push(reads_until_warm(&warmth));
            warmth.inline_read(SLOW, 3 * QUICK);
            warmth.inline_read(SLOW, 3 * QUICK);
        }
        assert_eq!(rows, [16, 32, 64, 128, 256, 256, 256, 256]);
    }

    #[test]
    fn a_rare_slow_read_is_forgiven() {
        let warmth = Warmth::cold();
        for _ in 0..5 {
            reads_until_warm(&warmth);
            warmth.inline_read(SLOW, Duration::ZERO);
            warmth.inline_read(SLOW, Duration::ZERO);
        }
        assert!(reads_until_warm(&warmth) > FEWEST);
        let stall = Duration::from_millis(10);
        warmth.inline_read(stall, RARE);
        warmth.inline_read(stall, RARE);
        assert!(reads_until_warm(&warmth) > FEWEST, "rare for what it took");
        warmth.inline_read(stall, stall * RARE_TIMES);
        assert_eq!(reads_until_warm(&warmth), FEWEST);
    }

    #[test]
    fn after_giving_up_it_takes_the_most_reads() {
        let warmth = Warmth::cold();
        reads_until_warm(&warmth);
        warmth.give_up();
        assert_eq!(reads_until_warm(&warmth), MOST);
    }
}
