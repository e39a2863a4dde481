//! A batch beside the slowest of its chunks alone, where each answer takes a while.

use std::time::{Duration, Instant};

use bench_harness::{Contestant, Keys, Limit, Plan, Role, Row, Sample, Section, compete};
use kvs_dynamodb::{DynamoSettings, DynamoStore, SetEntry, Store, Ttl};
use tokio::runtime::Runtime;

use crate::server::Server;
use crate::stores::{self, SESSION, TABLE};

/// About what DynamoDB takes for a hundred items.
const DELAY_MS: u64 = 20;
const KEYS: usize = 1_000;
const CHUNK: usize = 100;

const WHOLE: &str = "get_many of 1,000";
const SLOWEST: &str = "the slowest of its 10 chunks alone";

pub(crate) fn measure(section: &mut Section, plan: &Plan) -> anyhow::Result<()> {
    let server = Server::canned(DELAY_MS)?;
    let runtime = bench_harness::runtime()?;
    let store = runtime.block_on(async {
        let store = DynamoStore::from_client(stores::client(server.url()), TABLE, DynamoSettings::new()).await?;
        // The server gives back what was written last.
        store.set("any", vec![7; SESSION].into(), Ttl::Never).await?;
        anyhow::Ok(store)
    })?;
    let keys = Keys::new(KEYS);
    let batch = |name, alone| {
        let (store, runtime, keys) = (&store, &runtime, &keys);
        Box::new(Batch {
            name,
            alone,
            store,
            runtime,
            keys,
        }) as Box<dyn Contestant>
    };
    let row = Row::new(
        "ddb_batch",
        format!("get_many, 900 B, answers after {DELAY_MS} ms"),
        SLOWEST,
    )
    .bar(WHOLE, Limit::OfBase(1.5));
    let mut field = [batch(SLOWEST, true), batch(WHOLE, false)];
    section.outcomes.push(compete(row, &mut field, plan)?);
    let entries = || keys.iter().map(|key| SetEntry::new(key, vec![7; SESSION])).collect();
    let start = Instant::now();
    runtime.block_on(store.set_many(entries()))?;
    section.notes.push(format!(
        "`set_many` of 1,000 at answers after {DELAY_MS} ms, 16 of its 40 requests at a time: {} ms.",
        start.elapsed().as_millis()
    ));
    Ok(())
}

struct Batch<'a> {
    name: &'static str,
    alone: bool,
    store: &'a DynamoStore,
    runtime: &'a Runtime,
    keys: &'a Keys,
}

impl Contestant for Batch<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn role(&self) -> Role {
        if self.alone { Role::Reference } else { Role::Ours }
    }

    fn round(&mut self, _round: usize) -> anyhow::Result<Sample> {
        let keys: Vec<&str> = self.keys.iter().collect();
        let chunk = if self.alone { CHUNK } else { KEYS };
        let mut slowest = Duration::ZERO;
        for chunk in keys.chunks(chunk) {
            let start = Instant::now();
            let values = self.runtime.block_on(self.store.get_many(chunk))?;
            slowest = slowest.max(start.elapsed());
            anyhow::ensure!(
                values
                    .iter()
                    .all(|value| value.as_ref().is_some_and(|value| value.len() == SESSION))
            );
        }
        Ok(Sample::new(1, slowest))
    }
}
