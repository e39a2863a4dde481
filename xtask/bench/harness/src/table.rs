//! The results as Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::{Curve, Limit, Outcome, Report, Section, Spread, Standing, Unit, Verdict};

/// The whole report.
pub fn report(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "# Benchmarks of kvs\n\n{}, {} cores, {}; {}. {}, commit {}.\n",
        machine.cpu, machine.cores, machine.kernel, machine.rustc, report.date, report.commit
    );
    let versions = report
        .versions
        .iter()
        .map(|package| format!("{} {}", package.package, package.version));
    let _ = writeln!(text, "\nVersions: {}.", versions.collect::<Vec<_>>().join(", "));
    for of_backend in &report.sections {
        text.push_str(&section(of_backend));
    }
    text
}

/// The tables of one backend.
pub fn section(section: &Section) -> String {
    let mut text = format!("\n## {}\n", section.backend);
    if section.quick {
        text.push_str("\nFrom `--quick`, which is for trying: few rounds, little work.\n");
    }
    for note in &section.notes {
        let _ = writeln!(text, "\n{note}");
    }
    text.push_str(&bars(&section.outcomes));
    text.extend(section.outcomes.iter().map(outcome));
    text.push_str(&curves(&section.curves));
    text
}

/// What was to be reached, and what was.
fn bars(outcomes: &[Outcome]) -> String {
    let mut lines = String::new();
    for outcome in outcomes {
        for verdict in &outcome.verdicts {
            let (limit, measured) = limit(verdict, &outcome.row.unit);
            let reached = if verdict.reached { "reached" } else { "**missed**" };
            let (name, workload, of) = (&outcome.row.name, &outcome.row.workload, &verdict.bar.of);
            let _ = writeln!(
                lines,
                "| {name} | {workload} | {of} | {limit} | {measured} | {reached} |"
            );
        }
    }
    if lines.is_empty() {
        return lines;
    }
    format!("\n| row | workload | of | bar | measured (quartiles) | |\n|---|---|---|---|---|---|\n{lines}")
}

fn limit(verdict: &Verdict, unit: &Unit) -> (String, String) {
    let measured = &verdict.measured;
    match verdict.bar.limit {
        Limit::OfBase(limit) => (format!("≤ {limit:.2} × the base"), times(measured)),
        Limit::OfBestPeer(limit) => {
            let peer = verdict.against.as_deref().unwrap_or("the cheapest peer");
            (format!("≤ {limit:.2} × {peer}"), times(measured))
        }
        Limit::Absolute(limit) => (format!("≤ {}", amount(unit, limit)), amount(unit, measured.median)),
    }
}

/// The table of one row.
fn outcome(outcome: &Outcome) -> String {
    let row = &outcome.row;
    let counted: BTreeSet<_> = outcome
        .standings
        .iter()
        .flat_map(|standing| standing.counts.keys())
        .collect();
    let is_shown = |name: &&String| Unit::Count((*name).clone()) == row.unit;
    let counted: BTreeSet<_> = counted.into_iter().filter(|name| !is_shown(name)).collect();
    let timed = outcome.standings.iter().any(|standing| standing.latency.is_some());
    let mut heads = vec![format!("× {} (quartiles)", row.base), unit(&row.unit).to_owned()];
    if timed {
        heads.extend(["p50", "p99", "p99.9"].map(str::to_owned));
    }
    heads.extend(counted.iter().map(ToString::to_string));
    let rounds = if outcome.rounds == 1 { "round" } else { "rounds" };
    let mut text = format!(
        "\n### {}: {}\n\n{} {rounds}.\n\n| | {} |\n|---|{}\n",
        row.name,
        row.workload,
        outcome.rounds,
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for standing in &outcome.standings {
        text.push_str(&line(standing, &row.unit, timed, &counted));
    }
    text
}

fn line(standing: &Standing, unit: &Unit, timed: bool, counted: &BTreeSet<&String>) -> String {
    let Standing {
        name,
        role,
        cost,
        ratio,
        latency,
        counts,
    } = standing;
    let mut cells = vec![
        format!("{name} ({})", role.word()),
        times(ratio),
        amount(unit, cost.median),
    ];
    if timed {
        let percentiles = latency.map(|found| [found.p50, found.p99, found.p999].map(nanoseconds));
        cells.extend(percentiles.unwrap_or_default());
    }
    cells.extend(
        counted
            .iter()
            .map(|name| counts.get(*name).map(|count| plain(*count)).unwrap_or_default()),
    );
    format!("| {} |\n", cells.join(" | "))
}

/// How costs grow: one line an operation, one column a size.
fn curves(curves: &[Curve]) -> String {
    let sizes: BTreeSet<_> = curves
        .iter()
        .flat_map(|curve| curve.points.iter().map(|point| point.entries))
        .collect();
    if sizes.is_empty() {
        return String::new();
    }
    let heads: Vec<_> = sizes.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "\n### Growth: the cost of an operation by the entries of the store\n\n| | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(sizes.len())
    );
    for curve in curves {
        let _ = write!(text, "| {}, {} |", curve.store, curve.operation);
        for size in &sizes {
            let point = curve.points.iter().find(|point| point.entries == *size);
            let cost = point.map(|point| match curve.unit.as_str() {
                "ns" => nanoseconds(point.cost.median),
                unit => format!("{} {unit}", plain(point.cost.median)),
            });
            let _ = write!(text, " {} |", cost.unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

fn unit(unit: &Unit) -> &str {
    match unit {
        Unit::Time => "time an operation",
        Unit::MedianLatency => "median latency",
        Unit::Count(name) => name,
    }
}

fn amount(unit: &Unit, value: f64) -> String {
    match unit {
        Unit::Time | Unit::MedianLatency => nanoseconds(value),
        Unit::Count(_) => plain(value),
    }
}

fn times(spread: &Spread) -> String {
    format!(
        "{} ({} to {})",
        plain(spread.median),
        plain(spread.low),
        plain(spread.high)
    )
}

/// Three digits, in the unit that suits them.
pub(crate) fn nanoseconds(nanos: f64) -> String {
    match nanos {
        1e9.. => format!("{} s", plain(nanos / 1e9)),
        1e6.. => format!("{} ms", plain(nanos / 1e6)),
        1e3.. => format!("{} µs", plain(nanos / 1e3)),
        _ => format!("{} ns", plain(nanos)),
    }
}

/// Three digits, or all of those before the point.
pub(crate) fn plain(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        0.0 => "0".to_owned(),
        0.0..0.01 => format!("{value:.4}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        let shown: Vec<_> = [0.0, 0.0012, 0.5, 12.34, 4096.4].into_iter().map(plain).collect();
        assert_eq!(shown, ["0", "0.0012", "0.50", "12.3", "4096"]);
        assert_eq!(nanoseconds(15_300.0), "15.3 µs");
    }
}
