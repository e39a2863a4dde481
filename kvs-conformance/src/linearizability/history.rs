//! What clients did to a store, and when.

use std::fmt;
use std::ops::RangeInclusive;

use kvs_core::{Bytes, KeyName, Timestamp, Ttl, Version, Versioned};

use crate::failed::Failed;

/// What clients asked of a store and what it answered, each with the instants between which it happened; and how the
/// clock moved meanwhile.
///
/// Instants come from one counter, or from any clock that all clients share. Two of the same number count as
/// simultaneous. Keys are absent in the beginning.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub(super) start: Timestamp,
    pub(super) operations: Vec<Operation>,
    pub(super) moves: Vec<Move>,
}

/// The clock shows `now`, from some instant within `span`.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) span: RangeInclusive<u64>,
    pub(super) now: Timestamp,
}

impl History {
    /// An empty history whose clock shows `start`. Without expiry the clock does not matter: use `default`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            start,
            ..Self::default()
        }
    }

    /// Adds an operation. They may come in any order.
    ///
    /// # Errors
    ///
    /// If it ends before it begins, if the answer is none to this call, or if only a `set` and a `delete` can do what
    /// it says.
    pub fn push(&mut self, operation: Operation) -> Result<(), Failed> {
        if let Some(problem) = operation.problem() {
            return Err(format!("{operation} {problem}; correct the history").into());
        }
        self.operations.push(operation);
        Ok(())
    }

    /// Adds a move of the clock: it shows `now` from some instant within `span`. Moves come in their order.
    ///
    /// # Errors
    ///
    /// If the clock goes back, or the move begins before the one before it has ended.
    pub fn move_clock(&mut self, span: RangeInclusive<u64>, now: Timestamp) -> Result<(), Failed> {
        let (last, begin) = match self.moves.last() {
            Some(last) => (last.now, *last.span.end()),
            None => (self.start, 0),
        };
        if now < last || *span.start() < begin || span.is_empty() {
            return Err("a move of the clock goes back, or overlaps the one before it; correct the history".into());
        }
        self.moves.push(Move { span, now });
        Ok(())
    }

    /// The operations, in the order in which they were added.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

/// One operation of a client on a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Operation {
    pub(super) client: usize,
    pub(super) key: Box<str>,
    pub(super) span: RangeInclusive<u64>,
    pub(super) call: Call,
    pub(super) answer: Option<Answer>,
    pub(super) late: bool,
    pub(super) repeats: Option<u64>,
}

impl Operation {
    /// An operation that was answered, between those two instants.
    pub fn answered(client: usize, key: &str, span: RangeInclusive<u64>, call: Call, answer: Answer) -> Self {
        Self {
            answer: Some(answer),
            ..Self::lost(client, key, span, call)
        }
    }

    /// An operation whose answer was lost: its future was dropped, it ran out of time, or its error says
    /// [`may_have_applied`](kvs_core::Error::may_have_applied). The end of `span` is when that happened.
    ///
    /// It takes effect once or never; if at all, then before any write that begins later. An operation that certainly
    /// did not take effect has no place in a history.
    pub fn lost(client: usize, key: &str, span: RangeInclusive<u64>, call: Call) -> Self {
        Self {
            client,
            key: key.into(),
            span,
            call,
            answer: None,
            late: false,
            repeats: None,
        }
    }

    /// Lets the effect of a lost operation come at any time, after later writes too: what
    /// [`late_writes`](kvs_core::Profile::late_writes) declares.
    #[must_use]
    pub fn late(mut self) -> Self {
        self.late = true;
        self
    }

    /// Lets a `set` or a `delete` take effect once more, until that instant: what sending a request again may do.
    /// `u64::MAX` is without end.
    #[must_use]
    pub fn repeats_until(mut self, instant: u64) -> Self {
        self.repeats = Some(instant);
        self
    }

    /// What was asked.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What was answered, if that is known.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    fn problem(&self) -> Option<&'static str> {
        let repeatable = matches!(self.call, Call::Set { .. } | Call::Delete);
        if self.span.is_empty() {
            Some("ends before it begins")
        } else if self.answer.as_ref().is_some_and(|answer| !self.call.allows(answer)) {
            Some("is no answer to this call")
        } else if self.repeats.is_some() && !repeatable {
            Some("is repeated, which only `set` and `delete` may be")
        } else if self.late && self.answer.is_some() {
            Some("was answered and cannot be late")
        } else {
            None
        }
    }
}

