//! The front door.

use std::sync::Arc;

use kvs_core::{Finding, FullStore, Result};

use crate::config::IntoConfig;
use crate::registry::Registry;

/// Opens a store: a [`Config`](crate::Config), or the URL form of one. The types are the backends that are compiled in; for others, and
/// for another clock, use a [`Registry`].
///
/// ```
/// use kvs::{Config, Limits, Store};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs::Result<()> {
/// let store = kvs::open("memory:").await?;
/// assert_eq!(store.profile().name, "memory");
///
/// let limits = Limits { value_bytes: 8 << 20, ..Limits::PORTABLE };
/// let store = kvs::open(Config::memory().limits(limits)).await?;
/// assert_eq!(store.profile().limits.value_bytes, 8 << 20);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// `Config` for a URL that cannot be read, a type that is unknown or not compiled in (the message names the feature to
/// add), a field or an option that the type does not have; what the storage fails with.
pub async fn open(config: impl IntoConfig) -> Result<Arc<dyn FullStore>> {
    Registry::default().open(config).await
}

/// Looks at the store that [`open`] would open, and says what is wrong and how to mend it, without creating or changing
/// anything. The command `kvs doctor` prints it.
///
/// ```
/// use kvs::Level;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs::Result<()> {
/// let findings = kvs::check("memory:").await?;
/// assert!(findings.iter().all(|finding| finding.level == Level::Good));
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// `Config`, as by [`open`], for what cannot be read or is not compiled in. Whatever else is wrong is a finding.
pub async fn check(config: impl IntoConfig) -> Result<Vec<Finding>> {
    Registry::default().check(config).await
}
