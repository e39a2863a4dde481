//! Files that are looked at past SQLite.
//!
//! A process that closes any descriptor of a file gives up all its POSIX locks on it, those of SQLite's connections too:
//! another process could then take the log of an open store away. So what was opened once stays open.

#[cfg(unix)]
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

/// One for each file, known by device and number; the path may come to name another one.
#[cfg(unix)]
static KEPT: Mutex<BTreeMap<(u64, u64), Arc<File>>> = Mutex::new(BTreeMap::new());

/// The file, open for reading until the process ends.
#[cfg(unix)]
pub(crate) fn open(path: &Path) -> io::Result<Arc<File>> {
    use std::os::unix::fs::MetadataExt as _;
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let found = std::fs::metadata(path)?;
    if let Some(file) = kept.get(&(found.dev(), found.ino())) {
        return Ok(Arc::clone(file));
    }
    let file = Arc::new(File::open(path)?);
    let opened = file.metadata()?;
    kept.insert((opened.dev(), opened.ino()), Arc::clone(&file));
    Ok(file)
}

/// The file, open for reading. Locks belong to descriptors here.
#[cfg(not(unix))]
pub(crate) fn open(path: &Path) -> io::Result<Arc<File>> {
    File::open(path).map(Arc::new)
}