impl fmt::Display for Operation {
    /// Without values and with a shortened key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begin, end) = (self.span.start(), self.span.end());
        write!(
            f,
            "client {} [{begin}..{end}] {} ",
            self.client,
            KeyName::from(&*self.key)
        )?;
        match &self.answer {
            Some(answer) => write!(f, "{:?} -> {answer:?}", self.call),
            None => write!(f, "{:?} -> lost", self.call),
        }
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a client asks of a key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are the arguments of the method")]
pub enum Call {
    /// [`Store::get`](kvs_core::Store::get): `Value` or `Absent`.
    Get,
    /// [`AtomicStore::get_versioned`](kvs_core::AtomicStore::get_versioned): `Versioned` or `Absent`.
    GetVersioned,
    /// [`Store::set`](kvs_core::Store::set): `Done`.
    Set { value: Bytes, ttl: Ttl },
    /// [`Store::delete`](kvs_core::Store::delete): `Done`.
    Delete,
    /// [`AtomicStore::set_if_absent`](kvs_core::AtomicStore::set_if_absent): `Written` or `Conflict`.
    SetIfAbsent { value: Bytes, ttl: Ttl },
    /// [`AtomicStore::compare_and_set`](kvs_core::AtomicStore::compare_and_set): `Written` or `Conflict`.
    CompareAndSet { expected: Version, value: Bytes, ttl: Ttl },
    /// [`AtomicStore::compare_and_delete`](kvs_core::AtomicStore::compare_and_delete): `Done` or `Conflict`.
    CompareAndDelete { expected: Version },
    /// [`AtomicStore::take`](kvs_core::AtomicStore::take): `Value` or `Absent`.
    Take,
    /// [`AtomicStore::touch`](kvs_core::AtomicStore::touch): `Written` or `Absent`.
    Touch { ttl: Ttl },
}

impl Call {
    /// A `set` without expiry.
    pub fn set(value: impl Into<Bytes>) -> Self {
        Self::Set {
            value: value.into(),
            ttl: Ttl::Never,
        }
    }

    /// The name of the method.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::GetVersioned => "get_versioned",
            Self::Set { .. } => "set",
            Self::Delete => "delete",
            Self::SetIfAbsent { .. } => "set_if_absent",
            Self::CompareAndSet { .. } => "compare_and_set",
            Self::CompareAndDelete { .. } => "compare_and_delete",
            Self::Take => "take",
            Self::Touch { .. } => "touch",
        }
    }

    /// The value that it writes.
    pub(super) fn value(&self) -> Option<&Bytes> {
        match self {
            Self::Set { value, .. } | Self::SetIfAbsent { value, .. } | Self::CompareAndSet { value, .. } => {
                Some(value)
            }
            _ => None,
        }
    }

    pub(super) fn ttl(&self) -> Option<Ttl> {
        match self {
            Self::Set { ttl, .. }
            | Self::SetIfAbsent { ttl, .. }
            | Self::CompareAndSet { ttl, .. }
            | Self::Touch { ttl } => Some(*ttl),
            _ => None,
        }
    }

    fn allows(&self, answer: &Answer) -> bool {
        match self {
            Self::Get | Self::Take => matches!(answer, Answer::Value(_) | Answer::Absent),
            Self::GetVersioned => matches!(answer, Answer::Versioned(_) | Answer::Absent),
            Self::Set { .. } | Self::Delete => matches!(answer, Answer::Done),
            Self::SetIfAbsent { .. } | Self::CompareAndSet { .. } => {
                matches!(answer, Answer::Written(_) | Answer::Conflict)
            }
            Self::CompareAndDelete { .. } => matches!(answer, Answer::Done | Answer::Conflict),
            Self::Touch { .. } => matches!(answer, Answer::Written(_) | Answer::Absent),
        }
    }
}

impl fmt::Debug for Call {
    /// Without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => write!(f, "{}({} bytes)", self.name(), value.len()),
            None => f.write_str(self.name()),
        }
    }
}

/// What a store answers.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The value.
    Value(Bytes),
    /// The value with its version and expiry, which are compared too.
    Versioned(Versioned),
    /// There is no entry: `NotFound`.
    Absent,
    /// It is done.
    Done,
    /// It is written, with that version.
    Written(Version),
    /// The condition does not hold.
    Conflict,
}

impl fmt::Debug for Answer {
    /// Without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{} bytes", value.len()),
            Self::Versioned(read) => write!(f, "{} bytes with a version", read.value.len()),
            Self::Absent => f.write_str("absent"),
            Self::Done => f.write_str("done"),
            Self::Written(_) => f.write_str("written"),
            Self::Conflict => f.write_str("conflict"),
        }
    }
}
