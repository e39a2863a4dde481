//! The suite of the contract, on a database file.

use std::process::ExitCode;
use std::sync::Arc;

use kvs_conformance::{Site, Subject};
use kvs_sqlite::{Durability, FullStore, Profile, Result, SqliteConfig, SqliteStore, Traits, async_trait};

struct File;

#[async_trait]
impl Subject for File {
    fn name(&self) -> &'static str {
        "sqlite file"
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("sqlite");
        profile.format = Some(1);
        profile.traits = Traits::ALL;
        profile.durability = Durability::Power;
        profile
    }

    fn reopens(&self) -> bool {
        true
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let mut config = SqliteConfig::new(site.dir().join("kvs.db")).clock(site.clock().clone());
        if let Some(namespace) = site.namespace() {
            config = config.namespace(namespace.clone());
        }
        Ok(Arc::new(SqliteStore::open(config).await?))
    }
}

fn main() -> ExitCode {
    kvs_conformance::main(File)
}
