//! Keys and values through the cache.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use kvs_core::{
    AtomicStore, Bytes, Committed, Profile, Result, SetEntry, Store, Transaction, Ttl, UpdateFn, Version, Versioned,
};

use super::Cache;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: AtomicStore> Store for Cache<S> {
    async fn get(&self, key: &str) -> Result<Bytes> {
        self.profile().check("get").key(key)?.open(&self.shared.closed)?;
        match self.shared.near.get(key).await {
            Some(value) => Ok(value),
            None => self.load(key).await,
        }
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        let _writing = self.writing(key).await;
        self.shared.store.set(key, value, ttl).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        let _writing = self.writing(key).await;
        self.shared.store.delete(key).await
    }

    async fn close(&self) -> Result<()> {
        self.shared.closed.store(true, Ordering::Release);
        let _writing = self.shared.near.write_many();
        self.shared.store.close().await
    }

    fn profile(&self) -> &Profile {
        &self.shared.profile
    }

    async fn contains(&self, key: &str) -> Result<bool> {
        self.profile().check("contains").key(key)?.open(&self.shared.closed)?;
        if self.shared.near.get(key).await.is_some() {
            return Ok(true);
        }
        self.shared.store.contains(key).await
    }

    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
        self.profile().check("get_many").keys(keys)?.open(&self.shared.closed)?;
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            values.push(self.shared.near.get(key).await);
        }
        let is_missing = |(_, value): &(&&str, &Option<Bytes>)| value.is_none();
        let missing: Vec<&str> = keys
            .iter()
            .zip(&values)
            .filter(is_missing)
            .map(|(key, _)| *key)
            .collect();
        if !missing.is_empty() {
            let mut found = self.shared.store.get_many(&missing).await?.into_iter();
            for value in values.iter_mut().filter(|value| value.is_none()) {
                *value = found.next().flatten();
            }
        }
        Ok(values)
    }

    async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
        // A batch that is refused should not wait for anything first.
        self.profile().check("set_many").entries(&entries)?;
        let keys: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        let _writing = self.writing_all(keys.iter().map(String::as_str)).await;
        self.shared.store.set_many(entries).await
    }

    async fn delete_many(&self, keys: &[&str]) -> Result<()> {
        self.profile().check("delete_many").keys(keys)?;
        let _writing = self.writing_all(keys.iter().copied()).await;
        self.shared.store.delete_many(keys).await
    }

    async fn sweep(&self) -> Result<u64> {
        self.shared.store.sweep().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: AtomicStore> AtomicStore for Cache<S> {
    /// From the store: a version is of use only if it is the present one.
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        self.shared.store.get_versioned(key).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let actions = self.profile().check("commit").transaction(transaction.clone())?;
        let written = actions.iter().filter(|action| action.write.is_some());
        let _writing = self.writing_all(written.map(|action| action.key.as_str())).await;
        self.shared.store.commit(transaction).await
    }

    async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<Version> {
        let _writing = self.writing(key).await;
        self.shared.store.set_if_absent(key, value, ttl).await
    }

    async fn compare_and_set(&self, key: &str, expected: Version, value: Bytes, ttl: Ttl) -> Result<Version> {
        let _writing = self.writing(key).await;
        self.shared.store.compare_and_set(key, expected, value, ttl).await
    }

    async fn compare_and_delete(&self, key: &str, expected: Version) -> Result<()> {
        let _writing = self.writing(key).await;
        self.shared.store.compare_and_delete(key, expected).await
    }

    async fn take(&self, key: &str) -> Result<Bytes> {
        let _writing = self.writing(key).await;
        self.shared.store.take(key).await
    }

    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        let _writing = self.writing(key).await;
        self.shared.store.touch(key, ttl).await
    }

    async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        let _writing = self.writing(key).await;
        self.shared.store.update(key, f).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        let _writing = self.writing(key).await;
        self.shared.store.increment(key, delta).await
    }
}
