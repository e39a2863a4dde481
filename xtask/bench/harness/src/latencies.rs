//! How long single operations take.

use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

const LONGEST: Duration = Duration::from_mins(1);
/// Three digits keep the error of a percentile under 0.1 %.
const DIGITS: u8 = 3;

/// A histogram of latencies, in nanoseconds.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// An empty one.
    pub fn new() -> anyhow::Result<Self> {
        let histogram = Histogram::new_with_max(LONGEST.as_nanos() as u64, DIGITS);
        Ok(Self(histogram.context("the bounds of the histogram")?))
    }

    /// Counts one operation. What takes longer than a minute is counted as a minute.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(latency.as_nanos() as u64);
    }

    /// Adds what another counted.
    pub fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        self.0.add(&other.0).context("histograms have the same bounds")
    }

    /// What the reports show; `None` if nothing was counted.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64;
        (!self.0.is_empty()).then(|| Percentiles {
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            max: self.0.max() as f64,
        })
    }
}

/// Percentiles of the latency, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half of the operations took at most this.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// All of them.
    pub max: f64,
}
