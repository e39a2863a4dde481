//! What the tests share.

use std::path::{Path, PathBuf};

use kvs_sqlite::sqlx::sqlite::SqliteConnectOptions;
use kvs_sqlite::sqlx::{ConnectOptions as _, SqliteConnection};
use kvs_sqlite::{ErrorKind, Result, SqliteConfig, SqliteStore};
use tempfile::TempDir;

/// A directory that is removed in the end, and the path of a database in it.
pub(crate) struct Site {
    directory: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("kvs.db")
    }

    pub(crate) fn config(&self) -> SqliteConfig {
        SqliteConfig::new(self.path())
    }

    pub(crate) async fn open(&self) -> Result<SqliteStore> {
        SqliteStore::open(self.config()).await
    }
}

/// A connection beside the store, as another program has it.
pub(crate) async fn connection(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options.connect().await.unwrap()
}

/// Opening fails, with that kind and those words.
pub(crate) async fn refused(config: SqliteConfig, kind: ErrorKind, words: &str) {
    let error = SqliteStore::open(config).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let message = error.to_string();
    assert!(
        message.starts_with("sqlite: open: ") && message.contains(words),
        "{message}"
    );
}
