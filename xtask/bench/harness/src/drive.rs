//! Tasks that keep a store busy.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::{Latencies, Sample};

/// The runtime that everybody is measured on: two workers.
pub fn runtime() -> anyhow::Result<Runtime> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.context("starting tokio")
}

/// How much is done, and by how many tasks.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Tasks that work at the same time.
    pub tasks: usize,
    /// Operations of all tasks together.
    pub operations: usize,
    /// The latency of every `sample_every`-th operation is measured: 1 where an operation takes microseconds, 16 or more
    /// where the clock would take longer than the operation. 0 measures none.
    pub sample_every: usize,
    /// Tasks give way to each other after so many operations, if the store never makes them wait. 0 for never.
    pub yield_every: usize,
}

/// What tasks do, over and over.
pub trait Work: Send + Sync + 'static {
    /// What a task keeps from one operation to the next: its keys, its values.
    type Hand: Send + 'static;

    /// Prepares a task, before the clock starts.
    fn prepare(&self, task: usize, operations: usize) -> anyhow::Result<Self::Hand>;

    /// One operation.
    fn operate(&self, hand: &mut Self::Hand) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Runs the tasks, all starting together, and says what they took.
pub fn drive<W: Work>(runtime: &Runtime, load: Load, work: &Arc<W>) -> anyhow::Result<Sample> {
    let each = (load.operations / load.tasks).max(1);
    let hands: Vec<_> = (0..load.tasks)
        .map(|task| work.prepare(task, each))
        .collect::<anyhow::Result<_>>()?;
    runtime.block_on(async {
        let barrier = Arc::new(Barrier::new(load.tasks + 1));
        let mut tasks = JoinSet::new();
        for hand in hands {
            let (work, barrier) = (Arc::clone(work), Arc::clone(&barrier));
            tasks.spawn(async move {
                barrier.wait().await;
                repeat(&*work, hand, each, load).await
            });
        }
        barrier.wait().await;
        let start = Instant::now();
        let mut latencies = Latencies::new()?;
        let mut finished = Vec::with_capacity(load.tasks);
        while let Some(done) = tasks.join_next().await {
            finished.push(done.context("a task of the benchmark")??);
        }
        let elapsed = start.elapsed();
        for of_task in &finished {
            latencies.merge(of_task)?;
        }
        let mut sample = Sample::new((each * load.tasks) as u64, elapsed);
        sample.latencies = (load.sample_every > 0).then_some(latencies);
        Ok(sample)
    })
}

async fn repeat<W: Work>(work: &W, mut hand: W::Hand, operations: usize, load: Load) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::new()?;
    for operation in 1..=operations {
        if load.sample_every > 0 && operation % load.sample_every == 0 {
            let start = Instant::now();
            work.operate(&mut hand).await?;
            latencies.record(start.elapsed());
        } else {
            work.operate(&mut hand).await?;
        }
        if load.yield_every > 0 && operation % load.yield_every == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(latencies)
}
