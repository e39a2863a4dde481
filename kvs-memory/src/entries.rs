//! The entries: nodes, one for each key, in a sharded map, an ordered index, and a queue of deadlines in each shard.
//!
//! | structure | read by | written by |
//! |---|---|---|
//! | `Shard::table`, a hash table | every operation on a key | writes that create or remove a key |
//! | `Shard::deadlines`, ordered | the sweeper | writes that set, change or end a deadline |
//! | `Entries::index`, ordered | listings | writes that create or remove a key |
//! | the content of a `Node` | every operation on a key, and listings | every write |
//!
//! While the lock of a shard is free, a node of that shard is in `table` if and only if it is in `index`, and has exactly
//! one ticket in `deadlines` if and only if it has a deadline.
//!
//! **Order of locks: shards by ascending number, then the index, then a node.** An operation on a key holds its shard,
//! and so sees all of a transaction or nothing; a listing holds the index, and no shard. No lock is held across an
//! `await`, and values are dropped after it.
//!
//! **Closing:** the flag is set first, then the shards are emptied one by one. Every operation asks for the flag under the
//! lock that it reads or writes under, so that none takes an emptied shard for an absent key.

mod node;
mod shard;

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::mem;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use foldhash::fast::RandomState;
use kvs_core::{Action, Bytes, Committed, Error, Precondition, Result, Ttl, Version, VersionSource, Versioned, Write};

use self::node::{ByKey, Node};
use self::shard::{Shard, hash_of};
use crate::key::Key;
use crate::op::Op;
use crate::page::Walk;

/// Enough that 64 tasks rarely meet; few enough that a pass over all of them is nothing.
pub(crate) const SHARDS: usize = 64;

/// The most entries that are reclaimed under one hold of a lock.
pub(crate) const SWEEP_BATCH: usize = 256;

/// The most nodes that are freed before other tasks may run.
const FREE_BATCH: usize = 1_000;

