//! The one error type of every store, and what a caller can do about each kind.

mod build;
mod parts;

pub use self::parts::{Context, Failure, TooLarge};

use std::fmt;

use self::parts::Outcome;
use crate::key::KeyName;

/// The result of every store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, by what the caller can do about it.
///
/// Every backend answers the same input with the same kind. A message names backend and operation and says what to
/// do; it never holds a value, a credential or a whole key. The cause, where there is one, is in
/// [`source`](std::error::Error::source) and is not repeated in the message.
///
/// Arguments are checked first, then whether the store is closed, then anything else: an invalid argument never costs
/// a request, and is reported as such by a closed store too.
///
/// ```
/// use kvs_core::{Store, Ttl};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let store = kvs_memory::MemoryStore::new();
/// let error = store.get("nobody").await.unwrap_err();
/// assert!(error.is_not_found());
/// let error = store.set("", "x".into(), Ttl::Never).await.unwrap_err();
/// assert_eq!(error.kind(), kvs_core::ErrorKind::InvalidKey);
/// assert_eq!(error.to_string(), "memory: set: the key is empty; a key has 1 to 1024 bytes");
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The entry or document is absent, or has expired. Allocates nothing, so that a miss is cheap.
    #[error("not found: nothing is stored there, or it has expired")]
    NotFound,
    /// The store was closed, through this handle or another one of the same store.
    #[error(transparent)]
    Closed(Box<Failure>),
    /// A key or document id is empty or longer than 1,024 bytes.
    #[error(transparent)]
    InvalidKey(Box<Failure>),
    /// An argument that no store could honour: a limit of zero, a contradictory transaction, an unknown operator.
    #[error(transparent)]
    InvalidArgument(Box<Failure>),
    /// A document nests too deep or holds a number that does not fit, or a value is not JSON of the wanted type.
    #[error(transparent)]
    InvalidDocument(Box<Failure>),
    /// Something is longer than the store's limits. Nothing was written.
    #[error(transparent)]
    TooLarge(Box<TooLarge>),
    /// A condition did not hold. Nothing was written.
    #[error("{context}the condition failed for {}; read again, then decide", names(failed))]
    #[non_exhaustive]
    Conflict {
        /// The keys (or document ids) whose condition failed: at least one, not always all of them.
        failed: Vec<KeyName>,
        /// Backend and operation.
        context: Box<Context>,
    },
    /// A batch was applied in part.
    #[error("{context}{applied} of {total} entries are known to be applied; repeat the batch to apply the rest")]
    #[non_exhaustive]
    Incomplete {
        /// How many entries are known to be applied: a lower bound.
        applied: usize,
        /// How many entries the batch held; of duplicates, a store may count one.
        total: usize,
        /// What stopped it.
        source: Box<Self>,
        /// Backend and operation.
        context: Box<Context>,
    },
    /// This store does not implement the trait that the operation belongs to.
    #[error(transparent)]
    Unsupported(Box<Failure>),
    /// The operation did not end within its time.
    #[error(transparent)]
    Timeout(Box<Failure>),
    /// The storage is busy, throttled or unreachable.
    #[error(transparent)]
    Unavailable(Box<Failure>),
    /// The disk or the configured size of the storage is full.
    #[error(transparent)]
    Full(Box<Failure>),
    /// The storage can only be read.
    #[error(transparent)]
    ReadOnly(Box<Failure>),
    /// The storage refused the caller: missing rights, expired credentials.
    #[error(transparent)]
    PermissionDenied(Box<Failure>),
    /// The configuration is wrong: an unknown option, a missing path, a backend that is not compiled in.
    #[error(transparent)]
    Config(Box<Failure>),
    /// The storage holds something that this library did not write or can no longer read.
    #[error(transparent)]
    Corrupt(Box<Failure>),
    /// The storage was written by a newer version of this library.
    #[error(transparent)]
    Incompatible(Box<Failure>),
    /// Any other failure of the backend; the source tells more.
    #[error(transparent)]
    Backend(Box<Failure>),
}

