//! Maps that keep their keys in order.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use bench_harness::KeyValue;
use bytes::Bytes;
use crossbeam_skiplist::SkipMap;
use scc::{Guard, TreeIndex};

use super::Ordered;

/// The map of the standard library behind one lock.
#[derive(Debug, Default)]
pub struct Locked(RwLock<BTreeMap<String, Bytes>>);

impl KeyValue for Locked {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(map.get(key).map(|value| value.clone().len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        map.insert(key.to_owned(), value.into());
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        Ok(())
    }
}

impl Ordered for Locked {
    async fn list(&self, after: &str, limit: usize) -> anyhow::Result<usize> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let range = map
            .range::<str, _>((Bound::Excluded(after), Bound::Unbounded))
            .take(limit);
        Ok(owned(range))
    }
}

/// `crossbeam-skiplist`.
#[derive(Debug, Default)]
pub struct Skiplist(SkipMap<String, Bytes>);

impl KeyValue for Skiplist {
    const OVERWRITES_AT_ONCE: bool = false;

    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.get(key).map(|entry| entry.value().clone().len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        self.0.insert(key.to_owned(), value.into());
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.0.remove(key);
        Ok(())
    }
}

impl Ordered for Skiplist {
    async fn list(&self, after: &str, limit: usize) -> anyhow::Result<usize> {
        let range = self.0.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        let entries: Vec<_> = range
            .take(limit)
            .map(|entry| (entry.key().clone(), entry.value().clone()))
            .collect();
        Ok(std::hint::black_box(entries).len())
    }
}

/// The B+ tree of `scc`.
#[derive(Debug, Default)]
pub struct SccTree(TreeIndex<String, Bytes>);

impl KeyValue for SccTree {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.peek_with(key, |_, value| value.clone().len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        self.0.upsert_async(key.to_owned(), value.into()).await;
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.0.remove_async(key).await;
        Ok(())
    }
}

impl Ordered for SccTree {
    async fn list(&self, after: &str, limit: usize) -> anyhow::Result<usize> {
        let guard = Guard::new();
        let range = (Bound::Excluded(after), Bound::Unbounded);
        Ok(owned(self.0.range::<str, _>(range, &guard).take(limit)))
    }
}

/// A listing hands out keys and values that outlive the map.
fn owned<'a>(entries: impl Iterator<Item = (&'a String, &'a Bytes)>) -> usize {
    let entries: Vec<_> = entries.map(|(key, value)| (key.clone(), value.clone())).collect();
    std::hint::black_box(entries).len()
}
