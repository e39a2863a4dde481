//! Which levels a store reached.

use std::fmt;

use super::{CaseResult, Counts, Report};
use crate::case::Verdict;
use crate::level::Level;

/// What became of a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelResult {
    level: Level,
    standing: Standing,
    counts: Counts,
}

/// Whether a level is reached, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Every case of it that applies ran and passed.
    Reached,
    /// As many of its cases failed.
    Failed(usize),
    /// Something of it did not run: an exclusion, a filter.
    Incomplete(String),
    /// The subject does not claim it.
    NotDeclared,
}

impl LevelResult {
    pub(crate) fn of(level: Level, report: &Report) -> Self {
        let of_level = |result: &&CaseResult| result.case.level() == level;
        let counts = Counts::of(report.results.iter().filter(of_level));
        Self {
            level,
            standing: standing(level, report, counts),
            counts,
        }
    }

    /// The level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether it is reached.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Is it reached?
    pub fn is_reached(&self) -> bool {
        self.standing == Standing::Reached
    }

    /// Its cases, counted.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reached => f.write_str("reached"),
            Self::Failed(1) => f.write_str("failed: 1 case"),
            Self::Failed(cases) => write!(f, "failed: {cases} cases"),
            Self::Incomplete(why) => write!(f, "incomplete: {why}"),
            Self::NotDeclared => f.write_str("not declared"),
        }
    }
}

fn standing(level: Level, report: &Report, counts: Counts) -> Standing {
    if !level.is_declared(&report.plan.declared) {
        return Standing::NotDeclared;
    }
    if counts.failed > 0 {
        return Standing::Failed(counts.failed);
    }
    let excluded = excluded(level, report);
    if !excluded.is_empty() {
        return Standing::Incomplete(format!("excluded {}", excluded.join(", ")));
    }
    if report.partial {
        return Standing::Incomplete("the run was partial".to_owned());
    }
    match report.problems.first() {
        Some(problem) => Standing::Incomplete(problem.clone()),
        None if counts.passed == 0 => Standing::Incomplete("no case of it ran".to_owned()),
        None => Standing::Reached,
    }
}

/// The exclusions that keep a case of the level from running.
fn excluded(level: Level, report: &Report) -> Vec<&str> {
    let covers = |exclusion: &&crate::Exclusion| {
        report.results.iter().any(|result| {
            let kept = matches!(result.verdict, Verdict::NotApplicable(_));
            let applies = result.case.lacks(&report.plan.declared).is_none();
            kept && applies && result.case.level() == level && exclusion.covers(result.case)
        })
    };
    let exclusions = report.plan.exclusions.iter().filter(covers);
    exclusions.map(crate::Exclusion::what).collect()
}
