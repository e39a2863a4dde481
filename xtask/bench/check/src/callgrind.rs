//! Instructions, counted by valgrind.

use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Context, anyhow, ensure};

use crate::Measured;

/// The function of `check-drive` inside which instructions count.
const MEASURED: &str = "--toggle-collect=*measured_loop*";
const OPERATIONS: u64 = 20_000;
const LISTINGS: u64 = 20;

pub(crate) fn is_here() -> bool {
    let asked = Command::new("valgrind").arg("--version").output();
    asked.is_ok_and(|output| output.status.success())
}

/// Every operation through the backend's crate; gets and sets through the facade too, for what it adds.
pub(crate) fn instructions() -> anyhow::Result<Vec<Measured>> {
    // Side by side: most of the time goes into filling the stores.
    let (direct, facade) = thread::scope(|scope| {
        let facade = scope.spawn(|| count_each("kvs", &[("get", OPERATIONS), ("set", OPERATIONS)]));
        let operations = [
            ("get", OPERATIONS),
            ("set", OPERATIONS),
            ("miss", OPERATIONS),
            ("list", LISTINGS),
        ];
        (count_each("kvs-memory", &operations), facade.join())
    });
    let facade = facade.map_err(|_| anyhow!("the thread that counts for the facade"))??;
    let mut measured = Vec::new();
    for (index, (operation, direct)) in direct?.into_iter().enumerate() {
        measured.push(metric(&format!("mem_{operation}"), direct, "instructions"));
        if let Some((_, facade)) = facade.get(index) {
            let more = 100.0 * (facade - direct) / direct;
            measured.push(metric(&format!("overhead_{operation}"), more, "% by the facade"));
        }
    }
    Ok(measured)
}

/// Each operation of a store with its instructions.
fn count_each(store: &str, operations: &[(&'static str, u64)]) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let count = |&(operation, count)| Ok((operation, count_one(store, operation, count)?));
    operations.iter().map(count).collect()
}

fn metric(name: &str, value: f64, unit: &'static str) -> Measured {
    let name = name.to_owned();
    Measured { name, value, unit }
}

/// The instructions of one operation, on average.
fn count_one(store: &str, operation: &str, count: u64) -> anyhow::Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", MEASURED])
        .arg(beside_us("check-drive")?)
        .args([store, operation, &count.to_string()])
        .output()
        .context("starting valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind: {said}");
    let total = said
        .lines()
        .find_map(|line| line.split_once("Collected :")?.1.trim().parse::<u64>().ok());
    let total = total.with_context(|| format!("valgrind said no total: {said}"))?;
    ensure!(total > 0, "the function whose instructions count was not found");
    Ok(total as f64 / count as f64)
}

/// What another program of this package prints.
pub(crate) fn printed_by(name: &str) -> anyhow::Result<String> {
    let output = Command::new(beside_us(name)?)
        .output()
        .with_context(|| name.to_owned())?;
    ensure!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Cargo builds the programs of a package into one folder.
fn beside_us(name: &str) -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}
