//! The suite of the contract, on a database in memory.

use std::process::ExitCode;
use std::sync::Arc;

use kvs_conformance::{Site, Subject};
use kvs_sqlite::{FullStore, Profile, Result, SqliteConfig, SqliteStore, Traits, async_trait};

struct Memory;

#[async_trait]
impl Subject for Memory {
    fn name(&self) -> &'static str {
        "sqlite memory"
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("sqlite");
        profile.format = Some(1);
        profile.traits = Traits::ALL;
        profile
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let mut config = SqliteConfig::in_memory().clock(site.clock().clone());
        if let Some(namespace) = site.namespace() {
            config = config.namespace(namespace.clone());
        }
        Ok(Arc::new(SqliteStore::open(config).await?))
    }
}

fn main() -> ExitCode {
    kvs_conformance::main(Memory)
}
