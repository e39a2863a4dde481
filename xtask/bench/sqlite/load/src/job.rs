//! What is to be done, and what came out.

use std::time::Duration;

use bench_harness::{Distribution, Keys, Sequence};
use serde::{Deserialize, Serialize};

/// How many draws a sequence has; tasks begin at different places of it.
const DRAWS: usize = 1 << 16;

/// One round of one contestant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Tasks that work at the same time.
    pub tasks: usize,
    /// Reads of 100 operations; the others overwrite.
    pub reads: u32,
    /// How keys are drawn.
    pub distribution: Distribution,
    /// Keys that the store holds.
    pub keys: usize,
    /// Size of the values.
    pub value_bytes: usize,
    /// For how long: the contestants are up to a hundred times apart, so that no number of operations suits all.
    pub time: Duration,
    /// But each task does at least so many: the median of three says nothing.
    pub least: u64,
    /// The round, so that no value comes twice.
    pub round: usize,
}

/// What a round took.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Operations that were done.
    pub operations: u64,
    /// Operations that failed; they count as done.
    pub failed: u64,
    /// Until the last task was finished.
    pub elapsed: Duration,
    /// Nanoseconds that each operation took.
    pub latencies: Vec<u64>,
    /// What the first failure said.
    pub failure: Option<String>,
}

/// The keys, and the order in which they are used: made once, for rows of the same kind.
#[derive(Debug)]
pub struct Draws {
    distribution: Distribution,
    pub(crate) keys: Keys,
    pub(crate) order: Vec<u32>,
}

impl Draws {
    /// Draws for the job.
    pub fn new(job: &Job) -> anyhow::Result<Self> {
        Ok(Self {
            distribution: job.distribution,
            keys: Keys::new(job.keys),
            order: Sequence::draw(job.distribution, job.keys, DRAWS, 1)?.iter().collect(),
        })
    }

    /// Whether the job needs no others.
    pub fn fit(&self, job: &Job) -> bool {
        self.distribution == job.distribution && self.keys.len() == job.keys
    }
}
