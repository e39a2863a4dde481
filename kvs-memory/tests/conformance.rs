//! The conformance suite on `MemoryStore`.

use std::process::ExitCode;
use std::sync::Arc;

use kvs_conformance::{Site, Subject, async_trait};
use kvs_memory::{FullStore, MemoryConfig, MemoryStore, Profile, Result, Traits};

struct Memory;

#[async_trait]
impl Subject for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("memory");
        profile.traits = Traits::ALL;
        profile
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let config = MemoryConfig::new().clock(site.clock().clone());
        Ok(Arc::new(MemoryStore::open(config)?))
    }
}

fn main() -> ExitCode {
    kvs_conformance::main(Memory)
}
