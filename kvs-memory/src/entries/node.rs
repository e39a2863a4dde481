//! One entry in memory: its key and what is stored under it, in one allocation that all structures share.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::mem;
use std::ops::Deref;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use kvs_core::Versioned;

use super::unpoisoned;
use crate::key::Key;

pub(super) struct Node {
    pub(super) key: Key,
    /// Free while the lock of the shard is: it is there for listings, which come by the index and hold no shard.
    stored: RwLock<Versioned>,
}

impl Node {
    pub(super) fn new(key: &str, stored: Versioned) -> Self {
        Self {
            key: Key::from(key),
            stored: RwLock::new(stored),
        }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Versioned> {
        unpoisoned(self.stored.read())
    }

    #[inline]
    pub(super) fn swap(&self, stored: &mut Versioned) {
        mem::swap(&mut *unpoisoned(self.stored.write()), stored);
    }

    /// What was stored, of a node that has left all structures.
    pub(super) fn into_stored(self: Arc<Self>) -> Versioned {
        // Nobody else holds it: listings look at nodes under the lock of the index only.
        Arc::try_unwrap(self).map_or_else(
            |shared| shared.read().clone(),
            |node| unpoisoned(node.stored.into_inner()),
        )
    }
}

/// A node that is equal, ordered and looked up by the bytes of its key: the bounds of a
/// [`KeyRange`](kvs_core::KeyRange) need not be UTF-8.
#[derive(Clone)]
pub(super) struct ByKey(pub(super) Arc<Node>);

impl Deref for ByKey {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

impl Borrow<[u8]> for ByKey {
    fn borrow(&self) -> &[u8] {
        self.key.as_bytes()
    }
}

impl Ord for ByKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for ByKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for ByKey {}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
