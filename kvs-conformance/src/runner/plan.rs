//! Which cases run against a subject, and why the others do not.

use crate::case::Case;
use crate::exclusion::{Exclusion, problems};
use crate::model::first_seed;
use crate::need::Declared;
use crate::subject::Subject;

/// What a subject says of itself, asked once.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) subject: String,
    pub(crate) declared: Declared,
    pub(crate) exclusions: Vec<Exclusion>,
}

impl Plan {
    pub(crate) fn of(subject: &dyn Subject) -> Self {
        Self {
            subject: subject.name().to_owned(),
            declared: Declared::by(subject),
            exclusions: subject.exclusions(),
        }
    }

    /// Why the case does not run, if so.
    pub(crate) fn reason_against(&self, case: &Case) -> Option<String> {
        if let Some(lacking) = case.lacks(&self.declared) {
            return Some(lacking.to_owned());
        }
        let exclusion = self.exclusions.iter().find(|exclusion| exclusion.covers(case));
        exclusion.map(|exclusion| format!("excluded: {}", exclusion.reason()))
    }

    /// What makes a run worthless before it has begun.
    pub(crate) fn problems(&self) -> Vec<String> {
        let seed = first_seed().err().map(|failed| failed.to_string());
        problems(&self.exclusions).into_iter().chain(seed).collect()
    }
}
