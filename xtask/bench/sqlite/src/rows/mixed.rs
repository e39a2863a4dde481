//! Single keys: gets, durable sets, and both.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bench_harness::{Contestant, Distribution, Limit, Plan, Row, Section, Unit, compete};
use bench_sqlite_load::Job;

use crate::bench::{Bench, Players};
use crate::field::{AS_THEY_COME, BASE, FACADE, FROM_POOL, ON_SQLX, ON_WAL, OURS, POOL, TUNED};
use crate::player::{Player, Turn};
use crate::syscalls;

const KEYS: usize = 100_000;
const TASKS: [usize; 3] = [1, 8, 64];
/// The fewest gets of one task of which a median is taken.
const MEDIAN_OF: u64 = 300;
/// Those whose syscalls are counted, one peer among them.
const COUNTED: [&str; 4] = [BASE, OURS, FROM_POOL, POOL];

/// `sql_get`: all of them; `sql_get_sqlx`: those on sqlx, where our sqlx path must lead.
pub(crate) fn gets(
    bench: &Bench,
    plan: &Plan,
    wanted: &dyn Fn(&str) -> bool,
    section: &mut Section,
) -> anyhow::Result<()> {
    let (all, on_sqlx) = (wanted("sql_get"), wanted("sql_get_sqlx"));
    if !all && !on_sqlx {
        return Ok(());
    }
    for value_bytes in [100, 1024] {
        let players = bench.open(ON_WAL, KEYS, value_bytes)?;
        for distribution in [Distribution::Uniform, Distribution::Zipf] {
            for job in TASKS.map(|tasks| job(tasks, 100, distribution, value_bytes, plan.pick(40, 15))) {
                if all {
                    let mut turns = turns(&players, &job, |_| true);
                    if distribution == Distribution::Uniform && value_bytes == 100 {
                        count(bench, plan, &mut turns, section)?;
                    }
                    section.outcomes.push(compete(get_row(&job), &mut boxed(turns), plan)?);
                }
                if on_sqlx && distribution == Distribution::Zipf && value_bytes == 100 {
                    let turns = turns(&players, &job, |name| ON_SQLX.contains(&name));
                    let row = measured(Row::new("sql_get_sqlx", workload("get", &job), POOL), &job);
                    let row = row.bar(FROM_POOL, Limit::OfBestPeer(1.0));
                    section.outcomes.push(compete(row, &mut boxed(turns), plan)?);
                }
            }
        }
    }
    Ok(())
}

fn get_row(job: &Job) -> Row {
    let row = measured(Row::new("sql_get", workload("get", job), BASE), job).bar(OURS, Limit::OfBestPeer(1.0));
    match job.tasks {
        1 => row.bar(OURS, Limit::OfBase(1.3)),
        64 => row.bar(OURS, Limit::OfBase(1.5)),
        _ => row,
    }
}

/// With one task, the median: what else the machine does is not in it. With more, the throughput.
fn measured(row: Row, job: &Job) -> Row {
    row.unit(if job.tasks == 1 {
        Unit::MedianLatency
    } else {
        Unit::Time
    })
}

/// `sql_set_full`.
pub(crate) fn sets(
    bench: &Bench,
    plan: &Plan,
    wanted: &dyn Fn(&str) -> bool,
    section: &mut Section,
) -> anyhow::Result<()> {
    let name = "sql_set_full";
    if !wanted(name) {
        return Ok(());
    }
    // With their own journal they are so slow that a trial would be no trial.
    let as_they_come = AS_THEY_COME.into_iter().take(plan.pick(AS_THEY_COME.len(), 0));
    let players = bench.open(ON_WAL.into_iter().chain(as_they_come), KEYS, 100)?;
    for (tasks, most) in TASKS.into_iter().zip([1.3, 0.5, 0.12]) {
        let job = job(tasks, 0, Distribution::Uniform, 100, plan.pick(100, 40));
        let row = Row::new(name, workload("set, synchronous=FULL", &job), BASE);
        let row = row.bar(OURS, Limit::OfBase(most)).bar(OURS, Limit::OfBestPeer(1.0));
        let mut turns = turns(&players, &job, |name| name != FACADE);
        count(bench, plan, &mut turns, section)?;
        section.outcomes.push(compete(row, &mut boxed(turns), plan)?);
    }
    Ok(())
}

