//! What is left of entries some seconds after all of them have expired, in a process of its own, while nobody asks for
//! anything.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bench_harness::{Contestant, Keys, Limit, Outcome, Plan, Role, Row, Sample, Unit, compete, runtime};
use kvs_core::{Clock as _, Store as _, SystemClock, Ttl};
use kvs_memory::MemoryStore;

use crate::bytes_each::run_child;
use crate::field::OURS;

/// What the child is told instead of the name of a store.
pub const EXPIRED: &str = "--expired";

const LEFT: &str = "heap bytes left an entry";
const FILLED: &str = "before, an entry";
/// A tenth of the bar of an entry that lives.
const MOST: f64 = 36.0;

/// All expire at the same instant, when the last has long been written.
const LIFE: Duration = Duration::from_secs(12);
const IDLE: Duration = Duration::from_secs(5);

/// The row: 1M entries of a 16-byte key and a 100-byte value, 5 seconds after their deadline.
pub fn reclaimed(plan: &Plan) -> anyhow::Result<Outcome> {
    let entries = plan.pick(1_000_000, 100_000);
    let workload = format!("{entries} entries, {} s after all have expired, idle", IDLE.as_secs());
    let row = Row::new("mem_reclaimed", workload, OURS).unit(Unit::Count(LEFT.to_owned()));
    let row = row.bar(OURS, Limit::Absolute(MOST));
    let once = Plan {
        rounds: 1,
        warmup: 0,
        ..*plan
    };
    compete(row, &mut [Box::new(Expired { entries }) as Box<dyn Contestant>], &once)
}

/// Fills a store, waits, and prints what is left, as JSON: the `main` of the child. `heap` says what is allocated now.
pub fn child(entries: usize, heap: impl Fn() -> usize) -> anyhow::Result<()> {
    let keys = Keys::new(entries);
    let (runtime, store) = (runtime()?, MemoryStore::new());
    let begun = Instant::now();
    let deadline = SystemClock.now().checked_add(LIFE).context("a deadline")?;
    let before = heap();
    runtime.block_on(async {
        for (key, byte) in keys.iter().zip((0..=u8::MAX).cycle()) {
            store.set(key, vec![byte; 100].into(), Ttl::At(deadline)).await?;
        }
        anyhow::Ok(())
    })?;
    let each = |heap: usize| heap.saturating_sub(before) as f64 / entries as f64;
    let filled = each(heap());
    ensure!(begun.elapsed() < LIFE, "the first expired before the last was written");
    thread::sleep((LIFE + IDLE).saturating_sub(begun.elapsed()));
    println!("{}", serde_json::json!({LEFT: each(heap()), FILLED: filled}));
    Ok(())
}

struct Expired {
    entries: usize,
}

impl Contestant for Expired {
    fn name(&self) -> String {
        OURS.to_owned()
    }

    fn role(&self) -> Role {
        Role::Ours
    }

    fn round(&mut self, _round: usize) -> anyhow::Result<Sample> {
        let printed = run_child(EXPIRED, self.entries)?;
        let counted = |name: &str| printed[name].as_f64().context("what the child printed");
        Ok(Sample::default()
            .count(LEFT, counted(LEFT)?)
            .count(FILLED, counted(FILLED)?))
    }
}
