//! A place where a store is opened.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use kvs_core::{ManualClock, Namespace};
use tempfile::TempDir;

/// One isolated storage: an id that no other has, a directory of its own, a clock, and perhaps a namespace.
///
/// Clones are the same site. The directory is made when it is asked for, and removed with the last clone.
#[derive(Debug, Clone)]
pub struct Site {
    place: Arc<Place>,
    namespace: Option<Namespace>,
}

#[derive(Debug)]
struct Place {
    id: String,
    dir: OnceLock<TempDir>,
    clock: ManualClock,
}

impl Site {
    pub(crate) fn new() -> Self {
        // Each `RandomState` of a process is another one, and the first is random.
        let id = format!("s{:016x}", RandomState::new().hash_one(std::process::id()));
        Self {
            place: Arc::new(Place {
                id,
                dir: OnceLock::new(),
                clock: ManualClock::default(),
            }),
            namespace: None,
        }
    }

    /// The same storage and clock, with another namespace.
    pub(crate) fn with_namespace(&self, namespace: Namespace) -> Self {
        Self {
            place: Arc::clone(&self.place),
            namespace: Some(namespace),
        }
    }

    /// 17 lower-case letters and digits, different for every site of every run: a name for a table or a database.
    pub fn id(&self) -> &str {
        &self.place.id
    }

    /// An empty directory of its own.
    ///
    /// # Panics
    ///
    /// If the system gives no temporary directory.
    pub fn dir(&self) -> &Path {
        let dir = self.place.dir.get_or_init(|| {
            #[expect(clippy::expect_used, reason = "without a temporary directory nothing can be tested")]
            TempDir::with_prefix("kvs-conformance-").expect("the system gives a temporary directory")
        });
        dir.path()
    }

    /// The clock that the store is to read, where it can.
    pub fn clock(&self) -> &ManualClock {
        &self.place.clock
    }

    /// The namespace to open the store in, if any.
    pub fn namespace(&self) -> Option<&Namespace> {
        self.namespace.as_ref()
    }
}
