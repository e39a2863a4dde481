//! Removing a namespace with all that it holds.

use std::path::Path;
use std::thread;
use std::time::Duration;

use kvs_core::{Error, ErrorKind, Namespace, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::runtime;
use tokio::sync::oneshot;

use crate::config::{Location, SqliteConfig, SqliteSettings};
use crate::connections::Patience;
use crate::error::Failure;
use crate::handle::SqliteStore;
use crate::open::{connect, literal, prepare_file, run};
use crate::schema;
use crate::sql::{self, Sql};

impl SqliteStore {
    /// Removes the namespace of the configuration with all that it holds, as if it had never been opened: its entries and
    /// documents, its tables and its row in `kvs_format`, and that table if it was the last row.
    ///
    /// - One transaction: whoever looks sees all of it or nothing. It waits for other writers up to
    ///   [`busy_timeout`](SqliteConfig::busy_timeout).
    /// - Nothing else in the file is touched. The file stays, and keeps its size: SQLite uses the room again.
    /// - A namespace or a file that does not exist is fine, and nothing is made. A database in memory has nothing to
    ///   remove.
    /// - Close the handles of the namespace before, in all processes. One that is open fails with `Backend` from then on,
    ///   until the namespace is opened anew. Handles of other namespaces notice nothing.
    /// - What another handle writes before the removal gets its turn is removed; nothing comes after it.
    ///
    /// ```
    /// use kvs_sqlite::{SqliteConfig, SqliteStore, Store, StoreExt, Ttl};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_sqlite::Result<()> {
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("app.db");
    /// let tenant = SqliteConfig::new(path).namespace("tenant-1".parse()?);
    /// let store = SqliteStore::open(tenant.clone()).await?;
    /// store.set_text("greeting", "hello", Ttl::Never).await?;
    /// store.close().await?;
    ///
    /// SqliteStore::remove_namespace(&tenant).await?;
    /// assert!(SqliteStore::open(tenant.create(false)).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Config` without a namespace: what lies in a file without one is never removed in one go. `ReadOnly` for a
    /// configuration or a file that can only be read; `Corrupt` and `Incompatible` for tables that are not ours or newer,
    /// which stay; `Unavailable` if another process holds the file for too long; otherwise as by [`open`](Self::open).
    pub async fn remove_namespace(config: &SqliteConfig) -> Result<()> {
        let removed = match checked(config) {
            Ok(Some((path, namespace))) => removal(path, namespace, &config.settings).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        removed.map_err(|error| error.during("sqlite", "remove_namespace"))
    }
}

/// Where to remove what; `None` if there is nothing.
fn checked(config: &SqliteConfig) -> Result<Option<(&Path, &Namespace)>> {
    config.settings.check()?;
    let Some(namespace) = &config.settings.namespace else {
        return Err(Error::config(
            "no namespace is named, and a store without one is never removed; name the namespace",
        ));
    };
    if config.read_only {
        return Err(Error::read_only(
            "the configuration is read only; leave read_only out to remove a namespace",
        ));
    }
    match &config.location {
        Location::File(path) if path.as_os_str().is_empty() || path.try_exists().unwrap_or(true) => {
            prepare_file(path, false)?;
            Ok(Some((path, namespace)))
        }
        _ => Ok(None),
    }
}

/// Works on a thread of its own, as an open store does.
async fn removal(path: &Path, namespace: &Namespace, settings: &SqliteSettings) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .disable_statement_logging()
        .filename(literal(path.to_owned()))
        .busy_timeout(Duration::ZERO);
    let (namespace, timeout) = (namespace.clone(), settings.busy_timeout);
    let (reply, answer) = oneshot::channel();
    let work = move || {
        let runtime = runtime::Builder::new_current_thread().enable_time().build();
        let removed = match runtime {
            Ok(runtime) => runtime.block_on(remove(&options, &namespace, timeout)),
            Err(error) => Err(Error::backend("the runtime of the removal cannot be started").with_source(error)),
        };
        // Whoever asked may have gone.
        drop(reply.send(removed));
    };
    thread::Builder::new()
        .name("kvs-sqlite".to_owned())
        .spawn(work)
        .map_err(|error| Error::backend("the thread of the removal cannot be started").with_source(error))?;
    let broken = || Error::backend("the removal broke down; this is a bug, please report it").outcome_unknown();
    answer.await.unwrap_or_else(|_| Err(broken()))
}

async fn remove(options: &SqliteConnectOptions, namespace: &Namespace, timeout: Duration) -> Result<()> {
    let mut connection = connect(options, timeout).await?;
    let sql = Sql::new(Some(namespace));
    let mut patience = Patience::new(timeout);
    let removed = loop {
        match attempt(&mut connection, namespace, &sql).await {
            Err(error) if error.kind() == ErrorKind::Unavailable && patience.wait().await => {}
            ended => break ended,
        }
    };
    // What was committed is on the disk.
    let _ = connection.close().await;
    removed
}

async fn attempt(connection: &mut SqliteConnection, namespace: &Namespace, sql: &Sql) -> Result<()> {
    run(connection, sql::BEGIN).await.map_err(Failure::into_error)?;
    let ended = match schema::remove(connection, namespace, sql).await {
        Ok(()) => run(connection, sql::COMMIT).await.map_err(Failure::into_error),
        Err(error) => Err(error),
    };
    if ended.is_err() {
        // It fails where SQLite has rolled back already.
        let _ = run(connection, sql::ROLLBACK).await;
    }
    ended
}
