//! Maps without order, and caches: what a store could be made of.

use bench_harness::KeyValue;
use bytes::Bytes;

/// `dashmap`.
#[derive(Debug, Default)]
pub struct Dash(dashmap::DashMap<String, Bytes>);

impl KeyValue for Dash {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.get(key).map(|value| value.clone().len()))
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

/// `papaya`.
#[derive(Debug, Default)]
pub struct Papaya(papaya::HashMap<String, Bytes>);

impl KeyValue for Papaya {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.pin().get(key).map(|value| value.clone().len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        self.0.pin().insert(key.to_owned(), value.into());
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.0.pin().remove(key);
        Ok(())
    }
}

/// The hash map of `scc`.
#[derive(Debug, Default)]
pub struct SccHash(scc::HashMap<String, Bytes>);

impl KeyValue for SccHash {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.read_async(key, |_, value| value.clone().len()).await)
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

/// The blocking cache of `moka`, without a bound.
#[derive(Debug)]
pub struct MokaSync(moka::sync::Cache<String, Bytes>);

impl Default for MokaSync {
    fn default() -> Self {
        Self(moka::sync::Cache::builder().build())
    }
}

impl KeyValue for MokaSync {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.get(key).map(|value| value.len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        self.0.insert(key.to_owned(), value.into());
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.0.invalidate(key);
        Ok(())
    }
}

/// The async cache of `moka`, without a bound.
#[derive(Debug)]
pub struct MokaFuture(moka::future::Cache<String, Bytes>);

impl Default for MokaFuture {
    fn default() -> Self {
        Self(moka::future::Cache::builder().build())
    }
}

impl KeyValue for MokaFuture {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.get(key).await.map(|value| value.len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        self.0.insert(key.to_owned(), value.into()).await;
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.0.invalidate(key).await;
        Ok(())
    }
}
