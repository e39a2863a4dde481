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

/// Removes the namespace of a configuration with all that it holds, and nothing else: a tenant that leaves, a test that
/// ends.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs::Result<()> {
/// use kvs::{Config, StoreExt, Ttl};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("app.db");
/// let tenant = Config::sqlite(path).namespace("tenant-1".parse()?);
/// let store = kvs::open(&tenant).await?;
/// store.set_text("greeting", "hello", Ttl::Never).await?;
/// store.close().await?;
///
/// kvs::remove_namespace(&tenant, &["users", "orders"]).await?;
/// # Ok(()) }
/// # #[cfg(not(feature = "sqlite"))] fn main() {}
/// ```
///
/// - **Name the collections** that hold documents. On DynamoDB those of a collection that is not named stay, because only
///   a Scan of the whole table could find them; on SQLite all go, named or not.
/// - Close the store before, in all processes. What another handle does meanwhile and afterwards differs:
///   `SqliteStore::remove_namespace` and `DynamoTable::remove_namespace` tell it, and what it costs.
/// - A namespace that does not exist is fine, and nothing is created. Where it fails, it may be done again.
/// - A store in memory has nothing to remove: each is a storage of its own.
///
/// # Errors
///
/// `Config` where the configuration names no namespace: what was stored without one is never removed in one go. Also
/// `Config`, as by [`open`], for what cannot be read or is not compiled in; `ReadOnly`; what the storage fails with.
pub async fn remove_namespace(config: impl IntoConfig, collections: &[&str]) -> Result<()> {
    Registry::default().remove_namespace(config, collections).await
}
