//! The rows of the table.

mod bulk;
mod growth;
mod list;
mod mixed;
mod size;
mod ticker;

use bench_harness::{Plan, Section};

use crate::bench::Bench;
use crate::children::Program;

/// Measures the rows that are wanted.
pub(crate) fn measure(plan: &Plan, wanted: &dyn Fn(&str) -> bool) -> anyhow::Result<Section> {
    let mut section = Section::new("sqlite", plan);
    let packages = ["kvs-sqlite", "sqlx", "rusqlite", "libsqlite3-sys", "tokio"];
    section.packages = packages.map(str::to_owned).to_vec();
    for program in Program::OTHERS {
        section.notes.push(program.note()?);
    }
    let bench = Bench::new()?;
    mixed::gets(&bench, plan, wanted, &mut section)?;
    mixed::sets(&bench, plan, wanted, &mut section)?;
    mixed::mixes(&bench, plan, wanted, &mut section)?;
    mixed::settings(&bench, plan, wanted, &mut section)?;
    if wanted(list::NAME) {
        list::measure(&bench, plan, &mut section)?;
    }
    if wanted(bulk::NAME) {
        bulk::measure(&bench, plan, &mut section)?;
    }
    if wanted(size::NAME) {
        size::measure(&bench, &mut section)?;
    }
    if wanted(ticker::NAME) {
        ticker::measure(&bench, plan, &mut section)?;
    }
    if wanted(growth::NAME) {
        growth::measure(&bench, plan, &mut section)?;
    }
    Ok(section)
}
