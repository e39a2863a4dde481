//! The files that stores are opened on: each has one of its own, made before.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bench_harness::Keys;
use bench_sqlite_load::{Journal, series};
use bytes::Bytes;
use kvs_core::{SetEntry, Store, Ttl};
use rusqlite::Connection;
use tokio::runtime::Runtime;

use crate::stores::{ours, rusqlite as reference, spin};

const KEYV_TABLE: &str = "CREATE TABLE keyv (key TEXT PRIMARY KEY, value TEXT NOT NULL)";
const KEYV_SET: &str = "INSERT INTO keyv (key, value) VALUES (?1, '\"' || CAST(?2 AS TEXT) || '\"')";
/// The most that one `set_many` of ours takes at a time here; it would take more.
const BATCH: usize = 1000;

/// Whose tables a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Those of kvs, made by kvs.
    Ours,
    /// Key and value: ours by hand, and what opendal is told to use.
    Plain,
    Spin,
    /// The value is JSON.
    Keyv,
}

/// Makes files below a folder on a disk.
#[derive(Debug)]
pub(crate) struct Files {
    dir: PathBuf,
    named: Cell<usize>,
}

impl Files {
    /// In `KVS_BENCH_DIR`, or else beside the program. A file system in memory syncs nothing, and is refused.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let beside = || Some(std::env::current_exe().ok()?.parent()?.to_owned());
        let below = std::env::var_os("KVS_BENCH_DIR").map(PathBuf::from).or_else(beside);
        let below = below.context("a folder for the files: set KVS_BENCH_DIR")?;
        let kind = rustix::fs::statfs(&below)
            .with_context(|| below.display().to_string())?
            .f_type;
        ensure!(
            u64::try_from(kind)? != TMPFS,
            "{} is in memory, where a sync costs nothing: set KVS_BENCH_DIR",
            below.display()
        );
        let dir = below.join(format!("bench-sqlite-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        Ok(Self {
            dir,
            named: Cell::new(0),
        })
    }

    /// Where to put a file. No path is given twice: a connection that closes late removes the log of its file by name.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let safe = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        self.named.set(self.named.get() + 1);
        self.dir.join(format!("{}-{safe}.db", self.named.get()))
    }

    /// A new file with the first `entries` keys, in which `series(value_bytes, 0)` lies.
    pub(crate) fn make(&self, runtime: &Runtime, name: &str, content: &Content) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        match content.layout {
            Layout::Ours => runtime.block_on(fill_ours(&path, content))?,
            Layout::Plain => fill(&path, content, reference::TABLE, reference::SET)?,
            Layout::Keyv => fill(&path, content, KEYV_TABLE, KEYV_SET)?,
            Layout::Spin => fill(&path, content, spin::TABLE, &spin::set_in(spin::STORE))?,
        }
        Ok(path)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What cannot be removed lies below the target folder.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// `TMPFS_MAGIC` of Linux.
const TMPFS: u64 = 0x0102_1994;

/// What a new file holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Content {
    pub(crate) layout: Layout,
    pub(crate) journal: Journal,
    pub(crate) entries: usize,
    pub(crate) value_bytes: usize,
}

/// The keys and values of a file.
pub(crate) fn entries(count: usize, value_bytes: usize) -> impl Iterator<Item = (String, Bytes)> {
    let keys: Vec<_> = Keys::new(count).iter().map(str::to_owned).collect();
    keys.into_iter().zip(series(value_bytes, 0))
}

/// What ours is given.
pub(crate) fn set_entries(count: usize, value_bytes: usize) -> Vec<SetEntry> {
    let entry = |(key, value)| SetEntry {
        key,
        value,
        ttl: Ttl::Never,
    };
    entries(count, value_bytes).map(entry).collect()
}

/// Removes a file with its log.
pub(crate) fn remove(path: &Path) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

async fn fill_ours(path: &Path, content: &Content) -> anyhow::Result<()> {
    let store = ours::open_without_waiting(path).await?.0;
    let mut batch = Vec::with_capacity(BATCH);
    for (key, value) in entries(content.entries, content.value_bytes) {
        batch.push(SetEntry::new(key, value));
        if batch.len() == BATCH {
            Store::set_many(&*store, std::mem::take(&mut batch)).await?;
        }
    }
    Store::set_many(&*store, batch).await?;
    Ok(Store::close(&*store).await?)
}

fn fill(path: &Path, content: &Content, table: &str, set: &str) -> anyhow::Result<()> {
    let mut connection = Connection::open(path)?;
    if content.journal == Journal::Wal {
        connection.pragma_update(None, "journal_mode", "WAL")?;
    }
    connection.execute_batch(table)?;
    let transaction = connection.transaction()?;
    {
        let mut statement = transaction.prepare(set)?;
        for (key, value) in entries(content.entries, content.value_bytes) {
            statement.execute((key, &value[..]))?;
        }
    }
    transaction.commit()?;
    // Closing the last connection folds the log into the file.
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}
