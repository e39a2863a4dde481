//! Futures that are dropped: the write happened or not, whole, and the store stays usable.

/// A write that ended must have succeeded; one that was dropped may have happened or not.
macro_rules! dropped {
    ($times:expr, $future:expr) => {
        match poll_times($times, $future).await {
            Some(outcome) => {
                outcome?;
                true
            }
            None => false,
        }
    };
}

pub(crate) mod load;
pub(crate) mod polls;
pub(crate) mod together;

use kvs_core::{Bytes, Ttl};

use crate::cases::support::Shared;
use crate::failed::Outcome;

/// Each operation is dropped after 0, 1, … polls, up to this many.
const POLLS: usize = 12;

/// After an operation was dropped, the store works as before.
async fn ensure_usable(store: &Shared, times: usize) -> Outcome {
    let value = Bytes::from(times.to_string());
    store.set("usable", value.clone(), Ttl::Never).await?;
    ensure_eq!(
        store.get("usable").await?,
        value,
        "the store works after an operation was dropped at poll {times}"
    );
    Ok(())
}

fn old() -> Bytes {
    vec![b'o'; 3_000].into()
}

fn new() -> Bytes {
    vec![b'n'; 5_000].into()
}