/// `sql_mix`.
pub(crate) fn mixes(
    bench: &Bench,
    plan: &Plan,
    wanted: &dyn Fn(&str) -> bool,
    section: &mut Section,
) -> anyhow::Result<()> {
    let name = "sql_mix";
    if !wanted(name) {
        return Ok(());
    }
    let players = bench.open(ON_WAL, KEYS, 100)?;
    for tasks in [8, 64] {
        let job = job(tasks, 95, Distribution::Zipf, 100, plan.pick(80, 40));
        let row = Row::new(name, workload("95 gets to 5 durable sets", &job), BASE).bar(OURS, Limit::OfBestPeer(1.0));
        let turns = turns(&players, &job, |name| name != FACADE);
        section.outcomes.push(compete(row, &mut boxed(turns), plan)?);
    }
    Ok(())
}

/// `sql_settings`: what the settings of SQLite that ours leaves alone would change.
pub(crate) fn settings(
    bench: &Bench,
    plan: &Plan,
    wanted: &dyn Fn(&str) -> bool,
    section: &mut Section,
) -> anyhow::Result<()> {
    let name = "sql_settings";
    if !wanted(name) {
        return Ok(());
    }
    let players = bench.open(TUNED, KEYS, 100)?;
    for (reads, tasks) in [(100, 1), (100, 64), (0, 8), (0, 64)] {
        let (operation, millis) = if reads == 100 {
            ("get", 40)
        } else {
            ("durable set", 400)
        };
        let job = job(tasks, reads, Distribution::Uniform, 100, plan.pick(millis, 40));
        let row = measured(Row::new(name, workload(operation, &job), OURS), &job);
        let turns = turns(&players, &job, |_| true);
        section.outcomes.push(compete(row, &mut boxed(turns), plan)?);
    }
    Ok(())
}

fn job(tasks: usize, reads: u32, distribution: Distribution, value_bytes: usize, millis: u64) -> Job {
    Job {
        tasks,
        reads,
        distribution,
        keys: KEYS,
        value_bytes,
        time: Duration::from_millis(millis),
        least: if tasks == 1 && reads == 100 { MEDIAN_OF } else { 0 },
        round: 0,
    }
}

fn workload(operation: &str, job: &Job) -> String {
    let distribution = match job.distribution {
        Distribution::Uniform => "uniform",
        Distribution::Zipf => "zipf",
    };
    let (bytes, tasks) = (job.value_bytes, job.tasks);
    let plural = if tasks == 1 { "" } else { "s" };
    format!("{operation}, 100k keys, {bytes} bytes, {distribution}, {tasks} task{plural}")
}

fn turns(players: &Players, job: &Job, who: impl Fn(&str) -> bool) -> Vec<Turn> {
    let turn = |player: &Rc<RefCell<Player>>| Turn {
        player: Rc::clone(player),
        job: *job,
        counted: Vec::new(),
    };
    players
        .all
        .iter()
        .filter(|player| who(player.borrow().entrant.name))
        .map(turn)
        .collect()
}

fn boxed(turns: Vec<Turn>) -> Vec<Box<dyn Contestant>> {
    turns
        .into_iter()
        .map(|turn| Box::new(turn) as Box<dyn Contestant>)
        .collect()
}

/// Has syscalls counted. A trial counts those of ours and of the base, on the rows that tell the most.
fn count(bench: &Bench, plan: &Plan, turns: &mut [Turn], section: &mut Section) -> anyhow::Result<()> {
    for turn in turns {
        let entrant = turn.player.borrow().entrant;
        let telling = turn.job.tasks == if turn.job.reads == 100 { 1 } else { 64 };
        if !COUNTED.contains(&entrant.name) || (plan.quick && !(telling && [OURS, BASE].contains(&entrant.name))) {
            continue;
        }
        match syscalls::count(bench, &entrant, &turn.job)? {
            Some(counts) => turn.counted = vec![("fsyncs", counts.fsyncs), ("syscalls", counts.all)],
            None => not_counted(section),
        }
    }
    Ok(())
}

fn not_counted(section: &mut Section) {
    let note = "Syscalls were not counted: there is no strace here, or it may not watch.".to_owned();
    if !section.notes.contains(&note) {
        section.notes.push(note);
    }
}
