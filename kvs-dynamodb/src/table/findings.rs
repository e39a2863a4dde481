//! What the descriptions of a table mean: one function a question, without any request.

use aws_sdk_dynamodb::types::{
    BillingMode, BillingModeSummary, MultiRegionConsistency, PointInTimeRecoveryStatus,
    ProvisionedThroughputDescription, TableDescription, TableStatus, TimeToLiveDescription, TimeToLiveStatus,
};
use kvs_core::Finding;

use super::wrong_key;
use crate::config::DynamoSettings;
use crate::open::recorded_shards;
use crate::schema::{FORMAT, Item, TTL};

/// There is no such table.
pub(super) fn missing(name: &str) -> Finding {
    Finding::bad(
        "table",
        format!("there is no table {name} in this region and account"),
        "check name, region and credentials; or make it: see the README of kvs-dynamodb, or open once with `create_table`",
    )
}

/// All that a description tells.
pub(super) fn of_table(table: &TableDescription, name: &str) -> Vec<Finding> {
    let always = [state(table, name), key(table), billing(table, name)];
    let sometimes = [local_indexes(table), replicas(table)];
    let mut findings: Vec<_> = always.into_iter().collect();
    findings.extend(sometimes.into_iter().flatten());
    findings.push(protection(table, name));
    findings
}

fn state(table: &TableDescription, name: &str) -> Finding {
    const NAME: &str = "table";
    match table.table_status() {
        Some(TableStatus::Active) => Finding::good(NAME, format!("{name} is active")),
        Some(TableStatus::Updating) => {
            Finding::good(NAME, format!("{name} is being updated, and serves requests meanwhile"))
        }
        Some(TableStatus::Creating) => {
            Finding::bad(NAME, format!("{name} is being created"), "wait until it is active")
        }
        Some(TableStatus::Deleting) => Finding::bad(NAME, format!("{name} is being deleted"), "use another table"),
        Some(TableStatus::InaccessibleEncryptionCredentials) => Finding::bad(
            NAME,
            format!("{name} is locked: DynamoDB cannot use its KMS key"),
            "enable the key again, and allow DynamoDB to use it",
        ),
        Some(TableStatus::Archiving | TableStatus::Archived) => Finding::bad(
            NAME,
            format!("{name} was archived, because its KMS key could not be used for too long"),
            "restore it from its backup",
        ),
        other => Finding::bad(
            NAME,
            format!(
                "{name} is in the state {}",
                other.map_or("unknown", TableStatus::as_str)
            ),
            "look at it in the AWS console",
        ),
    }
}

fn key(table: &TableDescription) -> Finding {
    match wrong_key(table) {
        None => Finding::good("key", "the primary key is pk, sk"),
        Some(wrong) => Finding::bad("key", wrong, "a primary key cannot be changed: use another table"),
    }
}

fn billing(table: &TableDescription, name: &str) -> Finding {
    let mode = table.billing_mode_summary().and_then(BillingModeSummary::billing_mode);
    if mode == Some(&BillingMode::PayPerRequest) {
        return Finding::good("billing", "on demand");
    }
    // A table that was never anything else has no summary.
    let capacity = table.provisioned_throughput();
    let reads = capacity
        .and_then(ProvisionedThroughputDescription::read_capacity_units)
        .unwrap_or_default();
    let writes = capacity
        .and_then(ProvisionedThroughputDescription::write_capacity_units)
        .unwrap_or_default();
    Finding::warning(
        "billing",
        format!(
            "provisioned, {reads} read and {writes} write units a second: what exceeds them for long is throttled, and \
             waits or is `Unavailable`"
        ),
        format!(
            "watch the metric ThrottledRequests, or: aws dynamodb update-table --table-name {name} --billing-mode \
             PAY_PER_REQUEST"
        ),
    )
}

fn local_indexes(table: &TableDescription) -> Option<Finding> {
    let count = table.local_secondary_indexes().len();
    (count > 0).then(|| {
        Finding::warning(
            "indexes",
            format!("{count} local secondary indexes: they cap each shard at 10 GB, and every write pays for them"),
            "kvs needs none, and they cannot be removed: move to a table without them",
        )
    })
}

