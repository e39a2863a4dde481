//! A page of a thousand out of a million.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use bench_harness::{Contestant, Keys, Latencies, Limit, Plan, Role, Row, Sample, Section, compete};
use bench_sqlite_load::Journal;
use bytes::Bytes;
use kvs_core::{FullStore, ListOptions, ListableStore};
use rusqlite::params;
use sqlx::SqlitePool;
use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::field::{BASE, FROM_POOL, OURS, POOL};
use crate::files::{Content, Layout};
use crate::stores::rusqlite::{LIST, LIST_KEYS, Rusqlite};
use crate::stores::{by_hand, ours};

pub(crate) const NAME: &str = "sql_list";
const PAGE: usize = 1000;
const VALUE_BYTES: usize = 100;
const PREFIX: &str = "key:";
/// Above all keys with the prefix: `;` follows `:`.
const END: &str = "key;";

/// `sql_list`: with values, and keys alone. opendal and keyv cannot list on SQLite, Spin lists all keys or none.
pub(crate) fn measure(bench: &Bench, plan: &Plan, section: &mut Section) -> anyhow::Result<()> {
    // A trial does not have the time to make files of a million.
    let (entries, size) = plan.pick((1_000_000, "1M"), (100_000, "100k"));
    let content = |layout| Content {
        layout,
        journal: Journal::Wal,
        entries,
        value_bytes: VALUE_BYTES,
    };
    let our_file = bench.files.make(&bench.runtime, "list ours", &content(Layout::Ours))?;
    let their_file = bench
        .files
        .make(&bench.runtime, "list plain", &content(Layout::Plain))?;
    let keys = Rc::new(Keys::new(entries));
    let lister = |name, role, engine| {
        Rc::new(Lister {
            name,
            role,
            engine,
            keys: Rc::clone(&keys),
            runtime: Arc::clone(&bench.runtime),
        })
    };
    let listers = [
        lister(BASE, Role::Reference, Engine::Rusqlite(Rusqlite::open(&their_file)?)),
        lister(
            OURS,
            Role::Ours,
            Engine::Ours(bench.runtime.block_on(ours::open(&our_file))?.0),
        ),
        lister(
            FROM_POOL,
            Role::Ours,
            Engine::Ours(bench.runtime.block_on(ours::from_pool(&our_file))?.0),
        ),
        lister(
            POOL,
            Role::Peer,
            Engine::Pool(bench.runtime.block_on(by_hand::pool(&their_file))?),
        ),
    ];
    for values in [true, false] {
        let what = if values {
            "keys and values of 100 bytes"
        } else {
            "keys alone"
        };
        let row = Row::new(NAME, format!("a page of 1,000 of {size} entries, {what}"), BASE)
            .bar(OURS, Limit::OfBase(1.5))
            .bar(OURS, Limit::OfBestPeer(1.0));
        let pages = plan.pick(40, 15);
        let turn = |lister: &Rc<Lister>| Box::new(Turn(Rc::clone(lister), values, pages)) as Box<dyn Contestant>;
        let mut turns: Vec<_> = listers.iter().map(turn).collect();
        section.outcomes.push(compete(row, &mut turns, plan)?);
    }
    Ok(())
}

struct Turn(Rc<Lister>, bool, usize);

impl Contestant for Turn {
    fn name(&self) -> String {
        self.0.name.to_owned()
    }

    fn role(&self) -> Role {
        self.0.role
    }

    fn round(&mut self, round: usize) -> anyhow::Result<Sample> {
        let Self(lister, values, pages) = self;
        lister.runtime.block_on(lister.pages(*values, *pages, round))
    }
}

struct Lister {
    name: &'static str,
    role: Role,
    engine: Engine,
    keys: Rc<Keys>,
    runtime: Arc<Runtime>,
}

enum Engine {
    Ours(Arc<dyn FullStore>),
    Rusqlite(Rusqlite),
    Pool(SqlitePool),
}

impl Lister {
    async fn pages(&self, values: bool, pages: usize, round: usize) -> anyhow::Result<Sample> {
        let mut latencies = Latencies::new()?;
        let start = Instant::now();
        for page in 0..pages {
            // Pages from all over the file, no two rounds the same.
            let after = (page * 104_729 + round * 7919) % (self.keys.len() - PAGE - 1);
            let begin = Instant::now();
            let (found, last) = self.page(self.keys.at(after as u32), values).await?;
            latencies.record(begin.elapsed());
            let expected = self.keys.at((after + PAGE) as u32);
            ensure!(
                found == PAGE && last == expected,
                "a page after {after} had {found} entries up to {last}, not up to {expected}"
            );
        }
        let mut sample = Sample::new(pages as u64, start.elapsed());
        sample.latencies = Some(latencies);
        Ok(sample)
    }

    /// How many entries the page has, and the key of its last.
    async fn page(&self, after: &str, values: bool) -> anyhow::Result<(usize, String)> {
        match &self.engine {
            Engine::Ours(store) => {
                let options = ListOptions::new(PREFIX).after(after).limit(PAGE).values(values);
                let mut entries = ListableStore::list_page(&**store, &options).await?.entries;
                let all = entries
                    .iter()
                    .all(|entry| entry.value.as_ref().map_or(0, Bytes::len) == bytes(values));
                ensure!(all, "a value is missing, or too many");
                let last = entries.pop().context("an empty page")?;
                Ok((entries.len() + 1, last.key))
            }
            Engine::Rusqlite(rusqlite) => {
                let connection = rusqlite.connection();
                let mut statement = connection.prepare_cached(if values { LIST } else { LIST_KEYS })?;
                let rows = statement.query_map(params![after, END, PAGE as i64], |row| {
                    Ok((row.get::<_, String>(0)?, if values { row.get(1)? } else { Vec::new() }))
                })?;
                last(rows.collect::<Result<Vec<_>, _>>()?, values)
            }
            Engine::Pool(pool) if values => {
                let query = sqlx::query_as(LIST).bind(after).bind(END).bind(PAGE as i64);
                last(query.fetch_all(pool).await?, values)
            }
            Engine::Pool(pool) => {
                let query = sqlx::query_scalar(LIST_KEYS).bind(after).bind(END).bind(PAGE as i64);
                let keys: Vec<String> = query.fetch_all(pool).await?;
                last(keys.into_iter().map(|key| (key, Vec::new())).collect(), values)
            }
        }
    }
}

fn bytes(values: bool) -> usize {
    if values { VALUE_BYTES } else { 0 }
}

fn last(mut rows: Vec<(String, Vec<u8>)>, values: bool) -> anyhow::Result<(usize, String)> {
    ensure!(
        rows.iter().all(|row| row.1.len() == bytes(values)),
        "a value is missing, or too many"
    );
    let last = rows.pop().context("an empty page")?;
    Ok((rows.len() + 1, last.0))
}
