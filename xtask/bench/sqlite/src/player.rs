//! An open store, in this process or in a child, and its turns.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bench_harness::{Contestant, Latencies, Role, Sample};
use bench_sqlite_load::{Draws, Job, Kv, Measured, Opening, Request, run, verify};
use tokio::runtime::Runtime;

use crate::bench::{AllDraws, Bench};
use crate::children::Child;
use crate::field::Entrant;

/// An open store.
pub(crate) trait Player {
    fn entrant(&self) -> Entrant;

    /// Whether it returns what was set, now that it holds values of so many bytes.
    fn verify(&mut self, value_bytes: usize) -> anyhow::Result<()>;

    fn play(&mut self, job: &Job) -> anyhow::Result<Measured>;
}

/// In this process.
pub(crate) struct Local<K> {
    entrant: Entrant,
    store: Arc<K>,
    runtime: Arc<Runtime>,
    draws: Rc<RefCell<AllDraws>>,
}

impl<K: Kv> Local<K> {
    pub(crate) fn new(bench: &Bench, entrant: Entrant, store: K) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            entrant,
            store: Arc::new(store),
            runtime: Arc::clone(&bench.runtime),
            draws: Rc::clone(&bench.draws),
        }))
    }
}

impl<K: Kv> Player for Local<K> {
    fn entrant(&self) -> Entrant {
        self.entrant
    }

    fn verify(&mut self, value_bytes: usize) -> anyhow::Result<()> {
        let store = Arc::clone(&self.store);
        // In a task, where `block_in_place` may be called.
        let verified = self.runtime.spawn(async move { verify(&*store, value_bytes).await });
        self.runtime.block_on(verified)?
    }

    fn play(&mut self, job: &Job) -> anyhow::Result<Measured> {
        let draws: Arc<Draws> = self.draws.borrow_mut().of(job)?;
        self.runtime.block_on(run(&self.store, job, &draws))
    }
}

/// In a child.
pub(crate) struct Remote {
    entrant: Entrant,
    child: Rc<RefCell<Child>>,
    path: PathBuf,
}

impl Remote {
    pub(crate) fn open(
        entrant: Entrant,
        child: Rc<RefCell<Child>>,
        opening: Opening,
    ) -> anyhow::Result<Rc<RefCell<Self>>> {
        let path = opening.path.clone();
        child.borrow_mut().ask(&Request::Open(opening))?;
        Ok(Rc::new(RefCell::new(Self { entrant, child, path })))
    }
}

impl Player for Remote {
    fn entrant(&self) -> Entrant {
        self.entrant
    }

    fn verify(&mut self, value_bytes: usize) -> anyhow::Result<()> {
        let request = Request::Verify(self.path.clone(), value_bytes);
        self.child.borrow_mut().ask(&request).map(drop)
    }

    fn play(&mut self, job: &Job) -> anyhow::Result<Measured> {
        self.child.borrow_mut().ask(&Request::Run(self.path.clone(), *job))
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // A child that no longer answers has closed it already.
        let _ = self.child.borrow_mut().ask(&Request::Close(self.path.clone()));
    }
}

/// A player on one row.
pub(crate) struct Turn {
    pub(crate) player: Rc<RefCell<dyn Player>>,
    pub(crate) job: Job,
    /// Counted apart, by the name of the count.
    pub(crate) counted: Vec<(&'static str, f64)>,
}

impl Contestant for Turn {
    fn name(&self) -> String {
        self.player.borrow().entrant().name.to_owned()
    }

    fn role(&self) -> Role {
        self.player.borrow().entrant().role
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
