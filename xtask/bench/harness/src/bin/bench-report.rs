//! Makes the report of the sections that the benchmarks wrote: `bench-report LOCK_FILE FOLDER SECTION...`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bench_harness::{Outcome, Report, Section, chart, table};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1).map(PathBuf::from);
    let lock_file = args.next().context("the lock file")?;
    let folder = args.next().context("the folder of the results")?;
    let sections = args.map(|path| read(&path)).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!sections.is_empty(), "a report on nothing");
    let report = Report::of(sections, &lock_file)?;
    fs::write(
        folder.join("results.json"),
        serde_json::to_string_pretty(&report)? + "\n",
    )?;
    fs::write(folder.join("table.md"), table::report(&report))?;
    for section in &report.sections {
        let picture = chart::bars(section, &telling(section))?;
        fs::write(folder.join(format!("{}.svg", section.backend)), picture)?;
    }
    if let Some(picture) = chart::growth(&report.sections)? {
        fs::write(folder.join("growth.svg"), picture)?;
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Section> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// The rows that a chart shows: of each name, the last, which is the most tasks on the most keys.
fn telling(section: &Section) -> Vec<&Outcome> {
    let mut rows: Vec<&Outcome> = Vec::new();
    for outcome in &section.outcomes {
        match rows.iter_mut().find(|row| row.row.name == outcome.row.name) {
            Some(row) => *row = outcome,
            None => rows.push(outcome),
        }
    }
    let place = |row: &&Outcome| section.charted.iter().position(|name| *name == row.row.name);
    rows.retain(|row| section.charted.is_empty() || place(row).is_some());
    rows.sort_by_key(place);
    rows
}
