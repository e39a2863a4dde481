//! What an operation costs, against the size of the store.

use serde::{Deserialize, Serialize};

use crate::{Plan, Sample, Spread};

/// How the cost of one operation of one store grows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Curve {
    /// The store: `memory`.
    pub store: String,
    /// What is done: `get`, `list 1,000`.
    pub operation: String,
    /// What the cost is in: `ns`, `requests`, `units`.
    pub unit: String,
    /// By size, ascending.
    pub points: Vec<Point>,
}

/// A size and its cost.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Point {
    /// The entries of the store.
    pub entries: usize,
    /// An operation.
    pub cost: Spread,
}

/// A store that is measured at several sizes.
pub trait Growth {
    /// Adds entries until the store holds so many.
    fn grow_to(&mut self, entries: usize) -> anyhow::Result<()>;

    /// The names of the operations that are measured.
    fn operations(&self) -> Vec<String>;

    /// Does one of the operations many times, and says what it took; `None` if it is not measured at this size.
    fn measure(&mut self, operation: &str, round: usize) -> anyhow::Result<Option<Sample>>;
}

/// Measures at each size, the operations side by side in each round.
pub fn grow(store: &str, sizes: &[usize], subject: &mut dyn Growth, plan: &Plan) -> anyhow::Result<Vec<Curve>> {
    let mut curves: Vec<_> = subject
        .operations()
        .iter()
        .map(|operation| Curve::new(store, operation))
        .collect();
    for &entries in sizes {
        subject.grow_to(entries)?;
        let mut costs = vec![Vec::new(); curves.len()];
        for round in 0..plan.warmup + plan.rounds {
            for (curve, costs) in curves.iter().zip(&mut costs) {
                let sample = subject.measure(&curve.operation, round)?;
                costs.extend(
                    sample
                        .filter(|_| round >= plan.warmup)
                        .map(|sample| sample.nanos_each()),
                );
            }
        }
        for (curve, costs) in curves.iter_mut().zip(costs) {
            curve
                .points
                .extend(Spread::of(costs).map(|cost| Point { entries, cost }));
        }
    }
    Ok(curves)
}

impl Curve {
    fn new(store: &str, operation: &str) -> Self {
        Self {
            store: store.to_owned(),
            operation: operation.to_owned(),
            unit: "ns".to_owned(),
            points: Vec::new(),
        }
    }
}
