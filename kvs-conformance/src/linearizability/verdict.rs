//! What a check ends with.

use std::fmt;

use kvs_core::{Bytes, KeyName, Ttl, Version};

use super::history::{Answer, Call, Operation};
use crate::failed::Failed;

/// What the checker says of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Verdict {
    /// There is an order that explains every answer.
    Linearizable,
    /// There is none.
    Violation(Box<Violation>),
    /// The search was given up: nothing is known.
    Unknown {
        /// The key whose search was given up.
        key: KeyName,
        /// The budget that it used up.
        steps: u64,
    },
}

impl Verdict {
    /// Was an order found? A violation is `false`, and so is not knowing.
    pub fn is_linearizable(&self) -> bool {
        matches!(self, Self::Linearizable)
    }

    /// `Ok` if an order was found; otherwise what is wrong, for people.
    ///
    /// # Errors
    ///
    /// A violation, and not knowing.
    pub fn into_outcome(self) -> Result<(), Failed> {
        match self {
            Self::Linearizable => Ok(()),
            other => Err(other.to_string().into()),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linearizable => f.write_str("linearizable: one order explains every answer"),
            Self::Violation(violation) => violation.fmt(f),
            Self::Unknown { key, steps } => write!(
                f,
                "unknown: no order was found and none was ruled out for key {key} in {steps} steps; record fewer \
                 simultaneous clients of one key, fewer lost operations, or raise the budget"
            ),
        }
    }
}

/// Why no order explains a history.
///
/// All answers before [`operation`](Self::operation) has ended can be explained together; with its answer they cannot.
/// Displays what happened around it: the key shortened, each value as a number.
#[derive(Clone, PartialEq, Eq)]
pub struct Violation {
    pub(super) key: KeyName,
    pub(super) operation: usize,
    pub(super) ended: usize,
    pub(super) total: usize,
    pub(super) state: String,
    /// The last operations in an order that goes as far as any.
    pub(super) before: Vec<String>,
    /// The operations that were running, of which none can come next.
    pub(super) pending: Vec<String>,
}

impl Violation {
    /// The index, in [`History::operations`](super::History::operations), of the first operation to end that cannot be
    /// explained.
    pub fn operation(&self) -> usize {
        self.operation
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not linearizable: no order explains the answers of the first {} of {} operations on key {} to end",
            self.ended, self.total, self.key
        )?;
        for line in &self.before {
            write!(f, "\n  before: {line}")?;
        }
        write!(f, "\n  then:   {}", self.state)?;
        for line in &self.pending {
            write!(f, "\n  open:   {line}")?;
        }
        f.write_str(
            "\n  (an order that goes as far as any; in brackets when an operation began and ended; #n is a value)",
        )
    }
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An operation with its values and versions as numbers, which the functions tell.
pub(super) fn line(
    operation: &Operation,
    value: impl Fn(&[u8]) -> Option<u32>,
    version: impl Fn(&Version) -> Option<u32>,
) -> String {
    let (begin, end) = (operation.span.start(), operation.span.end());
    let value = |bytes: &Bytes| format!("#{}", value(bytes).unwrap_or_default());
    let version = |known: &Version| format!("version {}", version(known).unwrap_or_default());
    let mut arguments = Vec::new();
    if let Call::CompareAndSet { expected, .. } | Call::CompareAndDelete { expected } = &operation.call {
        arguments.push(version(expected));
    }
    arguments.extend(operation.call.value().map(value));
    if let Some(ttl) = operation.call.ttl().filter(|ttl| *ttl != Ttl::Never) {
        arguments.push(format!("{ttl:?}"));
    }
    let answer = match &operation.answer {
        None => "lost".to_owned(),
        Some(Answer::Value(seen)) => value(seen),
        Some(Answer::Versioned(seen)) => format!("{}, {}", value(&seen.value), version(&seen.version)),
        Some(Answer::Written(given)) => version(given),
        Some(other) => format!("{other:?}"),
    };
    format!(
        "client {} [{begin}..{end}] {}({}) -> {answer}",
        operation.client,
        operation.call.name(),
        arguments.join(", ")
    )
}
