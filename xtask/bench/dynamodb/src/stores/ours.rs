//! DynamoStore, as an application holds it.

use std::sync::Arc;

use bench_harness::KeyValue;
use kvs_dynamodb::aws_sdk_dynamodb::Client;
use kvs_dynamodb::{Bytes, DynamoSettings, DynamoStore, ListOptions, ListableStore, Ttl};

use super::{LIFE, PAGE, PREFIX, Sessions, TABLE};

#[derive(Debug)]
pub(crate) struct Ours(Arc<dyn ListableStore>);

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

impl Sessions for Ours {
    async fn list(&self) -> anyhow::Result<Vec<usize>> {
        let options = ListOptions::new(PREFIX).limit(PAGE).values(true);
        let page = self.0.list_page(&options).await?;
        let values = page.entries.into_iter().map(|entry| entry.value);
        Ok(values.map(|value| value.map_or(0, |value| value.len())).collect())
    }
}
