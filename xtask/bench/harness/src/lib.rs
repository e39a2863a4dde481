//! What the benchmarks of kvs share.
//!
//! A [`Row`] is one line of the table: a workload, and the [`Bar`]s that ours has to reach. [`compete`] runs the
//! [`Contestant`]s of a row round by round, side by side, so that whatever else the machine does falls on each of them,
//! and reports ratios. A binary describes its rows in [`run`]; the results are a [`Section`] in JSON, from which the
//! program `bench-report` draws the table and the charts.

pub mod chart;
mod compete;
mod contestant;
mod drive;
mod growth;
mod key_value;
mod keys;
mod latencies;
mod plan;
mod report;
mod row;
mod run;
mod statistics;
mod store_growth;
pub mod table;
mod values;

pub use compete::{Outcome, Standing, Verdict, compete};
pub use contestant::{Contestant, Role, Sample};
pub use drive::{Load, Work, drive, runtime};
pub use growth::{Curve, Growth, Point, grow};
pub use key_value::{KeyValue, Mix, Mixed, fill};
pub use keys::{Distribution, Keys, Sequence};
pub use latencies::{Latencies, Percentiles};
pub use plan::Plan;
pub use report::{Machine, Report, Section, Version};
pub use row::{Bar, Limit, Row, Unit};
pub use run::run;
pub use statistics::Spread;
pub use store_growth::{Effort, StoreGrowth};
pub use values::Values;
