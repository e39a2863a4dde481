//! A program that tests a store, prints what came out, and writes it to a file: `cargo run --example validate memory.json`.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs};

use kvs_conformance::{Site, Subject, Validation, Verdict, async_trait};
use kvs_core::{FullStore, Profile, Result, Store};
use kvs_memory::{MemoryConfig, MemoryStore};

struct Memory;

#[async_trait]
impl Subject for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn profile(&self) -> Profile {
        MemoryStore::new().profile().clone()
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let config = MemoryConfig::new().clock(site.clock().clone());
        Ok(Arc::new(MemoryStore::open(config)?))
    }
}

/// Any runtime will do: the cases run on threads of their own.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> std::result::Result<ExitCode, Box<dyn Error>> {
    let validation = Validation::new(Memory).on_case(|result| {
        if let Verdict::Failed(failed) = result.verdict() {
            eprintln!("{}: {failed}", result.name());
        }
    });
    let report = validation.run().await;
    println!("{report}");
    if let Some(file) = env::args_os().nth(1) {
        fs::write(file, format!("{:#}\n", report.to_json()))?;
    }
    Ok(if report.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
