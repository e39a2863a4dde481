//! A hundred thousand rows at once.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_harness::{Contestant, Limit, Plan, Role, Row, Sample, Section, compete};
use bytes::Bytes;
use kvs_core::Store;
use rusqlite::Connection;
use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::field::{BASE, FROM_POOL, OURS, POOL, SPIN};
use crate::files::{entries, remove, set_entries};
use crate::stores::rusqlite::{Rusqlite, SET, TABLE};
use crate::stores::{by_hand, ours, spin};

pub(crate) const NAME: &str = "sql_bulk";
const VALUE_BYTES: usize = 100;

/// `sql_bulk`: into an empty file each time; ours by one `set_many`, the others in one transaction, a statement a row.
/// opendal and keyv have neither.
pub(crate) fn measure(bench: &Bench, plan: &Plan, section: &mut Section) -> anyhow::Result<()> {
    let rows = plan.pick(100_000, 20_000);
    let workload = format!("{rows} new rows of 100 bytes at once, synchronous=FULL");
    let row = Row::new(NAME, workload, BASE)
        .bar(OURS, Limit::OfBase(2.0))
        .bar(OURS, Limit::OfBestPeer(1.0));
    let field = [
        (BASE, Role::Reference, Engine::Rusqlite),
        (OURS, Role::Ours, Engine::Ours),
        (FROM_POOL, Role::Ours, Engine::FromPool),
        (SPIN, Role::Peer, Engine::Spin),
        (POOL, Role::Peer, Engine::Pool),
    ];
    let loader = |(name, role, engine)| Loader {
        name,
        role,
        engine,
        bench,
        rows,
    };
    let mut loaders: Vec<_> = field
        .into_iter()
        .map(|of| Box::new(loader(of)) as Box<dyn Contestant + '_>)
        .collect();
    section.outcomes.push(compete(row, &mut loaders, plan)?);
    Ok(())
}

#[derive(Clone, Copy)]
enum Engine {
    Rusqlite,
    Ours,
    FromPool,
    Spin,
    Pool,
}

struct Loader<'a> {
    name: &'static str,
    role: Role,
    engine: Engine,
    bench: &'a Bench,
    rows: usize,
}

impl Contestant for Loader<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, _: usize) -> anyhow::Result<Sample> {
        let path = self.bench.files.path("bulk");
        let elapsed = self.load(&path, &self.bench.runtime)?;
        let table = match self.engine {
            Engine::Rusqlite | Engine::Pool => "kv",
            Engine::Spin => "spin_key_value",
            Engine::Ours | Engine::FromPool => "kvs_entries",
        };
        let count = format!("SELECT count(*) FROM {table}");
        let found: i64 = Connection::open(&path)?.query_row(&count, [], |row| row.get(0))?;
        ensure!(found == self.rows as i64, "{found} of {} rows arrived", self.rows);
        remove(&path)?;
        Ok(Sample::new(self.rows as u64, elapsed))
    }
}

impl Loader<'_> {
    fn load(&self, path: &Path, runtime: &Arc<Runtime>) -> anyhow::Result<Duration> {
        let pairs = || entries(self.rows, VALUE_BYTES).collect::<Vec<_>>();
        match self.engine {
            Engine::Rusqlite => {
                let store = Rusqlite::open(path)?;
                store.connection().execute_batch(TABLE)?;
                transaction(&mut store.connection(), SET, &pairs())
            }
            Engine::Spin => {
                let mut connection = Connection::open(path)?;
                connection.pragma_update(None, "journal_mode", "WAL")?;
                connection.execute_batch(spin::TABLE)?;
                transaction(&mut connection, &spin::set_in(spin::STORE), &pairs())
            }
            Engine::Ours => runtime.block_on(async { set_many(ours::open(path).await?, self.rows).await }),
            Engine::FromPool => runtime.block_on(async { set_many(ours::from_pool(path).await?, self.rows).await }),
            Engine::Pool => runtime.block_on(async {
                let pool = by_hand::pool(path).await?;
                sqlx::query(TABLE).execute(&pool).await?;
                let pairs = pairs();
                let start = Instant::now();
                let mut transaction = pool.begin().await?;
                for (key, value) in &pairs {
                    sqlx::query(SET)
                        .bind(key)
                        .bind(&value[..])
                        .execute(&mut *transaction)
                        .await?;
                }
                transaction.commit().await?;
                let elapsed = start.elapsed();
                pool.close().await;
                Ok(elapsed)
            }),
        }
    }
}

fn transaction(connection: &mut Connection, set: &str, pairs: &[(String, Bytes)]) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let transaction = connection.transaction()?;
    for (key, value) in pairs {
        transaction.prepare_cached(set)?.execute((key, &value[..]))?;
    }
    transaction.commit()?;
    Ok(start.elapsed())
}

async fn set_many(store: ours::Ours, rows: usize) -> anyhow::Result<Duration> {
    let entries = set_entries(rows, VALUE_BYTES);
    let start = Instant::now();
    Store::set_many(&*store.0, entries).await?;
    let elapsed = start.elapsed();
    Store::close(&*store.0).await?;
    Ok(elapsed)
}
