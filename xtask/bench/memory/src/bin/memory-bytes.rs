//! Fills the store that the first argument names and says how many bytes an entry takes. See `bytes_each`.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> anyhow::Result<()> {
    bench_memory::bytes_each::child(|| {
        let stats = HEAP.stats();
        stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
    })
}
