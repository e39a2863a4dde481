//! The engine: one thread of the store's own that holds everything of sqlx.
//!
//! Callers send a request and wait for its answer on channels that work on any executor. So no future of a caller's ever
//! owns a connection: dropping one cannot leave a transaction open, and a store may be used from any runtime.

mod batch;
mod list;
mod message;
mod overlay;
mod reader;
mod sweeper;
mod walk;
mod writer;

use std::io;
use std::sync::Arc;
use std::thread;

use kvs_core::{Clock, Durability, Error, Result, VersionSource};
use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::task::{self, LocalSet};

pub(crate) use self::list::PAGE_BYTES;
pub(crate) use self::message::{Done, Message, Op, Place, Put, QueryJob, Read, Reply, Swap, Write};
use crate::connections::Connections;
use crate::inline::Inline;
use crate::open::{Opened, Source};
use crate::sql::Sql;

/// A running engine. It stops when it is told to, or when this is dropped.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) reads: UnboundedSender<Message<Read>>,
    pub(crate) writes: UnboundedSender<Message<Write>>,
    pub(crate) durability: Durability,
    pub(crate) inline: Arc<Inline>,
    ended: watch::Receiver<bool>,
}

/// What reading and writing share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) connections: Connections,
    pub(crate) inline: Arc<Inline>,
    pub(crate) sql: Sql,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) versions: VersionSource,
    pub(crate) busy_timeout: std::time::Duration,
}

/// The handles keep the connections of callers too, and must not go on reading beside an engine that broke down.
impl Drop for Core {
    fn drop(&mut self) {
        self.inline.abandon();
    }
}

impl Engine {
    /// Starts the thread and waits until the database is open.
    pub(crate) async fn start(source: Source) -> Result<Self> {
        source.settings().check()?;
        let (opened, answer) = oneshot::channel();
        let (ended, watch) = watch::channel(false);
        let run = move || {
            run(source, opened, watch);
            // The last thing on this thread: no connection and no runtime is left.
            ended.send_replace(true);
        };
        let thread = thread::Builder::new().name("kvs-sqlite".to_owned()).spawn(run);
        thread.map_err(no_thread)?;
        answer
            .await
            .unwrap_or_else(|_| Err(Error::backend("the engine of the store did not start")))
    }

    /// Lets the requests that are queued end, then closes the connections. Returns when the thread has ended.
    pub(crate) async fn stop(&self) -> Result<()> {
        // A channel that is closed belongs to an engine that has stopped.
        let _ = self.reads.send(Message::Stop);
        let _ = self.writes.send(Message::Stop);
        let mut ended = self.ended.clone();
        match ended.wait_for(|ended| *ended).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::backend(
                "the engine of the store broke down; what was acknowledged is stored",
            )),
        }
    }
}

fn run(source: Source, opened: oneshot::Sender<Result<Engine>>, ended: watch::Receiver<bool>) {
    let runtime = match runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = opened.send(Err(no_thread(error)));
            return;
        }
    };
    LocalSet::new().block_on(&runtime, async {
        match begin(source).await {
            // Whoever asked may be gone: then the channels close at once, and the engine stops.
            Ok((started, durability)) => {
                let (reads, read_queue) = unbounded_channel();
                let (writes, write_queue) = unbounded_channel();
                let sweeper = sweeper::run(writes.downgrade(), started.sweep_interval);
                let sweeper = task::spawn_local(sweeper);
                let _ = opened.send(Ok(Engine {
                    reads,
                    writes,
                    durability,
                    inline: Arc::clone(&started.core.inline),
                    ended,
                }));
                serve(Arc::new(started.core), read_queue, write_queue).await;
                sweeper.abort();
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        }
    });
}

struct Started {
    core: Core,
    sweep_interval: std::time::Duration,
}

async fn begin(source: Source) -> Result<(Started, Durability)> {
    let versions = VersionSource::new()?;
    let settings = source.settings().clone();
    let Opened {
        connections,
        inline,
        durability,
        sql,
    } = source.open().await?;
    let inline = Inline::new(inline, settings.readers, sql.clone());
    let core = Core {
        connections,
        inline: Arc::new(inline),
        sql,
        clock: settings.clock,
        versions,
        busy_timeout: settings.busy_timeout,
    };
    let started = Started {
        core,
        sweep_interval: settings.sweep_interval,
    };
    Ok((started, durability))
}

async fn serve(core: Arc<Core>, reads: UnboundedReceiver<Message<Read>>, writes: UnboundedReceiver<Message<Write>>) {
    let writing = task::spawn_local(writer::run(Arc::clone(&core), writes));
    reader::run(Arc::clone(&core), reads).await;
    // Its panic, if it had one, was told to its callers when their channels closed.
    let _ = writing.await;
    core.inline.close().await;
    core.connections.clone().close().await;
}

fn no_thread(error: io::Error) -> Error {
    Error::backend("the thread of the store cannot be started").with_source(error)
}
