//! Where the connections live.

use std::future::{Future, poll_fn};
use std::pin::pin;

use kvs_core::{Error, Result};
use tokio::runtime::{Builder, Runtime};

/// A small runtime of the store's own, on which connections and timers live.
///
/// A connection needs a task to drive it. On the caller's runtime it would stand still when that one ends or merely stops
/// being polled, and the next request, from another runtime, would wait for it in vain. Requests themselves run in the
/// caller's task.
#[derive(Debug)]
pub(crate) struct Background(Option<Runtime>);

impl Background {
    pub(crate) fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("kvs-dynamodb")
            .enable_all()
            .build()
            .map_err(|error| Error::backend("the thread of the store cannot be started").with_source(error))?;
        Ok(Self(Some(runtime)))
    }

    /// Runs a future in the caller's task, in the context of this runtime: what it spawns and waits for lives here.
    pub(crate) async fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let _entered = self.0.as_ref().map(Runtime::enter);
            future.as_mut().poll(context)
        })
        .await
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Plain dropping would wait for the thread, which an async task must not.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
