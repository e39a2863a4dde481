//! The page of the matrix: what the last full runs saw, for readers, and for the quick test to go by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

use kvs_conformance::cases;

use crate::matrix::{Matrix, Row, is_narrow};

/// The page, beside the reports of our stores.
fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reports/kill-matrix.md")
}

/// What the page says of one broken store.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// Fails fewer than one in twenty of the cases.
    pub(crate) narrow: bool,
    /// How many cases find it, of how many that were run: "3 of 676".
    count: String,
    /// Some of the cases that find it: enough of them that each case stands in a narrow row.
    pub(crate) finders: BTreeSet<String>,
}

impl Recorded {
    /// Do the numbers make it what the row calls it?
    pub(crate) fn is_told_right(&self, wide: bool) -> bool {
        let numbers = self.count.split_once(" of ");
        let numbers = numbers.and_then(|(failed, executed)| Some((failed.parse().ok()?, executed.parse().ok()?)));
        let Some((failed, executed)) = numbers else {
            return false;
        };
        self.narrow == (!wide && is_narrow(failed, executed)) && self.finders.len() <= failed
    }
}

/// The broken stores by their names.
pub(crate) type Page = BTreeMap<String, Recorded>;

/// Reads the page; an empty one if there is none yet.
pub(crate) fn read() -> io::Result<Page> {
    match fs::read_to_string(path()) {
        Ok(text) => Ok(text.lines().filter_map(line).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Page::new()),
        Err(error) => Err(error),
    }
}

/// Brings the page up to date with a run: its rows are replaced, and those of stores that are gone removed.
pub(crate) fn update(matrix: &Matrix, known: &BTreeSet<&str>) -> io::Result<()> {
    let mut page = read()?;
    page.retain(|name, _| known.contains(name.as_str()));
    let fresh: BTreeSet<&str> = matrix.rows.iter().map(|row| row.mutation.name).collect();
    let others = page
        .iter()
        .filter(|(name, it)| it.narrow && !fresh.contains(name.as_str()));
    let seen = others.flat_map(|(_, it)| it.finders.iter().cloned()).collect();
    for (row, finders) in matrix.rows.iter().zip(cover(matrix, seen)) {
        let recorded = Recorded {
            narrow: row.is_narrow(),
            count: format!("{} of {}", row.failed.len(), row.executed),
            finders,
        };
        page.insert(row.mutation.name.to_owned(), recorded);
    }
    fs::write(path(), text(&page))
}

/// A few finders for each store, so chosen that every case which finds a narrow store is among them or was seen already.
fn cover(matrix: &Matrix, mut seen: BTreeSet<String>) -> Vec<BTreeSet<String>> {
    let narrow = matrix.rows.iter().filter(|row| row.is_narrow());
    seen.extend(narrow.flat_map(named));
    let choose = |row: &Row| {
        let mut chosen = named(row);
        if row.is_narrow() {
            chosen.extend(row.failed.difference(&seen).cloned());
            seen.extend(chosen.iter().cloned());
        }
        if chosen.is_empty() {
            chosen.extend(row.failed.first().cloned());
        }
        chosen
    };
    matrix.rows.iter().map(choose).collect()
}

/// The cases that the table of mutations names for the store.
fn named(row: &Row) -> BTreeSet<String> {
    row.mutation.found_by.iter().map(|case| (*case).to_owned()).collect()
}

/// Reads a row of the table: name, narrow or wide, how many cases find it, which ones.
fn line(line: &str) -> Option<(String, Recorded)> {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [name, width, count, finders] = cells[..] else {
        return None;
    };
    let narrow = match width {
        "narrow" => true,
        "wide" => false,
        _ => return None,
    };
    let finders = finders.split(", ").map(|case| case.trim_matches('`').to_owned());
    let recorded = Recorded {
        narrow,
        count: count.to_owned(),
        finders: finders.collect(),
    };
    Some((name.to_owned(), recorded))
}

fn text(page: &Page) -> String {
    let mut text = format!(
        "# The kill matrix\n\n\
         Written by `cargo xtask conformance --kill-matrix`, which runs the suite on every broken store below. Each is the memory \
         store with one small fault. A narrow one fails fewer than one in twenty of the cases that were run on it, so that what \
         finds it is a case for that very rule. Cases that take long are run only on stores that name them.\n\n{}\n\n\
         | a store that… | | cases that find it | among them |\n|---|---|---:|---|\n",
        summary(page)
    );
    for (name, recorded) in page {
        let width = if recorded.narrow { "narrow" } else { "wide" };
        let finders: Vec<_> = recorded.finders.iter().map(|case| format!("`{case}`")).collect();
        let (count, finders) = (&recorded.count, finders.join(", "));
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {name} | {width} | {count} | {finders} |");
    }
    text
}

/// What it all amounts to, in a sentence.
pub(crate) fn summary(page: &Page) -> String {
    let narrow = page.values().filter(|recorded| recorded.narrow);
    let teeth: BTreeSet<_> = narrow.clone().flat_map(|recorded| &recorded.finders).collect();
    let caught = page.values().filter(|recorded| !recorded.count.starts_with("0 "));
    format!(
        "{} broken stores, {} of them caught, {} of them narrow; {} cases, {} of them find a narrow one.",
        page.len(),
        caught.count(),
        narrow.count(),
        cases().count(),
        teeth.len(),
    )
}
