//! The entries: a map in shards, an index of its keys in order, and a queue of deadlines in each shard.
//!
//! | structure | read by | written by |
//! |---|---|---|
//! | `Shard::slots`, a hash map | every operation on a key | every write |
//! | `Shard::deadlines`, ordered | the sweeper | writes that set, change or end a deadline |
//! | `Entries::index`, ordered | listings | writes that create or remove a key, not those that overwrite one |
//!
//! While the lock of a shard is free, a key of that shard is in `slots` if and only if it is in `index`, and has exactly
//! one ticket in `deadlines` if and only if it has a deadline.
//!
//! **Order of locks: shards by ascending number, then the index.** A listing takes the index alone, copies some keys, and
//! lets go of it before it looks into a shard. No lock is held across an `await`, and values are dropped after it.
//!
//! **Closing:** the flag is set first, then the shards are emptied one by one. Every operation asks for the flag under the
//! lock that it reads or writes under, so that none takes an emptied shard for an absent key.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;
use std::mem;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use foldhash::fast::RandomState;
use kvs_core::{
    Action, Committed, Error, KeyRange, Precondition, Result, Timestamp, Version, VersionSource, Versioned, Write,
};

use crate::key::Key;
use crate::op::Op;

/// Enough that 64 tasks rarely meet; few enough that a pass over all of them is nothing.
pub(crate) const SHARDS: usize = 64;

/// The most entries that are reclaimed under one hold of a lock.
pub(crate) const SWEEP_BATCH: usize = 256;

/// The most keys that are freed under one hold of a lock.
const FREE_BATCH: usize = 1_000;

pub(crate) struct Entries {
    shards: Box<[RwLock<Shard>]>,
    /// Of its own seed, so that the place of a key in its shard does not depend on the number of the shard.
    hasher: RandomState,
    index: RwLock<BTreeSet<Key>>,
    versions: VersionSource,
    closed: AtomicBool,
}

/// What a write did.
pub(crate) struct Written {
    /// The version of what was written; of a removal, nothing.
    pub(crate) version: Version,
    /// What was stored before, live or expired. Drop it where no lock is held: it may be large, and an owner that was
    /// handed in runs code of its own then.
    pub(crate) replaced: Option<Versioned>,
}

