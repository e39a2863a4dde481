//! Checks whether concurrent operations on a store behaved as if they had come one after the other.
//!
//! Single-key operations of a store whose profile says [`Linearizable`](kvs_core::Consistency::Linearizable) take effect
//! at one instant each, between call and answer. From the outside that shows as an order of all operations on a key that
//! contradicts neither their answers nor the times at which they began and ended. [`Recorder`] records what concurrent
//! clients do, as a [`History`], and [`Checker`] searches for that order.
//!
//! The suite does so in its group `linearizability`. This module is for more than the suite can do: your store under
//! faults, over hours, from several processes.
//!
//! # Recorded
//!
//! ```
//! use std::sync::Arc;
//! use kvs_conformance::linearizability::{Call, Checker, Recorder};
//! use kvs_core::{FullStore, ManualClock};
//! use kvs_memory::{MemoryConfig, MemoryStore};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = ManualClock::default();
//! let store: Arc<dyn FullStore> = Arc::new(MemoryStore::open(MemoryConfig::new().clock(clock.clone()))?);
//! let recorder = Recorder::new(clock);
//! let (mut writer, mut reader) = (recorder.client(store.clone()), recorder.client(store));
//! tokio::join!(
//!     async {
//!         for n in 0..100 {
//!             writer.call("key", Call::set(n.to_string())).await.unwrap();
//!         }
//!     },
//!     async {
//!         for _ in 0..100 {
//!             reader.call("key", Call::Get).await.unwrap();
//!         }
//!     },
//! );
//! let verdict = Checker::new().check(&recorder.history());
//! assert!(verdict.is_linearizable(), "{verdict}");
//! # Ok(()) }
//! ```
//!
//! # Made by hand
//!
//! Where the operations come from elsewhere, say from several processes, tell the history what they were. A client that
//! reads what was overwritten before it asked is found:
//!
//! ```
//! use kvs_conformance::linearizability::{Answer, Call, Checker, History, Operation, Verdict};
//!
//! let mut history = History::default();
//! history.push(Operation::answered(0, "key", 0..=1, Call::set("old"), Answer::Done))?;
//! history.push(Operation::answered(0, "key", 2..=3, Call::set("new"), Answer::Done))?;
//! history.push(Operation::answered(1, "key", 4..=5, Call::Get, Answer::Value("old".into())))?;
//! let Verdict::Violation(violation) = Checker::new().check(&history) else {
//!     panic!("the read is stale");
//! };
//! assert_eq!(violation.operation(), 2);
//! # Ok::<(), kvs_conformance::Failed>(())
//! ```
//!
//! # What the model knows
//!
//! - **Values** are compared, so write each value once: a read of a value that two writes wrote fits either.
//! - **Versions** belong to one write each. One that a plain `set` made is learnt from the first read that tells it.
//! - **Expiry.** A move of the clock is part of the history. An operation that overlaps it may see the clock on either
//!   side, and an entry that expires in that move as live, expired, or reclaimed.
//! - **Lost answers.** An operation whose future was dropped, that ran out of time, or whose error says
//!   [`may_have_applied`](kvs_core::Error::may_have_applied) took effect once or never: [`Operation::lost`]. If at all,
//!   it did so before any later write, unless the store declares [`late_writes`](kvs_core::Profile::late_writes):
//!   [`Operation::late`].
//! - **Repeated effects.** Where requests are sent again, a `set` or a `delete` may take effect twice:
//!   [`Operation::repeats_until`].
//! - Transactions over several keys, batches and listings are not part of it.
//!
//! # What a verdict says
//!
//! [`Linearizable`](Verdict::Linearizable) is said of this one history: no violation was found, nothing is proven of the
//! store. [`Unknown`](Verdict::Unknown) is not a pass: the search was given up, and [`Verdict::into_outcome`] makes it a
//! failure. The search is Wing and Gong's, with Lowe's memory of what was tried, on each key for itself. It copes with
//! thousands of operations by up to 8 clients at the same time on one key; with 16 it rarely ends.

mod checker;
mod history;
mod prepare;
mod recorder;
mod register;
mod search;
mod verdict;

pub use self::checker::Checker;
pub use self::history::{Answer, Call, History, Operation};
pub use self::recorder::{Client, Recorder};
pub use self::verdict::{Verdict, Violation};
