//! A part of the entries, which one lock guards: a hash table of nodes, and the queue of their deadlines.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use kvs_core::{Precondition, Timestamp, Versioned};

use super::node::{ByKey, Node};
use crate::op::Op;

/// The hash of a key: it finds the shard, and the place in its table.
pub(super) fn hash_of(hasher: &RandomState, key: &[u8]) -> u64 {
    // Without the length, which `Hash` adds: a key is all that is hashed.
    let mut hasher = hasher.build_hasher();
    hasher.write(key);
    hasher.finish()
}

#[derive(Default)]
pub(super) struct Shard {
    pub(super) table: HashTable<Arc<Node>>,
    /// One ticket for each entry that has a deadline.
    pub(super) deadlines: BTreeSet<(Timestamp, ByKey)>,
}

impl Shard {
    fn find(&self, hash: u64, key: &str) -> Option<&Arc<Node>> {
        self.table.find(hash, |node| node.key.as_bytes() == key.as_bytes())
    }

    /// Reads the live entry of a key.
    #[inline]
    pub(super) fn live<T>(&self, op: &Op<'_>, hash: u64, key: &str, f: impl FnOnce(&Versioned) -> T) -> Option<T> {
        let stored = self.find(hash, key)?.read();
        op.is_live(stored.expires_at).then(|| f(&stored))
    }

    #[inline]
    pub(super) fn meets(&self, op: &Op<'_>, hash: u64, key: &str, condition: Option<Precondition>) -> bool {
        condition.is_none_or(|condition| condition.holds(self.live(op, hash, key, |live| live.version)))
    }

    /// Adds an entry whose key is not there yet.
    pub(super) fn insert(&mut self, hasher: &RandomState, hash: u64, node: Arc<Node>) {
        if let Some(expires_at) = node.read().expires_at {
            self.deadlines.insert((expires_at, ByKey(Arc::clone(&node))));
        }
        self.table
            .insert_unique(hash, node, |node| hash_of(hasher, node.key.as_bytes()));
    }

    /// Exchanges what is stored under a key, if the key is there.
    #[inline]
    pub(super) fn swap(&mut self, hash: u64, key: &str, stored: &mut Versioned) -> bool {
        let Some(node) = self.find(hash, key) else {
            return false;
        };
        let to = stored.expires_at;
        node.swap(stored);
        if stored.expires_at != to {
            let node = Arc::clone(node);
            self.move_ticket(&node, stored.expires_at, to);
        }
        true
    }

    pub(super) fn remove(&mut self, hasher: &RandomState, hash: u64, key: &[u8]) -> Option<Arc<Node>> {
        let found = self.table.find_entry(hash, |node| node.key.as_bytes() == key);
        let (node, _) = found.ok()?.remove();
        let expires_at = node.read().expires_at;
        self.move_ticket(&node, expires_at, None);
        self.shrink(hasher);
        Some(node)
    }

    fn move_ticket(&mut self, node: &Arc<Node>, from: Option<Timestamp>, to: Option<Timestamp>) {
        let ticket = |at| (at, ByKey(Arc::clone(node)));
        if let Some(from) = from {
            self.deadlines.remove(&ticket(from));
        }
        if let Some(to) = to {
            self.deadlines.insert(ticket(to));
        }
    }

    /// Gives memory back when most of it is unused. A hash table never does by itself.
    fn shrink(&mut self, hasher: &RandomState) {
        if self.table.capacity() > 64 && self.table.len() < self.table.capacity() / 8 {
            self.table
                .shrink_to(self.table.len() * 2, |node| hash_of(hasher, node.key.as_bytes()));
        }
    }
}
