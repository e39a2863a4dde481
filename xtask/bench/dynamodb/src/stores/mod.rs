//! Who is compared: the same sessions, each through its own API.

mod bare;
mod open_keyv;
mod ours;

use std::time::Duration;

use bench_harness::KeyValue;
use kvs_dynamodb::aws_sdk_dynamodb::Client;
use kvs_dynamodb::aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Config, Credentials, Region};
use kvs_dynamodb::aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};

pub(crate) use self::bare::Bare;
pub(crate) use self::open_keyv::OpenKeyV;
pub(crate) use self::ours::Ours;

/// The table of ours, and of the bare SDK.
pub(crate) const TABLE: &str = "kvs";
/// The table of openkeyv, whose primary key has other names.
pub(crate) const OPEN_KEYV_TABLE: &str = "openkeyv";

/// How long a session lives.
pub(crate) const LIFE: Duration = Duration::from_secs(30 * 60);

/// What a session holds: with its key and all that a store adds, it stays below the 1,024 bytes of one write unit.
pub(crate) const SESSION: usize = 900;

/// The sessions of one page of a listing.
pub(crate) const PAGE: usize = 100;
pub(crate) const PREFIX: &str = "session:";

/// What is counted beside single sessions, of those who have it.
pub(crate) trait Sessions: KeyValue {
    /// Reads the first page of all sessions, and says how long each of them is.
    async fn list(&self) -> anyhow::Result<Vec<usize>>;
}

/// A client as the SDK makes it, for an endpoint that speaks plain HTTP and believes every signature.
pub(crate) fn client(url: &str) -> Client {
    Client::from_conf(settings(url).build())
}

pub(crate) fn settings(url: &str) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("bench", "bench", None, None, "bench"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

/// Makes both tables, where they are not there yet.
pub(crate) async fn create_tables(client: &Client) -> anyhow::Result<()> {
    for (table, keys) in [(TABLE, ["pk", "sk"]), (OPEN_KEYV_TABLE, ["collection", "key"])] {
        if client.describe_table().table_name(table).send().await.is_ok() {
            continue;
        }
        let mut request = client
            .create_table()
            .table_name(table)
            .billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in keys.into_iter().zip([KeyType::Hash, KeyType::Range]) {
            let text = ScalarAttributeType::S;
            let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(text);
            let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
            request = request
                .attribute_definitions(attribute.build()?)
                .key_schema(key.build()?);
        }
        request.send().await?;
    }
    Ok(())
}
