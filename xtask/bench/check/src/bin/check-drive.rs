//! Does one operation many times, for callgrind to count: `check-drive STORE OPERATION COUNT`.

use std::hint::black_box;
use std::mem;
use std::sync::Arc;

use anyhow::{bail, ensure};
use bytes::Bytes;
use futures_executor::block_on;
use kvs_core::{FullStore, ListOptions, Ttl};
use kvs_memory::{MemoryConfig, MemoryStore};

const ENTRIES: usize = 100_000;
const PAGE: usize = 1000;
/// Coprime to the number of entries: visits all of them, far from the one before.
const STEP: usize = 61_803;

fn main() -> anyhow::Result<()> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [store, operation, count] = &args[..] else {
        bail!("usage: check-drive STORE OPERATION COUNT");
    };
    let store: Arc<dyn FullStore> = match store.as_str() {
        "kvs-memory" => Arc::new(MemoryStore::open(MemoryConfig::new())?),
        "kvs" => block_on(kvs::open("memory:"))?,
        _ => bail!("no such store: {store}"),
    };
    block_on(fill(&*store))?;
    let count = count.parse()?;
    // What is set up once is not counted: by the first operations, and by `Bytes` when a value is first cloned.
    run(&*store, &mut Script::new(operation, count, 1)?)?;
    measured_loop(&*store, &mut Script::new(operation, count, 2)?)
}

/// What callgrind counts. Its name occurs in no other: each function that matches would turn the counting off again.
#[inline(never)]
fn measured_loop(store: &dyn FullStore, script: &mut Script) -> anyhow::Result<()> {
    run(store, script)
}

/// What to do, prepared, and freed elsewhere, so that nothing but the store is counted.
enum Script {
    Get(Vec<String>),
    Miss(Vec<String>),
    Set(Vec<(String, Bytes)>),
    List(Vec<ListOptions>),
}

impl Script {
    fn new(operation: &str, count: usize, seed: usize) -> anyhow::Result<Self> {
        let drawn = || (0..count).map(|index| index * STEP % ENTRIES);
        Ok(match operation {
            "get" => Self::Get(drawn().map(key).collect()),
            "miss" => Self::Miss(drawn().map(|index| format!("none{index:012}")).collect()),
            "set" => Self::Set(
                drawn()
                    .map(|index| (key(index), value(index + seed * ENTRIES)))
                    .collect(),
            ),
            "list" => Self::List(drawn().map(|index| page(index % (ENTRIES - PAGE))).collect()),
            _ => bail!("no such operation: {operation}"),
        })
    }
}

fn run(store: &dyn FullStore, script: &mut Script) -> anyhow::Result<()> {
    block_on(async {
        match script {
            Script::Get(keys) => {
                for key in keys {
                    black_box(store.get(key).await?);
                }
            }
            Script::Miss(keys) => {
                for key in keys {
                    ensure!(store.get(key).await.is_err(), "{key} is there");
                }
            }
            Script::Set(entries) => {
                for (key, value) in entries {
                    store.set(key, mem::take(value), Ttl::Never).await?;
                }
            }
            Script::List(pages) => {
                for options in pages {
                    let page = store.list_page(options).await?;
                    ensure!(page.entries.len() == PAGE, "a page of {}", page.entries.len());
                }
            }
        }
        Ok(())
    })
}

async fn fill(store: &dyn FullStore) -> anyhow::Result<()> {
    for index in 0..ENTRIES {
        store.set(&key(index), value(index), Ttl::Never).await?;
    }
    Ok(())
}

fn key(index: usize) -> String {
    format!("key:{index:012}")
}

/// Varies with the number: an engine could skip an overwrite with what is there.
fn value(number: usize) -> Bytes {
    let mut value = vec![b'v'; 100];
    value[..8].copy_from_slice(&number.to_be_bytes());
    value.into()
}

fn page(after: usize) -> ListOptions {
    ListOptions::new("key:").after(key(after)).limit(PAGE).values(true)
}
