//! What an operation asks of the kernel, counted by `strace` in a run of its own: it slows down whom it watches.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use bench_sqlite_load::Job;

use crate::bench::Bench;
use crate::field::{Entrant, entrant};

const COUNTED: &str = "--counted";
/// Enough keys for a table of some depth, and quickly made.
const KEYS: usize = 10_000;
const LONG: Duration = Duration::from_millis(400);

/// A run that does one job and nothing else.
pub(crate) struct Counted {
    entrant: Entrant,
    job: Job,
}

/// Whether this process is such a run: `--counted NAME JOB`.
pub(crate) fn asked_to_be_counted() -> anyhow::Result<Option<Counted>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [first, name, job] = &arguments[..] else {
        return Ok(None);
    };
    if first != COUNTED {
        return Ok(None);
    }
    Ok(Some(Counted {
        entrant: entrant(name)?,
        job: serde_json::from_str(job)?,
    }))
}

impl Counted {
    /// Does the job and prints how many operations it was.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let bench = Bench::new()?;
        let players = bench.open([self.entrant], self.job.keys, self.job.value_bytes)?;
        for player in &players.all {
            println!("{}", player.borrow_mut().play(&self.job)?.operations);
        }
        Ok(())
    }
}

/// The counts of one operation.
pub(crate) struct Syscalls {
    pub(crate) fsyncs: f64,
    pub(crate) all: f64,
}

/// Counts the operations of a job, less what a run of next to none takes. `None` where there is no `strace`, or it may not
/// watch.
pub(crate) fn count(bench: &Bench, entrant: &Entrant, job: &Job) -> anyhow::Result<Option<Syscalls>> {
    let job = Job {
        keys: KEYS,
        least: 0,
        ..*job
    };
    let watch = |time| watch(bench, entrant, &Job { time, ..job });
    let (Some(none), Some(some)) = (watch(Duration::ZERO)?, watch(LONG)?) else {
        return Ok(None);
    };
    let operations = some.operations - none.operations;
    ensure!(operations > 0.0, "{} did nothing while it was watched", entrant.name);
    Ok(Some(Syscalls {
        fsyncs: (some.fsyncs - none.fsyncs) / operations,
        all: (some.all - none.all) / operations,
    }))
}

struct Watched {
    operations: f64,
    fsyncs: f64,
    all: f64,
}

fn watch(bench: &Bench, entrant: &Entrant, job: &Job) -> anyhow::Result<Option<Watched>> {
    let summary = bench.files.path("strace");
    let started = Command::new("strace")
        .args(["-f", "-c", "-o"])
        .arg(&summary)
        .arg(std::env::current_exe()?)
        .args([COUNTED, entrant.name, &serde_json::to_string(job)?])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Some(output) = started.ok().filter(|output| output.status.success()) else {
        return Ok(None);
    };
    let operations = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .context("the operations of a counted run")?;
    read(&summary, operations).map(Some)
}

/// The table of `strace -c`: seconds, calls and the name of each syscall, and their total.
fn read(summary: &Path, operations: f64) -> anyhow::Result<Watched> {
    let mut watched = Watched {
        operations,
        fsyncs: 0.0,
        all: 0.0,
    };
    for line in std::fs::read_to_string(summary)?.lines() {
        let columns: Vec<_> = line.split_whitespace().collect();
        let (Some(calls), Some(name)) = (
            columns.get(3).and_then(|calls| calls.parse::<f64>().ok()),
            columns.last(),
        ) else {
            continue;
        };
        match *name {
            "total" => {}
            "fsync" | "fdatasync" => {
                watched.fsyncs += calls;
                watched.all += calls;
            }
            _ => watched.all += calls,
        }
    }
    Ok(watched)
}
