//! How a `RedbStore` is opened.

use std::{path::PathBuf, sync::Arc};

use kvs_core::{Clock, Namespace};

/// Which file to open, and how.
#[derive(Debug, Clone)]
pub struct RedbConfig {
    /// The file, which is made if there is none. Its directory must be there.
    pub path: PathBuf,
    /// Keeps the entries apart from those of other namespaces in the file.
    pub namespace: Option<Namespace>,
    /// Where the time comes from: `SystemClock`, or a `ManualClock` to test expiry without sleeping.
    pub clock: Arc<dyn Clock>,
}
