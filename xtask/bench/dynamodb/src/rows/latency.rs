//! Get and set on the emulator, at several degrees of concurrency.

use std::sync::Arc;

use bench_harness::{Contestant, Distribution, Keys, Load, Mix, Mixed, Plan, Role, Row, Section, compete, fill};

use super::Bench;
use crate::counted::{BARE_AS_IT_COMES, OPEN_KEYV, OURS};
use crate::stores::{self, Bare, OpenKeyV, Ours, SESSION};

const KEYS: usize = 1_000;

pub(crate) fn measure(bench: &Bench, section: &mut Section, plan: &Plan) -> anyhow::Result<()> {
    let client = || stores::client(bench.emulator.url());
    let ours = Arc::new(bench.runtime.block_on(Ours::open(client()))?);
    let bare = Arc::new(Bare::new(client()));
    let open_keyv = Arc::new(OpenKeyV::new(client()));
    let keys = Arc::new(Keys::new(KEYS));
    fill(&bench.runtime, &ours, &keys, SESSION)?;
    fill(&bench.runtime, &bare, &keys, SESSION)?;
    fill(&bench.runtime, &open_keyv, &keys, SESSION)?;
    for (name, reads) in [("get", 100), ("set", 0)] {
        for tasks in [1, 8, 64] {
            let load = Load {
                tasks,
                operations: plan.pick(1_000, 500),
                sample_every: 1,
                yield_every: 0,
            };
            let mix = Mix {
                keys: Arc::clone(&keys),
                distribution: Distribution::Uniform,
                reads,
                value_bytes: SESSION,
                load,
            };
            let runtime = &bench.runtime;
            let mut field: [Box<dyn Contestant>; 3] = [
                Box::new(Mixed::new(OURS, Role::Ours, runtime, &ours, &mix)),
                Box::new(Mixed::new(BARE_AS_IT_COMES, Role::Reference, runtime, &bare, &mix)),
                Box::new(Mixed::new(OPEN_KEYV, Role::Peer, runtime, &open_keyv, &mix)),
            ];
            let workload = format!("{name}, 900 B, emulator, {tasks} tasks");
            let row = Row::new("ddb_latency", workload, BARE_AS_IT_COMES);
            section.outcomes.push(compete(row, &mut field, plan)?);
        }
    }
    Ok(())
}
