//! Cost against size, on the emulator: time, and what no machine changes, requests and units.

use std::time::Instant;

use bench_harness::{Curve, Growth, Plan, Point, Sample, Section, Sequence, Spread, Values, grow};
use futures_util::{StreamExt as _, stream};
use kvs_dynamodb::aws_sdk_dynamodb::Client;
use kvs_dynamodb::{
    Document, DocumentStore, DynamoSettings, DynamoStore, Filter, ListOptions, ListableStore, Query, SetEntry, Store,
};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::meter::{Cost, Meter};
use crate::rows::Bench;
use crate::stores::{self, SESSION, TABLE};

const FULL: &[usize] = &[1_000, 10_000, 100_000];
const QUICK: &[usize] = &[1_000, 10_000];

/// Documents take a request each to write: of so many entries there is one.
const ENTRIES_A_DOCUMENT: usize = 10;
const PUTS_AT_A_TIME: usize = 16;
/// A page of so many matches, every other document being one.
const MATCHES: usize = 50;
const OPERATIONS: &[&str] = &["get", "set", "list 1,000", "query 50"];

pub(crate) fn measure(bench: &Bench, section: &mut Section, plan: &Plan) -> anyhow::Result<()> {
    let meter = Meter::default();
    let settings = stores::settings(bench.emulator.url()).interceptor(meter.clone());
    // Of its own, so that what other rows wrote is not counted.
    let namespace = format!("growth-{}", std::process::id()).parse()?;
    let opening = DynamoStore::from_client(
        Client::from_conf(settings.build()),
        TABLE,
        DynamoSettings::new().namespace(namespace),
    );
    let mut subject = Subject {
        store: bench.runtime.block_on(opening)?,
        runtime: &bench.runtime,
        meter,
        values: Values::new(SESSION, 11),
        entries: 0,
        costs: Vec::new(),
    };
    let curves = grow("dynamodb", plan.pick(FULL, QUICK), &mut subject, plan)?;
    section.curves.extend(curves);
    for operation in OPERATIONS {
        section
            .curves
            .push(subject.curve(operation, "requests", |cost| f64::from(cost.requests)));
        section
            .curves
            .push(subject.curve(operation, "units", |cost| cost.read_units + cost.write_units));
    }
    Ok(())
}

struct Subject<'a> {
    store: DynamoStore,
    runtime: &'a Runtime,
    meter: Meter,
    values: Values,
    entries: usize,
    /// Of one operation, at each size, each time.
    costs: Vec<(String, usize, Cost)>,
}

impl Subject<'_> {
    fn curve(&self, operation: &str, unit: &str, of: impl Fn(&Cost) -> f64) -> Curve {
        let mut sizes: Vec<usize> = self.costs.iter().map(|(_, entries, _)| *entries).collect();
        sizes.dedup();
        let point = |entries: usize| {
            let mine = self
                .costs
                .iter()
                .filter(|(name, size, _)| name == operation && *size == entries);
            Spread::of(mine.map(|(_, _, cost)| of(cost))).map(|cost| Point { entries, cost })
        };
        Curve {
            store: "dynamodb".to_owned(),
            operation: operation.to_owned(),
            unit: unit.to_owned(),
            points: sizes.into_iter().filter_map(point).collect(),
        }
    }

    async fn operate(&mut self, operation: &str, indexes: &[u32]) -> anyhow::Result<()> {
        match operation {
            "get" => {
                for index in indexes {
                    self.store.get(&key(*index as usize)).await?;
                }
            }
            "set" => {
                for (index, value) in indexes.iter().zip(&mut self.values) {
                    self.store
                        .set(&key(*index as usize), value.into(), kvs_dynamodb::Ttl::Never)
                        .await?;
                }
            }
            "list 1,000" => {
                let page = self.store.list_page(&ListOptions::new("session:").limit(1_000)).await?;
                anyhow::ensure!(page.entries.len() == 1_000, "{} entries", page.entries.len());
            }
            _ => {
                let query = Query::new(Filter::eq("even", true)).limit(MATCHES);
                let page = self.store.query_page("docs", &query).await?;
                anyhow::ensure!(page.documents.len() == MATCHES, "{} documents", page.documents.len());
            }
        }
        Ok(())
    }
}

impl Growth for Subject<'_> {
    fn grow_to(&mut self, entries: usize) -> anyhow::Result<()> {
        let runtime = self.runtime;
        runtime.block_on(async {
            let documents = self.entries / ENTRIES_A_DOCUMENT..entries / ENTRIES_A_DOCUMENT;
            let puts = documents.map(|n| {
                let document = Document::new(format!("{n:08}"), json!({"even": n % 2 == 0}));
                async { self.store.put("docs", document?).await }
            });
            let mut puts = stream::iter(puts).buffer_unordered(PUTS_AT_A_TIME);
            while let Some(put) = puts.next().await {
                put?;
            }
            drop(puts);
            while self.entries < entries {
                let until = (self.entries + 5_000).min(entries);
                let more = (self.entries..until).zip(&mut self.values);
                let more = more.map(|(n, value)| SetEntry::new(key(n), value)).collect();
                self.store.set_many(more).await?;
                self.entries = until;
            }
            anyhow::Ok(())
        })
    }

    fn operations(&self) -> Vec<String> {
        OPERATIONS.iter().map(|operation| (*operation).to_owned()).collect()
    }

    fn measure(&mut self, operation: &str, round: usize) -> anyhow::Result<Option<Sample>> {
        let times: usize = if matches!(operation, "get" | "set") { 200 } else { 1 };
        let distribution = bench_harness::Distribution::Uniform;
        let indexes: Vec<u32> = Sequence::draw(distribution, self.entries, times, round as u64)?
            .iter()
            .collect();
        self.meter.take();
        let runtime = self.runtime;
        let start = Instant::now();
        runtime.block_on(self.operate(operation, &indexes))?;
        let elapsed = start.elapsed();
        let mut cost = self.meter.take();
        let times = times as f64;
        cost.read_units /= times;
        cost.write_units /= times;
        cost.requests = (f64::from(cost.requests) / times) as u32;
        self.costs.push((operation.to_owned(), self.entries, cost));
        Ok(Some(Sample::new(times as u64, elapsed)))
    }
}

fn key(n: usize) -> String {
    // Neighbours in the order of keys were not written one after the other.
    format!("session:{:08}", n * 7_919 % 100_000_007)
}
