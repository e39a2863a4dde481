//! Tasks that keep a store busy for a while.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use anyhow::Context;
use bytes::Bytes;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::{Draws, Job, Kv, Measured, series};

/// Values that a task has ready before the clock starts. It comes around, but never to the same key at the same value.
const READY: usize = 61;
/// Primes, so that tasks and rounds begin at places of the sequence that have nothing to do with each other.
const STRIDES: (usize, usize) = (1021, 7919);

/// Runs the job on the current runtime.
pub async fn run<K: Kv>(store: &Arc<K>, job: &Job, draws: &Arc<Draws>) -> anyhow::Result<Measured> {
    let barrier = Arc::new(Barrier::new(job.tasks + 1));
    let begun = Arc::new(OnceLock::new());
    let mut tasks = JoinSet::new();
    for task in 0..job.tasks {
        let hand = Hand::new(task, job, draws);
        let (store, barrier, job) = (Arc::clone(store), Arc::clone(&barrier), *job);
        let begun = Arc::clone(&begun);
        tasks.spawn(async move {
            barrier.wait().await;
            let end = *begun.get_or_init(Instant::now) + job.time;
            repeat(&*store, hand, &job, end).await
        });
    }
    barrier.wait().await;
    let start = *begun.get_or_init(Instant::now);
    let mut all = Measured::default();
    while let Some(done) = tasks.join_next().await {
        let done = done.context("a task of the benchmark")?;
        all.operations += done.operations;
        all.failed += done.failed;
        all.latencies.extend(done.latencies);
        all.failure = all.failure.or(done.failure);
    }
    all.elapsed = start.elapsed();
    Ok(all)
}

/// What a task has in hand.
struct Hand {
    draws: Arc<Draws>,
    at: usize,
    values: Vec<Bytes>,
}

impl Hand {
    fn new(task: usize, job: &Job, draws: &Arc<Draws>) -> Self {
        let ready = if job.reads == 100 { 0 } else { READY };
        let seed = (job.round * job.tasks + task + 1) as u64;
        Self {
            draws: Arc::clone(draws),
            at: task * STRIDES.0 + job.round * STRIDES.1,
            values: series(job.value_bytes, seed).take(ready).collect(),
        }
    }

    fn draw(&mut self) -> usize {
        self.at += 1;
        self.draws.order[self.at % self.draws.order.len()] as usize
    }
}

async fn repeat<K: Kv>(store: &K, mut hand: Hand, job: &Job, end: Instant) -> Measured {
    let mut of_task = Measured::default();
    let mut start = Instant::now();
    // Who does not get to begin in time does no more than it must: 64 writes that wait for each other can take seconds.
    while start < end || of_task.operations < job.least {
        let drawn = hand.draw() as u32;
        let key = hand.draws.keys.at(drawn);
        // Hot keys must not be always read or always written: the place in the sequence decides, not the key.
        let done = if (hand.at * 37 % 100) < job.reads as usize {
            store
                .get(key)
                .await
                .and_then(|value| value.map(drop).context("a key that was set is gone"))
        } else {
            store.set(key, &hand.values[hand.at % READY]).await
        };
        of_task.operations += 1;
        of_task.latencies.push(start.elapsed().as_nanos() as u64);
        if let Err(error) = done {
            of_task.failed += 1;
            of_task.failure.get_or_insert_with(|| format!("{error:#}"));
        }
        // A store that never waits would keep its worker: the other tasks would be none.
        if job.tasks > 1 {
            tokio::task::yield_now().await;
        }
        start = Instant::now();
    }
    of_task
}
