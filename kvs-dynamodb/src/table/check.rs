//! Looks at a table, and at what is said in it about a namespace.

use aws_sdk_dynamodb::operation::describe_continuous_backups::DescribeContinuousBackupsError;
use kvs_core::{Finding, Result};

use super::attempts::{Attempts, Rejection};
use super::{DynamoTable, findings, wrong_key};
use crate::config::DynamoSettings;
use crate::error::OperationError;
use crate::schema::Layout;

pub(super) async fn run(table: &DynamoTable, settings: &DynamoSettings) -> Result<Vec<Finding>> {
    let attempts = Attempts::new(&table.name, settings.attempt_timeout, settings.operation_timeout);
    let mut all = Vec::new();
    match table.describe(&attempts).await {
        Ok(Some(found)) => {
            all.extend(findings::of_table(&found, &table.name));
            if wrong_key(&found).is_some() {
                return Ok(all);
            }
        }
        Ok(None) => return Ok(vec![findings::missing(&table.name)]),
        Err(rejection) => all.push(unseen("table", "DescribeTable", rejection)?),
    }
    all.push(match table.describe_ttl(&attempts).await {
        Ok(found) => findings::ttl(found.as_ref(), &table.name),
        Err(rejection) => unseen("ttl", "DescribeTimeToLive", rejection)?,
    });
    all.push(record(table, settings, &attempts).await?);
    all.push(backups(table, &attempts).await);
    Ok(all)
}

/// A missing permission is a finding; without an answer there is nothing to tell.
fn unseen(name: &'static str, action: &'static str, rejection: Rejection) -> Result<Finding> {
    if !rejection.is_denied() {
        return Err(rejection.into_error(action));
    }
    Ok(Finding::warning(
        name,
        format!("not looked at: dynamodb:{action} is not allowed"),
        format!("allow dynamodb:{action} to whom checks the table; the application itself does not need it"),
    ))
}

async fn record(table: &DynamoTable, settings: &DynamoSettings, attempts: &Attempts) -> Result<Finding> {
    let request = table
        .client
        .get_item()
        .table_name(&table.name)
        .set_key(Some(Layout::record(settings.namespace.as_ref())))
        .consistent_read(true);
    Ok(match attempts.ask(|| request.clone().send()).await {
        Ok(output) => findings::record(output.item(), settings),
        Err(rejection) if rejection.is_table_missing() => findings::missing(&table.name),
        Err(rejection) if rejection.is_denied() => Finding::bad(
            "namespace",
            "dynamodb:GetItem is not allowed, without which nothing can be read",
            "allow what the policy in the README of kvs-dynamodb lists",
        ),
        Err(rejection) => return Err(rejection.into_error("GetItem")),
    })
}

/// Worth a hint; nothing depends on it, so no failure matters.
async fn backups(table: &DynamoTable, attempts: &Attempts) -> Finding {
    let request = table.client.describe_continuous_backups().table_name(&table.name);
    let answer = attempts.ask(|| request.clone().send()).await.ok();
    let described = answer.and_then(|output| output.continuous_backups_description);
    let recovery = described.and_then(|found| found.point_in_time_recovery_description);
    findings::backups(
        recovery.and_then(|found| found.point_in_time_recovery_status).as_ref(),
        &table.name,
    )
}

impl OperationError for DescribeContinuousBackupsError {}
