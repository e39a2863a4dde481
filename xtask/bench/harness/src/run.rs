//! The command line of a benchmark.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::{Plan, Section};

/// The `main` of a benchmark: `[--quick] [--only NAME]... [--out FILE]`. `measure` gets the plan and the question
/// whether a row of this name is wanted; the section goes to the file as JSON, or to stdout as a table.
pub fn run(measure: impl FnOnce(&Plan, &dyn Fn(&str) -> bool) -> anyhow::Result<Section>) -> anyhow::Result<()> {
    let (mut plan, mut only, mut out) = (Plan::FULL, Vec::new(), None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => plan = Plan::QUICK,
            "--only" => only.push(args.next().context("--only which row?")?),
            "--out" => out = Some(PathBuf::from(args.next().context("--out to which file?")?)),
            _ => bail!("unknown argument {arg}; there are --quick, --only NAME, --out FILE"),
        }
    }
    let section = measure(&plan, &|name| {
        only.is_empty() || only.iter().any(|wanted| wanted == name)
    })?;
    print!("{}", crate::table::section(&section));
    if let Some(path) = out {
        std::fs::write(&path, serde_json::to_string_pretty(&section)?).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
