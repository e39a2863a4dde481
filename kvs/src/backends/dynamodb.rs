//! The type `dynamodb`.

use std::sync::Arc;

use kvs_core::{Error, Finding, FullStore, Limits, Result, async_trait};
use kvs_dynamodb::{DynamoConfig, DynamoStore, Reads};

use crate::registry::Opener;
use crate::settings::Settings;

const READS: [(&str, Reads); 2] = [("consistent", Reads::Consistent), ("eventual", Reads::Eventual)];

pub(super) struct DynamoDb;

#[async_trait]
impl Opener for DynamoDb {
    async fn open(&self, settings: Settings) -> Result<Arc<dyn FullStore>> {
        // The SDK's futures are large.
        let store = Box::pin(DynamoStore::open(config(settings)?)).await?;
        Ok(Arc::new(store))
    }

    async fn check(&self, settings: Settings) -> Result<Vec<Finding>> {
        let config = config(settings)?;
        Box::pin(DynamoStore::check(&config)).await
    }

    async fn remove_namespace(&self, settings: Settings, collections: &[&str]) -> Result<()> {
        let config = config(settings)?;
        Box::pin(DynamoStore::remove_namespace(&config, collections)).await
    }
}

fn config(mut settings: Settings) -> Result<DynamoConfig> {
    let config = read(&mut settings)?;
    settings.finish()?;
    Ok(config)
}

fn read(settings: &mut Settings) -> Result<DynamoConfig> {
    let table = settings
        .take_table_name()
        .filter(|table| !table.is_empty())
        .ok_or_else(|| {
            Error::config("the type `dynamodb` needs a table: `dynamodb://table`, or `table_name: table`")
        })?;
    let mut config = DynamoConfig::new(table);
    if let Some(region) = settings.take_region() {
        config = config.region(region);
    }
    if let Some(namespace) = settings.take_namespace() {
        config = config.namespace(namespace);
    }
    if settings.take_limits().is_some_and(|limits| limits != Limits::PORTABLE) {
        return Err(Error::config(
            "the type `dynamodb` has the portable limits and no others, since an item holds 400 KB; leave `limits` out",
        ));
    }
    if let Some(clock) = settings.clock() {
        config = config.clock(clock);
    }
    let config = read_table(settings, config)?;
    read_times(settings, config)
}

/// What is made and how it is read.
fn read_table(settings: &mut Settings, mut config: DynamoConfig) -> Result<DynamoConfig> {
    if let Some(url) = settings.take_text("endpoint_url")? {
        config = config.endpoint_url(url);
    }
    if let Some(create) = settings.take_bool("create_table")? {
        config = config.create_table(create);
    }
    if let Some(create) = settings.take_bool("create")? {
        config = config.create(create);
    }
    if let Some(shards) = settings.take_u64("shards")? {
        let too_many = |_| Error::config("the option `shards` of the type `dynamodb` is too large; it is 1 to 256");
        config = config.shards(shards.try_into().map_err(too_many)?);
    }
    if let Some(reads) = settings.take_word("reads", &READS)? {
        config = config.reads(reads);
    }
    Ok(config)
}

fn read_times(settings: &mut Settings, mut config: DynamoConfig) -> Result<DynamoConfig> {
    if let Some(timeout) = settings.take_duration("connect_timeout")? {
        config = config.connect_timeout(timeout);
    }
    if let Some(timeout) = settings.take_duration("attempt_timeout")? {
        config = config.attempt_timeout(timeout);
    }
    if let Some(timeout) = settings.take_duration("operation_timeout")? {
        config = config.operation_timeout(timeout);
    }
    Ok(config)
}
