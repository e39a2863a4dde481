//! The suite proven by sabotage: every broken store is caught, and every case catches one that is broken in little.
//!
//! Hundreds of stores times hundreds of cases take some minutes. `cargo xtask conformance --kill-matrix` runs them all, prints
//! the matrix, and writes it to `reports/kill-matrix.md`. The tests here run what that page names: for every store its
//! finders, and every case on a store that it finds.
//!
//! `KVS_KILL_MATRIX=listing,batch` runs only the mutations of these files, in full, and brings their rows of the page up to date:
//! for work on a group. A part of a store's name, with a blank in it, names that store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod call;
mod matrix;
mod mutation;
mod mutations;
mod parallel;
mod record;
mod saboteur;
mod traits;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::{env, panic};

use kvs_conformance::{Case, cases, lockstep};
use matrix::{Matrix, control, fails};
use mutation::{Clockwork, Mutation};
use parallel::in_parallel;
use saboteur::Broken;

/// `all`, or what is to be run in full.
const FULL: &str = "KVS_KILL_MATRIX";

/// A store that is wrong only in a race is found by some of as many runs of a case; nearly all others by the first.
const TRIES: usize = 40;

/// Within as many random sequences each store that a `model` case finds is found by chance, too.
const SEQUENCES: u32 = 150;

#[test]
fn every_broken_store_is_caught_and_every_case_catches_a_narrow_one() {
    // Cases that panic are failures here, and there are thousands.
    panic::set_hook(Box::new(|_| {}));
    let problems = match env::var(FULL).unwrap_or_default().as_str() {
        "" => as_recorded(),
        only => in_full(only),
    };
    drop(panic::take_hook());
    assert!(problems.is_empty(), "{} problems: {problems:#?}", problems.len());
}

/// Runs every pair that the page of the last full run names.
fn as_recorded() -> Vec<String> {
    let advice = "run `cargo xtask conformance --kill-matrix`";
    let record = record::read().unwrap();
    let (mut problems, _) = control();
    let mutations: Vec<_> = mutations::all().into_iter().map(|(_, it)| Arc::new(it)).collect();
    let unknown = mutations.iter().filter(|it| !record.contains_key(it.name));
    problems.extend(unknown.map(|it| format!("the page does not know the store that {}; {advice}", it.name)));
    if record.len() != mutations.len() {
        problems.push(format!(
            "the page knows {} stores of {}; {advice}",
            record.len(),
            mutations.len()
        ));
    }
    let told = |it: &&Arc<Mutation>| {
        record
            .get(it.name)
            .is_some_and(|recorded| recorded.is_told_right(it.wide))
    };
    let wrong = mutations.iter().filter(|it| record.contains_key(it.name) && !told(it));
    problems.extend(wrong.map(|it| format!("the page calls the store narrow or wide that is not: {}", it.name)));
    let pairs: Vec<(&Arc<Mutation>, &str)> = mutations
        .iter()
        .filter_map(|it| Some((it, record.get(it.name)?)))
        .flat_map(|(it, recorded)| recorded.finders.iter().map(move |case| (it, case.as_str())))
        .collect();
    let verdicts = in_parallel(&pairs, |(mutation, case)| (0..TRIES).any(|_| fails(mutation, case)));
    let blind = pairs.iter().zip(verdicts).filter(|(_, found)| !found);
    problems.extend(blind.map(|((it, case), _)| format!("{case} does not find the store that {}", it.name)));
    let narrow = record.values().filter(|recorded| recorded.narrow);
    let teeth: BTreeSet<&str> = narrow.flat_map(|it| &it.finders).map(String::as_str).collect();
    let toothless = cases().map(Case::name).filter(|case| !teeth.contains(case.as_str()));
    problems.extend(toothless.map(|case| format!("{case} finds no narrow store; add one that it finds, and {advice}")));
    println!("{} pairs of a case and a broken store", pairs.len());
    problems
}

/// Runs the mutations of these files, or all, against every case, and brings the page up to date.
fn in_full(only: &str) -> Vec<String> {
    let wanted = |group: &str| only == "all" || only.split(',').any(|name| name == group);
    let named = |name: &str| only.split(',').any(|part| part.contains(' ') && name.contains(part));
    let mutations = mutations::all();
    let known = mutations.iter().map(|(_, it)| it.name).collect();
    let mutations = mutations.into_iter();
    let matrix = Matrix::run(
        mutations
            .filter(|(group, it)| wanted(group) || named(it.name))
            .collect(),
    );
    for row in &matrix.rows {
        let width = if row.is_narrow() { "narrow" } else { "wide" };
        println!(
            "{}: a store that {} ({width}): {:#?}",
            row.group, row.mutation.name, row.failed
        );
    }
    if matrix.rows.is_empty() {
        return vec![format!("{FULL}={only} names no group and no store")];
    }
    record::update(&matrix, &known).unwrap();
    println!("{}", record::summary(&record::read().unwrap()));
    let survivors = matrix.survivors().into_iter();
    let unsound = matrix.unsound.iter();
    let toothless = matrix.toothless().into_iter();
    let toothless = toothless.filter(|case| case.split("::").next().is_some_and(wanted));
    unsound
        .map(|failure| format!("the sound store fails {failure}"))
        .chain(survivors.map(|name| format!("no case finds the store that {name}")))
        .chain(matrix.blind())
        .chain(toothless.map(|case| format!("{case} finds no narrow store")))
        .collect()
}

#[test]
fn random_sequences_find_broken_stores_and_are_shortened() {
    let sound = || Broken::subject(None);
    lockstep(vec![sound()], SEQUENCES).unwrap();
    let by_chance =
        |it: &Mutation| it.clock == Clockwork::Manual && it.found_by.iter().any(|case| case.starts_with("model::"));
    let mutations = mutations::all().into_iter().map(|(_, mutation)| mutation);
    let mut tried = 0;
    for mutation in mutations.filter(by_chance) {
        let name = mutation.name;
        let subjects = vec![sound(), Broken::subject(Some(Arc::new(mutation)))];
        let failed = lockstep(subjects, SEQUENCES).expect_err(name);
        let lines = failed.message().lines();
        let steps = lines
            .filter(|line| line.starts_with("  ") && line.contains(". "))
            .count();
        assert!(
            (1..=8).contains(&steps),
            "a store that {name} takes {steps} steps: {failed}"
        );
        assert!(failed.message().contains("KVS_CONFORMANCE_SEED="), "{failed}");
        tried += 1;
    }
    assert!(tried >= 5, "only {tried} stores were tried");
}

#[test]
fn names_and_cases_of_the_table_are_right() {
    let mut names = BTreeSet::new();
    let cases: BTreeSet<_> = cases().map(Case::name).collect();
    for (group, mutation) in mutations::all() {
        let name = mutation.name;
        assert!(names.insert(name), "{group}: two stores that {name}");
        assert!(!name.contains('|'), "a bar would end the cell of the table: {name}");
        for case in mutation.found_by {
            assert!(cases.contains(case), "there is no case {case}");
        }
    }
}
