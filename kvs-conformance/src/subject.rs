//! The store under test, as its author describes it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kvs_core::{FullStore, Profile, async_trait};

use crate::exclusion::Exclusion;
use crate::site::Site;

/// A store to be tested: what it says of itself, and how to open it.
///
/// One subject is one configuration. A backend with several (a file and memory, say) has one test target for each.
#[async_trait]
pub trait Subject: Send + Sync + 'static {
    /// What the configuration is called in messages: `"sqlite on a file"`. The name of the backend, unless told.
    fn name(&self) -> &str {
        self.profile().name
    }

    /// What the store promises. The cases are chosen by it, before anything is opened; one case holds the opened
    /// stores to it.
    fn profile(&self) -> Profile;

    /// Which clock the store reads.
    fn time(&self) -> Time {
        Time::Manual
    }

    /// Does opening the same [`Site`] again give the same storage? `true` for a store that persists and that takes
    /// several handles at a time.
    fn reopens(&self) -> bool {
        false
    }

    /// How long a case may take before it counts as hanging: a minute, unless the store is slower than most.
    fn patience(&self) -> Duration {
        Duration::from_mins(1)
    }

    /// What is not tested, and why: cases or groups that cannot run against this configuration. None, by default.
    ///
    /// An excluded case shows in every report with its reason, and withholds the level that it belongs to.
    fn exclusions(&self) -> Vec<Exclusion> {
        Vec::new()
    }

    /// Opens a store at that site, with the site's clock and namespace.
    ///
    /// - Two sites with different ids share nothing.
    /// - Two sites with the same id and different namespaces may lie in one storage, and should where the backend can.
    /// - An evicting store is opened with room for 1,000 entries and 16 MiB, and for less than four times as much.
    async fn open(&self, site: &Site) -> kvs_core::Result<Arc<dyn FullStore>>;

    /// Cleans up after a case, whatever became of it: called once for each site that it opened, when nothing uses them any
    /// more. For what dropping the stores and the site's directory does not remove, such as a table on a server. Nothing,
    /// by default.
    ///
    /// It counts towards the [`patience`](Self::patience) with the case, and is not called after one that hangs.
    async fn release(&self, site: &Site) {
        let _ = site;
    }
}

impl fmt::Debug for dyn Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subject").field(&self.name()).finish()
    }
}

/// A shared subject is one too.
#[async_trait]
impl<S: Subject + ?Sized> Subject for Arc<S> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn profile(&self) -> Profile {
        (**self).profile()
    }

    fn time(&self) -> Time {
        (**self).time()
    }

    fn reopens(&self) -> bool {
        (**self).reopens()
    }

    fn patience(&self) -> Duration {
        (**self).patience()
    }

    fn exclusions(&self) -> Vec<Exclusion> {
        (**self).exclusions()
    }

    async fn open(&self, site: &Site) -> kvs_core::Result<Arc<dyn FullStore>> {
        (**self).open(site).await
    }

    async fn release(&self, site: &Site) {
        (**self).release(site).await;
    }
}

/// Which clock a store under test reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// [`Site::clock`], which the suite moves: expiry is tested to the millisecond, without sleeping.
    #[default]
    Manual,
    /// The clock of the wall, and nothing else: the cases of the group `wall` sleep, and those that need to move the clock
    /// do not apply.
    Wall {
        /// How late an entry may expire, because the store counts in longer units than milliseconds: a second, for one
        /// that counts seconds. At least a millisecond; never early, whatever it is.
        granularity: Duration,
    },
}
