//! The conformance suite on redb.
use std::{process::ExitCode, sync::Arc};

use kvs_conformance::{Site, Subject, async_trait};
use kvs_redb::{FullStore, Profile, RedbConfig, RedbStore, Result};

struct Redb;
#[async_trait]
impl Subject for Redb {
    fn profile(&self) -> Profile {
        RedbStore::declared()
    }
    fn reopens(&self) -> bool {
        true
    }
    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let (path, clock) = (site.dir().join("store.redb"), Arc::new(site.clock().clone()));
        let store = RedbStore::open(RedbConfig { path, clock, namespace: site.namespace().cloned() }).await?;
        Ok(Arc::new(store))
    }
}
fn main() -> ExitCode {
    kvs_conformance::main(Redb)
}
