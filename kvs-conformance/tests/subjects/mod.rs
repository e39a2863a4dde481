//! Subjects that say what a test makes them say, and open what it makes them open.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use kvs_conformance::{Exclusion, Site, Subject, Time, async_trait};
use kvs_core::{FullStore, Profile, Result, Store};
use kvs_memory::{MemoryConfig, MemoryStore};

/// Memory on the site's clock, described by these fields.
pub(crate) struct Says {
    pub(crate) profile: Profile,
    pub(crate) time: Time,
    pub(crate) reopens: bool,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) patience: Duration,
    pub(crate) open: Opener,
}

/// How a store is opened.
pub(crate) type Opener = fn(&Site) -> Pin<Box<dyn Future<Output = Result<Arc<dyn FullStore>>> + Send + '_>>;

/// A store on the clock of the wall that counts in milliseconds.
pub(crate) const WALL: Time = Time::Wall {
    granularity: Duration::from_millis(1),
};

impl Says {
    /// All of it right.
    pub(crate) fn the_truth() -> Self {
        Self {
            profile: MemoryStore::new().profile().clone(),
            time: Time::Manual,
            reopens: false,
            exclusions: Vec::new(),
            patience: Duration::from_mins(1),
            open: |site| Box::pin(async { Ok(Arc::new(memory(site)?) as Arc<dyn FullStore>) }),
        }
    }

    /// The same subject, of which only these groups are tested.
    pub(crate) fn only(mut self, groups: &[&str]) -> Self {
        let all = kvs_conformance::cases().map(kvs_conformance::Case::group);
        let mut others: Vec<&str> = all.filter(|group| !groups.contains(group)).collect();
        others.dedup();
        let exclude = |group: &&str| Exclusion::new(group, "the test is not about it");
        self.exclusions.extend(others.iter().map(exclude));
        self
    }
}

/// A store of its own.
pub(crate) fn memory(site: &Site) -> Result<MemoryStore> {
    MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))
}

#[async_trait]
impl Subject for Says {
    fn name(&self) -> &'static str {
        "memory, as described"
    }

    fn profile(&self) -> Profile {
        self.profile.clone()
    }

    fn time(&self) -> Time {
        self.time
    }

    fn reopens(&self) -> bool {
        self.reopens
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn exclusions(&self) -> Vec<Exclusion> {
        self.exclusions.clone()
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        (self.open)(site).await
    }
}
