//! The type `memory`.

use std::sync::Arc;

use kvs_core::{FullStore, Result};
use kvs_memory::{MemoryConfig, MemoryStore};

use crate::settings::Settings;

pub(super) async fn open(mut settings: Settings) -> Result<Arc<dyn FullStore>> {
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
    Ok(Arc::new(MemoryStore::open(config)?))
}
