//! The load that every store on SQLite gets.
//!
//! Cargo links one SQLite into a program, and the peers ask for three. So they run in children that obey this crate:
//! the same loop does the work and reads the clock, in a child as in the parent, and only its result crosses the pipe.

mod child;
mod job;
mod run;
mod values;
mod verify;

use std::future::Future;

use bytes::Bytes;

pub use crate::child::{Answer, Journal, Opening, Request, serve};
pub use crate::job::{Draws, Job, Measured};
pub use crate::run::run;
pub use crate::values::series;
pub use crate::verify::verify;

/// The least that all of them do.
pub trait Kv: Send + Sync + 'static {
    /// The value of a key, if there is one.
    fn get(&self, key: &str) -> impl Future<Output = anyhow::Result<Option<Bytes>>> + Send;

    /// Stores a value. Values are text, because some peers keep nothing else.
    fn set(&self, key: &str, value: &Bytes) -> impl Future<Output = anyhow::Result<()>> + Send;
}
