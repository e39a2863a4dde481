//! A table of a test's own, seen and changed past the store.

use std::collections::{BTreeMap, HashMap};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ProvisionedThroughput, ScalarAttributeType, TableDescription, TimeToLiveDescription,
    TimeToLiveSpecification,
};
use kvs_dynamodb::{DynamoConfig, DynamoSettings, DynamoStore, DynamoTable, Finding, Level, Result};

use crate::emulator;
use crate::server::{ACCESS_KEY, FaultServer, REGION};

pub(crate) struct Site {
    client: Client,
    name: String,
}

impl Site {
    pub(crate) fn new(test: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            client: client(&emulator::endpoint()),
            name: format!("kvs-table-{}-{number}-{test}", process::id()),
        }
    }

    /// The same table, reached by way of a server.
    pub(crate) fn behind(&self, server: &FaultServer) -> Self {
        Self {
            client: client(&server.url()),
            name: self.name.clone(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn table(&self) -> DynamoTable {
        DynamoTable::from_client(self.client.clone(), &self.name)
    }

    pub(crate) fn config(&self) -> DynamoConfig {
        DynamoConfig::new(&self.name)
            .endpoint_url(emulator::endpoint())
            .region(REGION)
            .credentials(credentials())
    }

    pub(crate) async fn open(&self, settings: DynamoSettings) -> Result<DynamoStore> {
        Box::pin(DynamoStore::from_client(self.client.clone(), &self.name, settings)).await
    }

    pub(crate) async fn check(&self, settings: DynamoSettings) -> Vec<Finding> {
        self.table().check(&settings).await.unwrap()
    }

    pub(crate) async fn describe(&self) -> TableDescription {
        let answer = self.client.describe_table().table_name(&self.name).send().await;
        answer.unwrap().table.unwrap()
    }

    pub(crate) async fn describe_ttl(&self) -> TimeToLiveDescription {
        let answer = self.client.describe_time_to_live().table_name(&self.name).send().await;
        answer.unwrap().time_to_live_description.unwrap()
    }

    /// The primary keys of all items, in their order.
    pub(crate) async fn partitions_and_keys(&self) -> Vec<(String, String)> {
        let answer = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .send()
            .await;
        let items = answer.unwrap().items.unwrap_or_default();
        let text = |item: &HashMap<String, AttributeValue>, name| item[name].as_s().unwrap().clone();
        let mut keys: Vec<_> = items.iter().map(|item| (text(item, "pk"), text(item, "sk"))).collect();
        keys.sort();
        keys
    }

    /// All items, as they are stored.
    pub(crate) async fn items(&self) -> Vec<String> {
        let request = self.client.scan().table_name(&self.name).consistent_read(true);
        let items = request.send().await.unwrap().items.unwrap_or_default();
        let sorted = |item: HashMap<_, _>| BTreeMap::from_iter(item);
        let mut items: Vec<String> = items.into_iter().map(|item| format!("{:?}", sorted(item))).collect();
        items.sort();
        items
    }

    /// A table that another program made, with that primary key.
    pub(crate) async fn create_with(&self, attributes: &[(&str, &str)]) {
        let request = self.with_key(attributes).billing_mode(BillingMode::PayPerRequest);
        request.send().await.unwrap();
        self.wait_until_active().await;
    }

    /// A table of 7 read and 3 write units a second, with a local secondary index.
    pub(crate) async fn create_provisioned_with_index(&self) {
        let capacity = ProvisionedThroughput::builder()
            .read_capacity_units(7)
            .write_capacity_units(3);
        let index = LocalSecondaryIndex::builder()
            .index_name("by_time")
            .key_schema(key("pk", KeyType::Hash))
            .key_schema(key("time", KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
        let request = self
            .with_key(&[("pk", "S"), ("sk", "S")])
            .attribute_definitions(attribute("time", "N"))
            .local_secondary_indexes(index.build().unwrap())
            .billing_mode(BillingMode::Provisioned)
            .provisioned_throughput(capacity.build().unwrap());
        request.send().await.unwrap();
        self.wait_until_active().await;
    }

    pub(crate) async fn switch_ttl_on(&self, attribute: &str) {
        let order = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(attribute);
        let request = self.client.update_time_to_live().table_name(&self.name);
        let request = request.time_to_live_specification(order.build().unwrap());
        request.send().await.unwrap();
    }

    /// A record of a namespace, with these numbers.
    pub(crate) async fn put_record(&self, partition: &str, numbers: &[(&str, &str)]) {
        let mut request = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("pk", AttributeValue::S(partition.to_owned()))
            .item("sk", AttributeValue::S("kvs".to_owned()));
        for (name, number) in numbers {
            request = request.item(*name, AttributeValue::N((*number).to_owned()));
        }
        request.send().await.unwrap();
    }

    pub(crate) async fn remove(self) {
        self.client.delete_table().table_name(&self.name).send().await.unwrap();
    }

    fn with_key(&self, attributes: &[(&str, &str)]) -> CreateTableFluentBuilder {
        let mut request = self.client.create_table().table_name(&self.name);
        for ((name, letter), role) in attributes.iter().zip([KeyType::Hash, KeyType::Range]) {
            request = request
                .attribute_definitions(attribute(name, letter))
                .key_schema(key(name, role));
        }
        request
    }

    async fn wait_until_active(&self) {
        while self
            .describe()
            .await
            .table_status()
            .is_none_or(|status| status.as_str() != "ACTIVE")
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint)
        .region(Region::new(REGION))
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, "secret", None, None, "tests")
}

/// The attributes of the primary key.
pub(crate) fn attribute_names(table: &TableDescription) -> Vec<&str> {
    table
        .key_schema()
        .iter()
        .map(KeySchemaElement::attribute_name)
        .collect()
}

/// The finding of that name.
pub(crate) fn of<'a>(findings: &'a [Finding], name: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.name == name).unwrap()
}

/// The worst level.
pub(crate) fn level(findings: &[Finding]) -> Level {
    findings.iter().map(|finding| finding.level).max().unwrap()
}

fn attribute(name: &str, letter: &str) -> AttributeDefinition {
    let attribute = AttributeDefinition::builder().attribute_name(name);
    attribute
        .attribute_type(ScalarAttributeType::from(letter))
        .build()
        .unwrap()
}

fn key(name: &str, role: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(role)
        .build()
        .unwrap()
}
