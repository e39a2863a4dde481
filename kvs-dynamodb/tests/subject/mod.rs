//! The backend as the suite sees it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use kvs_conformance::{Site, Subject};
use kvs_dynamodb::{Durability, DynamoConfig, DynamoStore, FullStore, Namespace, Profile, Result, Traits, async_trait};

/// A table at an endpoint, which is asked for when the first store is opened: listing the cases needs no server.
pub(crate) struct Dynamo {
    endpoint: fn() -> String,
    /// A table that exists already, for all sites, where tables are too dear to be made for each.
    table: Option<String>,
}

impl Dynamo {
    pub(crate) fn new(endpoint: fn() -> String) -> Self {
        Self {
            endpoint,
            table: std::env::var("KVS_DYNAMODB_TABLE")
                .ok()
                .filter(|table| !table.is_empty()),
        }
    }
}

#[async_trait]
impl Subject for Dynamo {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("dynamodb");
        profile.format = Some(1);
        profile.traits = Traits::ALL;
        profile.durability = Durability::Power;
        profile.late_writes = true;
        profile
    }

    fn reopens(&self) -> bool {
        true
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let config = match &self.table {
            None => own_table(site),
            Some(table) => shared_table(table, site)?,
        };
        let config = config.endpoint_url((self.endpoint)()).clock(site.clock().clone());
        Ok(Arc::new(DynamoStore::open(config).await?))
    }
}

fn own_table(site: &Site) -> DynamoConfig {
    let config = DynamoConfig::new(site.id()).create_table(true);
    match site.namespace() {
        Some(namespace) => config.namespace(namespace.clone()),
        None => config,
    }
}

/// The namespace tells the sites apart; it has room for a hash of the one that the site asks for.
fn shared_table(table: &str, site: &Site) -> Result<DynamoConfig> {
    let mut hasher = DefaultHasher::new();
    site.namespace().map(Namespace::as_str).hash(&mut hasher);
    let namespace = format!("{}-{:016x}", site.id(), hasher.finish()).parse()?;
    Ok(DynamoConfig::new(table).namespace(namespace))
}
