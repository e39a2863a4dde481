//! A case: a rule of the contract, and the function that holds a store to it.

use std::fmt::{self, Debug, Write as _};

use futures_util::future::BoxFuture;
use kvs_core::ErrorKind;

use crate::cases::GROUPS;
use crate::context::Context;
use crate::failed::{Failed, Outcome, with_causes};
use crate::level::Level;
use crate::need::{Declared, Need};
use crate::subject::Subject;

/// How much of a value a message shows.
const SHOWN: usize = 400;

/// Every case of the suite, group by group.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    GROUPS.iter().copied().flatten()
}

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

    /// The group: `ttl`.
    pub fn group(&self) -> &'static str {
        self.group
    }

    /// The rule that the case executes, in words.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// The level that a store reaches by this case and its like.
    pub fn level(&self) -> Level {
        Level::of(self.group, self.needs)
    }

    /// What the subject lacks for this case to make sense; `None` if the case applies, and then only an
    /// [`Exclusion`](crate::Exclusion) keeps it from running.
    pub fn unmet(&self, subject: &dyn Subject) -> Option<&'static str> {
        self.lacks(&Declared::by(subject))
    }

    /// The same, for a subject that was asked before.
    pub(crate) fn lacks(&self, declared: &Declared) -> Option<&'static str> {
        let unmet = self.needs.iter().find(|need| !declared.meets(**need));
        unmet.map(|need| need.words())
    }

    /// Has it that name? Nothing is put together to find out.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let rest = name.strip_prefix(self.group).and_then(|rest| rest.strip_prefix("::"));
        rest == Some(self.name)
    }
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The store does what the rule says.
    Passed,
    /// It does not.
    Failed(Failed),
    /// The rule does not concern the store, or the subject excludes it: the reason.
    NotApplicable(String),
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
