//! Reads of keys and of listings on the caller's thread, without the way to the engine and back.
//!
//! The engine stays the one that answers in every case but the plain one: a live or absent entries with small values, read
//! without an error, of a file whose reads have been quick. Whatever else is seen here, nobody is told; the engine looks
//! again.

mod list;
mod raw;
mod warmth;

use std::cell::Cell;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use kvs_core::{Clock, Result, Versioned, is_live};
use sqlx::sqlite::SqliteConnectOptions;

use self::raw::Raw;
use self::warmth::Warmth;
use crate::open::connect;
use crate::sql::Sql;

/// Reads for so long let other tasks run, which a read that never waits would not. To give way costs several reads: the task
/// wakes another thread of the executor, which takes it over.
const TURN: Duration = Duration::from_micros(200);

/// After so many turns a thread begins with the first connection again: it may be the only one that still reads.
const TURNS_APART: u32 = 64;

thread_local! {
    /// The connection that this thread used last.
    static LAST: Cell<usize> = const { Cell::new(0) };
}

/// What a lookup saw.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// No row, or one that has expired.
    Absent,
    Found(Versioned),
    /// Nothing to rely on: an error, a lock, a large value, a damaged row. The engine answers.
    Unclear,
}

/// The connections for such reads. Without any, every read goes to the engine.
#[derive(Debug)]
pub(crate) struct Inline {
    slots: Box<[Mutex<Slot>]>,
    warmth: Warmth,
    sql: Sql,
    /// Until the connections are open.
    options: Mutex<Option<SqliteConnectOptions>>,
}

/// One connection. A caller that finds it in use does not wait for it.
#[derive(Debug, Default)]
struct Slot {
    raw: Option<Raw>,
    reads: u64,
    /// How long this turn has lasted, all in quick reads.
    turn: Duration,
    turns: u32,
}

impl Inline {
    /// Up to so many connections, which are opened once they are worth it.
    ///
    /// `None` for a database in memory, which is one connection, and for an injected pool, whose connections have hooks and
    /// keys that must run.
    pub(crate) fn new(options: Option<SqliteConnectOptions>, readers: usize, sql: Sql) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let slots = if options.is_some() { readers.min(cores) } else { 0 };
        Self {
            slots: (0..slots).map(|_| Mutex::default()).collect(),
            warmth: Warmth::cold(),
            sql,
            // Nothing that could wait: for a lock that a neighbour in the process holds, or while closing.
            options: Mutex::new(options.map(|options| options.shared_cache(false).optimize_on_close(false, None))),
        }
    }

    /// Looks the live entry of a key up.
    pub(crate) async fn get(&self, key: &str, clock: &dyn Clock) -> Seen {
        // Before the row: an entry that was extended in between would seem expired otherwise.
        let now = clock.now();
        let seen = self.read(|raw| raw.look(self.sql.look.as_str(), key)).await;
        match seen {
            Some(Seen::Found(entry)) if !is_live(entry.expires_at, now) => Seen::Absent,
            seen => seen.unwrap_or(Seen::Unclear),
        }
    }

    /// Notes that the engine did so many reads, of so many small rows in all, in that time; opens the connections once that
    /// was quick often enough.
    pub(crate) async fn engine_read(&self, reads: usize, rows: usize, took: Duration) {
        if self.slots.is_empty() || self.warmth.is_warm() || !self.warmth.engine_read(reads, rows, took) {
            return;
        }
        let options = lock(&self.options).take();
        if let Some(options) = options
            && self.open(&options).await.is_err()
        {
            // The engine has connections, so this is no reason to fail.
            *lock(&self.options) = Some(options);
            self.warmth.give_up();
            return;
        }
        self.warmth.warm_up();
    }

    /// The same of a page of a listing, which counts as its pieces.
    pub(crate) async fn engine_page(&self, rows: usize, took: Duration) {
        self.engine_read(rows.div_ceil(list::PIECE_ROWS).max(1), rows, took)
            .await;
    }

    /// Closes the connections. A read that comes later finds none, and asks the engine.
    pub(crate) async fn close(&self) {
        for slot in &self.slots {
            let raw = lock(slot).raw.take();
            if let Some(raw) = raw {
                raw.close().await;
            }
        }
    }

    /// The same where nobody can wait.
    pub(crate) fn abandon(&self) {
        for slot in &self.slots {
            drop(lock(slot).raw.take());
        }
    }

    async fn open(&self, options: &SqliteConnectOptions) -> Result<()> {
        for slot in &self.slots {
            let connection = connect(options, Duration::ZERO).await?;
            let raw = Raw::new(connection).await.map_err(crate::error::Failure::into_error)?;
            lock(slot).raw = Some(raw);
        }
        Ok(())
    }

    /// A slot that nobody uses: the one that this thread used last, so that threads which read at the same time keep apart.
    /// All begin with the first, so that a single task has one cache of pages whichever thread it is on.
    fn free_slot(&self) -> Option<MutexGuard<'_, Slot>> {
        let last = LAST.get();
        for number in last..last + self.slots.len() {
            if let Ok(slot) = self.slots[number % self.slots.len()].try_lock() {
                LAST.set(number % self.slots.len());
                return Some(slot);
            }
        }
        None
    }

    /// Reads with a free connection, if reads are quick.
    async fn read<T>(&self, read: impl FnOnce(&Raw) -> Option<T>) -> Option<T> {
        if !self.warmth.is_warm() {
            return None;
        }
        let (result, turn_ends) = match self.free_slot() {
            Some(mut slot) => self.timed(&mut slot, read),
            None => (None, false),
        };
        if turn_ends {
            tokio::task::yield_now().await;
        }
        result
    }

    /// Says too whether the turn is over.
    fn timed<T>(&self, slot: &mut Slot, read: impl FnOnce(&Raw) -> Option<T>) -> (Option<T>, bool) {
        let Some(raw) = slot.raw.as_ref() else {
            return (None, false);
        };
        let begun = Instant::now();
        let result = read(raw);
        let took = begun.elapsed();
        slot.reads += 1;
        let is_slow = Warmth::is_slow(took);
        if !is_slow {
            slot.turn += took;
        }
        let turn_ends = is_slow || slot.turn >= TURN;
        if turn_ends {
            self.end_turn(slot);
        }
        if is_slow {
            self.warmth.slow(took);
        }
        (result, turn_ends)
    }

    fn end_turn(&self, slot: &mut Slot) {
        self.warmth.quick(mem::take(&mut slot.turn));
        slot.turns = slot.turns.wrapping_add(1);
        if slot.turns.is_multiple_of(TURNS_APART) {
            LAST.set(0);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
