//! Prints the bytes that an entry of a 16-byte key and a 100-byte value takes on the heap, among a million.

use std::alloc::System;

use anyhow::ensure;
use kvs_core::{Store, Ttl};
use kvs_memory::{MemoryConfig, MemoryStore};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ENTRIES: usize = 1_000_000;
const VALUE_BYTES: usize = 100;

fn main() -> anyhow::Result<()> {
    let store = MemoryStore::open(MemoryConfig::new())?;
    let before = allocated();
    futures_executor::block_on(async {
        for index in 0..ENTRIES {
            // No longer than it says: a value that grew would bring room that it does not use.
            let mut value = vec![b'v'; VALUE_BYTES];
            value[..8].copy_from_slice(&index.to_be_bytes());
            store.set(&format!("key:{index:012}"), value.into(), Ttl::Never).await?;
        }
        anyhow::Ok(())
    })?;
    ensure!(store.stored_entries() == ENTRIES, "{} entries", store.stored_entries());
    println!("{:.1}", (allocated() - before) as f64 / ENTRIES as f64);
    Ok(())
}

fn allocated() -> usize {
    let stats = HEAP.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}
