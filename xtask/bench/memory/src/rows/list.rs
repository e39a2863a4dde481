//! Listings.

use std::sync::Arc;

use anyhow::ensure;
use bench_harness::{
    Contestant, Distribution, Keys, Limit, Load, Outcome, Plan, Role, Row, Sample, Sequence, Work, compete, drive,
};
use tokio::runtime::Runtime;

use super::scale::thousands;
use crate::field::{BTREE, Entrant, OURS};
use crate::stores::Ordered;

const PAGE: usize = 1000;
/// 100 µs where the range of a raw map takes 34.
const MOST: f64 = 100.0 / 34.0;

/// A thousand entries with their values, from anywhere in stores that hold these keys.
pub fn list(field: &[Box<dyn Entrant>], keys: &Arc<Keys>, plan: &Plan) -> anyhow::Result<Outcome> {
    let workload = format!("1k of {} keys with values, 1 task", thousands(keys.len()));
    let row = Row::new("mem_list", workload, BTREE);
    let row = row.bar(OURS, Limit::OfBase(MOST)).bar(OURS, Limit::OfBestPeer(1.0));
    let listings = plan.pick(100, 30);
    let pages = |entrant: &dyn Entrant| match entrant.role() {
        // Theirs walks all that lies behind, a second among a million.
        Role::Peer => entrant.pages(keys, 2),
        _ => entrant.pages(keys, listings),
    };
    let mut contestants: Vec<_> = field.iter().filter_map(|entrant| pages(&**entrant)).collect();
    compete(row, &mut contestants, plan)
}

/// A store that lists pages.
#[derive(Debug)]
pub struct Page<S> {
    name: &'static str,
    role: Role,
    runtime: Arc<Runtime>,
    work: Arc<PageWork<S>>,
    operations: usize,
}

#[derive(Debug)]
struct PageWork<S> {
    store: Arc<S>,
    keys: Arc<Keys>,
}

impl<S: Ordered> Page<S> {
    /// A contestant, its type forgotten.
    pub fn boxed(
        name: &'static str,
        role: Role,
        runtime: &Arc<Runtime>,
        store: &Arc<S>,
        keys: &Arc<Keys>,
        operations: usize,
    ) -> Box<dyn Contestant> {
        let (store, keys) = (Arc::clone(store), Arc::clone(keys));
        Box::new(Self {
            name,
            role,
            runtime: Arc::clone(runtime),
            work: Arc::new(PageWork { store, keys }),
            operations,
        })
    }
}

impl<S: Ordered> Contestant for Page<S> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, _round: usize) -> anyhow::Result<Sample> {
        let load = Load {
            tasks: 1,
            operations: self.operations,
            sample_every: 1,
            yield_every: 0,
        };
        drive(&self.runtime, load, &self.work)
    }
}

impl<S: Ordered> Work for PageWork<S> {
    type Hand = std::vec::IntoIter<u32>;

    fn prepare(&self, task: usize, operations: usize) -> anyhow::Result<Self::Hand> {
        let whole_pages = self.keys.len() - PAGE;
        Ok(Sequence::draw(Distribution::Uniform, whole_pages, operations, task as u64)?.into_iter())
    }

    async fn operate(&self, hand: &mut Self::Hand) -> anyhow::Result<()> {
        let after = self.keys.at(hand.next().unwrap_or(0));
        let listed = self.store.list(after, PAGE).await?;
        ensure!(listed == PAGE, "a page of {listed} after {after}");
        Ok(())
    }
}
