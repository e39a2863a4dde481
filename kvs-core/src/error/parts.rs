//! What an error carries: where it happened, what happened, and the cause.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

pub(super) type Source = Box<dyn StdError + Send + Sync>;

/// Which backend failed in which operation. Displays as `memory: set: `, or as nothing where neither is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context {
    backend: Option<&'static str>,
    operation: Option<&'static str>,
}

impl Context {
    /// The name of the backend, as in its [`Profile`](crate::Profile).
    pub fn backend(&self) -> Option<&'static str> {
        self.backend
    }

    /// The name of the method that failed.
    pub fn operation(&self) -> Option<&'static str> {
        self.operation
    }

    pub(super) fn fill(&mut self, backend: &'static str, operation: &'static str) {
        self.backend.get_or_insert(backend);
        self.operation.get_or_insert(operation);
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [self.backend, self.operation].into_iter().flatten() {
            write!(f, "{part}: ")?;
        }
        Ok(())
    }
}

/// What most kinds of [`Error`](crate::Error) carry: a message for people, where it happened, and the cause.
#[derive(Debug, thiserror::Error)]
#[error("{context}{message}")]
pub struct Failure {
    pub(super) message: Cow<'static, str>,
    pub(super) context: Context,
    pub(super) outcome: Outcome,
    pub(super) source: Option<Source>,
}

/// What is known of the effect of a write that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    NotApplied,
    Unknown,
    UnknownButRepeatable,
}

impl Failure {
    /// What happened and what to do, without the prefix of backend and operation.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it happened.
    pub fn context(&self) -> Context {
        self.context
    }
}

/// What was longer than allowed, and by how much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{context}the {what} has {length} {unit}, the limit is {limit}; {ADVICE}")]
#[non_exhaustive]
pub struct TooLarge {
    /// What was too large: `value`, `document` or `transaction`.
    pub what: &'static str,
    /// What is counted: `bytes` or `keys`.
    pub unit: &'static str,
    /// How much there was.
    pub length: usize,
    /// How much is allowed.
    pub limit: usize,
    pub(super) context: Context,
}

const ADVICE: &str = "store less, or raise `limits` on a backend that can (memory, sqlite)";
