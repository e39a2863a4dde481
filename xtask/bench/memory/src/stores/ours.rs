//! The stores of kvs, as an application holds them.

use std::sync::Arc;

use bench_harness::KeyValue;
use kvs_core::{ErrorKind, FullStore, ListOptions, Ttl};

use super::Ordered;

/// Any of them.
#[derive(Debug)]
pub struct Ours(pub Arc<dyn FullStore>);

impl KeyValue for Ours {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        match self.0.get(key).await {
            Ok(value) => Ok(Some(value.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.set(key, value.into(), Ttl::Never).await?)
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        Ok(self.0.delete(key).await?)
    }
}

impl Ordered for Ours {
    async fn list(&self, after: &str, limit: usize) -> anyhow::Result<usize> {
        let options = ListOptions::new("key:").after(after).limit(limit).values(true);
        Ok(self.0.list_page(&options).await?.entries.len())
    }
}
