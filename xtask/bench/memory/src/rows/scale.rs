//! Many tasks, reads mixed with writes.

use std::sync::Arc;

use bench_harness::{Distribution, Keys, Limit, Outcome, Plan, Row, compete};

use crate::field::{Entrant, FACADE, OURS, mix};

/// One row for each distribution, mix and number of tasks, on stores that hold these keys. Large stores are measured with
/// the most tasks alone, which is where they differ.
pub fn scale(field: &[Box<dyn Entrant>], keys: &Arc<Keys>, plan: &Plan) -> anyhow::Result<Vec<Outcome>> {
    let operations = plan.pick(32_000, 16_000);
    let tasks: &[usize] = if keys.len() < 1_000_000 { &[1, 8, 64] } else { &[64] };
    let mut outcomes = Vec::new();
    for (distribution, label) in [(Distribution::Zipf, "zipf"), (Distribution::Uniform, "uniform")] {
        for reads in [95, 50] {
            for &tasks in tasks {
                let workload = format!(
                    "{reads}/{} get/set, {} keys, {label}, {tasks} {}",
                    100 - reads,
                    thousands(keys.len()),
                    if tasks == 1 { "task" } else { "tasks" },
                );
                // At 64 tasks, twice as fast as the fastest.
                let limit = Limit::OfBestPeer(if tasks == 64 { 0.5 } else { 1.0 });
                let row = Row::new("mem_scale", workload, OURS)
                    .bar(OURS, limit)
                    .bar(FACADE, limit);
                let mix = mix(keys, distribution, reads, tasks, operations);
                let mut contestants: Vec<_> = field.iter().map(|entrant| entrant.mixed(&mix)).collect();
                outcomes.push(compete(row, &mut contestants, plan)?);
            }
        }
    }
    Ok(outcomes)
}

/// `100k`, `1M`.
pub(super) fn thousands(count: usize) -> String {
    match count {
        1_000_000.. => format!("{}M", count / 1_000_000),
        1000.. => format!("{}k", count / 1000),
        _ => count.to_string(),
    }
}
