//! What must be reached.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::Measured;

/// The bars of all metrics.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Bars(BTreeMap<String, Bar>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bar {
    at_most: f64,
}

impl Bars {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// Prints each metric beside its bar, and says how many are above it.
    pub(crate) fn judge(&self, measured: &[Measured], without_valgrind: bool) -> anyhow::Result<usize> {
        let mut missed = 0;
        for Measured { name, value, unit } in measured {
            let bar = self
                .0
                .get(name)
                .with_context(|| format!("there is no bar for {name}"))?;
            let reached = *value <= bar.at_most;
            missed += usize::from(!reached);
            let verdict = if reached { "reached" } else { "MISSED" };
            println!("{name:<16} {value:>10.1} {unit:<28} bar {:>8}  {verdict}", bar.at_most);
        }
        let unmeasured = |name: &&String| measured.iter().all(|metric| metric.name != **name);
        for name in self.0.keys().filter(unmeasured) {
            println!("{name:<16} NOT MEASURED");
            // Without valgrind there are no instructions; what else is missing was forgotten.
            missed += usize::from(!(without_valgrind && name.as_str() != "mem_bytes"));
        }
        Ok(missed)
    }
}
