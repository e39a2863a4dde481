//! The other end of the pipe: a peer that needs a SQLite of its own.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use bench_harness::runtime;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::{Draws, Job, Kv, Measured, run, verify};

/// One line to a child.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Request {
    /// Opens a store, under the path of its file.
    Open(Opening),
    /// [`verify`], for values of so many bytes.
    Verify(PathBuf, usize),
    /// [`run`].
    Run(PathBuf, Job),
    /// Closes a store.
    Close(PathBuf),
}

/// What is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Which store.
    pub store: String,
    /// Its file, which holds the entries.
    pub path: PathBuf,
    /// How the file is written.
    pub journal: Journal,
}

/// How a file is written. Both wait for the disk (`synchronous=FULL`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Journal {
    /// To a write-ahead log.
    Wal,
    /// As the store does if nobody says anything.
    AsItComes,
}

/// One line from a child; `Err` says why not.
pub type Answer = Result<Measured, String>;

/// Obeys the lines of standard input until it ends.
pub fn serve<K, F, O>(open: O) -> anyhow::Result<()>
where
    K: Kv,
    F: Future<Output = anyhow::Result<K>>,
    O: Fn(Opening) -> F,
{
    let mut child = Child {
        runtime: runtime()?,
        open,
        stores: BTreeMap::new(),
        draws: None,
    };
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request = serde_json::from_str(&line?).context("a request")?;
        let answer: Answer = child.obey(request).map_err(|error| format!("{error:#}"));
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    let _inside = child.runtime.enter();
    child.stores.clear();
    Ok(())
}

struct Child<K, O> {
    runtime: Runtime,
    open: O,
    stores: BTreeMap<PathBuf, Arc<K>>,
    draws: Option<Arc<Draws>>,
}

impl<K, F, O> Child<K, O>
where
    K: Kv,
    F: Future<Output = anyhow::Result<K>>,
    O: Fn(Opening) -> F,
{
    fn obey(&mut self, request: Request) -> anyhow::Result<Measured> {
        match request {
            Request::Open(opening) => {
                let path = opening.path.clone();
                let store = self.runtime.block_on((self.open)(opening))?;
                self.stores.insert(path, Arc::new(store));
            }
            Request::Verify(path, value_bytes) => {
                let store = self.store(&path)?;
                let verified = self.runtime.spawn(async move { verify(&*store, value_bytes).await });
                self.runtime.block_on(verified)??;
            }
            Request::Run(path, job) => {
                let (store, draws) = (self.store(&path)?, self.draws(&job)?);
                return self.runtime.block_on(run(&store, &job, &draws));
            }
            Request::Close(path) => {
                // Some close on the runtime.
                let _inside = self.runtime.enter();
                drop(self.stores.remove(&path));
            }
        }
        Ok(Measured::default())
    }

    fn store(&self, path: &PathBuf) -> anyhow::Result<Arc<K>> {
        self.stores
            .get(path)
            .cloned()
            .with_context(|| format!("{} is not open", path.display()))
    }

    fn draws(&mut self, job: &Job) -> anyhow::Result<Arc<Draws>> {
        if let Some(draws) = self.draws.as_ref().filter(|draws| draws.fit(job)) {
            return Ok(Arc::clone(draws));
        }
        let draws = Arc::new(Draws::new(job)?);
        self.draws = Some(Arc::clone(&draws));
        Ok(draws)
    }
}
