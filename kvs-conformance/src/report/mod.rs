//! What came out of a run: for people, for a README, for programs.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the report, and what is counted in it |
//! | `levels.rs` | which levels are reached |
//! | `words.rs` | what a profile says, in words |
//! | `table.rs`, `markdown.rs`, `json.rs` | its three forms |

mod json;
mod levels;
mod markdown;
mod table;
mod words;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub use self::levels::{LevelResult, Standing};
use crate::case::{Case, Verdict};
use crate::exclusion::Exclusion;
use crate::level::Level;
use crate::model::{SEED, first_seed};
use crate::runner::{Alone, Plan};

/// What became of a case, and how long it took.
#[derive(Debug, Clone)]
pub struct CaseResult {
    case: &'static Case,
    verdict: Verdict,
    elapsed: Duration,
}

impl CaseResult {
    pub(crate) fn new(case: &'static Case, verdict: Verdict, elapsed: Duration) -> Self {
        Self { case, verdict, elapsed }
    }

    /// The case.
    pub fn case(&self) -> &'static Case {
        self.case
    }

    /// The name of the case: `ttl::expires_at_the_exact_millisecond`.
    pub fn name(&self) -> String {
        self.case.name()
    }

    /// Whether the store does what the rule says.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// How long it took.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

/// What a run of the suite found.
///
/// Its `Display` is the table for a terminal. [`to_markdown`](Self::to_markdown) is a page to link from a README: it holds
/// no times, so that it changes only when a result does. [`to_json`](Self::to_json) holds everything.
#[derive(Debug, Clone)]
pub struct Report {
    plan: Arc<Plan>,
    alone: Alone,
    partial: bool,
    results: Vec<CaseResult>,
    undeclared: Vec<String>,
    problems: Vec<String>,
    elapsed: Duration,
    seed: u64,
}

/// What a report is made of.
pub(crate) struct Run {
    pub(crate) plan: Arc<Plan>,
    pub(crate) alone: Alone,
    pub(crate) partial: bool,
    pub(crate) results: Vec<CaseResult>,
    pub(crate) undeclared: Vec<String>,
    pub(crate) problems: Vec<String>,
    pub(crate) elapsed: Duration,
}

impl Report {
    pub(crate) fn new(run: Run) -> Self {
        let mut report = Self {
            plan: run.plan,
            alone: run.alone,
            partial: run.partial,
            results: run.results,
            undeclared: run.undeclared,
            problems: run.problems,
            elapsed: run.elapsed,
            // One that is not a number is among the problems.
            seed: first_seed().unwrap_or(0),
        };
        let totals = report.totals();
        if totals.passed + totals.failed == 0 {
            report
                .problems
                .push("no case was executed, so nothing is proven".to_owned());
        }
        report
    }

    /// Did at least one case run, did all that ran pass, and was nothing wrong with the run itself? Cases that do not
    /// apply do not count; what the store reached is told by [`levels`](Self::levels).
    pub fn passed(&self) -> bool {
        self.problems.is_empty() && self.totals().failed == 0
    }

    /// Were some cases left out by a filter? Then no level is reached.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// What the subject is called.
    pub fn subject(&self) -> &str {
        &self.plan.subject
    }

    /// Every case that was asked for, in the order of the suite.
    pub fn results(&self) -> &[CaseResult] {
        &self.results
    }

    /// What became of each level.
    pub fn levels(&self) -> Vec<LevelResult> {
        Level::ALL.iter().map(|level| LevelResult::of(*level, self)).collect()
    }

    /// What the subject does not declare although it works.
    pub fn undeclared(&self) -> &[String] {
        &self.undeclared
    }

    /// What the subject did not let itself be tested for.
    pub fn exclusions(&self) -> &[Exclusion] {
        &self.plan.exclusions
    }

    /// What was wrong with the run itself, as an exclusion that names nothing. Any of them fails it.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The report as a page.
    pub fn to_markdown(&self) -> String {
        markdown::page(self)
    }

    /// The report as data.
    pub fn to_json(&self) -> Value {
        json::value(self)
    }

    /// All cases together.
    pub(crate) fn totals(&self) -> Counts {
        Counts::of(self.results.iter())
    }

    /// Each group with its counts, in the order of the suite.
    pub(crate) fn groups(&self) -> Vec<(&'static str, Counts)> {
        let mut groups: Vec<(&'static str, Counts)> = Vec::new();
        for result in &self.results {
            let group = result.case.group();
            match groups.iter_mut().find(|(name, _)| *name == group) {
                Some((_, counts)) => counts.add(result),
                None => groups.push((group, Counts::of([result]))),
            }
        }
        groups
    }

    /// The failed cases, and how.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'static Case, &str)> {
        self.results.iter().filter_map(|result| match &result.verdict {
            Verdict::Failed(failed) => Some((result.case, failed.message())),
            _ => None,
        })
    }

    /// The cases that do not apply, by reason, the most frequent reason first.
    pub(crate) fn not_applicable(&self) -> Vec<(&str, Vec<&'static Case>)> {
        let mut reasons: Vec<(&str, Vec<&'static Case>)> = Vec::new();
        for result in &self.results {
            let Verdict::NotApplicable(reason) = &result.verdict else {
                continue;
            };
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, cases)) => cases.push(result.case),
                None => reasons.push((reason, vec![result.case])),
            }
        }
        reasons.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
        reasons
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table::write(self, f)
    }
}

/// How many cases passed, and so on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) not_applicable: usize,
    pub(crate) elapsed: Duration,
}

impl Counts {
    pub(crate) fn of<'a>(results: impl IntoIterator<Item = &'a CaseResult>) -> Self {
        let mut counts = Self::default();
        for result in results {
            counts.add(result);
        }
        counts
    }

    fn add(&mut self, result: &CaseResult) {
        match result.verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed(_) => self.failed += 1,
            Verdict::NotApplicable(_) => self.not_applicable += 1,
        }
        self.elapsed += result.elapsed;
    }
}

/// All that helps with a failure: the rule, what was expected and seen, the seed, and how to run the case alone.
pub(crate) fn explain(case: &Case, failure: &str, alone: &Alone) -> String {
    let seed = first_seed().unwrap_or(0);
    let alone = alone.of(&case.name());
    format!("rule: {}\n{failure}\nseed: {SEED}={seed}\nalone: {alone}", case.rule())
}