impl Entries {
    pub(crate) fn new(versions: VersionSource) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::default(),
            index: RwLock::default(),
            versions,
            closed: AtomicBool::new(false),
        }
    }

    /// Reads the live entry of a key. `NotFound` without one.
    pub(crate) fn read<T>(&self, op: &Op<'_>, key: &str, f: impl FnOnce(&Versioned) -> T) -> Result<T> {
        let shard = unpoisoned(self.shards[self.shard_of(key)].read());
        op.check.open(&self.closed)?;
        shard.live(op, key).map(f).ok_or(Error::NotFound)
    }

    /// Writes one key, if the condition holds.
    pub(crate) fn write(
        &self,
        op: &Op<'_>,
        key: &str,
        condition: Option<Precondition>,
        write: Write,
    ) -> Result<Written> {
        let mut shard = self.lock(self.shard_of(key));
        op.check.open(&self.closed)?;
        if shard.meets(op, key, condition) {
            Ok(self.apply(op, &mut shard, key, write))
        } else {
            Err(Error::conflict([key]))
        }
    }

    /// Writes several keys, if all conditions hold.
    pub(crate) fn commit(&self, op: &Op<'_>, actions: Vec<Action>) -> Result<Committed> {
        let numbers: BTreeSet<usize> = actions.iter().map(|action| self.shard_of(&action.key)).collect();
        // A B-tree gives the numbers in ascending order: that of locking.
        let mut shards: BTreeMap<usize, _> = numbers.into_iter().map(|number| (number, self.lock(number))).collect();
        op.check.open(&self.closed)?;
        // Should the clock panic, then before the first write.
        op.now();

        let fails = |action: &&Action| !shards[&self.shard_of(&action.key)].meets(op, &action.key, action.check);
        let failed: Vec<&str> = actions.iter().filter(fails).map(|action| action.key.as_str()).collect();
        if !failed.is_empty() {
            return Err(Error::conflict(failed));
        }

        let mut versions = Vec::new();
        let mut replaced = Vec::new();
        for Action { key, write, .. } in actions {
            let (Some(shard), Some(write)) = (shards.get_mut(&self.shard_of(&key)), write) else {
                continue;
            };
            let removes = matches!(write, Write::Delete);
            let written = self.apply(op, shard, &key, write);
            replaced.push(written.replaced);
            if !removes {
                versions.push((key, written.version));
            }
        }
        drop(shards);
        Ok(versions.into_iter().collect())
    }

    /// The first keys of a range in the direction of the walk, live or not, and whether there are more.
    pub(crate) fn keys(&self, op: &Op<'_>, range: &KeyRange, reverse: bool, most: usize) -> Result<(Vec<Key>, bool)> {
        let index = unpoisoned(self.index.read());
        op.check.open(&self.closed)?;
        if range.is_empty() {
            return Ok((Vec::new(), false));
        }
        let bounds = (
            Bound::Included(range.start.as_slice()),
            Bound::Excluded(range.end.as_slice()),
        );
        let mut walk = index.range::<[u8], _>(bounds);
        let mut next = || if reverse { walk.next_back() } else { walk.next() };
        let mut keys = Vec::new();
        while keys.len() < most
            && let Some(key) = next()
        {
            keys.push(key.clone());
        }
        let more = next().is_some();
        Ok((keys, more))
    }

    /// Reclaims expired entries of a shard, at most [`SWEEP_BATCH`] of them, and tells how many.
    pub(crate) fn reclaim(&self, op: &Op<'_>, number: usize) -> Result<usize> {
        let mut reclaimed = Vec::new();
        let mut shard = self.lock(number);
        op.check.open(&self.closed)?;
        while reclaimed.len() < SWEEP_BATCH
            && let Some((expires_at, key)) = shard.deadlines.first()
            && !op.is_live(Some(*expires_at))
        {
            let key = key.clone();
            reclaimed.push(self.remove(&mut shard, key.as_str()));
        }
        drop(shard);
        Ok(reclaimed.len())
    }

    /// The number of entries in memory, expired ones included.
    pub(crate) fn len(&self) -> usize {
        unpoisoned(self.index.read()).len()
    }

    /// Asks for the flag alone, for operations that may have nothing to do.
    pub(crate) fn open(&self, op: &Op<'_>) -> Result<()> {
        op.check.open(&self.closed)
    }

    /// Lets no operation in any more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Frees a shard of a closed store.
    pub(crate) fn free_shard(&self, number: usize) {
        let freed = mem::take(&mut *self.lock(number));
        drop(freed);
    }

    /// Frees a part of the index of a closed store; `false` when nothing is left.
    pub(crate) fn free_index(&self) -> bool {
        let mut index = self.lock_index();
        (0..FREE_BATCH).all(|_| index.pop_first().is_some())
    }

    /// Writes a key of a shard that is locked.
    fn apply(&self, op: &Op<'_>, shard: &mut Shard, key: &str, write: Write) -> Written {
        let version = self.versions.next();
        let current = || shard.live(op, key).and_then(|live| live.expires_at);
        let (value, expires_at) = match write {
            Write::Delete => (None, None),
            Write::Set { value, ttl } => (Some(value), op.expires_at(ttl, current)),
            Write::Touch { ttl } => {
                let value = shard.live(op, key).map(|live| live.value.clone());
                (value, op.expires_at(ttl, current))
            }
        };
        let replaced = match value {
            Some(value) if op.is_live(expires_at) => self.put(
                shard,
                key,
                Versioned {
                    value,
                    version,
                    expires_at,
                },
            ),
            _ => self.remove(shard, key),
        };
        Written { version, replaced }
    }

    fn put(&self, shard: &mut Shard, key: &str, entry: Versioned) -> Option<Versioned> {
        let expires_at = entry.expires_at;
        let Some(slot) = shard.slots.get_mut(key.as_bytes()) else {
            let key = Key::from(key);
            shard.slots.insert(key.clone(), entry);
            shard.move_ticket(&key, None, expires_at);
            self.lock_index().insert(key);
            return None;
        };
        let replaced = mem::replace(slot, entry);
        if replaced.expires_at != expires_at
            && let Some((key, _)) = shard.slots.get_key_value(key.as_bytes())
        {
            let key = key.clone();
            shard.move_ticket(&key, replaced.expires_at, expires_at);
        }
        Some(replaced)
    }

    fn remove(&self, shard: &mut Shard, key: &str) -> Option<Versioned> {
        let (key, removed) = shard.slots.remove_entry(key.as_bytes())?;
        shard.move_ticket(&key, removed.expires_at, None);
        shard.shrink();
        self.lock_index().remove(key.as_bytes());
        Some(removed)
    }

    #[expect(clippy::cast_possible_truncation, reason = "only the low bits are used")]
    fn shard_of(&self, key: &str) -> usize {
        self.hasher.hash_one(key.as_bytes()) as usize % SHARDS
    }

    fn lock(&self, number: usize) -> RwLockWriteGuard<'_, Shard> {
        unpoisoned(self.shards[number].write())
    }

    fn lock_index(&self) -> RwLockWriteGuard<'_, BTreeSet<Key>> {
        unpoisoned(self.index.write())
    }
}

#[derive(Default)]
struct Shard {
    slots: HashMap<Key, Versioned, RandomState>,
    deadlines: BTreeSet<(Timestamp, Key)>,
}

impl Shard {
    fn live(&self, op: &Op<'_>, key: &str) -> Option<&Versioned> {
        let slot = self.slots.get(key.as_bytes())?;
        op.is_live(slot.expires_at).then_some(slot)
    }

    fn meets(&self, op: &Op<'_>, key: &str, condition: Option<Precondition>) -> bool {
        condition.is_none_or(|condition| condition.holds(self.live(op, key).map(|live| live.version)))
    }

    fn move_ticket(&mut self, key: &Key, from: Option<Timestamp>, to: Option<Timestamp>) {
        if let Some(from) = from {
            self.deadlines.remove(&(from, key.clone()));
        }
        if let Some(to) = to {
            self.deadlines.insert((to, key.clone()));
        }
    }

    /// Gives memory back when most of it is unused. A hash map never does by itself.
    fn shrink(&mut self) {
        if self.slots.capacity() > 64 && self.slots.len() < self.slots.capacity() / 8 {
            self.slots.shrink_to(self.slots.len() * 2);
        }
    }
}

/// The content of a lock. A panic under one cannot leave it half written: the only foreign code that runs there is the
/// clock's, and it runs before the first change.
pub(crate) fn unpoisoned<G>(guard: std::result::Result<G, PoisonError<G>>) -> G {
    guard.unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
