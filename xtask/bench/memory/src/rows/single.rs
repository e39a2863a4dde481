//! One task that does one thing.

use std::sync::Arc;

use anyhow::ensure;
use bench_harness::{
    Contestant, Distribution, KeyValue, Keys, Limit, Load, Outcome, Plan, Role, Row, Sample, Sequence, Values, Work,
    compete, drive,
};
use tokio::runtime::Runtime;

use super::scale::thousands;
use crate::field::{Entrant, FACADE, OURS, VALUE_BYTES};

/// The one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SingleKind {
    /// Read what is there.
    Get,
    /// Ask for what is not there.
    Miss,
    /// Overwrite.
    Set,
    /// Insert.
    SetFresh,
    /// Remove what is there.
    Delete,
}

const KINDS: &[(SingleKind, &str)] = &[
    (SingleKind::Get, "mem_get"),
    (SingleKind::Miss, "mem_miss"),
    (SingleKind::Set, "mem_set"),
    (SingleKind::SetFresh, "mem_set_fresh"),
    (SingleKind::Delete, "mem_delete"),
];

/// One row for each kind, on stores that hold these keys.
pub fn singles(field: &[Box<dyn Entrant>], keys: &Arc<Keys>, plan: &Plan) -> anyhow::Result<Vec<Outcome>> {
    let operations = plan.pick(50_000, 10_000);
    let row = |&(kind, name): &(SingleKind, &str)| {
        let workload = format!("{} keys, 1 task", thousands(keys.len()));
        let limit = Limit::OfBestPeer(1.0);
        let row = Row::new(name, workload, OURS).bar(OURS, limit).bar(FACADE, limit);
        let mut contestants: Vec<_> = field
            .iter()
            .map(|entrant| entrant.single(kind, keys, operations))
            .collect();
        compete(row, &mut contestants, plan)
    };
    KINDS.iter().map(row).collect()
}

/// A store that does one thing.
#[derive(Debug)]
pub struct Single<S> {
    name: &'static str,
    role: Role,
    runtime: Arc<Runtime>,
    work: Arc<SingleWork<S>>,
    operations: usize,
}

#[derive(Debug)]
struct SingleWork<S> {
    store: Arc<S>,
    kind: SingleKind,
    /// What the store holds.
    keys: Arc<Keys>,
    /// What it does not hold, but for the time of a round.
    absent: Keys,
    round: u64,
}

/// The keys and the values of a round.
#[derive(Debug)]
pub(crate) struct Hand {
    indexes: std::vec::IntoIter<u32>,
    values: Values,
    next: u32,
}

impl<S: KeyValue> Single<S> {
    /// A contestant.
    pub fn new(
        name: &'static str,
        role: Role,
        runtime: &Arc<Runtime>,
        store: &Arc<S>,
        kind: SingleKind,
        keys: &Arc<Keys>,
        operations: usize,
    ) -> Self {
        let work = SingleWork {
            store: Arc::clone(store),
            kind,
            keys: Arc::clone(keys),
            absent: Keys::absent(operations),
            round: 0,
        };
        Self {
            name,
            role,
            runtime: Arc::clone(runtime),
            work: Arc::new(work),
            operations,
        }
    }
}

impl<S: KeyValue> Contestant for Single<S> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, round: usize) -> anyhow::Result<Sample> {
        if let Some(work) = Arc::get_mut(&mut self.work) {
            work.round = round as u64;
        }
        if self.work.kind == SingleKind::Delete {
            self.runtime.block_on(self.work.insert_absent())?;
        }
        let load = Load {
            tasks: 1,
            operations: self.operations,
            sample_every: 16,
            yield_every: 64,
        };
        let sample = drive(&self.runtime, load, &self.work)?;
        if self.work.kind == SingleKind::SetFresh {
            self.runtime.block_on(self.work.remove_absent())?;
        }
        Ok(sample)
    }
}

impl<S: KeyValue> SingleWork<S> {
    async fn insert_absent(&self) -> anyhow::Result<()> {
        for (key, value) in self.absent.iter().zip(Values::new(VALUE_BYTES, self.round + 1)) {
            self.store.set(key, value).await?;
        }
        Ok(())
    }

    async fn remove_absent(&self) -> anyhow::Result<()> {
        for key in self.absent.iter() {
            self.store.delete(key).await?;
        }
        Ok(())
    }
}

impl<S: KeyValue> Work for SingleWork<S> {
    type Hand = Hand;

    fn prepare(&self, _task: usize, operations: usize) -> anyhow::Result<Hand> {
        let seed = self.round + 1;
        Ok(Hand {
            indexes: Sequence::draw(Distribution::Uniform, self.keys.len(), operations, seed)?.into_iter(),
            values: Values::new(VALUE_BYTES, seed),
            next: 0,
        })
    }

    async fn operate(&self, hand: &mut Hand) -> anyhow::Result<()> {
        let drawn = self.keys.at(hand.indexes.next().unwrap_or(0));
        let absent = self.absent.at(hand.next);
        hand.next += 1;
        match self.kind {
            SingleKind::Get => ensure!(self.store.get(drawn).await?.is_some(), "{drawn} is not there"),
            SingleKind::Miss => ensure!(self.store.get(absent).await?.is_none(), "{absent} is there"),
            SingleKind::Set => self.store.set(drawn, hand.values.next().unwrap_or_default()).await?,
            SingleKind::SetFresh => self.store.set(absent, hand.values.next().unwrap_or_default()).await?,
            SingleKind::Delete => self.store.delete(absent).await?,
        }
        Ok(())
    }
}
