//! The type `memory`.

use std::sync::Arc;

use kvs_core::{Finding, FullStore, Result, async_trait};
use kvs_memory::{MemoryConfig, MemoryStore};

use crate::registry::Opener;
use crate::settings::Settings;

pub(super) struct Memory;

#[async_trait]
impl Opener for Memory {
    async fn open(&self, settings: Settings) -> Result<Arc<dyn FullStore>> {
        Ok(Arc::new(MemoryStore::open(config(settings)?)?))
    }

    async fn check(&self, settings: Settings) -> Result<Vec<Finding>> {
        MemoryStore::open(config(settings)?)?;
        let message = "a store in memory begins empty, and has nothing to check";
        Ok(vec![Finding::good("memory", message)])
    }

    async fn remove_namespace(&self, settings: Settings, _: &[&str]) -> Result<()> {
        config(settings).map(drop)
    }
}

fn config(mut settings: Settings) -> Result<MemoryConfig> {
    let mut config = MemoryConfig::new();
    // Each store in memory is a storage of its own, so that a namespace has nothing to keep apart.
    settings.take_namespace();
    if let Some(limits) = settings.take_limits() {
        config = config.limits(limits);
    }
    if let Some(interval) = settings.take_duration("sweep_interval")? {
        config = config.sweep_interval(interval);
    }
    if let Some(clock) = settings.clock() {
        config = config.clock(clock);
    }
    settings.finish()?;
    Ok(config)
}
