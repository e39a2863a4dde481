//! How backends make errors.

use std::borrow::Cow;

use super::Error;
use super::parts::{Context, Failure, Outcome, Source, TooLarge};
use crate::key::KeyName;

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        /// Constructors for backends. The message says what happened and what to do, on one line, without values, whole
        /// keys or credentials; [`during`](Self::during) adds backend and operation.
        impl Error {
            $($(#[$doc])*
            pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
                Self::$variant(Box::new(Failure {
                    message: message.into(),
                    context: Context::default(),
                    outcome: Outcome::NotApplied,
                    source: None,
                }))
            })*
        }
    };
}

constructors! {
    /// See [`Error::InvalidKey`].
    invalid_key => InvalidKey;
    /// See [`Error::InvalidArgument`].
    invalid_argument => InvalidArgument;
    /// See [`Error::InvalidDocument`].
    invalid_document => InvalidDocument;
    /// See [`Error::Unsupported`].
    unsupported => Unsupported;
    /// See [`Error::Timeout`].
    timeout => Timeout;
    /// See [`Error::Unavailable`].
    unavailable => Unavailable;
    /// See [`Error::Full`].
    full => Full;
    /// See [`Error::ReadOnly`].
    read_only => ReadOnly;
    /// See [`Error::PermissionDenied`].
    permission_denied => PermissionDenied;
    /// See [`Error::Config`].
    config => Config;
    /// See [`Error::Corrupt`].
    corrupt => Corrupt;
    /// See [`Error::Incompatible`].
    incompatible => Incompatible;
    /// See [`Error::Backend`].
    backend => Backend;
    /// See [`Error::Closed`].
    closed_with => Closed;
}

impl Error {
    /// The store is closed.
    pub fn closed() -> Self {
        Self::closed_with("the store is closed; open it again")
    }

    /// An entry or a document is larger than the limit.
    pub fn too_large(what: &'static str, unit: &'static str, length: usize, limit: usize) -> Self {
        Self::TooLarge(Box::new(TooLarge {
            what,
            unit,
            length,
            limit,
            context: Context::default(),
        }))
    }

    /// The conditions on these keys failed. Name at least one.
    pub fn conflict<K: Into<KeyName>>(failed: impl IntoIterator<Item = K>) -> Self {
        let failed = failed.into_iter().map(Into::into).collect();
        Self::Conflict {
            failed,
            context: Box::default(),
        }
    }

    /// A batch of `total` entries stopped after at least `applied`, because of `source`.
    ///
    /// A batch of which nothing can have been applied is better reported by `source` itself.
    pub fn incomplete(applied: usize, total: usize, source: Self) -> Self {
        Self::Incomplete {
            applied,
            total,
            source: Box::new(source),
            context: Box::default(),
        }
    }

    /// Names backend and operation, where the error does not yet.
    #[must_use]
    pub fn during(mut self, backend: &'static str, operation: &'static str) -> Self {
        match &mut self {
            Self::NotFound => {}
            Self::TooLarge(too_large) => too_large.context.fill(backend, operation),
            Self::Conflict { context, .. } | Self::Incomplete { context, .. } => context.fill(backend, operation),
            other => {
                if let Some(failure) = other.failure_mut() {
                    failure.context.fill(backend, operation);
                }
            }
        }
        self
    }

    /// Keeps the cause. Kinds that carry none (a miss, a conflict) stay as they are.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        if let Some(failure) = self.failure_mut() {
            failure.source = Some(source.into());
        }
        self
    }

    /// Marks a write whose outcome is unknown and that must not be repeated blindly.
    #[must_use]
    pub fn outcome_unknown(self) -> Self {
        self.outcome(Outcome::Unknown)
    }

    /// Marks a write whose outcome is unknown but that may be repeated without harm, such as a plain `set`.
    #[must_use]
    pub fn outcome_unknown_but_repeatable(self) -> Self {
        self.outcome(Outcome::UnknownButRepeatable)
    }

    fn outcome(mut self, outcome: Outcome) -> Self {
        if let Some(failure) = self.failure_mut() {
            failure.outcome = outcome;
        }
        self
    }
}
