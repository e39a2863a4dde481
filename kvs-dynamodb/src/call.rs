//! Sending a request until it is answered: the one retry loop of the backend.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use kvs_core::{Backoff, Error, Result};
use tokio::time::{Instant, sleep, timeout};

use crate::error::{self, Failed, Failure, OperationError, Refusal};
use crate::handle::Table;

const FIRST_WAIT: Duration = Duration::from_millis(25);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What a request does, and so what a lost answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Reads.
    Nothing,
    /// Writes what may be written again: plain `set` and `delete`.
    Repeatable,
    /// Writes on a condition and leaves its version, by which a second attempt knows the first. A transaction has its
    /// token for that.
    Recognisable,
    /// Removes on a condition, or gives back what it removed: a second attempt would not know whether the first one did.
    Once,
}

/// How long requests may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) attempt: Duration,
    pub(crate) operation: Duration,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    Done(T),
    Refused(Refused),
}

/// A condition did not hold.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    /// Why an earlier attempt of the same request has no answer: perhaps it was this very write that changed the item.
    pub(crate) doubt: Option<Error>,
}

/// When to try again, and when to give up.
#[derive(Debug)]
pub(crate) struct Retry {
    backoff: Backoff,
    deadline: Instant,
}

impl Retry {
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            deadline: Instant::now() + patience.operation,
        }
    }

    /// Waits a little longer each time; `false` if the time is over.
    pub(crate) async fn again(&mut self) -> bool {
        let wait = self.backoff.next_wait();
        let in_time = Instant::now() + wait < self.deadline;
        if in_time {
            sleep(wait).await;
        }
        in_time
    }
}

impl Table {
    /// Sends a request, again after failures that pass, until it is answered or the patience ends.
    ///
    /// After an attempt without an answer a request is repeated only where its effect allows it.
    pub(crate) async fn send<T, E, F>(&self, effect: Effect, mut attempt: impl FnMut() -> F) -> Result<Answer<T>>
    where
        E: OperationError,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let mut retry = Retry::new(self.patience);
        let mut doubt = None;
        loop {
            // The futures of the SDK are large; on the heap they are not copied from caller to caller.
            let sent = Box::pin(attempt());
            // A last attempt that was cut short would turn an answer that is known into a doubt.
            let failure = match timeout(self.patience.attempt.min(self.patience.operation), sent).await {
                Ok(Ok(done)) => return Ok(Answer::Done(done)),
                Ok(Err(error)) => match error::translate(error, &self.name) {
                    Failed::Refused(refusal) => return Ok(Answer::Refused(Refused { refusal, doubt })),
                    Failed::Error(failure) => failure,
                },
                Err(_) => error::timed_out(),
            };
            let Failure {
                error,
                transient,
                ambiguous,
            } = failure;
            let repeat = transient && !(ambiguous && effect == Effect::Once);
            if repeat && retry.again().await {
                if ambiguous {
                    doubt = Some(error);
                }
                continue;
            }
            return Err(mark(error, effect, ambiguous || doubt.is_some()));
        }
    }

    /// Sends a request that has no condition.
    pub(crate) async fn ask<T, E, F>(&self, effect: Effect, attempt: impl FnMut() -> F) -> Result<T>
    where
        E: OperationError,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        match self.send(effect, attempt).await? {
            Answer::Done(done) => Ok(done),
            Answer::Refused(_) => Err(Error::backend("DynamoDB refused a condition that was not asked for")),
        }
    }
}

/// Says of a failed request what is known of its effect.
fn mark(error: Error, effect: Effect, ambiguous: bool) -> Error {
    match effect {
        _ if !ambiguous => error,
        Effect::Nothing => error,
        Effect::Repeatable => error.outcome_unknown_but_repeatable(),
        Effect::Recognisable | Effect::Once => error.outcome_unknown(),
    }
}
