//! Makes the table, beside others that may do the same at the same moment.

use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableDescription, TableStatus,
    Tag, TimeToLiveDescription, TimeToLiveSpecification, TimeToLiveStatus,
};
use kvs_core::{Error, Result};

use super::attempts::Attempts;
use super::{DynamoTable, wrong_key};
use crate::handle::Table;
use crate::schema::{PK, SK, TTL};

/// DynamoDB answers at once, and makes the table afterwards.
const ATTEMPT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_mins(2);

/// How often an order to switch TTL on is given that is refused, although the table still says that it is off.
const ORDERS: u32 = 6;

pub(super) async fn run(table: &DynamoTable, tags: &[(String, String)]) -> Result<()> {
    let attempts = Attempts::new(&table.name, ATTEMPT, WHOLE);
    let description = until_active(table, tags, &attempts).await?;
    if let Some(wrong) = wrong_key(&description) {
        return Err(Error::config(format!(
            "the table {} exists, but {wrong}; use another table",
            table.name
        )));
    }
    switch_ttl_on(table, &attempts).await
}

/// Makes the table where there is none, also after one of that name has been removed, and waits for it.
async fn until_active(table: &DynamoTable, tags: &[(String, String)], attempts: &Attempts) -> Result<TableDescription> {
    let request = request(table, tags).map_err(Table::incomplete)?;
    let mut pause = Attempts::pause();
    loop {
        let described = table.describe(attempts).await;
        let found = described.map_err(|rejection| rejection.into_error("DescribeTable"))?;
        let state = found.as_ref().and_then(|found| found.table_status().cloned());
        match (found, &state) {
            // A table that is being updated serves all requests.
            (Some(found), Some(TableStatus::Active | TableStatus::Updating)) => return Ok(found),
            (Some(_), _) => {}
            // Perhaps it was made a moment ago, and the description lags behind: to ask for it again does no harm.
            (None, _) => make(&request, attempts).await?,
        }
        if !attempts.wait(&mut pause).await {
            return Err(too_late(&table.name, state.as_ref()));
        }
    }
}

async fn make(request: &CreateTableFluentBuilder, attempts: &Attempts) -> Result<()> {
    match attempts.ask(|| request.clone().send()).await {
        Ok(_) => Ok(()),
        // Another program was faster.
        Err(rejection) if rejection.is_in_use() => Ok(()),
        Err(rejection) => Err(rejection.into_error("CreateTable (for tags dynamodb:TagResource too)")),
    }
}

fn request(table: &DynamoTable, tags: &[(String, String)]) -> Result<CreateTableFluentBuilder, BuildError> {
    let mut request = table
        .client
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest);
    for (name, role) in [(PK, KeyType::Hash), (SK, KeyType::Range)] {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        let key = KeySchemaElement::builder().attribute_name(name).key_type(role);
        request = request
            .attribute_definitions(attribute.attribute_type(ScalarAttributeType::S).build()?)
            .key_schema(key.build()?);
    }
    for (name, value) in tags {
        request = request.tags(Tag::builder().key(name).value(value).build()?);
    }
    Ok(request)
}

/// DynamoDB takes this order once and refuses it afterwards, so what counts is what the table says of itself.
async fn switch_ttl_on(table: &DynamoTable, attempts: &Attempts) -> Result<()> {
    let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL);
    let request = table
        .client
        .update_time_to_live()
        .table_name(&table.name)
        .time_to_live_specification(specification.build().map_err(Table::incomplete)?);
    let mut pause = Attempts::pause();
    let mut orders = 0;
    loop {
        let found = table.describe_ttl(attempts).await;
        let found = found.map_err(|rejection| rejection.into_error("DescribeTimeToLive"))?;
        if ttl_is_on(table, found.as_ref())? {
            return Ok(());
        }
        let Err(rejection) = attempts.ask(|| request.clone().send()).await else {
            return Ok(());
        };
        orders += 1;
        let may_end_well = rejection.is_in_use() || (!rejection.is_denied() && orders < ORDERS);
        if !may_end_well || !attempts.wait(&mut pause).await {
            return Err(rejection.into_error("UpdateTimeToLive"));
        }
    }
}

/// # Errors
///
/// If TTL cannot be switched on now.
fn ttl_is_on(table: &DynamoTable, found: Option<&TimeToLiveDescription>) -> Result<bool> {
    let name = &table.name;
    let attribute = found.and_then(TimeToLiveDescription::attribute_name).unwrap_or(TTL);
    match found.and_then(TimeToLiveDescription::time_to_live_status) {
        None | Some(TimeToLiveStatus::Disabled) => Ok(false),
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) if attribute == TTL => Ok(true),
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) => Err(Error::config(format!(
            "the table {name} exists, but its TTL is on the attribute {attribute}, so nothing expired would ever be \
             removed; move it to {TTL}, or open without `create_table`"
        ))),
        Some(_) => Err(Error::unavailable(format!(
            "the TTL of the table {name} is being switched off, which takes up to an hour; try again later, or open \
             without `create_table`"
        ))),
    }
}

fn too_late(name: &str, state: Option<&TableStatus>) -> Error {
    let state = state.map_or("not to be seen yet", TableStatus::as_str);
    Error::timeout(format!(
        "the table {name} was not active after {} s (its state: {state}); look at it in the AWS console, then try again",
        WHOLE.as_secs()
    ))
}
