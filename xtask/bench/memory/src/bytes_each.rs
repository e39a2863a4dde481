//! What an entry costs in memory: each store is filled in a process of its own.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, ensure};
use bench_harness::{Contestant, Keys, Limit, Outcome, Plan, Role, Row, Sample, Unit, compete};
use serde_json::Value;

use crate::field::{Entrant, FACADE, OURS, everybody};
use crate::reclaimed::{self, EXPIRED};

/// What the allocator handed out, an entry.
const HEAP: &str = "heap bytes an entry";
/// What the kernel gave the process, an entry.
const RESIDENT: &str = "resident bytes an entry";
const MOST: f64 = 360.0;

/// The row: 1M entries of a 16-byte key and a 100-byte value. Bytes do not vary: one round is enough.
pub fn bytes_each(plan: &Plan) -> anyhow::Result<Outcome> {
    let entries = plan.pick(1_000_000, 100_000);
    let workload = format!("{entries} entries, 16-byte keys, 100-byte values");
    let row = Row::new("mem_bytes", workload, OURS).unit(Unit::Count(HEAP.to_owned()));
    let row = row.bar(OURS, Limit::Absolute(MOST)).bar(FACADE, Limit::Absolute(MOST));
    let child = |entrant: &dyn Entrant| -> Box<dyn Contestant> {
        Box::new(Child {
            name: entrant.name(),
            role: entrant.role(),
            entries,
        })
    };
    let mut contestants: Vec<_> = everybody()?.iter().map(|entrant| child(&**entrant)).collect();
    let once = Plan {
        rounds: 1,
        warmup: 0,
        ..*plan
    };
    compete(row, &mut contestants, &once)
}

/// Fills one store and prints what that took, as JSON: the `main` of the child, unless it is about [`reclaimed`]. `heap`
/// says what is allocated now.
pub fn child(heap: impl Fn() -> usize) -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (name, entries) = (
        args.next().context("the name of a store")?,
        args.next().context("a number of entries")?,
    );
    if name == EXPIRED {
        return reclaimed::child(entries.parse()?, heap);
    }
    let keys = Arc::new(Keys::new(entries.parse()?));
    let field = everybody()?;
    let entrant = field
        .iter()
        .find(|entrant| entrant.name() == name)
        .context("no such store")?;
    // Whatever grows once and for all is there before we look.
    entrant.fill(&Arc::new(Keys::absent(1)))?;
    let before = (heap(), resident()?);
    entrant.fill(&keys)?;
    let each = |before: usize, after: usize| after.saturating_sub(before) as f64 / keys.len() as f64;
    println!(
        "{}",
        serde_json::json!({HEAP: each(before.0, heap()), RESIDENT: each(before.1, resident()?)})
    );
    Ok(())
}

/// The resident set of this process, in bytes.
fn resident() -> anyhow::Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status").context("asking the kernel about this process")?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    Ok(kilobytes.context("VmRSS")?.parse::<usize>()? * 1024)
}

struct Child {
    name: &'static str,
    role: Role,
    entries: usize,
}

impl Contestant for Child {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, _round: usize) -> anyhow::Result<Sample> {
        let printed = run_child(self.name, self.entries)?;
        let counted = |name: &str| printed[name].as_f64().context("what the child printed");
        Ok(Sample::default()
            .count(HEAP, counted(HEAP)?)
            .count(RESIDENT, counted(RESIDENT)?))
    }
}

/// Runs the child and reads what it prints.
pub(crate) fn run_child(name: &str, entries: usize) -> anyhow::Result<Value> {
    let program = beside_us("memory-bytes")?;
    let output = Command::new(&program).args([name, &entries.to_string()]).output();
    let output = output.with_context(|| program.display().to_string())?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Another program of this package: cargo builds them into one folder.
fn beside_us(name: &str) -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}
