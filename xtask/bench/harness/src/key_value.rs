//! Stores of any making, and the mix of reads and writes that they are compared on.

use std::future::Future;
use std::sync::Arc;

use anyhow::ensure;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::{Contestant, Distribution, Keys, Load, Role, Sample, Sequence, Values, Work, drive};

/// The concurrency with which a store is filled.
const FILLERS: usize = 8;

/// What every store can do, through its own public API. What does not block may answer at once.
pub trait KeyValue: Send + Sync + 'static {
    /// Whether a reader sees the old value or the new one while a key is overwritten. One that removes first and inserts
    /// then shows nothing for a moment.
    const OVERWRITES_AT_ONCE: bool = true;

    /// Reads a value to its end and says how long it is; `None` if there is none.
    fn get(&self, key: &str) -> impl Future<Output = anyhow::Result<Option<usize>>> + Send;

    /// Inserts or overwrites.
    fn set(&self, key: &str, value: Vec<u8>) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Removes.
    fn delete(&self, key: &str) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Writes every key once.
pub fn fill<S: KeyValue>(
    runtime: &Runtime,
    store: &Arc<S>,
    keys: &Arc<Keys>,
    value_bytes: usize,
) -> anyhow::Result<()> {
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for filler in 0..FILLERS {
            let (store, keys) = (Arc::clone(store), Arc::clone(keys));
            tasks.spawn(async move {
                let mine = keys.iter().skip(filler).step_by(FILLERS);
                for (key, value) in mine.zip(Values::new(value_bytes, filler as u64)) {
                    store.set(key, value).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        anyhow::Ok(())
    })
}

/// What is done to the store.
#[derive(Debug, Clone)]
pub struct Mix {
    /// The keys that it holds.
    pub keys: Arc<Keys>,
    /// Which of them are touched.
    pub distribution: Distribution,
    /// Of 100 operations, so many read; the others overwrite.
    pub reads: u64,
    /// The size of what is written.
    pub value_bytes: usize,
    /// How much, and by how many tasks.
    pub load: Load,
}

/// A store on a mix of reads and writes.
#[derive(Debug)]
pub struct Mixed<S> {
    name: String,
    role: Role,
    runtime: Arc<Runtime>,
    work: Arc<MixedWork<S>>,
    load: Load,
}

impl<S: KeyValue> Mixed<S> {
    /// A contestant. The store holds the keys of the mix already.
    pub fn new(name: &str, role: Role, runtime: &Arc<Runtime>, store: &Arc<S>, mix: &Mix) -> Self {
        let work = MixedWork {
            store: Arc::clone(store),
            mix: mix.clone(),
            round: 0,
        };
        Self {
            name: name.to_owned(),
            role,
            runtime: Arc::clone(runtime),
            work: Arc::new(work),
            load: mix.load,
        }
    }
}

impl<S: KeyValue> Contestant for Mixed<S> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, round: usize) -> anyhow::Result<Sample> {
        self.work = Arc::new(MixedWork {
            store: Arc::clone(&self.work.store),
            mix: self.work.mix.clone(),
            round: round as u64,
        });
        drive(&self.runtime, self.load, &self.work)
    }
}

#[derive(Debug)]
struct MixedWork<S> {
    store: Arc<S>,
    mix: Mix,
    round: u64,
}

/// The keys and the values of one task.
#[derive(Debug)]
struct MixedHand {
    indexes: std::vec::IntoIter<u32>,
    values: Values,
    done: u64,
}

impl<S: KeyValue> Work for MixedWork<S> {
    type Hand = MixedHand;

    fn prepare(&self, task: usize, operations: usize) -> anyhow::Result<MixedHand> {
        // A thousand tasks fit between two rounds; the fillers used the seeds of round 0.
        let seed = (self.round + 1) * 1000 + task as u64;
        let indexes = Sequence::draw(self.mix.distribution, self.mix.keys.len(), operations, seed)?;
        Ok(MixedHand {
            indexes: indexes.into_iter(),
            values: Values::new(self.mix.value_bytes, seed),
            // Tasks do not all write at the same moment.
            done: task as u64 * 37,
        })
    }

    async fn operate(&self, hand: &mut MixedHand) -> anyhow::Result<()> {
        let key = self.mix.keys.at(hand.indexes.next().unwrap_or(0));
        hand.done += 1;
        // 61 is coprime to 100: reads and writes alternate evenly, and every hundred has its share.
        if hand.done * 61 % 100 < self.mix.reads {
            let found = self.store.get(key).await?;
            let vanished = found.is_none() && !S::OVERWRITES_AT_ONCE;
            let is_whole = vanished || found == Some(self.mix.value_bytes);
            ensure!(is_whole, "{key} is not there as it was written: {found:?}");
        } else if let Some(value) = hand.values.next() {
            self.store.set(key, value).await?;
        }
        Ok(())
    }
}
