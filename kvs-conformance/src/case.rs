//! A case: a rule of the contract, and the function that holds a store to it.

use std::fmt::{self, Debug, Write as _};

use futures_util::future::BoxFuture;
use kvs_core::{Consistency, ErrorKind};

use crate::context::Context;
use crate::failed::{Failed, Outcome, with_causes};
use crate::subject::{Subject, Time};

/// How much of a value a message shows.
const SHOWN: usize = 400;

/// One case of the suite.
#[derive(Debug)]
pub struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) needs: &'static [Need],
    pub(crate) run: fn(Context) -> BoxFuture<'static, Outcome>,
}

impl Case {
    /// The name, as tests show it: `ttl::expires_at_the_exact_millisecond`.
    pub fn name(&self) -> String {
        format!("{}::{}", self.group, self.name)
    }

    /// The rule that the case executes, in words.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// What the subject lacks for this case to make sense; `None` if the case runs, and then it cannot be skipped.
    pub fn unmet(&self, subject: &dyn Subject) -> Option<&'static str> {
        let unmet = self.needs.iter().find(|need| !need.is_met(subject));
        unmet.map(|need| need.words())
    }
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The store does what the rule says.
    Passed,
    /// It does not.
    Failed(Failed),
    /// The rule does not concern the store: the property that it lacks.
    Ignored(&'static str),
}

/// What a store must have for a case to make sense. Decided by what the subject declares, before anything is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// `ListableStore`.
    Listable,
    /// `DocumentStore`.
    Documents,
    /// `AtomicStore`.
    Atomic,
    /// A clock that the case moves.
    ManualClock,
    /// The clock of the wall.
    WallClock,
    /// Drops nothing: for cases that write more than 1,000 entries or 16 MiB.
    Lasting,
    /// Opening the same site again gives the same storage.
    Reopens,
    /// Reads see every acknowledged write.
    Linearizable,
}

impl Need {
    fn is_met(self, subject: &dyn Subject) -> bool {
        let profile = subject.profile();
        match self {
            Self::Listable => profile.traits.listable,
            Self::Documents => profile.traits.documents,
            Self::Atomic => profile.traits.atomic,
            Self::ManualClock => subject.time() == Time::Manual,
            Self::WallClock => subject.time() == Time::Wall,
            Self::Lasting => !profile.evicting,
            Self::Reopens => subject.reopens(),
            Self::Linearizable => profile.consistency == Consistency::Linearizable,
        }
    }

    /// The unmet need, as a reason.
    fn words(self) -> &'static str {
        match self {
            Self::Listable => "not listable",
            Self::Documents => "no documents",
            Self::Atomic => "not atomic",
            Self::ManualClock => "no manual clock",
            Self::WallClock => "no wall clock",
            Self::Lasting => "evicting",
            Self::Reopens => "does not reopen",
            Self::Linearizable => "eventual reads",
        }
    }
}

/// The failure of an `ensure_eq!`.
pub(crate) fn differs(rule: &fmt::Arguments<'_>, expected: &dyn Debug, seen: &dyn Debug) -> Failed {
    let (expected, seen) = (shown(expected), shown(seen));
    Failed::from(format!("{rule}\n  expected: {expected}\n  seen:     {seen}"))
}

/// The check of an `ensure_kind!`.
pub(crate) fn expect_kind<T: Debug>(
    result: kvs_core::Result<T>,
    kind: ErrorKind,
    rule: &fmt::Arguments<'_>,
) -> Outcome {
    match result {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(differs(
            rule,
            &kind,
            &format_args!("{}: {}", error.kind(), with_causes(&error)),
        )),
        Ok(value) => Err(differs(rule, &kind, &format_args!("Ok({})", shown(&value)))),
    }
}

/// The beginning of a value's `Debug`.
pub(crate) fn shown(value: &dyn Debug) -> String {
    let mut writer = Shortened(String::new());
    // An error means that the room is used up.
    if write!(writer, "{value:?}").is_err() {
        writer.0.push('…');
    }
    writer.0
}

/// Takes what fits and refuses the rest, so that a large value is not formatted whole.
struct Shortened(String);

impl fmt::Write for Shortened {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = SHOWN - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let fits = text
            .char_indices()
            .map(|(at, _)| at)
            .take_while(|at| *at <= room)
            .last();
        self.0.push_str(&text[..fits.unwrap_or(0)]);
        Err(fmt::Error)
    }
}