pub(crate) struct Entries {
    shards: Box<[RwLock<Shard>]>,
    hasher: RandomState,
    index: RwLock<BTreeSet<ByKey>>,
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
    /// The value that was to be written, if its deadline had passed. Drop it there too.
    _refused: Option<Bytes>,
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
        let hash = self.hash(key);
        let shard = unpoisoned(self.shards[shard_of(hash)].read());
        op.check.open(&self.closed)?;
        // Not `ok_or`, which makes an error and drops it again for each hit.
        match shard.live(op, hash, key, f) {
            Some(read) => Ok(read),
            None => Err(Error::NotFound),
        }
    }

    /// Sets one key, whatever was there: what most writes are, without what the general form moves about.
    pub(crate) fn set(&self, op: &Op<'_>, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        let hash = self.hash(key);
        let mut shard = self.lock(shard_of(hash));
        op.check.open(&self.closed)?;
        let written = self.store(op, &mut shard, hash, key, (value, ttl));
        drop(shard);
        drop(written);
        Ok(())
    }

    /// Removes one key, whatever was there, likewise.
    pub(crate) fn delete(&self, op: &Op<'_>, key: &str) -> Result<()> {
        let hash = self.hash(key);
        let mut shard = self.lock(shard_of(hash));
        op.check.open(&self.closed)?;
        let removed = self.remove(&mut shard, hash, key.as_bytes());
        drop(shard);
        drop(removed);
        Ok(())
    }

    /// Writes one key, if the condition holds.
    pub(crate) fn write(
        &self,
        op: &Op<'_>,
        key: &str,
        condition: Option<Precondition>,
        write: Write,
    ) -> Result<Written> {
        let hash = self.hash(key);
        let mut shard = self.lock(shard_of(hash));
        op.check.open(&self.closed)?;
        if shard.meets(op, hash, key, condition) {
            Ok(self.apply(op, &mut shard, hash, key, write))
        } else {
            Err(Error::conflict([key]))
        }
    }

    /// Writes several keys, if all conditions hold.
    pub(crate) fn commit(&self, op: &Op<'_>, actions: Vec<Action>) -> Result<Committed> {
        let hashes: Vec<u64> = actions.iter().map(|action| self.hash(&action.key)).collect();
        let numbers: BTreeSet<usize> = hashes.iter().copied().map(shard_of).collect();
        // A B-tree gives the numbers in ascending order: that of locking.
        let mut shards: BTreeMap<usize, _> = numbers.into_iter().map(|number| (number, self.lock(number))).collect();
        op.check.open(&self.closed)?;
        // Should the clock panic, then before the first write.
        op.now();

        let fails =
            |(action, hash): &(&Action, &u64)| !shards[&shard_of(**hash)].meets(op, **hash, &action.key, action.check);
        let failed = actions.iter().zip(&hashes).filter(fails);
        let failed: Vec<&str> = failed.map(|(action, _)| action.key.as_str()).collect();
        if !failed.is_empty() {
            return Err(Error::conflict(failed));
        }

        let mut versions = Vec::new();
        let mut replaced = Vec::new();
        for (Action { key, write, .. }, hash) in actions.into_iter().zip(hashes) {
            let (Some(shard), Some(write)) = (shards.get_mut(&shard_of(hash)), write) else {
                continue;
            };
            let removes = matches!(write, Write::Delete);
            let written = self.apply(op, shard, hash, &key, write);
            if !removes {
                versions.push((key, written.version));
            }
            replaced.push(written);
        }
        drop(shards);
        Ok(versions.into_iter().collect())
    }

    /// A step of a walk: adds what `f` makes of the live entries to the page.
    pub(crate) fn list<R>(
        &self,
        op: &Op<'_>,
        walk: &Walk,
        page: &mut Vec<R>,
        f: impl Fn(&Key, &Versioned) -> R,
    ) -> Result<Option<String>> {
        let index = unpoisoned(self.index.read());
        op.check.open(&self.closed)?;
        if walk.range.is_empty() {
            return Ok(None);
        }
        let bounds = (
            Bound::Included(walk.range.start.as_slice()),
            Bound::Excluded(walk.range.end.as_slice()),
        );
        let mut nodes = index.range::<[u8], _>(bounds);
        let mut next = || if walk.reverse { nodes.next_back() } else { nodes.next() };
        let mut last = None;
        for _ in 0..walk.step {
            if page.len() == walk.limit {
                break;
            }
            let Some(node) = next() else { return Ok(None) };
            let stored = node.read();
            if op.is_live(stored.expires_at) {
                page.push(f(&node.key, &stored));
            }
            last = Some(node);
        }
        let more = next().is_some();
        Ok(last.filter(|_| more).map(|node| node.key.to_text()))
    }

    /// Reclaims expired entries of a shard, at most [`SWEEP_BATCH`] of them, and tells how many.
    pub(crate) fn reclaim(&self, op: &Op<'_>, number: usize) -> Result<usize> {
        let mut reclaimed = Vec::new();
        let mut shard = self.lock(number);
        op.check.open(&self.closed)?;
        while reclaimed.len() < SWEEP_BATCH
            && let Some((expires_at, node)) = shard.deadlines.first()
            && !op.is_live(Some(*expires_at))
        {
            let key = node.key.clone();
            let hash = hash_of(&self.hasher, key.as_bytes());
            reclaimed.push(self.remove(&mut shard, hash, key.as_bytes()));
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

    /// Empties a shard of a closed store. The index still holds its nodes.
    pub(crate) fn free_shard(&self, number: usize) {
        let freed = mem::take(&mut *self.lock(number));
        drop(freed);
    }

    /// Frees some nodes of a closed store, whose shards are empty; `false` when nothing is left.
    pub(crate) fn free_index(&self) -> bool {
        let mut index = self.lock_index();
        let freed: Vec<ByKey> = iter::from_fn(|| index.pop_first()).take(FREE_BATCH).collect();
        drop(index);
        freed.len() == FREE_BATCH
    }

    /// Writes a key of a shard that is locked.
    fn apply(&self, op: &Op<'_>, shard: &mut Shard, hash: u64, key: &str, write: Write) -> Written {
        let stored = match write {
            Write::Delete => None,
            Write::Set { value, ttl } => Some((value, ttl)),
            Write::Touch { ttl } => shard.live(op, hash, key, |live| (live.value.clone(), ttl)),
        };
        match stored {
            Some(stored) => self.store(op, shard, hash, key, stored),
            None => self.remove_as(self.versions.next(), shard, hash, key, None),
        }
    }

    #[inline]
    fn store(&self, op: &Op<'_>, shard: &mut Shard, hash: u64, key: &str, (value, ttl): (Bytes, Ttl)) -> Written {
        let version = self.versions.next();
        let current = || shard.live(op, hash, key, |live| live.expires_at).flatten();
        let expires_at = op.expires_at(ttl, current);
        if !op.is_live(expires_at) {
            return self.remove_as(version, shard, hash, key, Some(value));
        }
        let entry = Versioned {
            value,
            version,
            expires_at,
        };
        Written {
            version,
            replaced: self.put(shard, hash, key, entry),
            _refused: None,
        }
    }

    fn remove_as(&self, version: Version, shard: &mut Shard, hash: u64, key: &str, refused: Option<Bytes>) -> Written {
        Written {
            version,
            replaced: self.remove(shard, hash, key.as_bytes()).map(Node::into_stored),
            _refused: refused,
        }
    }

    #[inline]
    fn put(&self, shard: &mut Shard, hash: u64, key: &str, mut stored: Versioned) -> Option<Versioned> {
        if shard.swap(hash, key, &mut stored) {
            return Some(stored);
        }
        let node = Arc::new(Node::new(key, stored));
        shard.insert(&self.hasher, hash, Arc::clone(&node));
        self.lock_index().insert(ByKey(node));
        None
    }

    fn remove(&self, shard: &mut Shard, hash: u64, key: &[u8]) -> Option<Arc<Node>> {
        let node = ByKey(shard.remove(&self.hasher, hash, key)?);
        self.lock_index().remove(&node);
        Some(node.0)
    }

    fn hash(&self, key: &str) -> u64 {
        hash_of(&self.hasher, key.as_bytes())
    }

    fn lock(&self, number: usize) -> RwLockWriteGuard<'_, Shard> {
        unpoisoned(self.shards[number].write())
    }

    fn lock_index(&self) -> RwLockWriteGuard<'_, BTreeSet<ByKey>> {
        unpoisoned(self.index.write())
    }
}

/// By bits of the hash that the table does not look at: it takes the lowest and the seven highest.
fn shard_of(hash: u64) -> usize {
    (hash >> 48) as usize % SHARDS
}

/// The content of a lock. A panic under one cannot leave it half written: the only foreign code that runs there is the
/// clock's, and it runs before the first change.
pub(crate) fn unpoisoned<G>(guard: std::result::Result<G, PoisonError<G>>) -> G {
    guard.unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
