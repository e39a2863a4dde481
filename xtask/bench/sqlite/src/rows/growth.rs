//! How costs grow with the file.

use bench_harness::{Effort, Plan, Section, StoreGrowth, grow};

use crate::bench::Bench;
use crate::stores::ours;

pub(crate) const NAME: &str = "growth";
const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// `growth`: ours on one file that grows. Its writes do not wait for the disk: that wait is the same at every size.
pub(crate) fn measure(bench: &Bench, plan: &Plan, section: &mut Section) -> anyhow::Result<()> {
    let effort = Effort {
        entries: plan.pick(2_000, 500),
        listings: 10,
        queries: 1,
        most_documents: 100_000,
    };
    let path = bench.files.path("growth");
    let mut file = StoreGrowth::open(&bench.runtime, effort, async || {
        Ok(ours::open_without_waiting(&path).await?.0)
    })?;
    let sizes = &SIZES[..plan.pick(SIZES.len(), SIZES.len() - 2)];
    let note =
        "The curves of growth are taken with synchronous=NORMAL: the wait for the disk is the same at every size.";
    section.notes.push(note.to_owned());
    section.curves = grow("sqlite", sizes, &mut file, plan)?;
    Ok(())
}
