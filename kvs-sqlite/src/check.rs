//! The check of a store's file: looks at it from outside and from inside, and changes nothing.

mod file;
mod header;
mod inside;
mod mount;

use std::thread;

use kvs_core::{Error, Finding, Result};
use tokio::runtime;
use tokio::sync::oneshot;

use crate::config::{Location, SqliteConfig, Synchronous};
use crate::handle::SqliteStore;

impl SqliteStore {
    /// Looks at what [`open`](Self::open) would open, and says what is wrong and how to mend it: the file and its mode, the
    /// file system, the journal, the integrity of the database (`PRAGMA quick_check`), the tables, what is stored.
    ///
    /// Nothing is written and no file is made, whether or not other processes have the file open. The integrity check
    /// reads the whole file.
    ///
    /// ```
    /// use kvs_sqlite::{Level, SqliteConfig, SqliteStore};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_sqlite::Result<()> {
    /// let findings = SqliteStore::check(&SqliteConfig::new("no/such/app.db")).await?;
    /// assert_eq!((findings[0].name, findings[0].level), ("file", Level::Bad));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Config` for settings that cannot be. What is wrong with the file is a finding.
    pub async fn check(config: &SqliteConfig) -> Result<Vec<Finding>> {
        config.settings.check()?;
        let config = config.clone();
        let (reply, answer) = oneshot::channel();
        // Files are read on a thread of its own, as in an open store.
        let run = move || drop(reply.send(run(&config)));
        thread::Builder::new()
            .name("kvs-sqlite".to_owned())
            .spawn(run)
            .map_err(|error| Error::backend("the thread of the check cannot be started").with_source(error))?;
        let ended = answer.await;
        ended.unwrap_or_else(|_| Err(Error::backend("the check broke down; this is a bug, please report it")))
    }
}

fn run(config: &SqliteConfig) -> Result<Vec<Finding>> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    let runtime =
        runtime.map_err(|error| Error::backend("the runtime of the check cannot be started").with_source(error))?;
    Ok(runtime.block_on(look(config)))
}

async fn look(config: &SqliteConfig) -> Vec<Finding> {
    let Location::File(path) = &config.location else {
        return vec![Finding::good(
            "file",
            "a database in memory begins empty, and has nothing to check",
        )];
    };
    let mut findings = Vec::new();
    if let Some(access) = file::look(path, config.read_only, &mut findings) {
        inside::look(path, access, &config.settings, &mut findings).await;
    }
    findings.push(durability(config));
    findings
}

fn durability(config: &SqliteConfig) -> Finding {
    let message = match config.synchronous {
        _ if config.read_only => "the store is opened for reading alone",
        Synchronous::Full => "an acknowledged write survives a loss of power",
        Synchronous::Normal => {
            "an acknowledged write survives the end of the process; a loss of power may take it back"
        }
    };
    Finding::good("durability", message)
}