/// The kinds of [`Error`], to branch on.
///
/// ```
/// use kvs_core::{Error, ErrorKind};
/// let error = Error::unavailable("the database is busy; try again");
/// assert_eq!(error.kind(), ErrorKind::Unavailable);
/// assert!(error.is_retryable());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each is described at the variant of `Error` with the same name"
)]
pub enum ErrorKind {
    NotFound,
    Closed,
    InvalidKey,
    InvalidArgument,
    InvalidDocument,
    TooLarge,
    Conflict,
    Incomplete,
    Unsupported,
    Timeout,
    Unavailable,
    Full,
    ReadOnly,
    PermissionDenied,
    Config,
    Corrupt,
    Incompatible,
    Backend,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The common part of the kinds that have one, by shared or exclusive reference.
macro_rules! failure {
    ($error:ident) => {
        match $error {
            Self::NotFound | Self::TooLarge(_) | Self::Conflict { .. } | Self::Incomplete { .. } => None,
            Self::Closed(failure)
            | Self::InvalidKey(failure)
            | Self::InvalidArgument(failure)
            | Self::InvalidDocument(failure)
            | Self::Unsupported(failure)
            | Self::Timeout(failure)
            | Self::Unavailable(failure)
            | Self::Full(failure)
            | Self::ReadOnly(failure)
            | Self::PermissionDenied(failure)
            | Self::Config(failure)
            | Self::Corrupt(failure)
            | Self::Incompatible(failure)
            | Self::Backend(failure) => Some(failure),
        }
    };
}

impl Error {
    /// The kind, to branch on.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::Closed(_) => ErrorKind::Closed,
            Self::InvalidKey(_) => ErrorKind::InvalidKey,
            Self::InvalidArgument(_) => ErrorKind::InvalidArgument,
            Self::InvalidDocument(_) => ErrorKind::InvalidDocument,
            Self::TooLarge(_) => ErrorKind::TooLarge,
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Incomplete { .. } => ErrorKind::Incomplete,
            Self::Unsupported(_) => ErrorKind::Unsupported,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Unavailable(_) => ErrorKind::Unavailable,
            Self::Full(_) => ErrorKind::Full,
            Self::ReadOnly(_) => ErrorKind::ReadOnly,
            Self::PermissionDenied(_) => ErrorKind::PermissionDenied,
            Self::Config(_) => ErrorKind::Config,
            Self::Corrupt(_) => ErrorKind::Corrupt,
            Self::Incompatible(_) => ErrorKind::Incompatible,
            Self::Backend(_) => ErrorKind::Backend,
        }
    }

    /// Is this a miss: nothing stored, or expired?
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound)
    }

    /// Did a condition fail?
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// May the write have taken effect although it failed, or may it still? Read before you decide.
    pub fn may_have_applied(&self) -> bool {
        match self {
            Self::Incomplete { .. } => true,
            other => other
                .failure()
                .is_some_and(|failure| failure.outcome != Outcome::NotApplied),
        }
    }

    /// Is it worth calling again as it is: transient, and either nothing was applied or repeating is harmless?
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Timeout(failure) | Self::Unavailable(failure) => failure.outcome != Outcome::Unknown,
            Self::Incomplete { source, .. } => source.is_retryable(),
            _ => false,
        }
    }

    fn failure(&self) -> Option<&Failure> {
        failure!(self)
    }

    fn failure_mut(&mut self) -> Option<&mut Failure> {
        failure!(self)
    }
}

fn names(failed: &[KeyName]) -> String {
    let mut names: Vec<String> = failed.iter().take(3).map(ToString::to_string).collect();
    if failed.len() > names.len() {
        names.push(format!("{} more", failed.len() - names.len()));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn stays_small_enough_to_return_by_value() {
        assert!(size_of::<Error>() <= 40, "{}", size_of::<Error>());
    }

    #[test]
    fn crosses_threads_and_keeps_its_type_in_a_box() {
        let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(Error::NotFound);
        assert!(boxed.downcast_ref::<Error>().is_some());
    }

    #[test]
    fn a_message_names_backend_and_operation_once_and_never_the_cause() {
        let error = Error::unavailable("the database is busy; try again")
            .with_source(std::io::Error::other("inner"))
            .during("sqlite", "set")
            .during("kvs", "put");
        assert_eq!(error.to_string(), "sqlite: set: the database is busy; try again");
        assert_eq!(error.source().unwrap().to_string(), "inner");
    }

    #[test]
    fn a_conflict_names_shortened_keys() {
        let error = Error::conflict(["session:0123456789", "b", "c", "d"]).during("memory", "commit");
        let message = error.to_string();
        assert!(
            message.starts_with("memory: commit: the condition failed for \"session:…\" (18 bytes), "),
            "{message}"
        );
        assert!(message.contains("1 more"), "{message}");
        assert!(!format!("{error:?}").contains("0123456789"));
    }

    #[test]
    fn only_transient_and_harmless_failures_are_retryable() {
        assert!(Error::timeout("t").is_retryable());
        assert!(!Error::timeout("t").outcome_unknown().is_retryable());
        assert!(Error::timeout("t").outcome_unknown().may_have_applied());
        assert!(Error::timeout("t").outcome_unknown_but_repeatable().is_retryable());
        assert!(!Error::conflict(["k"]).is_retryable());
        assert!(!Error::NotFound.is_retryable());
        assert!(Error::incomplete(1, 2, Error::unavailable("u")).is_retryable());
        assert!(!Error::incomplete(1, 2, Error::full("f")).is_retryable());
    }
}
