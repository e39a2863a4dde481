//! How a question about the table is asked until there is an answer.

use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use kvs_core::{Backoff, Error};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::error::{Failed, OperationError, timed_out, translate};

/// How long one attempt may take, and when to give up. DynamoDB answers few such requests a second, so programs that start
/// together have to wait for each other.
#[derive(Debug)]
pub(super) struct Attempts {
    table: String,
    each: Duration,
    end: Instant,
}

/// A request that was given up, or refused.
#[derive(Debug)]
pub(super) struct Rejection {
    pub(super) error: Error,
    code: String,
    transient: bool,
}

impl Attempts {
    pub(super) fn new(table: &str, each: Duration, whole: Duration) -> Self {
        Self {
            table: table.to_owned(),
            each,
            end: Instant::now() + whole,
        }
    }

    /// Sends the request, again after a failure that may pass. Repeating it must be harmless.
    pub(super) async fn ask<T, E, F>(&self, send: impl Fn() -> F) -> Result<T, Rejection>
    where
        E: OperationError,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let mut pause = Self::pause();
        loop {
            let rejection = match timeout_at(self.end.min(Instant::now() + self.each), send()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => Rejection::new(error, &self.table),
                Err(_) => Rejection::silence(),
            };
            if rejection.is_in_use() || !rejection.transient || !self.wait(&mut pause).await {
                return Err(rejection);
            }
        }
    }

    /// Waits a little, longer each time; `false` if the time is up.
    pub(super) async fn wait(&self, pause: &mut Backoff) -> bool {
        let until = Instant::now() + pause.next_wait();
        let in_time = until < self.end;
        if in_time {
            sleep_until(until).await;
        }
        in_time
    }

    /// From a tenth of a second to two.
    pub(super) fn pause() -> Backoff {
        Backoff::new(Duration::from_millis(100), Duration::from_secs(2))
    }
}

impl Rejection {
    fn new<E: OperationError>(error: SdkError<E>, table: &str) -> Self {
        let code = error.code().unwrap_or_default().to_owned();
        let (error, transient) = match translate(error, table) {
            Failed::Error(failure) => (failure.error, failure.transient),
            Failed::Refused(_) => (Error::backend("DynamoDB refused a condition that was not set"), false),
        };
        Self { error, code, transient }
    }

    fn silence() -> Self {
        Self {
            error: timed_out().error,
            code: String::new(),
            transient: true,
        }
    }

    /// There is no such table.
    pub(super) fn is_table_missing(&self) -> bool {
        self.code == "ResourceNotFoundException"
    }

    /// The table exists already, or is being changed.
    pub(super) fn is_in_use(&self) -> bool {
        self.code == "ResourceInUseException"
    }

    /// The credentials are good, but do not allow this.
    pub(super) fn is_denied(&self) -> bool {
        self.code == "AccessDeniedException"
    }

    /// What to tell, with the name of the permission if that is missing.
    pub(super) fn into_error(self, action: &str) -> Error {
        if !self.is_denied() {
            return self.error;
        }
        let message = format!("dynamodb:{action} is not allowed; add it to the policy of these credentials");
        Error::permission_denied(message).with_source(self.error)
    }
}
