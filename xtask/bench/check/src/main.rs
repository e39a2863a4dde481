//! Metrics that are the same on every run, against the bars in `bars.toml`: `bench-check BARS`.

mod bars;
mod callgrind;
mod counted;

use std::path::PathBuf;

use anyhow::{Context, ensure};

use crate::bars::Bars;

fn main() -> anyhow::Result<()> {
    let path = PathBuf::from(std::env::args().nth(1).context("the file of the bars")?);
    let bars = Bars::read(&path)?;
    let mut measured = counted::bytes()?;
    let with_valgrind = callgrind::is_here();
    if with_valgrind {
        measured.extend(callgrind::instructions()?);
    } else {
        println!("valgrind is not installed: the instructions were NOT counted");
    }
    let missed = bars.judge(&measured, !with_valgrind)?;
    ensure!(missed == 0, "{missed} bars were missed; see {}", path.display());
    Ok(())
}

/// A metric and what it is.
struct Measured {
    name: String,
    value: f64,
    unit: &'static str,
}
