//! openkeyv: an async key-value store by others, with DynamoDB among its backends.

use anyhow::bail;
use bench_harness::KeyValue;
use kvs_dynamodb::aws_sdk_dynamodb::Client;
use openkeyv::protocol::AsyncKeyValue;
use openkeyv::store::dynamodb::DynamoDBStore;
use openkeyv::value::Value;

use super::{LIFE, OPEN_KEYV_TABLE, Sessions};

pub(crate) struct OpenKeyV(pub(crate) DynamoDBStore);

impl OpenKeyV {
    pub(crate) fn new(client: Client) -> Self {
        Self(DynamoDBStore::from_client(client, OPEN_KEYV_TABLE))
    }
}

impl KeyValue for OpenKeyV {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.0.get(key, None).await?.map(|value| value.len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        Ok(self
            .0
            .put(key, Value::binary(value), None, Some(LIFE.as_secs_f64()))
            .await?)
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.0.delete(key, None).await?;
        Ok(())
    }
}

impl Sessions for OpenKeyV {
    async fn list(&self) -> anyhow::Result<Vec<usize>> {
        bail!("it lists nothing")
    }
}