fn replicas(table: &TableDescription) -> Option<Finding> {
    if table.replicas().is_empty() {
        return None;
    }
    Some(
        if table.multi_region_consistency() == Some(&MultiRegionConsistency::Strong) {
            Finding::bad(
                "replicas",
                "a global table with strong consistency: it has no TTL, and refuses the transactions that `commit` needs",
                "use a table of one region, or a global table with eventual consistency that is written in one region only",
            )
        } else {
            Finding::warning(
                "replicas",
                "a global table: of writes to one key in two regions one is lost, conditional writes and transactions included",
                "write each namespace in one region only",
            )
        },
    )
}

fn protection(table: &TableDescription, name: &str) -> Finding {
    let on = table.deletion_protection_enabled() == Some(true);
    Finding::good(
        "deletion",
        if on {
            "protected".to_owned()
        } else {
            format!(
                "not protected; for a table that matters: aws dynamodb update-table --table-name {name} \
                 --deletion-protection-enabled"
            )
        },
    )
}

pub(super) fn backups(status: Option<&PointInTimeRecoveryStatus>, name: &str) -> Finding {
    Finding::good(
        "backups",
        match status {
            Some(PointInTimeRecoveryStatus::Enabled) => "point-in-time recovery is on".to_owned(),
            Some(_) => format!(
                "point-in-time recovery is off; for a table that matters: aws dynamodb update-continuous-backups \
                 --table-name {name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            ),
            None => "not looked at: dynamodb:DescribeContinuousBackups is not allowed, or not known to the server"
                .to_owned(),
        },
    )
}

pub(super) fn ttl(found: Option<&TimeToLiveDescription>, name: &str) -> Finding {
    const NAME: &str = "ttl";
    let attribute = found.and_then(TimeToLiveDescription::attribute_name).unwrap_or(TTL);
    let command = |enabled: bool, attribute: &str| {
        format!(
            "aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification \
             Enabled={enabled},AttributeName={attribute}"
        )
    };
    match found.and_then(TimeToLiveDescription::time_to_live_status) {
        Some(TimeToLiveStatus::Enabled) if attribute == TTL => {
            Finding::good(NAME, format!("on, by the attribute {TTL}"))
        }
        Some(TimeToLiveStatus::Enabling) if attribute == TTL => Finding::good(
            NAME,
            format!("being switched on, by the attribute {TTL}: takes up to an hour"),
        ),
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) => Finding::bad(
            NAME,
            format!(
                "on, but by the attribute {attribute}: expired items are never removed, and cost storage and reads"
            ),
            format!("{}; an hour later: {}", command(false, attribute), command(true, TTL)),
        ),
        Some(TimeToLiveStatus::Disabling) => Finding::warning(
            NAME,
            "being switched off, which takes up to an hour: expired items stay, and cost storage and reads",
            format!("afterwards: {}", command(true, TTL)),
        ),
        _ => Finding::warning(
            NAME,
            "off: expired items are invisible, but stay, and cost storage and reads",
            command(true, TTL),
        ),
    }
}

/// What the record of a namespace says.
pub(super) fn record(found: Option<&Item>, settings: &DynamoSettings) -> Finding {
    const NAME: &str = "namespace";
    let Some(found) = found else {
        return absent(settings);
    };
    let shards = match recorded_shards(found) {
        Ok(shards) => shards,
        Err(error) => return Finding::failed(NAME, &error),
    };
    match settings.shards {
        Some(wanted) if wanted != shards => Finding::bad(
            NAME,
            format!("it was written with {shards} shards, the configuration says {wanted}"),
            format!("leave `shards` out or set it to {shards}; for more shards, copy to a new namespace"),
        ),
        _ => Finding::good(NAME, format!("format {FORMAT}, {shards} shards")),
    }
}

fn absent(settings: &DynamoSettings) -> Finding {
    if settings.create {
        Finding::good("namespace", "never used yet; its record is written on first use")
    } else {
        Finding::bad(
            "namespace",
            "never written to",
            "check its name; the first write makes it: `kvs set`, or open with `create`",
        )
    }
}
