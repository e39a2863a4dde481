//! Everything that takes part, behind one trait each, through its own public API.

mod maps;
mod ordered;
mod ours;
mod peers;

use std::future::Future;

use bench_harness::KeyValue;

pub use maps::{Dash, MokaFuture, MokaSync, Papaya, SccHash};
pub use ordered::{Locked, SccTree, Skiplist};
pub use ours::Ours;
pub use peers::{Keyv, ObjectStore, OpenDal, OpenKeyv};

/// What keeps its keys in order.
pub trait Ordered: KeyValue {
    /// Reads the next entries after a key, values included, and says how many there were.
    fn list(&self, after: &str, limit: usize) -> impl Future<Output = anyhow::Result<usize>> + Send;
}
