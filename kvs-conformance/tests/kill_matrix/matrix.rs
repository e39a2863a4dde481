//! Broken stores against cases: who finds what.
//!
//! Nearly all cases take a few milliseconds, and are run against every broken store. The few that take long are run only
//! against stores that name them, and then against one after the other until they find one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kvs_conformance::{Case, Subject, Verdict, cases, run};

use crate::mutation::Mutation;
use crate::parallel::in_parallel;
use crate::saboteur::Broken;

/// A narrow store fails fewer than one in so many of the cases that concern it.
const NARROW: usize = 20;

/// A case that takes longer on the sound store is not run against every broken one.
const LONG: Duration = Duration::from_millis(8);

/// What the cases say of one broken store.
pub(crate) struct Row {
    pub(crate) mutation: Arc<Mutation>,
    pub(crate) group: &'static str,
    pub(crate) failed: BTreeSet<String>,
    pub(crate) executed: usize,
}

impl Row {
    /// Fails so few cases that each of them proves something.
    pub(crate) fn is_narrow(&self) -> bool {
        !self.mutation.wide && is_narrow(self.failed.len(), self.executed)
    }
}

/// Are so many failures few?
pub(crate) fn is_narrow(failed: usize, executed: usize) -> bool {
    failed * NARROW < executed
}

/// The whole matrix.
pub(crate) struct Matrix {
    pub(crate) rows: Vec<Row>,
    /// What the sound store does not pass: nothing, or the matrix says nothing.
    pub(crate) unsound: Vec<String>,
    /// Cases that were not run against every store.
    long: BTreeSet<String>,
}

impl Matrix {
    /// Runs every case that says something against every mutation.
    pub(crate) fn run(mutations: Vec<(&'static str, Mutation)>) -> Self {
        let (unsound, long) = control();
        let mutations: Vec<_> = mutations.into_iter().map(|(group, it)| (group, Arc::new(it))).collect();
        let rows = in_parallel(&mutations, |(group, mutation)| row(group, mutation, &long));
        let mut matrix = Self { rows, unsound, long };
        matrix.hunt();
        matrix
    }

    /// Broken stores that no case finds.
    pub(crate) fn survivors(&self) -> Vec<&str> {
        let rows = self.rows.iter().filter(|row| row.failed.is_empty());
        rows.map(|row| row.mutation.name).collect()
    }

    /// Cases that a mutation names, and that do not find it.
    pub(crate) fn blind(&self) -> Vec<String> {
        let named = |row| pairs_of(row).map(move |case| (row, case));
        let pairs = self.rows.iter().flat_map(named);
        pairs
            .filter(|(row, case)| !row.failed.contains(*case))
            .map(|(row, case)| format!("{case} does not find the store that {}", row.mutation.name))
            .collect()
    }

    /// Cases that find no narrow store.
    pub(crate) fn toothless(&self) -> Vec<String> {
        let narrow = self.rows.iter().filter(|row| row.is_narrow());
        let teeth: BTreeSet<_> = narrow.flat_map(|row| &row.failed).collect();
        let names = cases().map(Case::name);
        names.filter(|case| !teeth.contains(case)).collect()
    }

    /// Gives each long case that found nothing yet the narrow stores one by one, those of its group first.
    fn hunt(&mut self) {
        let toothless = self.toothless();
        let hunted: Vec<_> = toothless.into_iter().filter(|case| self.long.contains(case)).collect();
        let found = in_parallel(&hunted, |case| {
            let own = |row: &&Row| case.split("::").next() == Some(row.group);
            let (near, far): (Vec<_>, Vec<_>) = self.rows.iter().filter(|row| row.is_narrow()).partition(own);
            let mut rows = near.into_iter().chain(far);
            let row = rows.find(|row| fails(&row.mutation, case))?;
            Some((row.mutation.name, case.clone()))
        });
        for (name, case) in found.into_iter().flatten() {
            if let Some(row) = self.rows.iter_mut().find(|row| row.mutation.name == name) {
                row.failed.insert(case);
                row.executed += 1;
            }
        }
    }
}

fn pairs_of(row: &Row) -> impl Iterator<Item = &'static str> + '_ {
    row.mutation.found_by.iter().copied()
}

/// Does the case find the store? Not if it does not concern it.
pub(crate) fn fails(mutation: &Arc<Mutation>, case: &str) -> bool {
    let subject: Arc<dyn Subject> = Broken::subject(Some(Arc::clone(mutation)));
    matches!(run(&subject, case), Some(Verdict::Failed(_)))
}

/// What the sound store fails, and which cases take long on it.
pub(crate) fn control() -> (Vec<String>, BTreeSet<String>) {
    let names: Vec<_> = cases().map(Case::name).collect();
    let runs = in_parallel(&names, |name| {
        let begun = Instant::now();
        let verdict = run(&Broken::subject(None), name);
        (name.clone(), verdict, begun.elapsed())
    });
    let long = runs.iter().filter(|(_, _, took)| *took > LONG);
    let long = long.map(|(name, ..)| name.clone()).collect();
    let failed = runs.into_iter().filter_map(|(name, verdict, _)| match verdict {
        Some(Verdict::Failed(failed)) => Some(format!("{name}: {failed}")),
        _ => None,
    });
    (failed.collect(), long)
}

fn row(group: &'static str, mutation: &Arc<Mutation>, long: &BTreeSet<String>) -> Row {
    let mut failed = BTreeSet::new();
    let mut executed = 0;
    let subject = Broken::subject(Some(Arc::clone(mutation)));
    for case in cases() {
        let name = case.name();
        let asked = !long.contains(&name) || mutation.found_by.contains(&name.as_str());
        if !asked || case.unmet(&*subject).is_some() {
            continue;
        }
        executed += 1;
        if fails(mutation, &name) {
            failed.insert(name);
        }
    }
    Row {
        mutation: Arc::clone(mutation),
        group,
        failed,
        executed,
    }
}
