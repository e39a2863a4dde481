//! Bytes of the file.

use std::path::PathBuf;

use bench_harness::{Contestant, Limit, Plan, Role, Row, Sample, Section, Unit, compete};
use bench_sqlite_load::Journal;

use crate::bench::Bench;
use crate::field::{BASE, OURS, SPIN};
use crate::files::{Content, Layout, remove};

pub(crate) const NAME: &str = "sql_size";
const ENTRIES: usize = 20_000;
/// Of a file and a value, both of which are the same in every run.
const ONCE: Plan = Plan {
    rounds: 1,
    warmup: 0,
    quick: false,
};
const UNIT: &str = "bytes an entry";

/// `sql_size`: what the file takes after it was filled in the order of keys, and its log folded in.
pub(crate) fn measure(bench: &Bench, section: &mut Section) -> anyhow::Result<()> {
    for value_bytes in [100, 1024, 4096] {
        let workload = format!("20,000 entries, keys of 16 bytes, values of {value_bytes}, after a checkpoint");
        let mut row = Row::new(NAME, workload, BASE).unit(Unit::Count(UNIT.to_owned()));
        if value_bytes == 1024 {
            row = row.bar(OURS, Limit::Absolute(1.45 * value_bytes as f64));
        }
        let of = |(name, role, layout)| {
            Box::new(Size::new(bench, name, role, layout, value_bytes)) as Box<dyn Contestant + '_>
        };
        let mut field: Vec<_> = [
            (BASE, Role::Reference, Layout::Plain),
            (OURS, Role::Ours, Layout::Ours),
            (SPIN, Role::Peer, Layout::Spin),
            ("keyv", Role::Peer, Layout::Keyv),
        ]
        .into_iter()
        .map(of)
        .collect();
        section.outcomes.push(compete(row, &mut field, &ONCE)?);
    }
    Ok(())
}

struct Size<'a> {
    bench: &'a Bench,
    name: &'static str,
    role: Role,
    content: Content,
}

impl<'a> Size<'a> {
    fn new(bench: &'a Bench, name: &'static str, role: Role, layout: Layout, value_bytes: usize) -> Self {
        let content = Content {
            layout,
            journal: Journal::Wal,
            entries: ENTRIES,
            value_bytes,
        };
        Self {
            bench,
            name,
            role,
            content,
        }
    }
}

impl Contestant for Size<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, _: usize) -> anyhow::Result<Sample> {
        let path: PathBuf = self.bench.files.make(&self.bench.runtime, "size", &self.content)?;
        let each = std::fs::metadata(&path)?.len() as f64 / ENTRIES as f64;
        remove(&path)?;
        let sample = Sample::new(ENTRIES as u64, std::time::Duration::ZERO).count(UNIT, each);
        Ok(sample.count("x payload", each / self.content.value_bytes as f64))
    }
}
