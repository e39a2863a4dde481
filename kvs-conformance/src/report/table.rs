//! The report for a terminal.

use std::fmt;
use std::time::Duration;

use super::words::counted;
use super::{Counts, Report};
use crate::model::SEED;

/// Writes the table, and below it what it cannot show.
pub(super) fn write(report: &Report, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let version = env!("CARGO_PKG_VERSION");
    writeln!(f, "kvs-conformance {version}: {}\n", report.subject())?;
    groups(report, f)?;
    levels(report, f)?;
    writeln!(f, "\nseed: {SEED}={}", report.seed)?;
    for (reason, cases) in report.not_applicable() {
        writeln!(f, "not applicable: {}, {reason}", counted(cases.len(), "case"))?;
    }
    for exclusion in report.exclusions() {
        writeln!(f, "excluded: {}, because {}", exclusion.what(), exclusion.reason())?;
    }
    for found in &report.undeclared {
        writeln!(f, "not declared, but works: {found}")?;
    }
    for (case, _) in report.failures() {
        let name = case.name();
        writeln!(
            f,
            "failed: {name}: {}\n  alone: {}",
            case.rule(),
            report.alone.of(&name)
        )?;
    }
    for problem in &report.problems {
        writeln!(f, "problem: {problem}")?;
    }
    if report.partial {
        writeln!(f, "partial: a filter left cases out, so no level is reached")?;
    }
    let result = if report.passed() { "passed" } else { "failed" };
    write!(f, "result: {result}")
}

fn groups(report: &Report, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let groups = report.groups();
    let width = groups.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(5);
    let heads = ("group", "passed", "failed", "not applicable", "time");
    writeln!(
        f,
        "{:width$}  {:>6}  {:>6}  {:>14}  {:>8}",
        heads.0, heads.1, heads.2, heads.3, heads.4
    )?;
    for (name, counts) in &groups {
        row(f, width, name, *counts, counts.elapsed)?;
    }
    row(f, width, "total", report.totals(), report.elapsed)
}

fn row(f: &mut fmt::Formatter<'_>, width: usize, name: &str, counts: Counts, time: Duration) -> fmt::Result {
    let Counts {
        passed,
        failed,
        not_applicable,
        ..
    } = counts;
    let seconds = format!("{:.2} s", time.as_secs_f64());
    writeln!(
        f,
        "{name:width$}  {passed:>6}  {failed:>6}  {not_applicable:>14}  {seconds:>8}"
    )
}

fn levels(report: &Report, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f)?;
    for result in report.levels() {
        let counts = result.counts();
        write!(f, "{:9}  {}", result.level(), result.standing())?;
        if result.is_reached() {
            write!(f, ", {}", counted(counts.passed, "case"))?;
            if counts.not_applicable > 0 {
                write!(f, " ({} not applicable)", counts.not_applicable)?;
            }
        }
        writeln!(f)?;
    }
    Ok(())
}
