//! Cost against size, on the emulator: time, and what no machine changes, requests and units.

use std::sync::Arc;

use bench_harness::{Curve, Effort, Growth, Plan, Point, Sample, Section, Spread, StoreGrowth, grow};
use kvs_dynamodb::aws_sdk_dynamodb::Client;
use kvs_dynamodb::{DynamoSettings, DynamoStore, FullStore};

use crate::meter::{Cost, Meter};
use crate::rows::Bench;
use crate::stores::{self, TABLE};

const FULL: &[usize] = &[1_000, 10_000, 100_000];
const QUICK: &[usize] = &[1_000, 10_000];

pub(crate) fn measure(bench: &Bench, section: &mut Section, plan: &Plan) -> anyhow::Result<()> {
    let meter = Meter::default();
    let settings = stores::settings(bench.emulator.url()).interceptor(meter.clone());
    // Of its own, so that what other rows wrote is not counted.
    let namespace = format!("growth-{}", std::process::id()).parse()?;
    let effort = Effort {
        entries: 100,
        listings: 2,
        queries: 1,
        // Each takes a request to write.
        most_documents: 10_000,
    };
    let store = StoreGrowth::open(&bench.runtime, effort, async || {
        let client = Client::from_conf(settings.build());
        let settings = DynamoSettings::new().namespace(namespace);
        let store = DynamoStore::from_client(client, TABLE, settings).await?;
        Ok(Arc::new(store) as Arc<dyn FullStore>)
    })?;
    let mut metered = Metered {
        store,
        meter,
        entries: 0,
        costs: Vec::new(),
    };
    section
        .curves
        .extend(grow("dynamodb", plan.pick(FULL, QUICK), &mut metered, plan)?);
    for operation in metered.store.operations() {
        let requests = metered.curve(&operation, "requests", |cost| f64::from(cost.requests));
        let units = metered.curve(&operation, "units", |cost| cost.read_units + cost.write_units);
        section.curves.extend([requests, units]);
    }
    Ok(())
}

/// The growth of any store, and what its requests cost.
struct Metered {
    store: StoreGrowth,
    meter: Meter,
    entries: usize,
    costs: Vec<Measured>,
}

/// What some operations cost together.
struct Measured {
    operation: String,
    entries: usize,
    operations: f64,
    cost: Cost,
}

impl Metered {
    fn curve(&self, operation: &str, unit: &str, of: impl Fn(&Cost) -> f64) -> Curve {
        let measured = || self.costs.iter().filter(|measured| measured.operation == operation);
        let mut sizes: Vec<usize> = measured().map(|measured| measured.entries).collect();
        sizes.dedup();
        let point = |entries: usize| {
            let costs = measured().filter(|measured| measured.entries == entries);
            let cost = Spread::of(costs.map(|measured| of(&measured.cost) / measured.operations))?;
            Some(Point { entries, cost })
        };
        Curve {
            store: "dynamodb".to_owned(),
            operation: operation.to_owned(),
            unit: unit.to_owned(),
            points: sizes.into_iter().filter_map(point).collect(),
        }
    }
}

impl Growth for Metered {
    fn grow_to(&mut self, entries: usize) -> anyhow::Result<()> {
        self.entries = entries;
        self.store.grow_to(entries)
    }

    fn operations(&self) -> Vec<String> {
        self.store.operations()
    }

    fn measure(&mut self, operation: &str, round: usize) -> anyhow::Result<Option<Sample>> {
        self.meter.take();
        let sample = self.store.measure(operation, round)?;
        let cost = self.meter.take();
        self.costs.extend(sample.as_ref().map(|sample| Measured {
            operation: operation.to_owned(),
            entries: self.entries,
            operations: sample.operations as f64,
            cost,
        }));
        Ok(sample)
    }
}
