//! What the code may say, and where.

use super::Finding;
use super::source::Source;
use super::tree::Tree;

/// The words that open a statement; in capitals, as all SQL here is written.
const SQL_WORDS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "ATTACH",
    "BEGIN",
    "COMMIT",
    "CREATE",
    "DELETE",
    "DETACH",
    "DROP",
    "EXPLAIN",
    "INSERT",
    "PRAGMA",
    "RELEASE",
    "REPLACE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "UPDATE",
    "VACUUM",
    "WITH",
];

/// Files of `kvs-sqlite` beside `sql.rs` that may hold SQL text, each with the reason.
const SQL_EXCEPTIONS: &[(&str, &str)] = &[];

/// How a driver error is taken apart or made.
const DRIVER_ERRORS: &[&str] = &[
    "sqlx::Error::",
    "sqlx::error::",
    "as_database_error",
    "into_database_error",
];

/// The one file with `unsafe`, and with the driver that it is for.
const UNSAFE_HOME: &str = "kvs-sqlite/src/inline/raw.rs";

/// What is not committed: unfinished code, tests that do not run, and prints of a debugging session.
const UNDONE: &[&str] = &["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// SQL stands in `sql.rs` (or `sql/`) of `kvs-sqlite`, and in its `migrations/`.
pub(super) fn sql_text_is_in_one_place(tree: &Tree) -> Vec<Finding> {
    let why = "one file shows every statement that the database ever gets";
    let mut findings = Vec::new();
    for source in product_of_sqlite(tree) {
        let path = source.file.path.as_str();
        let is_home = path == "kvs-sqlite/src/sql.rs" || path.starts_with("kvs-sqlite/src/sql/");
        if is_home || SQL_EXCEPTIONS.iter().any(|(file, _)| *file == path) {
            continue;
        }
        let statements = source.product_strings().filter(|(_, text)| is_sql(text));
        findings.extend(statements.map(|(line, text)| {
            let word = first_word(text);
            let message = format!("a string that begins with {word} belongs in sql.rs");
            Finding::new(path, line, message, why)
        }));
    }
    findings
}

fn is_sql(text: &str) -> bool {
    SQL_WORDS.contains(&first_word(text))
}

/// The first word of a literal, which may begin with an escaped or a real line break.
fn first_word(text: &str) -> &str {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\\');
    let end = start.find(|c: char| !c.is_ascii_alphabetic());
    start.split_at(end.unwrap_or(start.len())).0
}

/// Errors of the driver are translated in `error.rs`.
pub(super) fn driver_errors_are_matched_in_one_file(tree: &Tree) -> Vec<Finding> {
    let why = "one table decides what a driver error means to the caller";
    let elsewhere = product_of_sqlite(tree).filter(|source| source.file.path != "kvs-sqlite/src/error.rs");
    let mut findings = Vec::new();
    for source in elsewhere {
        for needle in DRIVER_ERRORS {
            findings.extend(source.product_lines_of(needle).map(|line| {
                let message = format!("`{needle}` outside of error.rs");
                Finding::new(&source.file.path, line, message, why)
            }));
        }
    }
    findings
}

/// What the compiler cannot vouch for stands in one file, which says what it rests on.
pub(super) fn unsafe_stands_in_one_file(tree: &Tree) -> Vec<Finding> {
    let why = "one file to read for whoever asks whether it is sound";
    let is_elsewhere = |source: &Source<'_>| source.file.path != UNSAFE_HOME;
    // The benchmarks are a workspace of their own, in which this driver is a competitor.
    let packages = tree
        .sources()
        .filter(|source| is_elsewhere(source) && !source.file.path.starts_with("xtask/bench/"));
    let mut findings = Vec::new();
    for source in packages {
        let lines = source.lines_of("unsafe").zip(words_after(&source.code, "unsafe"));
        let unsafes = lines.filter(|(_, next)| !next.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        findings.extend(unsafes.map(|(line, _)| Finding::new(&source.file.path, line, "`unsafe`", why)));
    }
    for source in product_of_sqlite(tree).filter(is_elsewhere) {
        let lines = source.product_lines_of("rusqlite");
        findings.extend(lines.map(|line| Finding::new(&source.file.path, line, "`rusqlite`", why)));
    }
    findings
}

/// What follows each place where the code says `needle`.
fn words_after<'c>(code: &'c str, needle: &'c str) -> impl Iterator<Item = &'c str> {
    code.match_indices(needle)
        .map(|(offset, found)| &code[offset + found.len()..])
}

/// Nobody but the clock asks the system for the time.
pub(super) fn time_is_read_through_the_clock(tree: &Tree) -> Vec<Finding> {
    let why = "an expiry that a test cannot reach by moving the clock is not tested";
    let others = tree
        .sources()
        .filter(|source| source.file.path != "kvs-core/src/clock.rs");
    report(others, &["SystemTime::now"], why)
}

/// Nothing unfinished is committed.
pub(super) fn nothing_is_left_undone(tree: &Tree) -> Vec<Finding> {
    let why = "finish it, or take it out";
    let mut findings = report(tree.sources(), UNDONE, why);
    for file in tree.rust_files() {
        for (index, line) in file.text.lines().enumerate() {
            let doc = line.trim_start();
            let is_fence =
                (doc.starts_with("//!") || doc.starts_with("///")) && doc[3..].trim_start().starts_with("```");
            if is_fence && doc.contains("ignore") {
                let message = "an example that is not compiled";
                findings.push(Finding::new(&file.path, index + 1, message, why));
            }
        }
    }
    findings
}

fn report<'t>(sources: impl Iterator<Item = Source<'t>>, needles: &[&str], why: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for needle in needles {
            findings.extend(
                source
                    .lines_of(needle)
                    .map(|line| Finding::new(&source.file.path, line, format!("`{needle}`"), why)),
            );
        }
    }
    findings
}

/// The sources of `kvs-sqlite` that are part of the library; `tests.rs` and `x_tests.rs` hold unit tests.
fn product_of_sqlite(tree: &Tree) -> impl Iterator<Item = Source<'_>> {
    tree.sources().filter(|source| {
        let path = source.file.path.as_str();
        let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
        path.starts_with("kvs-sqlite/src/") && !is_test
    })
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
