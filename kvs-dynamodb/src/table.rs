//! The table itself, apart from what is stored in it: made on request, and looked at by the doctor. `remove.rs` takes a
//! namespace out of it.

mod attempts;
mod check;
mod create;
mod findings;

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeyType, ScalarAttributeType, TableDescription, TimeToLiveDescription};
use kvs_core::{Finding, Result};

use self::attempts::{Attempts, Rejection};
use crate::config::DynamoSettings;
use crate::open::without_retries;
use crate::schema::{PK, SK};

/// A table, apart from what is stored in it: to make it, to look whether it fits, to remove a namespace from it.
///
/// No store does this by itself. It needs permissions that a running application need not have, which the crate's front page
/// lists, and a tokio runtime with its timer and, for what the client asks, its sockets.
///
/// ```no_run
/// # async fn example(client: aws_sdk_dynamodb::Client) -> kvs_dynamodb::Result<()> {
/// use kvs_dynamodb::{DynamoSettings, DynamoTable};
/// let table = DynamoTable::from_client(client, "app");
/// table.create(&[("team".into(), "checkout".into())]).await?;
/// for finding in table.check(&DynamoSettings::new()).await? {
///     println!("{finding}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DynamoTable {
    client: Client,
    name: String,
}

impl fmt::Debug for DynamoTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client would show its configuration.
        f.debug_struct("DynamoTable")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl DynamoTable {
    /// The table of that name, as this client reaches it.
    #[expect(clippy::needless_pass_by_value, reason = "as `DynamoStore::from_client` takes it")]
    pub fn from_client(client: Client, name: impl Into<String>) -> Self {
        Self {
            client: without_retries(&client),
            name: name.into(),
        }
    }

    /// Makes the table if it does not exist: on-demand billing, TTL on the attribute `ttl`, and these tags. Waits until it
    /// is active, for up to two minutes.
    ///
    /// Any number of programs may do so at once. A table that exists keeps its billing and its tags; if its TTL is off, it
    /// is switched on.
    ///
    /// # Errors
    ///
    /// `Config` if the table exists with another primary key or with its TTL on another attribute; `Timeout` if it is not
    /// active in time; `PermissionDenied`, which names the missing permission.
    pub async fn create(&self, tags: &[(String, String)]) -> Result<()> {
        // On the heap, as is what `check` does: the requests of the SDK are large, and so would be every future around.
        let created = Box::pin(create::run(self, tags)).await;
        created.map_err(|error| error.during("dynamodb", "create_table"))
    }

    /// Looks whether a store with these settings would find all that it needs: the table, its primary key, its TTL, the
    /// record of the namespace, and what costs or endangers data. Changes nothing.
    ///
    /// What is wrong, a missing permission included, is a finding that says how to mend it.
    ///
    /// # Errors
    ///
    /// Only where the question got no answer: `Timeout`, `Unavailable`, and what the client itself cannot do.
    pub async fn check(&self, settings: &DynamoSettings) -> Result<Vec<Finding>> {
        let checked = match settings.check() {
            Ok(()) => Box::pin(check::run(self, settings)).await,
            Err(error) => Err(error),
        };
        checked.map_err(|error| error.during("dynamodb", "check"))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The description of the table; `None` if it does not exist.
    async fn describe(&self, attempts: &Attempts) -> Result<Option<TableDescription>, Rejection> {
        let answer = attempts
            .ask(|| self.client.describe_table().table_name(&self.name).send())
            .await;
        match answer {
            Ok(output) => Ok(output.table),
            Err(rejection) if rejection.is_table_missing() => Ok(None),
            Err(rejection) => Err(rejection),
        }
    }

    /// What the table does about items that expire.
    async fn describe_ttl(&self, attempts: &Attempts) -> Result<Option<TimeToLiveDescription>, Rejection> {
        let answer = attempts
            .ask(|| self.client.describe_time_to_live().table_name(&self.name).send())
            .await?;
        Ok(answer.time_to_live_description)
    }
}

/// What is wrong with the primary key of a table; `None` if it is ours.
fn wrong_key(table: &TableDescription) -> Option<String> {
    let found = table.key_schema().iter().map(|element| {
        let attribute = element.attribute_name();
        let definition = table
            .attribute_definitions()
            .iter()
            .find(|d| d.attribute_name() == attribute);
        let letter = definition.map_or("?", |definition| definition.attribute_type().as_str());
        (attribute, letter, element.key_type().as_str())
    });
    let found: Vec<_> = found.collect();
    let string = ScalarAttributeType::S;
    let wanted = [
        (PK, string.as_str(), KeyType::Hash.as_str()),
        (SK, string.as_str(), KeyType::Range.as_str()),
    ];
    if wanted.iter().all(|part| found.contains(part)) && found.len() == wanted.len() {
        return None;
    }
    let found: Vec<_> = found
        .iter()
        .map(|(name, letter, role)| format!("{name} ({letter}, {role})"))
        .collect();
    Some(format!(
        "the primary key is {}; it must be {PK} (S, HASH), {SK} (S, RANGE)",
        found.join(", ")
    ))
}
