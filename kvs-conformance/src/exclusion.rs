//! What a subject does not let itself be tested for, and why.

use crate::case::{Case, cases};

/// A case or a whole group that does not run, with the reason.
///
/// It is no way to green: the report shows it, and the level that it belongs to is not reached. One that names nothing, or
/// gives no reason, fails the run.
///
/// ```
/// use kvs_conformance::Exclusion;
/// let case = Exclusion::new("wall::an_entry_expires", "the server's clock is ahead by design");
/// let group = Exclusion::new("documents", "not ready before the next release");
/// # assert_ne!(case, group);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    what: String,
    reason: String,
}

impl Exclusion {
    /// Excludes a case (`"ttl::expires_at_the_exact_millisecond"`) or a group (`"ttl"`).
    pub fn new(case_or_group: &str, reason: &str) -> Self {
        Self {
            what: case_or_group.to_owned(),
            reason: reason.trim().to_owned(),
        }
    }

    /// The case or the group.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Why it is not tested.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Does it exclude the case? One without a reason excludes nothing.
    pub fn covers(&self, case: &Case) -> bool {
        !self.reason.is_empty() && self.names(case)
    }

    fn names(&self, case: &Case) -> bool {
        match self.what.strip_prefix(case.group) {
            Some("") => true,
            Some(rest) => rest.strip_prefix("::") == Some(case.name),
            None => false,
        }
    }
}

/// What is wrong with the exclusions of a subject.
pub(crate) fn problems(exclusions: &[Exclusion]) -> Vec<String> {
    exclusions.iter().filter_map(problem).collect()
}

fn problem(exclusion: &Exclusion) -> Option<String> {
    let what = &exclusion.what;
    if exclusion.reason.is_empty() {
        return Some(format!(
            "the exclusion of {what:?} has no reason; say why it is excluded"
        ));
    }
    if cases().any(|case| exclusion.names(case)) {
        return None;
    }
    Some(format!(
        "the exclusion of {what:?} names no case and no group; `--list` shows them all"
    ))
}
