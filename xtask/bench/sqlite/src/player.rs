//! An open store in a process of its own, and its turns.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use bench_harness::{Contestant, Latencies, Role, Sample};
use bench_sqlite_load::{Job, Measured, Opening, Request};

use crate::bench::Bench;
use crate::children::Child;
use crate::field::Entrant;

/// An open store.
pub(crate) struct Player {
    pub(crate) entrant: Entrant,
    child: Child,
    path: PathBuf,
}

impl Player {
    /// Opens a store on its file.
    pub(crate) fn open(bench: &Bench, entrant: Entrant, path: PathBuf) -> anyhow::Result<Self> {
        let (program, store) = entrant.program();
        let mut child = bench.start(program)?;
        child.ask(&Request::Open(Opening {
            store: store.to_owned(),
            path: path.clone(),
            journal: entrant.journal,
        }))?;
        Ok(Self { entrant, child, path })
    }

    /// Whether it returns what was set, now that it holds values of so many bytes.
    pub(crate) fn verify(&mut self, value_bytes: usize) -> anyhow::Result<()> {
        let request = Request::Verify(self.path.clone(), value_bytes);
        self.child.ask(&request).map(drop)
    }

    pub(crate) fn play(&mut self, job: &Job) -> anyhow::Result<Measured> {
        self.child.ask(&Request::Run(self.path.clone(), *job))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // A child that no longer answers has closed it already.
        let _ = self.child.ask(&Request::Close(self.path.clone()));
    }
}

/// A player on one row.
pub(crate) struct Turn {
    pub(crate) player: Rc<RefCell<Player>>,
    pub(crate) job: Job,
    /// Counted apart, by the name of the count.
    pub(crate) counted: Vec<(&'static str, f64)>,
}

impl Contestant for Turn {
    fn name(&self) -> String {
        self.player.borrow().entrant.name.to_owned()
    }

    fn role(&self) -> Role {
        self.player.borrow().entrant.role
    }

    fn round(&mut self, round: usize) -> anyhow::Result<Sample> {
        self.job.round = round + 1;
        let measured = self.player.borrow_mut().play(&self.job)?;
        let sample = sample(&measured)?;
        Ok(self
            .counted
            .iter()
            .fold(sample, |sample, (name, count)| sample.count(name, *count)))
    }
}

fn sample(measured: &Measured) -> anyhow::Result<Sample> {
    // A store that fails is not fast. Some failures are in the nature of a store that gives up waiting for a lock.
    let failed = measured.failed as f64 / measured.operations.max(1) as f64;
    let failure = measured.failure.as_deref().unwrap_or_default();
    anyhow::ensure!(
        failed < 0.01,
        "{} of {} operations failed: {failure}",
        measured.failed,
        measured.operations
    );
    let mut latencies = Latencies::new().context("latencies")?;
    for &nanos in &measured.latencies {
        latencies.record(Duration::from_nanos(nanos));
    }
    let mut sample = Sample::new(measured.operations, measured.elapsed);
    sample.latencies = Some(latencies);
    if measured.failed > 0 {
        sample = sample.count("failed", failed);
    }
    Ok(sample)
}
