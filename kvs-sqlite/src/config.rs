//! What a store is opened with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kvs_core::{Clock, Error, Limits, Namespace, Result, SystemClock};

/// The longest wait for a lock that can be asked for; SQLite counts milliseconds in an i32.
const MOST_BUSY_TIMEOUT: Duration = Duration::from_hours(24);

/// SQLite holds no row longer than 1,000,000,000 bytes; this leaves room for the key and the rest.
const MOST_BYTES: usize = 999_000_000;

const MOST_READERS: usize = 64;

/// Where the database is, and how to open it.
///
/// ```
/// use std::time::Duration;
/// use kvs_sqlite::{SqliteConfig, Synchronous};
/// let config = SqliteConfig::new("app.db").synchronous(Synchronous::Normal).busy_timeout(Duration::from_secs(30));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a configuration does nothing until a store is opened with it"]
pub struct SqliteConfig {
    pub(crate) location: Location,
    pub(crate) synchronous: Synchronous,
    pub(crate) create: bool,
    pub(crate) read_only: bool,
    pub(crate) settings: SqliteSettings,
}

/// A file, or memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    File(PathBuf),
    Memory,
}

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Synchronous {
    /// A loss of power: each group of writes is synced to the disk before it is acknowledged.
    #[default]
    Full,
    /// The end of the process, also a violent one. A loss of power may take back the last writes, in order, and never
    /// damages the file. Writes are several times faster.
    Normal,
}

impl SqliteConfig {
    /// A database file, which is created if it does not exist. The path `:memory:` means [`in_memory`](Self::in_memory).
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self::at(if path == Path::new(":memory:") {
            Location::Memory
        } else {
            Location::File(path.to_owned())
        })
    }

    /// A database in memory: one, for all handles of the store, and gone when the store is.
    pub fn in_memory() -> Self {
        Self::at(Location::Memory)
    }

    fn at(location: Location) -> Self {
        Self {
            location,
            synchronous: Synchronous::default(),
            create: true,
            read_only: false,
            settings: SqliteSettings::default(),
        }
    }

    /// What an acknowledged write survives: [`Synchronous::Full`] unless told.
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Create the file, and the tables of the namespace in it, if they do not exist: yes, unless told. With `false` where
    /// one is missing, opening is an error of kind `Config`, and nothing has changed.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Open the file only for reading: every write is `ReadOnly`, and nothing is created. The file must hold the tables
    /// of a store already.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// See [`SqliteSettings::namespace`].
    pub fn namespace(mut self, namespace: Namespace) -> Self {
        self.settings = self.settings.namespace(namespace);
        self
    }

    /// See [`SqliteSettings::clock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings = self.settings.clock(clock);
        self
    }

    /// See [`SqliteSettings::limits`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings = self.settings.limits(limits);
        self
    }

    /// See [`SqliteSettings::busy_timeout`].
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.settings = self.settings.busy_timeout(timeout);
        self
    }

    /// See [`SqliteSettings::sweep_interval`].
    pub fn sweep_interval(mut self, interval: Duration) -> Self {
        self.settings = self.settings.sweep_interval(interval);
        self
    }

    /// See [`SqliteSettings::readers`].
    pub fn readers(mut self, readers: usize) -> Self {
        self.settings = self.settings.readers(readers);
        self
    }
}

/// What does not depend on where the database is: the part of [`SqliteConfig`] that
/// [`from_options`](crate::SqliteStore::from_options) and [`from_pool`](crate::SqliteStore::from_pool) take too.
#[derive(Debug, Clone)]
#[must_use = "settings do nothing until a store is opened with them"]
pub struct SqliteSettings {
    pub(crate) namespace: Option<Namespace>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) busy_timeout: Duration,
    pub(crate) sweep_interval: Duration,
    pub(crate) readers: usize,
}

impl SqliteSettings {
    /// The defaults: no namespace, the system's clock, portable limits, 5 s, 60 s, 4 readers.
    pub fn new() -> Self {
        Self {
            namespace: None,
            clock: Arc::new(SystemClock),
            limits: Limits::PORTABLE,
            busy_timeout: Duration::from_secs(5),
            sweep_interval: Duration::from_mins(1),
            readers: 4,
        }
    }

    /// Tables of its own in the file. Stores of different namespaces never see each other's entries.
    pub fn namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// What the time is read from; [`SystemClock`] unless told.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How large things may be: [`Limits::PORTABLE`] unless told, at least those, and at most 999,000,000 bytes.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long a write waits for other processes to finish theirs before it is `Unavailable`: 5 s unless told, at most
    /// a day.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How often expired entries are removed: every 60 s unless told; more than zero.
    pub fn sweep_interval(mut self, interval: Duration) -> Self {
        self.sweep_interval = interval;
        self
    }

    /// The most connections that read at the same time, 1 to 64: 4 unless told. Each is a thread, started when it is
    /// first needed. Beside them up to as many, and no more than there are cores, serve reads on the caller's thread. A pool
    /// that was handed in, and a database in memory, are not concerned.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.limits.check(MOST_BYTES)?;
        if self.readers == 0 || self.readers > MOST_READERS {
            return Err(Error::config(format!(
                "readers is {}; it must be 1 to {MOST_READERS}",
                self.readers
            )));
        }
        if self.sweep_interval.is_zero() {
            return Err(Error::config("sweep_interval is 0; it must be more"));
        }
        if self.busy_timeout > MOST_BUSY_TIMEOUT {
            return Err(Error::config("busy_timeout is longer than a day; wait less"));
        }
        Ok(())
    }
}

impl Default for SqliteSettings {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use kvs_core::ErrorKind;

    use super::*;

    #[test]
    fn settings_that_cannot_be_are_refused_by_name() {
        let wrong = [
            (SqliteSettings::new().readers(0), "readers"),
            (SqliteSettings::new().readers(65), "readers"),
            (SqliteSettings::new().sweep_interval(Duration::ZERO), "sweep_interval"),
            (SqliteSettings::new().busy_timeout(Duration::MAX), "busy_timeout"),
            (
                SqliteSettings::new().limits(Limits {
                    value_bytes: 1,
                    ..Limits::PORTABLE
                }),
                "limits.value_bytes",
            ),
        ];
        for (settings, name) in wrong {
            let error = settings.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{name}");
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(SqliteSettings::new().readers(64).check().is_ok());
    }

    #[test]
    fn the_path_of_memory_is_memory() {
        assert_eq!(SqliteConfig::new(":memory:").location, Location::Memory);
        assert_eq!(
            SqliteConfig::new("./:memory:").location,
            Location::File("./:memory:".into())
        );
    }
}
