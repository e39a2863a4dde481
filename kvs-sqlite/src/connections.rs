//! The connections of a store: its own, or those of a pool that was handed in.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::error::Failure;

/// Where reads and writes get a connection from.
#[derive(Debug, Clone)]
pub(crate) enum Connections {
    /// Opened by the store and closed by it. A database in memory has one shelf of one connection in both places.
    Own { writer: Arc<Shelf>, readers: Arc<Shelf> },
    /// Borrowed for one batch at a time, and never closed.
    Pool(SqlitePool),
}

/// Connections that lie ready; more are opened when needed, up to a number.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// How another connection is opened; `None` if there can be no other.
    options: Option<SqliteConnectOptions>,
    idle: Mutex<Vec<SqliteConnection>>,
    permits: Arc<Semaphore>,
}

/// A connection for one batch. Give it back with [`give_back`](Self::give_back).
#[derive(Debug)]
pub(crate) struct Lease(Kind);

#[derive(Debug)]
enum Kind {
    Own {
        connection: SqliteConnection,
        shelf: Arc<Shelf>,
        _permit: OwnedSemaphorePermit,
    },
    Pooled(PoolConnection<Sqlite>),
}

impl Connections {
    /// A writer and up to that many readers on a file.
    pub(crate) fn file(writer: Shelf, readers: Shelf) -> Self {
        Self::Own {
            writer: Arc::new(writer),
            readers: Arc::new(readers),
        }
    }

    /// The one connection that is the database.
    pub(crate) fn single(only: SqliteConnection) -> Self {
        let shelf = Arc::new(Shelf::new(None, 1, only));
        Self::Own {
            writer: Arc::clone(&shelf),
            readers: shelf,
        }
    }

    pub(crate) async fn writer(&self) -> Result<Lease, Failure> {
        match self {
            Self::Own { writer, .. } => Shelf::take(writer).await,
            Self::Pool(pool) => Ok(Lease(Kind::Pooled(pool.acquire().await?))),
        }
    }

    pub(crate) async fn reader(&self) -> Result<Lease, Failure> {
        match self {
            Self::Own { readers, .. } => Shelf::take(readers).await,
            Self::Pool(pool) => Ok(Lease(Kind::Pooled(pool.acquire().await?))),
        }
    }

    /// Closes what the store opened. The last connection to a file removes its `-wal` and `-shm`.
    pub(crate) async fn close(self) {
        if let Self::Own { writer, readers } = self {
            readers.close().await;
            writer.close().await;
        }
    }
}

impl Shelf {
    /// Up to that many connections, of which the first is open.
    pub(crate) fn new(options: Option<SqliteConnectOptions>, most: usize, first: SqliteConnection) -> Self {
        Self {
            options,
            idle: Mutex::new(vec![first]),
            permits: Arc::new(Semaphore::new(most)),
        }
    }

    async fn take(shelf: &Arc<Self>) -> Result<Lease, Failure> {
        // Nobody closes the semaphore.
        let permit = Arc::clone(&shelf.permits)
            .acquire_owned()
            .await
            .map_err(|_| Failure::connection_lost())?;
        let idle = shelf.idle().pop();
        let connection = match (idle, &shelf.options) {
            (Some(connection), _) => connection,
            (None, Some(options)) => options.connect().await?,
            (None, None) => return Err(Failure::connection_lost()),
        };
        Ok(Lease(Kind::Own {
            connection,
            shelf: Arc::clone(shelf),
            _permit: permit,
        }))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            // A connection that does not close cleanly is gone all the same, and what was acknowledged is on the disk.
            let _ = connection.close().await;
        }
    }
}

impl Lease {
    /// Back to where it came from.
    pub(crate) async fn give_back(self) {
        match self.0 {
            Kind::Own { connection, shelf, .. } => shelf.idle().push(connection),
            // Awaited, because a task that `drop` spawns for it may not run to its end when the store closes.
            Kind::Pooled(mut connection) => connection.return_to_pool().await,
        }
    }

    /// Closes the connection, whose state is not known; another one takes its place.
    pub(crate) async fn discard(self) {
        let _ = match self.0 {
            // The only connection to a database in memory is the database.
            Kind::Own { ref shelf, .. } if shelf.options.is_none() => return self.give_back().await,
            Kind::Own { connection, .. } => connection.close().await,
            Kind::Pooled(connection) => connection.close().await,
        };
    }
}

impl Deref for Lease {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match &self.0 {
            Kind::Own { connection, .. } => connection,
            Kind::Pooled(connection) => connection,
        }
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match &mut self.0 {
            Kind::Own { connection, .. } => connection,
            Kind::Pooled(connection) => connection,
        }
    }
}

/// Waits between attempts while another connection holds the lock, until the time is up.
///
/// SQLite's own waiting grows to 100 ms a turn, so that of two busy processes one may never find the lock free.
#[derive(Debug)]
pub(crate) struct Patience {
    until: Instant,
    backoff: kvs_core::Backoff,
}

impl Patience {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            until: Instant::now() + timeout,
            backoff: kvs_core::Backoff::new(Duration::from_millis(1), Duration::from_millis(4)),
        }
    }

    /// Waits a little; false if the time is up.
    pub(crate) async fn wait(&mut self) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        self.backoff.wait().await;
        true
    }
}
