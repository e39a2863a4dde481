//! Measures what an operation sends and what DynamoDB charges for it.

use std::fmt::Debug;
use std::future::Future;

use kvs_dynamodb::{Bytes, Document, Namespace, Reads, Result};
use serde_json::{Value, json};

use crate::server::Request;
use crate::support::{Bench, namespace};

/// What stands in an item beside the value, about: names of attributes, keys, version, stamps.
pub(crate) const OVERHEAD: usize = 80;

/// What an operation did cost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cost {
    pub(crate) requests: Vec<String>,
    pub(crate) reads: f64,
    pub(crate) writes: f64,
}

/// A bench whose server asks what each request costs, and the size of the values on it.
pub(crate) struct Meter {
    pub(crate) bench: Bench,
    namespace: Namespace,
    pub(crate) value: Bytes,
    pub(crate) rows: Vec<(&'static str, Cost)>,
}

impl Meter {
    pub(crate) async fn new(length: usize, reads: Reads) -> Self {
        let namespace = namespace();
        let bench = Bench::with(|config| config.namespace(namespace.clone()).reads(reads)).await;
        bench.server.measure();
        Self {
            bench,
            namespace,
            value: vec![7; length].into(),
            rows: Vec::new(),
        }
    }

    /// Runs an operation and demands what it may cost: these requests, and so many units of reads and writes.
    pub(crate) async fn row<T: Debug>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<T>>,
        requests: &[&str],
        (reads, writes): (f64, f64),
    ) -> T {
        let (output, cost) = self.measure(name, work).await;
        let expected = Cost {
            requests: requests.iter().map(ToString::to_string).collect(),
            reads,
            writes,
        };
        assert_eq!(cost, expected, "{name}, {} bytes", self.value.len());
        self.rows.push((name, cost));
        output
    }

    /// The same for a transaction of several keys, at so many units of writes each, of which DynamoDB Local reports only
    /// what one of them costs.
    pub(crate) async fn row_of_several<T: Debug>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<T>>,
        count: u16,
        each: f64,
    ) {
        let (_, mut cost) = self.measure(name, work).await;
        assert_eq!(cost.requests, ["TransactWriteItems"], "{name}");
        let all = f64::from(count) * each;
        assert!([each, all].contains(&cost.writes), "{name}: {cost:?}");
        cost.writes = all;
        self.rows.push((name, cost));
    }

    async fn measure<T>(&self, name: &str, work: impl Future<Output = Result<T>>) -> (T, Cost) {
        self.bench.server.forget();
        let output = work.await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        (output, cost(&self.bench.server.requests()))
    }

    pub(crate) fn value(&self) -> Bytes {
        self.value.clone()
    }

    /// Units for reading an entry.
    pub(crate) fn read(&self) -> (f64, f64) {
        (units(self.value.len() + OVERHEAD, 4_096), 0.0)
    }

    /// Units for writing an entry.
    pub(crate) fn write(&self) -> (f64, f64) {
        (0.0, units(self.value.len() + OVERHEAD, 1_024))
    }

    /// What an item takes beside keys and content: `fixed` bytes, the namespace, and the digit of the one shard.
    pub(crate) fn overhead(&self, fixed: usize) -> usize {
        fixed + self.namespace.as_str().len() + 1
    }

    pub(crate) fn document(&self, id: &str) -> Document {
        Document::new(id, json!({"text": "x".repeat(self.value.len())})).unwrap()
    }
}

pub(crate) fn times(count: u16, (reads, writes): (f64, f64)) -> (f64, f64) {
    (reads * f64::from(count), writes * f64::from(count))
}

pub(crate) fn plus(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 + b.0, a.1 + b.1)
}

/// Units of so many bytes that so many bytes take.
pub(crate) fn units(bytes: usize, unit: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(unit)).unwrap())
}

pub(crate) fn cost(requests: &[Request]) -> Cost {
    let mut cost = Cost {
        requests: requests.iter().map(|request| request.operation.clone()).collect(),
        reads: 0.0,
        writes: 0.0,
    };
    for request in requests {
        let of_table = |capacity: &Value| capacity["CapacityUnits"].as_f64().unwrap_or(0.0);
        let units = match &request.capacity {
            Value::Array(tables) => tables.iter().map(of_table).sum(),
            one => of_table(one),
        };
        *(if request.is_write() {
            &mut cost.writes
        } else {
            &mut cost.reads
        }) += units;
    }
    cost
}

/// Requests by their names, equal ones counted.
pub(crate) fn short(requests: &[String]) -> String {
    let groups = requests.chunk_by(|a, b| a == b);
    let name = |group: &[String]| match group {
        [one] => one.clone(),
        several => format!("{} × {}", several.len(), several[0]),
    };
    groups.map(name).collect::<Vec<_>>().join(" + ")
}
