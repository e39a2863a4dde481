//! The benchmark of the backend `memory`.

use std::sync::Arc;

use bench_harness::{Effort, Keys, Plan, Section, StoreGrowth, grow, runtime};
use bench_memory::bytes_each::bytes_each;
use bench_memory::field::{PACKAGES, everybody};
use bench_memory::reclaimed::reclaimed;
use bench_memory::rows::{list, scale, singles};

/// The others tell the same again.
const CHARTED: &[&str] = &["mem_get", "mem_set", "mem_scale", "mem_list", "mem_bytes"];

fn main() -> anyhow::Result<()> {
    bench_harness::run(|plan, wanted| {
        let mut section = Section::new("memory", plan);
        section.packages = PACKAGES.iter().map(|package| (*package).to_owned()).collect();
        section.charted = CHARTED.iter().map(|row| (*row).to_owned()).collect();
        for keys in plan.pick(&[100_000, 1_000_000][..], &[100_000]) {
            rows_of(*keys, plan, wanted, &mut section)?;
        }
        if wanted("mem_bytes") {
            section.outcomes.push(bytes_each(plan)?);
        }
        if wanted("mem_reclaimed") {
            section.outcomes.push(reclaimed(plan)?);
        }
        if wanted("growth") {
            section.curves = growth(plan)?;
        }
        Ok(section)
    })
}

/// The rows that share stores of one size. What one operation takes is asked of the small ones, listings of the large.
fn rows_of(count: usize, plan: &Plan, wanted: &dyn Fn(&str) -> bool, section: &mut Section) -> anyhow::Result<()> {
    let keys = Arc::new(Keys::new(count));
    let field = everybody()?;
    for entrant in &field {
        entrant.fill(&keys)?;
    }
    if wanted("mem_single") && count == 100_000 {
        section.outcomes.extend(singles(&field, &keys, plan)?);
    }
    if wanted("mem_scale") {
        section.outcomes.extend(scale(&field, &keys, plan)?);
    }
    if wanted("mem_list") {
        section.outcomes.push(list(&field, &keys, plan)?);
    }
    Ok(())
}

fn growth(plan: &Plan) -> anyhow::Result<Vec<bench_harness::Curve>> {
    let runtime = Arc::new(runtime()?);
    let effort = Effort {
        entries: 5000,
        listings: 50,
        queries: 1,
        most_documents: 1_000_000,
    };
    let mut store = StoreGrowth::open(&runtime, effort, async || Ok(kvs::open("memory:").await?))?;
    let sizes = plan.pick(&[1000, 10_000, 100_000, 1_000_000][..], &[1000, 10_000, 100_000]);
    grow("memory", sizes, &mut store, plan)
}
