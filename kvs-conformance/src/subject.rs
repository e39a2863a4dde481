//! The store under test, as its author describes it.

use std::fmt;
use std::sync::Arc;

use kvs_core::{FullStore, Profile, async_trait};

use crate::site::Site;

/// A store to be tested: what it says of itself, and how to open it.
///
/// One subject is one configuration. A backend with several (a file and memory, say) has one test target for each.
#[async_trait]
pub trait Subject: Send + Sync + 'static {
    /// What the configuration is called in messages: `"sqlite on a file"`.
    fn name(&self) -> &str;

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

    /// Opens a store at that site, with the site's clock and namespace.
    ///
    /// - Two sites with different ids share nothing.
    /// - Two sites with the same id and different namespaces may lie in one storage, and should where the backend can.
    /// - An evicting store is opened with room for 1,000 entries and 16 MiB.
    async fn open(&self, site: &Site) -> kvs_core::Result<Arc<dyn FullStore>>;
}

impl fmt::Debug for dyn Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subject").field(&self.name()).finish()
    }
}

/// Which clock a store under test reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// [`Site::clock`], which the suite moves: expiry is tested to the millisecond, without sleeping.
    #[default]
    Manual,
    /// The clock of the wall, and nothing else: three cases sleep, and those that need to move the clock are ignored.
    Wall,
}
