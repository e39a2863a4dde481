//! What happens at present to each key: who computes it, and whether it is being written.
//!
//! A value that was read from the store must not be kept if the key was written since. So every read and write that
//! concerns a key holds its slot, which counts the writes; and who keeps or stores a value on the strength of an earlier
//! read does so under the gate, through which every write has to pass first. A slot exists only while somebody holds it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard};

const SHARDS: usize = 32;

type Shard = HashMap<Box<str>, Held>;

pub(super) struct Slots {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

struct Held {
    state: Arc<State>,
    holders: usize,
}

#[derive(Default)]
struct State {
    turn: AsyncMutex<()>,
    gate: AsyncMutex<()>,
    writes: Writes,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }

    /// Takes hold of the slot of a key.
    pub(super) fn of(&self, key: &str) -> Slot<'_> {
        let mut shard = self.shard(key);
        let state = if let Some(held) = shard.get_mut(key) {
            held.holders += 1;
            Arc::clone(&held.state)
        } else {
            let state = Arc::<State>::default();
            let held = Held {
                state: Arc::clone(&state),
                holders: 1,
            };
            shard.insert(key.into(), held);
            state
        };
        Slot {
            slots: self,
            key: key.into(),
            state,
        }
    }

    fn shard(&self, key: &str) -> MutexGuard<'_, Shard> {
        let index = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hold on the slot of a key.
pub(super) struct Slot<'a> {
    slots: &'a Slots,
    key: Box<str>,
    state: Arc<State>,
}

impl<'a> Slot<'a> {
    /// Waits for the turn to compute, in the order of the calls.
    pub(super) async fn turn(&self) -> AsyncMutexGuard<'_, ()> {
        self.state.turn.lock().await
    }

    pub(super) async fn gate(&self) -> AsyncMutexGuard<'_, ()> {
        self.state.gate.lock().await
    }

    pub(super) fn try_gate(&self) -> Option<AsyncMutexGuard<'_, ()>> {
        self.state.gate.try_lock().ok()
    }

    /// The number of writes that have begun since the slot exists.
    pub(super) fn writes(&self) -> u64 {
        self.state.writes.begun()
    }

    pub(super) fn quiet(&self) -> Option<u64> {
        self.state.writes.quiet()
    }

    /// Begins a write. Needs the gate.
    pub(super) fn write(&self) -> Writing<'a> {
        let slot = self.slots.of(&self.key);
        slot.state.writes.begin();
        Writing(slot)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut shard = self.slots.shard(&self.key);
        if let Some(held) = shard.get_mut(&self.key) {
            held.holders -= 1;
            if held.holders == 0 {
                shard.remove(&self.key);
            }
        }
    }
}

/// A write of a key that has begun, until it is dropped.
pub(super) struct Writing<'a>(Slot<'a>);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.state.writes.end();
    }
}

/// How many writes have begun, in the upper half, and how many of them have not ended, in the lower half: one number, so that
/// both are read at one instant.
#[derive(Default)]
pub(super) struct Writes(AtomicU64);

impl Writes {
    const BEGUN: u64 = 1 << 32;

    pub(super) fn begin(&self) {
        self.0.fetch_add(Self::BEGUN + 1, Ordering::SeqCst);
    }

    pub(super) fn end(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    pub(super) fn begun(&self) -> u64 {
        self.0.load(Ordering::SeqCst) / Self::BEGUN
    }

    /// A mark that is equal to a later one if no write has begun since; none while one goes on.
    pub(super) fn quiet(&self) -> Option<u64> {
        let writes = self.0.load(Ordering::SeqCst);
        writes.is_multiple_of(Self::BEGUN).then_some(writes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_exists_only_while_somebody_holds_it() {
        let slots = Slots::new();
        let count = || {
            slots
                .shards
                .iter()
                .map(|shard| shard.lock().unwrap().len())
                .sum::<usize>()
        };
        let (first, second) = (slots.of("k"), slots.of("k"));
        let writing = first.write();
        assert_eq!((second.writes(), second.quiet(), count()), (1, None, 1));
        drop((first, second));
        assert_eq!(count(), 1);
        drop(writing);
        assert_eq!(count(), 0);
    }

    #[test]
    fn a_mark_holds_until_the_next_write_begins() {
        let writes = Writes::default();
        let before = writes.quiet();
        assert!(before.is_some());
        writes.begin();
        assert_eq!((writes.quiet(), writes.begun()), (None, 1));
        writes.end();
        assert!(writes.quiet().is_some() && writes.quiet() != before);
    }
}
