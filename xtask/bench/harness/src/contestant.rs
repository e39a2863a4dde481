//! Who takes part in a row.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Latencies;

/// One of those that a row compares.
pub trait Contestant {
    /// How the table calls it. Unique in the row.
    fn name(&self) -> String;

    /// What it is to us.
    fn role(&self) -> Role;

    /// Does the work of the row once and says what it took. Rounds count from 0; those of the warm-up come first, and
    /// are counted like all others, so that a round can draw keys and values that no earlier one did.
    fn round(&mut self, round: usize) -> anyhow::Result<Sample>;
}

/// What a contestant is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// A store of kvs.
    Ours,
    /// A store by others, with an async API of its own: what a user would take instead.
    Peer,
    /// A map, or a bare driver: what an engine is made of, as a line of reference.
    Reference,
}

impl Role {
    /// As the tables and the charts call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer => "peer",
            Self::Reference => "reference",
        }
    }
}

/// What one round took.
#[derive(Debug, Default)]
pub struct Sample {
    /// The operations of the round.
    pub operations: u64,
    /// The wall time of the round, without its preparation.
    pub elapsed: Duration,
    /// How long single operations took, where they were measured.
    pub latencies: Option<Latencies>,
    /// What else was counted, per operation or per entry, as the name says: `fsyncs`, `bytes an entry`.
    pub counts: BTreeMap<String, f64>,
}

impl Sample {
    /// A round of which only the time is known.
    pub fn new(operations: u64, elapsed: Duration) -> Self {
        Self {
            operations,
            elapsed,
            ..Self::default()
        }
    }

    /// Nanoseconds of wall time an operation.
    pub fn nanos_each(&self) -> f64 {
        self.elapsed.as_nanos() as f64 / self.operations.max(1) as f64
    }

    /// Adds a count.
    #[must_use]
    pub fn count(mut self, name: &str, value: f64) -> Self {
        self.counts.insert(name.to_owned(), value);
        self
    }
}
