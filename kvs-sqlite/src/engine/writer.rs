//! Group commit: whatever writes wait at the same moment share one transaction, and one sync of the disk.

use std::sync::Arc;
use std::time::Duration;

use kvs_core::{Error, Result};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::time::Instant;

use super::batch::{self, Answers};
use super::{Core, Message, Write};
use crate::connections::{Lease, Patience};
use crate::error::Failure;
use crate::sql;

/// Bounds of a group, so that the lock is not held for long.
const MOST_WRITES: usize = 512;
const MOST_BYTES: usize = 4 << 20;

/// After a commit that took so long, the lock stays free for a moment. SQLite's lock has no queue: where one commit follows
/// another at once and each waits for a slow disk, a writer in another process would find it taken at nearly every try.
const SLOW: Duration = Duration::from_millis(10);
const PAUSE: Duration = Duration::from_millis(1);

/// Serves the queue until it is told to stop or every handle is gone.
pub(super) async fn run(core: Arc<Core>, queue: UnboundedReceiver<Message<Write>>) {
    let mut queue = Queue {
        messages: queue,
        next: None,
        stopped: false,
    };
    while let Some(first) = queue.wait().await {
        let mut group = Group::new(first);
        queue.fill(&mut group);
        let begun = Instant::now();
        commit(&core, &mut queue, group).await;
        if begun.elapsed() >= SLOW {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Writes that are committed together.
struct Group {
    writes: Vec<Write>,
    bytes: usize,
}

struct Queue {
    messages: UnboundedReceiver<Message<Write>>,
    /// Received, but not fit for the group at hand.
    next: Option<Write>,
    stopped: bool,
}

impl Group {
    fn new(first: Write) -> Self {
        Self {
            bytes: first.op.weight(),
            writes: vec![first],
        }
    }

    fn is_full(&self) -> bool {
        self.writes.len() >= MOST_WRITES
            || self.bytes >= MOST_BYTES
            || self.writes.iter().any(|write| write.op.is_alone())
    }

    fn push(&mut self, write: Write) {
        self.bytes += write.op.weight();
        self.writes.push(write);
    }

    /// Leaves out the writes whose callers are gone. Nothing of them was begun.
    fn prune(&mut self) {
        self.writes.retain(|write| !write.reply.is_closed());
    }

    fn fail(self, failure: &Failure) {
        for write in self.writes {
            let _ = write.reply.send(Err(failure.clone().into_error()));
        }
    }
}

impl Queue {
    async fn wait(&mut self) -> Option<Write> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        if self.stopped {
            return None;
        }
        match self.messages.recv().await {
            Some(Message::Do(write)) => Some(write),
            Some(Message::Stop) | None => None,
        }
    }

    /// Adds what waits, as far as it fits.
    fn fill(&mut self, group: &mut Group) {
        while !self.stopped && self.next.is_none() && !group.is_full() {
            match self.messages.try_recv() {
                Ok(Message::Do(write)) if write.op.is_alone() => self.next = Some(write),
                Ok(Message::Do(write)) => group.push(write),
                Ok(Message::Stop) | Err(TryRecvError::Disconnected) => self.stopped = true,
                Err(TryRecvError::Empty) => return,
            }
        }
    }
}

/// Commits a group; if one of its statements fails, each member alone.
async fn commit(core: &Core, queue: &mut Queue, mut group: Group) {
    let mut lease = match begin(core).await {
        Ok(lease) => lease,
        Err(failure) => return group.fail(&failure),
    };
    // More may have come while the transaction began. And from here on no other process can write before us: a write
    // that its caller gave up is left out now, or lands before any later one.
    queue.fill(&mut group);
    group.prune();
    match attempt(core, &mut lease, &group.writes).await {
        Ok(answers) => {
            lease.give_back().await;
            answer(group.writes, answers);
        }
        Err(stopped) => {
            undo(lease).await;
            match <[Write; 1]>::try_from(group.writes) {
                Ok([only]) => {
                    let error = stopped.explain(&only);
                    let _ = only.reply.send(Err(error));
                }
                Err(writes) => {
                    for write in writes {
                        alone(core, write).await;
                    }
                }
            }
        }
    }
}

/// Commits one write in a transaction of its own.
async fn alone(core: &Core, write: Write) {
    let mut lease = match begin(core).await {
        Ok(lease) => lease,
        Err(failure) => {
            let _ = write.reply.send(Err(failure.into_error()));
            return;
        }
    };
    if write.reply.is_closed() {
        return undo(lease).await;
    }
    match attempt(core, &mut lease, std::slice::from_ref(&write)).await {
        Ok(answers) => {
            lease.give_back().await;
            answer(vec![write], answers);
        }
        Err(stopped) => {
            undo(lease).await;
            let error = stopped.explain(&write);
            let _ = write.reply.send(Err(error));
        }
    }
}

fn answer(writes: Vec<Write>, answers: Answers) {
    for (write, answer) in writes.into_iter().zip(answers) {
        // The caller may be gone. The write is done all the same.
        let _ = write.reply.send(answer);
    }
}

/// Why a transaction did not come to its end.
enum Stopped {
    Statement(Error),
    Commit(Failure),
}

impl Stopped {
    /// What the only write of the transaction is told.
    fn explain(self, write: &Write) -> Error {
        match self {
            Self::Statement(error) => error,
            Self::Commit(failure) if !failure.leaves_a_commit_in_doubt() => failure.into_error(),
            // Other connections do not see the write, but a crash before the next one may bring it back from the log.
            Self::Commit(failure) if write.op.is_repeatable() => failure.into_error().outcome_unknown_but_repeatable(),
            Self::Commit(failure) => failure.into_error().outcome_unknown(),
        }
    }
}

async fn attempt(core: &Core, lease: &mut Lease, writes: &[Write]) -> Result<Answers, Stopped> {
    let answers = batch::run(core, lease, writes).await.map_err(Stopped::Statement)?;
    let mut patience = Patience::new(core.busy_timeout);
    loop {
        match execute(lease, sql::COMMIT).await {
            Ok(()) => return Ok(answers),
            // Without WAL a commit waits for readers; the transaction is still open.
            Err(failure) if failure.is_busy() && patience.wait().await => {}
            Err(failure) => return Err(Stopped::Commit(failure)),
        }
    }
}

/// A connection in a transaction that holds the write lock. Between attempts the connection is free for others.
async fn begin(core: &Core) -> Result<Lease, Failure> {
    let mut patience = Patience::new(core.busy_timeout);
    loop {
        let mut lease = core.connections.writer().await?;
        let failure = match execute(&mut lease, sql::BEGIN).await {
            Ok(()) => return Ok(lease),
            Err(failure) => failure,
        };
        if !failure.is_busy() {
            // It may be in a transaction that nobody could end.
            lease.discard().await;
            return Err(failure);
        }
        lease.give_back().await;
        if !patience.wait().await {
            return Err(failure);
        }
    }
}

async fn undo(mut lease: Lease) {
    // Where SQLite has rolled back by itself, the statement fails, and the connection is as good.
    match execute(&mut lease, sql::ROLLBACK).await {
        Err(failure) if !failure.is_of_the_statement() => lease.discard().await,
        _ => lease.give_back().await,
    }
}

async fn execute(lease: &mut Lease, statement: &'static str) -> Result<(), Failure> {
    sqlx::query(statement).execute(&mut **lease).await?;
    Ok(())
}
