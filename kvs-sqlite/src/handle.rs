//! The handle: how a store is opened, and how a request reaches its engine.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kvs_core::{Check, Clock, Error, Profile, Result, Timestamp, Traits, Turns};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::{MutexGuard, oneshot};

use crate::config::{SqliteConfig, SqliteSettings};
use crate::engine::{Done, Engine, Message, Op, Read, Reply, Write};
use crate::inline::Inline;
use crate::open::Source;
use crate::schema;

/// A store in a SQLite database. A cheap handle: clones share one store, and closing one closes all.
///
/// ```
/// use kvs_sqlite::{SqliteConfig, SqliteStore, Store, StoreExt, Ttl};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_sqlite::Result<()> {
/// let store = SqliteStore::open(SqliteConfig::in_memory()).await?;
/// store.set_text("greeting", "hello", Ttl::Never).await?;
/// assert_eq!(store.get_text("greeting").await?, "hello");
/// store.close().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    engine: Engine,
    profile: Profile,
    clock: Arc<dyn Clock>,
    closed: AtomicBool,
    turns: Turns,
}

impl SqliteStore {
    /// Opens a database file, or one in memory, and makes the tables if they are not there.
    ///
    /// Starts a thread for the store and one for each connection; they end when the store is closed or dropped.
    ///
    /// # Errors
    ///
    /// `Config` for settings that cannot be, a directory, a missing directory, or a missing file that is not to be
    /// created; `Corrupt` for a file that is no database or holds tables with our names that are not ours;
    /// `Incompatible` for a newer format; `ReadOnly` where the tables would have to be made; `Unavailable` if another
    /// process holds the file for too long; `PermissionDenied`; `Full`.
    pub async fn open(config: SqliteConfig) -> Result<Self> {
        Self::start(Source::Config(config)).await
    }

    /// Opens a database with connections of the store's own, made with these options of sqlx, which are used as they
    /// are but for the busy timeout: no journal mode is set, no file is created unless they say so.
    ///
    /// ```
    /// use kvs_sqlite::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
    /// use kvs_sqlite::{SqliteSettings, SqliteStore, Store};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_sqlite::Result<()> {
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("app.db");
    /// let options = SqliteConnectOptions::new()
    ///     .filename(path)
    ///     .create_if_missing(true)
    ///     .journal_mode(SqliteJournalMode::Wal)
    ///     .synchronous(SqliteSynchronous::Full);
    /// let store = SqliteStore::from_options(options, SqliteSettings::new()).await?;
    /// # store.close().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub async fn from_options(options: SqliteConnectOptions, settings: SqliteSettings) -> Result<Self> {
        Self::start(Source::Options(Box::new(options), settings)).await
    }

    /// Uses the pool of an application. A connection is borrowed for one batch of reads or one group of writes at a
    /// time; no setting of it is changed, and closing the store leaves the pool open.
    ///
    /// What an acknowledged write survives is what the pool's `synchronous` and `journal_mode` say; see
    /// [`Profile::durability`]. A pool of a database in memory must have one connection that it never drops
    /// (`max_connections(1)`, no `idle_timeout`, no `max_lifetime`), or a shared cache.
    ///
    /// ```
    /// use kvs_sqlite::sqlx::SqlitePool;
    /// use kvs_sqlite::{SqliteSettings, SqliteStore, Store};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}?mode=rwc", directory.path().join("app.db").display());
    /// let pool = SqlitePool::connect(&url).await?;
    /// let store = SqliteStore::from_pool(pool.clone(), SqliteSettings::new()).await?;
    /// store.close().await?;
    /// assert!(!pool.is_closed());
    /// # pool.close().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open); `Unavailable` if the pool has no free connection in time.
    pub async fn from_pool(pool: SqlitePool, settings: SqliteSettings) -> Result<Self> {
        Self::start(Source::Pool(pool, settings)).await
    }

    async fn start(source: Source) -> Result<Self> {
        let mut profile = Profile::new("sqlite");
        profile.format = Some(schema::FORMAT);
        profile.limits = source.settings().limits;
        let clock = Arc::clone(&source.settings().clock);
        profile.traits = Traits::ALL;
        let engine = Engine::start(source)
            .await
            .map_err(|error| error.during(profile.name, "open"))?;
        profile.durability = engine.durability;
        Ok(Self(Arc::new(Inner {
            engine,
            profile,
            clock,
            closed: AtomicBool::new(false),
            turns: Turns::new(),
        })))
    }

    /// For the operations that take several requests: the engine reads the time of each.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Begins the checks of an operation.
    pub(crate) fn checks(&self, operation: &'static str) -> Check<'_> {
        self.0.profile.check(operation)
    }

    /// Set when the store is closed: the last of the checks.
    pub(crate) fn closed(&self) -> &AtomicBool {
        &self.0.closed
    }

    pub(crate) fn inline(&self) -> &Inline {
        &self.0.engine.inline
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn store_profile(&self) -> &Profile {
        &self.0.profile
    }

    /// Waits for the turn to update a key. Another key may share it.
    pub(crate) async fn turn(&self, key: &str) -> MutexGuard<'_, ()> {
        self.0.turns.take(key).await
    }

    pub(crate) async fn read<T>(&self, operation: &'static str, read: impl FnOnce(Reply<T>) -> Read) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        // If the engine is gone the reply is dropped with the request, and the answer tells.
        let _ = self.0.engine.reads.send(Message::Do(read(reply)));
        let answer = answer.await.unwrap_or_else(|_| Err(self.gone()));
        answer.map_err(|error| error.during(self.0.profile.name, operation))
    }

    pub(crate) async fn write(&self, operation: &'static str, op: Op) -> Result<Done> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.engine.writes.send(Message::Do(Write { op, reply }));
        let answer = answer.await.unwrap_or_else(|_| Err(self.gone()));
        answer.map_err(|error| error.during(self.0.profile.name, operation))
    }

    pub(crate) async fn shut(&self) -> Result<()> {
        self.0.closed.store(true, Ordering::Release);
        let ended = self.0.engine.stop().await;
        ended.map_err(|error| error.during(self.0.profile.name, "close"))
    }

    /// Why a request got no answer.
    fn gone(&self) -> Error {
        if self.0.closed.load(Ordering::Acquire) {
            // The engine answers every request that came before it was told to stop, so this one was not begun.
            Error::closed()
        } else {
            Error::backend("the engine of the store broke down; open the store again").outcome_unknown()
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("profile", &self.0.profile)
            .field("closed", &self.0.closed)
            .finish_non_exhaustive()
    }
}
