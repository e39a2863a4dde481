//! Whether a busy store keeps others from running.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bench_harness::{Contestant, Distribution, Latencies, Plan, Role, Row, Sample, Section, Unit, compete};
use bench_sqlite_load::{Draws, Job, Journal, Kv, run};
use rustix::fs::{Advice, fadvise};
use tokio::runtime::{Builder, Runtime};
use tokio::time::MissedTickBehavior;

use crate::bench::Bench;
use crate::field::{BASE, OURS, SPIN};
use crate::files::{Content, Layout};
use crate::stores::ours;
use crate::stores::rusqlite::Rusqlite;
use crate::stores::spin::Spin;

pub(crate) const NAME: &str = "sql_ticker";
const UNIT: &str = "worst gap, ms";
const KEYS: usize = 100_000;
/// Large enough that the page cache of no connection holds the file.
const VALUE_BYTES: usize = 1024;
const EVICTION: Duration = Duration::from_millis(5);

/// `sql_ticker`: the gaps of a ticker of 1 ms beside eight busy tasks. Spin cannot run where there is one thread.
pub(crate) fn measure(bench: &Bench, plan: &Plan, section: &mut Section) -> anyhow::Result<()> {
    let path = |layout, name| {
        let content = Content {
            layout,
            journal: Journal::Wal,
            entries: KEYS,
            value_bytes: VALUE_BYTES,
        };
        bench.files.make(&bench.runtime, name, &content)
    };
    let paths = Paths {
        plain: path(Layout::Plain, "ticker plain")?,
        ours: path(Layout::Ours, "ticker ours")?,
        spin: path(Layout::Spin, "ticker spin")?,
    };
    let job = Job {
        tasks: 8,
        reads: 100,
        distribution: Distribution::Uniform,
        keys: KEYS,
        value_bytes: VALUE_BYTES,
        time: Duration::from_millis(plan.pick(150, 80)),
        least: 0,
        round: 0,
    };
    let draws = Arc::new(Draws::new(&job)?);
    for several in [false, true] {
        for cold in [false, true] {
            for reads in [100, 50] {
                if !cold {
                    paths.warm()?;
                }
                let beside = Beside {
                    job: Job { reads, ..job },
                    draws: Arc::clone(&draws),
                    cold,
                };
                let row = Row::new(NAME, beside.workload(several), BASE).unit(Unit::Count(UNIT.to_owned()));
                let mut field = paths.field(several, &beside)?;
                section.outcomes.push(compete(row, &mut field, plan)?);
            }
        }
    }
    Ok(())
}

struct Paths {
    plain: PathBuf,
    ours: PathBuf,
    spin: PathBuf,
}

impl Paths {
    /// Reads the files, which an earlier row may have left cold.
    fn warm(&self) -> anyhow::Result<()> {
        for path in [&self.plain, &self.ours, &self.spin] {
            std::io::copy(&mut File::open(path)?, &mut std::io::sink())?;
        }
        Ok(())
    }

    fn field(&self, several: bool, beside: &Beside) -> anyhow::Result<Vec<Box<dyn Contestant>>> {
        let mine = runtime(several)?;
        let store = mine.block_on(ours::open(&self.ours))?;
        let mut field = vec![
            Ticker::boxed(
                BASE,
                Role::Reference,
                runtime(several)?,
                Rusqlite::open(&self.plain)?,
                &self.plain,
                beside,
            ),
            Ticker::boxed(OURS, Role::Ours, mine, store, &self.ours, beside),
        ];
        if several {
            let spin = Spin::open(&self.spin)?;
            field.push(Ticker::boxed(
                SPIN,
                Role::Peer,
                runtime(several)?,
                spin,
                &self.spin,
                beside,
            ));
        }
        Ok(field)
    }
}

fn runtime(several: bool) -> anyhow::Result<Runtime> {
    if several {
        return bench_harness::runtime();
    }
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting tokio")
}

/// What goes on beside the ticker.
#[derive(Clone)]
struct Beside {
    job: Job,
    draws: Arc<Draws>,
    cold: bool,
}

impl Beside {
    fn workload(&self, several: bool) -> String {
        let workers = if several { "2 workers" } else { "current-thread" };
        let load = if self.job.reads == 100 {
            "8 tasks get"
        } else {
            "8 tasks get and set"
        };
        let cache = if self.cold { "cold" } else { "warm" };
        format!("ticker of 1 ms, {workers}, {load}, {cache} file of 100k entries of 1 kB")
    }
}

struct Ticker<K> {
    name: &'static str,
    role: Role,
    runtime: Runtime,
    store: Arc<K>,
    path: PathBuf,
    beside: Beside,
}

impl<K: Kv> Ticker<K> {
    fn boxed(
        name: &'static str,
        role: Role,
        runtime: Runtime,
        store: K,
        path: &Path,
        beside: &Beside,
    ) -> Box<dyn Contestant> {
        Box::new(Self {
            name,
            role,
            runtime,
            store: Arc::new(store),
            path: path.to_owned(),
            beside: beside.clone(),
        })
    }

    async fn watch(&self, job: Job) -> anyhow::Result<Sample> {
        let (store, draws) = (Arc::clone(&self.store), Arc::clone(&self.beside.draws));
        let busy = Arc::new(AtomicBool::new(true));
        let ticker = tokio::spawn(tick(Arc::clone(&busy)));
        let done = tokio::spawn(async move { run(&store, &job, &draws).await }).await??;
        busy.store(false, Ordering::Relaxed);
        ensure!(done.failed == 0, "{}", done.failure.unwrap_or_default());
        let gaps = ticker.await??;
        let worst = gaps.percentiles().context("a ticker that never ticked")?.max / 1e6;
        let mut sample = Sample::new(done.operations, done.elapsed).count(UNIT, worst).count(
            "operations a second",
            done.operations as f64 / done.elapsed.as_secs_f64(),
        );
        sample.latencies = Some(gaps);
        Ok(sample)
    }
}

impl<K: Kv> Contestant for Ticker<K> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, round: usize) -> anyhow::Result<Sample> {
        let job = Job {
            round: round + 1,
            ..self.beside.job
        };
        let evicting = self.beside.cold.then(|| Evicting::start(&self.path)).transpose()?;
        let sample = self.runtime.block_on(self.watch(job));
        evicting.map(Evicting::stop).transpose()?;
        sample
    }
}

/// The gaps between the ticks of a millisecond, until nobody is busy.
async fn tick(busy: Arc<AtomicBool>) -> anyhow::Result<Latencies> {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut gaps = Latencies::new()?;
    ticks.tick().await;
    let mut last = Instant::now();
    while busy.load(Ordering::Relaxed) {
        ticks.tick().await;
        let now = Instant::now();
        gaps.record(now - last);
        last = now;
    }
    Ok(gaps)
}

/// Keeps a file out of the page cache of the system. What is mapped into memory stays.
struct Evicting {
    going: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Evicting {
    fn start(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path)?;
        // Only what was written back can be dropped.
        file.sync_all()?;
        fadvise(&file, 0, None, Advice::DontNeed)?;
        let going = Arc::new(AtomicBool::new(true));
        let still = Arc::clone(&going);
        let thread = std::thread::spawn(move || {
            while still.load(Ordering::Relaxed) {
                fadvise(&file, 0, None, Advice::DontNeed)?;
                std::thread::sleep(EVICTION);
            }
            Ok(())
        });
        Ok(Self { going, thread })
    }

    fn stop(self) -> anyhow::Result<()> {
        self.going.store(false, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|_| Ok(()))
    }
}
