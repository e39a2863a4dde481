//! `doc import`: NDJSON in, many writes at once, and nothing lost before a bad line.

mod lines;
mod progress;

use std::collections::HashSet;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use kvs::{Error, FullStore};
use serde_json::json;
use tokio::sync::mpsc;

use self::lines::Line;
use self::progress::Progress;
use crate::args::ImportArgs;
use crate::failure::Failure;
use crate::run::{Missing, Run};

/// How many documents are on their way at once, so that the store can commit them in groups.
const IN_FLIGHT: usize = 64;

pub(crate) async fn import(run: &mut Run, args: ImportArgs) -> Result<(), Failure> {
    run.rules.check("doc import").collection(&args.collection)?;
    let source = lines::open(&args.file)?;
    let progress = Progress::new(source.length);
    let store = run.open(Missing::Create).await?;
    let profile = store.profile().clone();
    let (sender, lines) = mpsc::channel(IN_FLIGHT);
    // Reading may wait for a pipe, and what was read is written meanwhile.
    tokio::task::spawn_blocking(move || lines::read(source, &args.id, &profile, &sender));
    let mut writes = Writes::new(&*store, &args.collection, progress);
    let failed = writes.take_all(lines).await;
    writes.progress.end();
    let imported = writes.imported;
    match failed {
        Some(failed) => Err(failed.failure(imported)),
        None => run.out.fields(&[("imported", json!(imported))]),
    }
}

/// A line and what came of its write.
struct Written {
    number: u64,
    id: String,
    result: Result<(), Error>,
}

/// The first line that failed.
struct Failed {
    number: u64,
    error: Error,
    /// Before anything was written of it.
    unread: bool,
}

impl Failed {
    fn failure(self, imported: u64) -> Failure {
        let Self { number, error, unread } = self;
        if unread {
            Failure::Line {
                number,
                imported,
                error,
            }
        } else {
            Failure::Write {
                number,
                imported,
                error,
            }
        }
    }
}

/// The writes that are on their way.
struct Writes<'a> {
    store: &'a dyn FullStore,
    collection: &'a str,
    pending: FuturesUnordered<BoxFuture<'a, Written>>,
    /// The ids of the pending writes: of two lines with one id the later must win, so it waits for the earlier.
    ids: HashSet<String>,
    imported: u64,
    failed: Option<Failed>,
    progress: Progress,
}

impl<'a> Writes<'a> {
    fn new(store: &'a dyn FullStore, collection: &'a str, progress: Progress) -> Self {
        Self {
            store,
            collection,
            pending: FuturesUnordered::new(),
            ids: HashSet::new(),
            imported: 0,
            failed: None,
            progress,
        }
    }

    /// Writes all lines up to the first that fails, and waits until those before it are stored.
    async fn take_all(&mut self, mut lines: mpsc::Receiver<Line>) -> Option<Failed> {
        let mut waiting: Option<Line> = None;
        let mut more = true;
        while more || waiting.is_some() || !self.pending.is_empty() {
            if self.failed.is_some() {
                (more, waiting) = (false, None);
            }
            if let Some(line) = waiting.take() {
                waiting = self.begin(line);
            }
            let room = more && self.failed.is_none() && waiting.is_none() && self.pending.len() < IN_FLIGHT;
            tokio::select! {
                Some(written) = self.pending.next(), if !self.pending.is_empty() => self.end(written),
                line = lines.recv(), if room => match line {
                    Some(line) => waiting = Some(line),
                    None => more = false,
                },
                else => {}
            }
        }
        self.failed.take()
    }

    /// Begins the write of a line, or gives the line back while an earlier one with its id is on its way.
    fn begin(&mut self, line: Line) -> Option<Line> {
        match line.document {
            Err(error) => self.fail(Failed {
                number: line.number,
                error,
                unread: true,
            }),
            Ok(ref document) if self.ids.contains(&document.id) => return Some(line),
            Ok(document) => {
                let (number, id) = (line.number, document.id.clone());
                let (store, collection) = (self.store, self.collection);
                self.ids.insert(id.clone());
                self.progress.read_to(line.end);
                self.pending.push(Box::pin(async move {
                    let result = store.put(collection, document).await.map(drop);
                    Written { number, id, result }
                }));
            }
        }
        None
    }

    fn end(&mut self, written: Written) {
        self.ids.remove(&written.id);
        match written.result {
            Ok(()) => self.imported += 1,
            Err(error) => self.fail(Failed {
                number: written.number,
                error,
                unread: false,
            }),
        }
    }

    fn fail(&mut self, failed: Failed) {
        if self.failed.as_ref().is_none_or(|first| failed.number < first.number) {
            self.failed = Some(failed);
        }
    }
}
