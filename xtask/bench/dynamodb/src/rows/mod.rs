//! The rows of the table.

mod batch;
mod cost;
mod cpu;
mod latency;

use std::sync::Arc;

use bench_harness::{Plan, Section};
use tokio::runtime::Runtime;

use crate::emulator::Emulator;
use crate::{growth, stores};

/// What the rows share: made when the first of them is wanted.
pub(crate) struct Bench {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) emulator: Emulator,
}

impl Bench {
    fn start() -> anyhow::Result<Self> {
        let bench = Self {
            runtime: Arc::new(bench_harness::runtime()?),
            emulator: Emulator::start()?,
        };
        let client = stores::client(bench.emulator.url());
        bench.runtime.block_on(stores::create_tables(&client))?;
        Ok(bench)
    }
}

pub(crate) fn measure(plan: &Plan, wanted: &dyn Fn(&str) -> bool) -> anyhow::Result<Section> {
    let mut section = Section::new("dynamodb", plan);
    section.packages = ["aws-sdk-dynamodb", "openkeyv", "kvs-dynamodb"]
        .map(str::to_owned)
        .into();
    if wanted("ddb_cpu") {
        cpu::measure(&mut section, plan)?;
    }
    if wanted("ddb_batch") {
        batch::measure(&mut section, plan)?;
    }
    if !["ddb_cost", "ddb_latency", "growth"].into_iter().any(wanted) {
        return Ok(section);
    }
    let bench = Bench::start()?;
    if wanted("ddb_cost") {
        cost::measure(&bench, &mut section)?;
    }
    if wanted("ddb_latency") {
        latency::measure(&bench, &mut section, plan)?;
    }
    if wanted("growth") {
        growth::measure(&bench, &mut section, plan)?;
    }
    Ok(section)
}
