//! Runs the suite on a `Cache` over memory that would keep a stale value for an hour.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use kvs::{Cache, CacheConfig, Consistency, FullStore, Profile, Registry, Traits};
use kvs_conformance::{Site, Subject, async_trait};

struct Cached;

#[async_trait]
impl Subject for Cached {
    fn name(&self) -> &'static str {
        "a cache over memory"
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("memory");
        profile.traits = Traits::ALL;
        profile.consistency = Consistency::Eventual;
        profile
    }

    async fn open(&self, site: &Site) -> kvs::Result<Arc<dyn FullStore>> {
        let registry = Registry::default().clock(site.clock().clone());
        let store = registry.open("memory:").await?;
        let config = CacheConfig::new()
            .max_age(Duration::from_hours(1))
            .clock(site.clock().clone());
        Ok(Arc::new(Cache::with_config(store, config)))
    }
}

fn main() -> ExitCode {
    kvs_conformance::main(Cached)
}
