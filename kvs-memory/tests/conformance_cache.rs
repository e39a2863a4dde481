//! The conformance suite on `MemoryCache`: what holds for a store that evicts.

use std::process::ExitCode;
use std::sync::Arc;

use kvs_conformance::{Site, Subject, async_trait};
use kvs_memory::{FullStore, MemoryCache, MemoryCacheConfig, Partial, Profile, Result};

struct Cache;

#[async_trait]
impl Subject for Cache {
    fn name(&self) -> &'static str {
        "memory cache"
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("memory-cache");
        profile.evicting = true;
        profile
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let config = MemoryCacheConfig::entries(1_000).clock(site.clock().clone());
        let cache = MemoryCache::open(config)?;
        Ok(Arc::new(Partial::new(cache).build()))
    }
}

fn main() -> ExitCode {
    kvs_conformance::main(Cache)
}
