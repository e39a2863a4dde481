//! Requests and units an operation, as the emulator reports them.

use std::sync::Arc;
use std::time::Instant;

use bench_harness::{Contestant, Limit, Plan, Role, Row, Sample, Section, Unit, compete};
use futures_util::future::BoxFuture;
use kvs_dynamodb::{
    AtomicStore, Bytes, DocumentStore, DynamoSettings, DynamoStore, ListOptions, ListableStore, SetEntry, Store,
    Transaction, Ttl,
};
use openkeyv::protocol::AsyncKeyValue as _;
use openkeyv::value::Value;
use tokio::runtime::Runtime;

use super::Bench;
use crate::counted::{OPEN_KEYV, OURS};
use crate::meter::Meter;
use crate::stores::{self, LIFE, OpenKeyV, SESSION, TABLE};

/// A prefix of sessions that nobody else lists, and how many there are.
const PREFIX: &str = "cost:";
const SESSIONS: usize = 1_000;

const EXPIRES: Ttl = Ttl::After(LIFE);

type Work<S> = fn(Arc<S>) -> BoxFuture<'static, anyhow::Result<()>>;

/// An operation, the requests and units that are documented as its least, and what it is for the peer.
struct Operation {
    name: &'static str,
    requests: f64,
    units: f64,
    ours: Work<DynamoStore>,
    theirs: Option<Work<OpenKeyV>>,
}

fn session() -> Bytes {
    Bytes::from(vec![7; SESSION])
}

fn key(n: usize) -> String {
    format!("{PREFIX}{n:04}")
}

fn entries(count: usize) -> Vec<SetEntry> {
    (0..count)
        .map(|n| SetEntry::new(key(n), session()).ttl(EXPIRES))
        .collect()
}

macro_rules! work {
    ($store:ident => $work:expr) => {
        |$store| {
            Box::pin(async move {
                $work;
                Ok(())
            })
        }
    };
}

/// All on sessions of one write unit and one read unit.
fn operations() -> Vec<Operation> {
    let plain = |name, requests, units, ours| Operation {
        name,
        requests,
        units,
        ours,
        theirs: None,
    };
    vec![
        Operation {
            theirs: Some(work!(store => store.0.get(&key(0), None).await?)),
            ..plain("get", 1.0, 1.0, work!(store => store.get(&key(0)).await?))
        },
        Operation {
            theirs: Some(
                work!(store => store.0.put(&key(0), Value::binary(session()), None, Some(LIFE.as_secs_f64())).await?),
            ),
            ..plain(
                "set",
                1.0,
                1.0,
                work!(store => store.set(&key(0), session(), EXPIRES).await?),
            )
        },
        plain(
            "set, Ttl::Keep",
            1.0,
            1.0,
            work!(store => store.set(&key(0), session(), Ttl::Keep).await?),
        ),
        plain("contains", 1.0, 1.0, work!(store => store.contains(&key(0)).await?)),
        plain("touch", 1.0, 1.0, work!(store => store.touch(&key(0), EXPIRES).await?)),
        plain(
            "update",
            2.0,
            2.0,
            work!(store => store.update(&key(0), &mut |_| Ok(session())).await?),
        ),
        Operation {
            theirs: Some(work!(store => store.0.delete("none", None).await?)),
            ..plain("delete, absent", 1.0, 1.0, work!(store => store.delete("none").await?))
        },
        Operation {
            theirs: Some(work!(store => {
                let keys: Vec<String> = (0..SESSIONS).map(key).collect();
                store.0.get_many(&keys, None).await?
            })),
            ..plain(
                "get_many of 1,000",
                10.0,
                1_000.0,
                work!(store => {
                    let keys: Vec<String> = (0..SESSIONS).map(key).collect();
                    store.get_many(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await?
                }),
            )
        },
        Operation {
            theirs: Some(work!(store => {
                let keys: Vec<String> = (0..SESSIONS).map(key).collect();
                let values = vec![Value::binary(session()); SESSIONS];
                store.0.put_many(&keys, &values, None, Some(LIFE.as_secs_f64())).await?
            })),
            ..plain(
                "set_many of 1,000",
                40.0,
                1_000.0,
                work!(store => store.set_many(entries(SESSIONS)).await?),
            )
        },
        plain(
            "commit of two keys",
            1.0,
            4.0,
            work!(store => {
                let both = Transaction::new().set(key(0), session(), EXPIRES).set(key(1), session(), EXPIRES);
                store.commit(both).await?
            }),
        ),
        plain(
            "put, get_doc",
            2.0,
            2.0,
            work!(store => {
                let document = kvs_dynamodb::Document::new("a", serde_json::json!({"text": "x".repeat(SESSION)}))?;
                store.put("docs", document).await?;
                store.get_doc("docs", "a").await?
            }),
        ),
        // 962,000 bytes, rounded up to 4 KB in each of 8 shards.
        plain(
            "list_page of 1,000",
            8.0,
            240.0,
            work!(store => store.list_page(&ListOptions::new(PREFIX).limit(SESSIONS)).await?),
        ),
    ]
}

pub(crate) fn measure(bench: &Bench, section: &mut Section) -> anyhow::Result<()> {
    let once = Plan {
        rounds: 1,
        warmup: 0,
        quick: section.quick,
    };
    let meter = Meter::default();
    let settings = stores::settings(bench.emulator.url()).interceptor(meter.clone());
    let client = kvs_dynamodb::aws_sdk_dynamodb::Client::from_conf(settings.build());
    let runtime = &bench.runtime;
    let ours = runtime.block_on(DynamoStore::from_client(client.clone(), TABLE, DynamoSettings::new()))?;
    let (ours, theirs) = (Arc::new(ours), Arc::new(OpenKeyV::new(client)));
    runtime.block_on(ours.set_many(entries(SESSIONS)))?;
    for operation in operations() {
        for (unit, least) in [("requests", operation.requests), ("units", operation.units)] {
            let mut field: Vec<Box<dyn Contestant>> = vec![Box::new(Metered {
                name: OURS,
                role: Role::Ours,
                runtime,
                meter: &meter,
                store: &ours,
                work: operation.ours,
            })];
            if let Some(work) = operation.theirs {
                field.push(Box::new(Metered {
                    name: OPEN_KEYV,
                    role: Role::Peer,
                    runtime,
                    meter: &meter,
                    store: &theirs,
                    work,
                }));
            }
            let row = Row::new("ddb_cost", format!("{}, {unit}", operation.name), OURS)
                .unit(Unit::Count(unit.to_owned()))
                .bar(OURS, Limit::Absolute(least));
            section.outcomes.push(compete(row, &mut field, &once)?);
        }
    }
    Ok(())
}

struct Metered<'a, S> {
    name: &'static str,
    role: Role,
    runtime: &'a Runtime,
    meter: &'a Meter,
    store: &'a Arc<S>,
    work: Work<S>,
}

impl<S> Contestant for Metered<'_, S> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, _round: usize) -> anyhow::Result<Sample> {
        self.meter.take();
        let start = Instant::now();
        self.runtime.block_on((self.work)(Arc::clone(self.store)))?;
        let elapsed = start.elapsed();
        let cost = self.meter.take();
        Ok(Sample::new(1, elapsed)
            .count("requests", f64::from(cost.requests))
            .count("units", cost.read_units + cost.write_units))
    }
}
