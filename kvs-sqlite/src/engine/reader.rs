//! Reads: several at a time, each on a connection of its own; gets that wait together share one statement.

use std::collections::HashMap;
use std::sync::Arc;

use kvs_core::{Bytes, Document, ErrorKind, Result, Timestamp, Versioned, is_live};
use sqlx::SqliteConnection;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Core, Message, Place, Read, Reply, list, walk};
use crate::connections::{Lease, Patience};
use crate::error::Failure;
use crate::row;
use crate::sql;

/// Serves the queue until it is told to stop or every handle is gone.
pub(super) async fn run(core: Arc<Core>, queue: UnboundedReceiver<Message<Read>>) {
    let mut queue = Queue {
        messages: queue,
        next: None,
        stopped: false,
    };
    let mut tasks = JoinSet::new();
    while let Some(first) = queue.wait().await {
        let lease = core.connections.reader().await;
        // While this one waited for a connection, more may have come.
        let job = queue.fill(first);
        match lease {
            Ok(lease) => {
                tasks.spawn_local(serve(Arc::clone(&core), lease, job));
            }
            Err(failure) => job.fail(&failure),
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

type Get = (String, Reply<Option<Versioned>>);

/// What one connection does in one go.
enum Job {
    Gets(Vec<Get>),
    Other(Read),
}

struct Queue {
    messages: UnboundedReceiver<Message<Read>>,
    /// Received, but not fit for the job at hand.
    next: Option<Read>,
    stopped: bool,
}

impl Queue {
    async fn wait(&mut self) -> Option<Read> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        if self.stopped {
            return None;
        }
        match self.messages.recv().await {
            Some(Message::Do(read)) => Some(read),
            Some(Message::Stop) | None => None,
        }
    }

    /// Adds the gets that wait behind a get.
    fn fill(&mut self, first: Read) -> Job {
        let mut gets = match first {
            Read::Get(key, reply) => vec![(key, reply)],
            other => return Job::Other(other),
        };
        while gets.len() < sql::MOST_KEYS && !self.stopped && self.next.is_none() {
            match self.messages.try_recv() {
                Ok(Message::Do(Read::Get(key, reply))) => gets.push((key, reply)),
                Ok(Message::Do(other)) => self.next = Some(other),
                Ok(Message::Stop) | Err(TryRecvError::Disconnected) => self.stopped = true,
                Err(TryRecvError::Empty) => break,
            }
        }
        Job::Gets(gets)
    }
}

impl Job {
    fn fail(self, failure: &Failure) {
        fn tell<T>(reply: Reply<T>, failure: &Failure) {
            let _ = reply.send(Err(failure.clone().into_error()));
        }
        match self {
            Self::Gets(gets) => gets.into_iter().for_each(|(_, reply)| tell(reply, failure)),
            Self::Other(Read::Get(_, reply)) => tell(reply, failure),
            Self::Other(Read::GetMany(_, reply)) => tell(reply, failure),
            Self::Other(Read::List(_, reply)) => tell(reply, failure),
            Self::Other(Read::GetDocument(_, reply)) => tell(reply, failure),
            Self::Other(Read::Query(_, reply)) => tell(reply, failure),
        }
    }
}

async fn serve(core: Arc<Core>, mut lease: Lease, job: Job) {
    let core = &*core;
    let healthy = match job {
        Job::Gets(gets) => serve_gets(core, &mut lease, gets).await,
        Job::Other(Read::Get(key, reply)) => serve_gets(core, &mut lease, vec![(key, reply)]).await,
        Job::Other(Read::GetMany(keys, reply)) => {
            reply_with(core, &mut lease, reply, async |connection| {
                get_many(core, connection, &keys).await
            })
            .await
        }
        Job::Other(Read::List(list, reply)) => {
            reply_with(core, &mut lease, reply, async |connection| {
                let begun = Instant::now();
                let page = list::page(&core.sql, connection, &list, core.clock.now()).await?;
                core.inline.engine_page(page.entries.len(), begun.elapsed()).await;
                Ok(page)
            })
            .await
        }
        Job::Other(Read::GetDocument(place, reply)) => {
            reply_with(core, &mut lease, reply, async |connection| {
                get_document(core, connection, &place).await
            })
            .await
        }
        Job::Other(Read::Query(job, reply)) => {
            reply_with(core, &mut lease, reply, async |connection| {
                walk::query(core, connection, &job).await
            })
            .await
        }
    };
    if healthy {
        lease.give_back().await;
    } else {
        lease.discard().await;
    }
}

/// Answers one read. Says whether the connection is still of use.
async fn reply_with<T>(
    core: &Core,
    lease: &mut Lease,
    reply: Reply<T>,
    read: impl AsyncFnMut(&mut SqliteConnection) -> Result<T>,
) -> bool {
    if reply.is_closed() {
        return true;
    }
    let result = patiently(core, lease, read).await;
    let healthy = is_healthy(&result);
    let _ = reply.send(result);
    healthy
}

async fn serve_gets(core: &Core, lease: &mut Lease, mut gets: Vec<Get>) -> bool {
    gets.retain(|(_, reply)| !reply.is_closed());
    if gets.is_empty() {
        return true;
    }
    let keys: Vec<&str> = gets.iter().map(|(key, _)| key.as_str()).collect();
    let begun = Instant::now();
    if let Ok(found) = patiently(core, lease, async |connection| {
        find(core, connection, &keys, core.clock.now()).await
    })
    .await
    {
        let (count, took) = (gets.len(), begun.elapsed());
        let is_small = found.values().all(|entry| entry.value.len() <= sql::SMALL_VALUE);
        for (key, reply) in gets {
            let _ = reply.send(Ok(found.get(&key).cloned()));
        }
        if is_small {
            core.inline.engine_read(count, count, took).await;
        }
        return true;
    }
    // One row that cannot be read fails its own get, not its neighbours'.
    let mut healthy = true;
    for (key, reply) in gets {
        let read = async |connection: &mut SqliteConnection| {
            Ok(find(core, connection, &[&key], core.clock.now()).await?.remove(&key))
        };
        healthy &= reply_with(core, lease, reply, read).await;
    }
    healthy
}

/// Repeats a read that met a lock, for as long as writes do.
async fn patiently<T>(
    core: &Core,
    lease: &mut Lease,
    mut read: impl AsyncFnMut(&mut SqliteConnection) -> Result<T>,
) -> Result<T> {
    let mut patience = Patience::new(core.busy_timeout);
    loop {
        match read(lease).await {
            Err(error) if error.kind() == ErrorKind::Unavailable && patience.wait().await => {}
            result => return result,
        }
    }
}

/// A connection is replaced after a failure that may be its own.
fn is_healthy<T>(result: &Result<T>) -> bool {
    !matches!(result, Err(error) if error.kind() == ErrorKind::Backend)
}

/// The live entries among the keys, which are at most as many as one statement takes.
///
/// The time is read before the rows: an entry that was extended in between would seem expired otherwise.
async fn find(
    core: &Core,
    connection: &mut SqliteConnection,
    keys: &[&str],
    now: Timestamp,
) -> Result<HashMap<String, Versioned>> {
    let (statement, room) = core.sql.get(keys.len());
    let arguments = row::keys(keys.iter().copied(), room);
    let rows = sqlx::query_with(statement, arguments)
        .fetch_all(connection)
        .await
        .map_err(Failure::of_driver)?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let entry = row::versioned(row)?;
        if is_live(entry.expires_at, now) {
            found.insert(row::key(row)?, entry);
        }
    }
    Ok(found)
}

async fn get_many(core: &Core, connection: &mut SqliteConnection, keys: &[String]) -> Result<Vec<Option<Bytes>>> {
    let now = core.clock.now();
    let mut values = Vec::with_capacity(keys.len());
    for keys in keys.chunks(sql::MOST_KEYS) {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let found = find(core, connection, &keys, now).await?;
        values.extend(keys.iter().map(|key| found.get(*key).map(|entry| entry.value.clone())));
    }
    Ok(values)
}

async fn get_document(core: &Core, connection: &mut SqliteConnection, place: &Place) -> Result<Option<Document>> {
    let arguments = row::place(&place.collection, &place.id);
    let query = sqlx::query_with(core.sql.get_document.clone(), arguments);
    let row = query.fetch_optional(connection).await.map_err(Failure::of_driver)?;
    row.as_ref().map(row::document).transpose()
}
