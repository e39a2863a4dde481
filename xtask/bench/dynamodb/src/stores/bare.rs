//! The calls of the SDK that an application writes itself, for the same items as ours.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::bail;
use bench_harness::KeyValue;
use kvs_core::{Clock as _, SystemClock};
use kvs_dynamodb::aws_sdk_dynamodb::Client;
use kvs_dynamodb::aws_sdk_dynamodb::primitives::Blob;
use kvs_dynamodb::aws_sdk_dynamodb::types::AttributeValue;

use super::{LIFE, PAGE, PREFIX, Sessions, TABLE};

#[derive(Debug)]
pub(crate) struct Bare {
    client: Client,
    version: AtomicU64,
}

impl Bare {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            version: AtomicU64::new(0),
        }
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

impl KeyValue for Bare {
    async fn get(&self, key: &str) -> anyhow::Result<Option<usize>> {
        let request = self.client.get_item().table_name(TABLE).consistent_read(true);
        let output = request.key("pk", text("v//0")).key("sk", text(key)).send().await?;
        let Some(mut item) = output.item else {
            return Ok(None);
        };
        Ok(Some(value(&mut item)?.len()))
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> anyhow::Result<()> {
        let mut version = [7; 16];
        let count = self.version.fetch_add(1, Ordering::Relaxed);
        version[8..].copy_from_slice(&count.to_be_bytes());
        let expires_at = Duration::from_millis(SystemClock.now().as_millis().try_into()?) + LIFE;
        let request = self.client.put_item().table_name(TABLE);
        request
            .item("pk", text("v//0"))
            .item("sk", text(key))
            .item("val", AttributeValue::B(Blob::new(value)))
            .item("ver", AttributeValue::B(Blob::new(version)))
            .item("exp_ms", AttributeValue::N(expires_at.as_millis().to_string()))
            .item("ttl", AttributeValue::N(expires_at.as_secs().to_string()))
            .send()
            .await?;
        Ok(())
    }

    async fn delete(&self, key: &str) -> anyhow::Result<()> {
        let request = self.client.delete_item().table_name(TABLE);
        request.key("pk", text("v//0")).key("sk", text(key)).send().await?;
        Ok(())
    }
}

impl Sessions for Bare {
    async fn list(&self) -> anyhow::Result<Vec<usize>> {
        let request = self.client.query().table_name(TABLE).consistent_read(true);
        let output = request
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text("v//0"))
            .expression_attribute_values(":prefix", text(PREFIX))
            .limit(PAGE.try_into()?)
            .send()
            .await?;
        let items = output.items.unwrap_or_default().into_iter();
        items
            .map(|mut item| value(&mut item).map(|value| value.len()))
            .collect()
    }
}

fn value(item: &mut HashMap<String, AttributeValue>) -> anyhow::Result<Vec<u8>> {
    match item.remove("val") {
        Some(AttributeValue::B(value)) => Ok(value.into_inner()),
        other => bail!("no value: {other:?}"),
    }
}
