//! A line of the table, and what ours has to reach on it.

use serde::{Deserialize, Serialize};

/// A workload on which contestants are compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The short name that the tables group by: `mem_scale`.
    pub name: String,
    /// What is done: `95/5, 100k keys, zipf, 64 tasks`.
    pub workload: String,
    /// What is compared.
    pub unit: Unit,
    /// The contestant that is 1 in the column of ratios.
    pub base: String,
    /// What ours has to reach; none if the row only informs.
    pub bars: Vec<Bar>,
}

impl Row {
    /// A row that compares the time an operation takes, without a bar.
    pub fn new(name: &str, workload: impl Into<String>, base: &str) -> Self {
        Self {
            name: name.to_owned(),
            workload: workload.into(),
            unit: Unit::Time,
            base: base.to_owned(),
            bars: Vec::new(),
        }
    }

    /// Compares this instead of the time an operation takes.
    #[must_use]
    pub fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// The contestant `of` must stay within `limit`.
    #[must_use]
    pub fn bar(mut self, of: &str, limit: Limit) -> Self {
        self.bars.push(Bar {
            of: of.to_owned(),
            limit,
        });
        self
    }
}

/// What a row compares; less is better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Nanoseconds of wall time an operation, over all tasks together: the inverse of the throughput.
    Time,
    /// The median latency of an operation, in nanoseconds.
    MedianLatency,
    /// What [`Sample::counts`](crate::Sample::counts) has by this name: `bytes an entry`, `requests`.
    Count(String),
}

/// What one contestant has to reach on a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// The name of the contestant.
    pub of: String,
    /// How far it may go.
    pub limit: Limit,
}

/// The most that a contestant may cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Limit {
    /// This many times the base of the row.
    OfBase(f64),
    /// This many times the cheapest peer: 1 is ahead of every peer, 0.5 twice as fast as the fastest.
    OfBestPeer(f64),
    /// So much of the row's unit.
    Absolute(f64),
}
