//! The report as a page that a stranger can read.

use std::fmt::{self, Write as _};

use super::words::{self, counted};
use super::{Counts, Report};
use crate::case::Case;
use crate::model::SEED;

/// The page, in GitHub's Markdown.
pub(super) fn page(report: &Report) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(report, &mut page);
    page
}

fn write_page(report: &Report, page: &mut String) -> fmt::Result {
    writeln!(page, "# Conformance of {}\n", report.subject())?;
    verdict(report, page)?;
    levels(report, page)?;
    profile(report, page)?;
    groups(report, page)?;
    failures(report, page)?;
    exclusions(report, page)?;
    undeclared(report, page)?;
    not_applicable(report, page)?;
    origin(report, page)
}

fn verdict(report: &Report, page: &mut String) -> fmt::Result {
    let Counts {
        passed,
        failed,
        not_applicable,
        ..
    } = report.totals();
    let suite = concat!("`kvs-conformance` ", env!("CARGO_PKG_VERSION"));
    let (run, aside) = (counted(passed + failed, "case"), counted(not_applicable, "case"));
    let mark = if report.passed() {
        "**Passed.**"
    } else {
        "**Not passed.**"
    };
    write!(
        page,
        "{mark} Of {run} of {suite} that ran, {passed} passed and {failed} failed; {aside} "
    )?;
    let apply = if not_applicable == 1 { "does" } else { "do" };
    writeln!(
        page,
        "{apply} not apply to what this store declares, or were excluded.\n"
    )?;
    for problem in &report.problems {
        writeln!(page, "- The run itself is at fault: {problem}.")?;
    }
    if report.partial {
        writeln!(
            page,
            "The run was **partial**: a filter left cases out, so no level is reached.\n"
        )?;
    } else if report.passed() {
        writeln!(
            page,
            "Each case executes one rule of the contract that all stores of `kvs` keep. What a store declares cannot be\n\
             skipped, and what it does not declare is checked to be refused.\n"
        )?;
    }
    Ok(())
}

fn levels(report: &Report, page: &mut String) -> fmt::Result {
    writeln!(
        page,
        "## Levels\n\n| level | | passed | failed | not applicable |\n|---|---|--:|--:|--:|"
    )?;
    for result in report.levels() {
        let (level, standing, counts) = (result.level(), result.standing(), result.counts());
        let standing = if result.is_reached() {
            "**reached**".to_owned()
        } else {
            cell(&standing.to_string())
        };
        writeln!(page, "| {level} | {standing} | {} |", numbers(counts))?;
    }
    writeln!(page)
}

fn profile(report: &Report, page: &mut String) -> fmt::Result {
    writeln!(
        page,
        "## Profile\n\nWhat the store declares, and was held to.\n\n| property | declared |\n|---|---|"
    )?;
    for (property, declared) in words::profile(&report.plan.declared) {
        writeln!(page, "| {property} | {} |", cell(&declared))?;
    }
    writeln!(page)
}

fn groups(report: &Report, page: &mut String) -> fmt::Result {
    writeln!(
        page,
        "## Groups\n\n| group | passed | failed | not applicable |\n|---|--:|--:|--:|"
    )?;
    for (group, counts) in report.groups() {
        writeln!(page, "| `{group}` | {} |", numbers(counts))?;
    }
    writeln!(page, "| **total** | {} |\n", numbers(report.totals()))
}

fn failures(report: &Report, page: &mut String) -> fmt::Result {
    let mut failures = report.failures().peekable();
    if failures.peek().is_some() {
        writeln!(page, "## Failures\n")?;
    }
    for (case, message) in failures {
        let (name, fence) = (case.name(), fence(message));
        writeln!(
            page,
            "### `{name}`\n\n{}\n\n{fence}text\n{message}\n{fence}\n",
            case.rule()
        )?;
        writeln!(page, "Alone: `{}`\n", report.alone.of(&name))?;
    }
    Ok(())
}

fn exclusions(report: &Report, page: &mut String) -> fmt::Result {
    if report.exclusions().is_empty() {
        return Ok(());
    }
    writeln!(
        page,
        "## Exclusions\n\nNot tested, as the author of the subject asked:\n"
    )?;
    for exclusion in report.exclusions() {
        writeln!(page, "- `{}`: {}", exclusion.what(), exclusion.reason())?;
    }
    writeln!(page)
}

fn undeclared(report: &Report, page: &mut String) -> fmt::Result {
    for found in &report.undeclared {
        writeln!(page, "- Not declared, but works: {found}.")?;
    }
    if report.undeclared.is_empty() {
        return Ok(());
    }
    writeln!(page)
}

fn not_applicable(report: &Report, page: &mut String) -> fmt::Result {
    let reasons = report.not_applicable();
    if !reasons.is_empty() {
        writeln!(page, "## What does not apply\n")?;
    }
    for (reason, cases) in reasons {
        writeln!(
            page,
            "<details><summary>{reason}: {}</summary>\n",
            counted(cases.len(), "case")
        )?;
        for name in cases.into_iter().map(Case::name) {
            writeln!(page, "- `{name}`")?;
        }
        writeln!(page, "\n</details>\n")?;
    }
    Ok(())
}

fn origin(report: &Report, page: &mut String) -> fmt::Result {
    let version = env!("CARGO_PKG_VERSION");
    writeln!(
        page,
        "Made by [`kvs-conformance`](https://crates.io/crates/kvs-conformance) {version} with `{SEED}={}`.",
        report.seed
    )
}

fn numbers(counts: Counts) -> String {
    format!("{} | {} | {}", counts.passed, counts.failed, counts.not_applicable)
}

/// Text that stays within its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// A fence that the text does not close.
fn fence(text: &str) -> String {
    let longest = text
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}
