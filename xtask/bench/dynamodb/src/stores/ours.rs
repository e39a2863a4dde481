//! DynamoStore, as an application holds it.

use std::sync::Arc;

use bench_harness::KeyValue;
use kvs_dynamodb::aws_sdk_dynamodb::Client;
use kvs_dynamodb::{Bytes, DynamoSettings, DynamoStore, Store, Ttl};

use super::{LIFE, TABLE};

#[derive(Debug)]
pub(crate) struct Ours(Arc<dyn Store>);

impl Ours {
    pub(crate) async fn open(client: Client) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(
            DynamoStore::from_client(client, TABLE, DynamoSettings::new()).await?,
        )))
    }
}

impl KeyValue for Ours {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        match self.0.get(key).await {
            Ok(value) => Ok(Some(value.len())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.set(key, Bytes::from(value), Ttl::After(LIFE)).await?)
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        Ok(self.0.delete(key).await?)
    }
}
