//! Opening: the client, and the record that tells the shards of a namespace.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{SharedInterceptor, StalledStreamProtectionConfig};
use kvs_core::{Error, Result};

use crate::call::{Answer, Effect};
use crate::change::{Action, Change, Condition, Request};
use crate::config::{DEFAULT_SHARDS, DynamoSettings, MOST_SHARDS};
use crate::empty::RefuseEmpty;
use crate::handle::Table;
use crate::schema::{self, FORMAT, FORMAT_NUMBER, Item, Layout, SHARDS};

/// The same client, but without retries of its own: they would repeat what must not be repeated.
pub(crate) fn without_retries(client: &Client) -> Client {
    let mut config = client
        .config()
        .to_builder()
        .retry_config(RetryConfig::disabled())
        // Each attempt has its timeout here.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    // Permanent, because the SDK asks of any other, at each of its hooks, whether it was disabled.
    config.push_interceptor(SharedInterceptor::permanent(RefuseEmpty));
    Client::from_conf(config.build())
}

/// The number of shards of a namespace: the recorded one, or the configured one, which is recorded then.
pub(crate) async fn shards(table: &Table, settings: &DynamoSettings) -> Result<u16> {
    let key = Layout::record(settings.namespace.as_ref());
    let record = match read_record(table, &key).await? {
        Some(record) => record,
        None if settings.create => {
            let shards = settings.shards.unwrap_or(DEFAULT_SHARDS);
            match write_record(table, &key, shards).await {
                Ok(()) => match read_record(table, &key).await? {
                    Some(record) => record,
                    None => {
                        return Err(Error::backend(
                            "the record of the namespace was removed at once; open again",
                        ));
                    }
                },
                Err(error) if error.kind() == kvs_core::ErrorKind::PermissionDenied => {
                    tracing::warn!(
                        table = table.name,
                        shards,
                        "the record of the namespace is missing and may not be written; taking the configured shards"
                    );
                    return Ok(shards);
                }
                Err(error) => return Err(error),
            }
        }
        None => {
            return Err(Error::config(
                "the table was never written to in this namespace, or without one; a first write makes it (`kvs set`, or open with `create`)",
            ));
        }
    };
    agreed_shards(&record, settings)
}

/// The recorded number of shards, unless another one is configured.
pub(crate) fn agreed_shards(record: &Item, settings: &DynamoSettings) -> Result<u16> {
    let recorded = recorded_shards(record)?;
    match settings.shards {
        Some(shards) if shards != recorded => Err(Error::config(format!(
            "shards is {shards}, but this namespace was made with {recorded}; leave it out, or copy to a new namespace"
        ))),
        _ => Ok(recorded),
    }
}

/// The record of a namespace, read consistently.
pub(crate) async fn read_record(table: &Table, key: &Item) -> Result<Option<Item>> {
    let request = table.client.get_item().table_name(&table.name);
    let request = request.set_key(Some(key.clone())).consistent_read(true);
    let answer = table.ask(Effect::Nothing, || request.clone().send()).await?;
    Ok(answer.item)
}

/// The number of shards that a record tells, if it is of a format that we know.
pub(crate) fn recorded_shards(record: &Item) -> Result<u16> {
    let format = schema::integer(record, FORMAT_NUMBER)?;
    if format < 1 {
        return Err(Error::corrupt(
            "the record of the namespace tells no possible format; was it written by another program?",
        ));
    }
    if format > i64::from(FORMAT) {
        return Err(Error::incompatible(format!(
            "the table has the format {format}, this version reads up to {FORMAT}; use a newer one"
        )));
    }
    let shards = u16::try_from(schema::integer(record, SHARDS)?).ok();
    shards
        .filter(|shards| (1..=MOST_SHARDS).contains(shards))
        .ok_or_else(|| {
            Error::corrupt(
                "the record of the namespace tells no possible number of shards; restore it, or use another namespace",
            )
        })
}

async fn write_record(table: &Table, key: &Item, shards: u16) -> Result<()> {
    let mut item = key.clone();
    item.insert(FORMAT_NUMBER.to_owned(), schema::number(FORMAT.into()));
    item.insert(SHARDS.to_owned(), schema::number(shards.into()));
    let change = Change {
        key: key.clone(),
        action: Action::Put(item),
        condition: Condition::NoDocument,
    };
    let Some(Request::Put(request)) = change.request(&table.client, &table.name) else {
        return Ok(());
    };
    // Refused means that somebody else was faster.
    match table.send(Effect::Repeatable, || request.clone().send()).await? {
        Answer::Done(_) | Answer::Refused(_) => Ok(()),
    }
}
