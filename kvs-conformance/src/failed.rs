//! Why a case failed.

use std::error::Error as StdError;
use std::fmt;

/// What a case ends with.
pub type Outcome = Result<(), Failed>;

/// Why a case failed: what was expected, and what was seen. Values are shown shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    message: String,
}

impl Failed {
    /// What was expected and seen, for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same failure, with what the suite was doing.
    pub(crate) fn while_at(self, what: impl fmt::Display) -> Self {
        Self::from(format!("{what}: {}", self.message))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<String> for Failed {
    fn from(message: String) -> Self {
        Self { message }
    }
}

impl From<&str> for Failed {
    fn from(message: &str) -> Self {
        Self::from(message.to_owned())
    }
}

impl From<kvs_core::Error> for Failed {
    fn from(error: kvs_core::Error) -> Self {
        Self::from(format!(
            "expected success, seen {}: {}",
            error.kind(),
            with_causes(&error)
        ))
    }
}

impl From<serde_json::Error> for Failed {
    fn from(error: serde_json::Error) -> Self {
        Self::from(format!("expected JSON: {}", with_causes(&error)))
    }
}

impl From<tokio::task::JoinError> for Failed {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::from(format!("a task of the case did not end normally: {error}"))
    }
}

impl From<tokio::time::error::Elapsed> for Failed {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self::from("an operation hangs: it did not end within the time that the case allows")
    }
}

/// The message of an error and of all that caused it.
pub(crate) fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(", because ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}
