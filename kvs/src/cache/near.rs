//! The values that are kept in memory.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kvs_core::{Bytes, Clock, Timestamp, is_live};
use moka::future::Cache;

use super::config::{CacheConfig, Capacity};
use super::slots::Writes;

/// moka panics beyond 1,000 years.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

pub(super) struct Near {
    entries: Cache<Box<str>, Kept>,
    /// The writes of keys that are not known one by one.
    bulk: Writes,
    max_age: Duration,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Kept {
    value: Bytes,
    expires_at: Option<Timestamp>,
    /// When the store was asked, so that the age counts from before the answer.
    asked: Instant,
    epoch: u64,
}

impl Near {
    pub(super) fn new(config: CacheConfig) -> Self {
        let CacheConfig {
            capacity,
            max_age,
            clock,
        } = config;
        let builder = Cache::<Box<str>, Kept>::builder().time_to_live(max_age.min(LONGEST));
        let builder = match capacity {
            Capacity::Entries(most) => builder.max_capacity(most),
            Capacity::Bytes(most) => builder
                .max_capacity(most)
                .weigher(|key, kept: &Kept| u32::try_from(key.len() + kept.value.len()).unwrap_or(u32::MAX)),
        };
        Self {
            entries: builder.build(),
            bulk: Writes::default(),
            max_age,
            clock,
        }
    }

    pub(super) async fn get(&self, key: &str) -> Option<Bytes> {
        let kept = self.entries.get(key).await?;
        let is_valid = self.bulk.quiet() == Some(kept.epoch)
            && kept.asked.elapsed() < self.max_age
            && is_live(kept.expires_at, self.clock.now());
        is_valid.then_some(kept.value)
    }

    /// What [`insert`](Self::insert) wants to know of the time before the store was asked.
    pub(super) fn epoch(&self) -> Option<u64> {
        self.bulk.quiet()
    }

    /// The number of writes of many keys that have begun.
    pub(super) fn bulk_writes(&self) -> u64 {
        self.bulk.begun()
    }

    pub(super) async fn insert(
        &self,
        key: &str,
        value: Bytes,
        expires_at: Option<Timestamp>,
        asked: Instant,
        epoch: u64,
    ) {
        if self.max_age.is_zero() {
            return;
        }
        let kept = Kept {
            value,
            expires_at,
            asked,
            epoch,
        };
        self.entries.insert(key.into(), kept).await;
    }

    pub(super) async fn remove(&self, key: &str) {
        self.entries.invalidate(key).await;
    }

    /// Begins a write of any number of keys: what is kept up to its end is never given out again.
    pub(super) fn write_many(&self) -> BulkWriting<'_> {
        self.bulk.begin();
        BulkWriting(self)
    }
}

impl fmt::Debug for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Near")
            .field("entries", &self.entries.entry_count())
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

pub(super) struct BulkWriting<'a>(&'a Near);

impl Drop for BulkWriting<'_> {
    fn drop(&mut self) {
        self.0.bulk.end();
        // Only to free the memory: their epoch is over.
        self.0.entries.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept_of(config: CacheConfig) -> (u64, u64) {
        let near = Near::new(config);
        for i in 0..1_000 {
            let (key, epoch) = (format!("{i:03}"), near.epoch().unwrap());
            near.insert(&key, vec![0; 97].into(), None, Instant::now(), epoch).await;
        }
        near.entries.run_pending_tasks().await;
        (near.entries.entry_count(), near.entries.weighted_size())
    }

    #[tokio::test]
    async fn no_more_is_kept_than_the_capacity() {
        assert_eq!(kept_of(CacheConfig::new()).await.0, 1_000);
        assert!(kept_of(CacheConfig::new().entries(10)).await.0 <= 10);
        let (entries, bytes) = kept_of(CacheConfig::new().bytes(1_000)).await;
        assert!((1..=10).contains(&entries) && bytes <= 1_000, "{entries} {bytes}");
        assert_eq!(kept_of(CacheConfig::new().max_age(Duration::ZERO)).await.0, 0);
    }

    #[tokio::test]
    async fn what_was_kept_before_a_write_of_many_is_not_given_out() {
        let near = Near::new(CacheConfig::new());
        let insert = async |epoch| near.insert("k", "v".into(), None, Instant::now(), epoch).await;
        let before = near.epoch().unwrap();
        insert(before).await;
        assert_eq!(near.get("k").await.unwrap(), "v");
        let writing = near.write_many();
        assert!(near.get("k").await.is_none() && near.epoch().is_none());
        drop(writing);
        insert(before).await;
        assert!(near.get("k").await.is_none());
        insert(near.epoch().unwrap()).await;
        assert_eq!(near.get("k").await.unwrap(), "v");
    }
}
