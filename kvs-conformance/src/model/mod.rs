//! Random operations on stores in lockstep with a model: every answer of every store is the model's.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the race: stores, model, one clock; and shrinking a sequence that fails |
//! | `op.rs` | the operations, as data |
//! | `strategy.rs`, `strategy_documents.rs` | random ones |
//! | `reference.rs` | the state of the model |
//! | `expect.rs`, `documents.rs` | what the model answers |
//! | `drive.rs` | what a store answers |
//! | `reply.rs` | answers that can be compared, versions included |

mod documents;
mod drive;
mod expect;
mod op;
mod reference;
mod reply;
mod strategy;
mod strategy_documents;

use std::env;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kvs_core::{Clock, Traits};
use proptest::strategy::ValueTree;
use tokio::runtime::Builder;
use tokio::time::timeout;

use self::drive::Runner;
use self::op::Op;
use self::reference::Reference;
use self::reply::Ledger;
use crate::case::shown;
use crate::failed::{Failed, Outcome};
use crate::site::Site;
use crate::subject::Subject;
use crate::support::Sampler;

/// The variable that says where sequences begin.
pub(crate) const SEED: &str = "KVS_CONFORMANCE_SEED";

/// An operation that takes longer hangs.
const OPERATION: Duration = Duration::from_secs(5);

/// How long a sequence that fails is made shorter.
const SHRINKING: Duration = Duration::from_secs(10);

/// Runs random sequences of operations on several stores and on a model of maps, and compares every answer.
///
/// Values, errors by their kind, versions (by identity), expiries, listings (the whole walk, since pages may be short),
/// documents with their stamps, queries: what one store answers, all answer. Operations belong to the traits that all
/// subjects declare. Every subject reads [`Site::clock`], which moves as the sequence says.
///
/// Sequences are the same in every run. A failure tells its seed, the shortest sequence of operations that was found to
/// show it, and both answers. `KVS_CONFORMANCE_SEED=n` begins at another seed.
///
/// It blocks: call it from a plain test, not from asynchronous code.
///
/// ```
/// # use std::sync::Arc;
/// # use kvs_conformance::{Site, Subject, async_trait, lockstep};
/// # use kvs_core::{FullStore, Profile, Store};
/// # use kvs_memory::{MemoryConfig, MemoryStore};
/// # struct Memory;
/// # #[async_trait]
/// # impl Subject for Memory {
/// #     fn name(&self) -> &str { "memory" }
/// #     fn profile(&self) -> Profile { MemoryStore::new().profile().clone() }
/// #     async fn open(&self, site: &Site) -> kvs_core::Result<Arc<dyn FullStore>> {
/// #         Ok(Arc::new(MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?))
/// #     }
/// # }
/// # struct Other;
/// # #[async_trait]
/// # impl Subject for Other {
/// #     fn name(&self) -> &str { "other" }
/// #     fn profile(&self) -> Profile { Memory.profile() }
/// #     async fn open(&self, site: &Site) -> kvs_core::Result<Arc<dyn FullStore>> { Memory.open(site).await }
/// # }
/// let stores: Vec<Arc<dyn Subject>> = vec![Arc::new(Memory), Arc::new(Other)];
/// lockstep(stores, 4).unwrap();
/// ```
///
/// # Errors
///
/// The first sequence on which a store differs from the model.
pub fn lockstep(subjects: Vec<Arc<dyn Subject>>, sequences: u32) -> Result<(), Failed> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failed::from(format!("there is no runtime: {error}")))?;
    runtime.block_on(async move {
        let traits = subjects
            .iter()
            .map(|subject| subject.profile().traits)
            .fold(Traits::ALL, common);
        races(&subjects, traits, sequences).await
    })
}

/// That many random sequences of operations of these traits.
pub(crate) async fn races(subjects: &[Arc<dyn Subject>], traits: Traits, sequences: u32) -> Outcome {
    let first = first_seed()?;
    for number in 0..u64::from(sequences) {
        let seed = first.wrapping_add(number);
        let mut tree = Sampler::new(seed).tree(&strategy::sequence(traits))?;
        if let Err(mut failed) = race(subjects, &tree.current()).await {
            let shortest = shorten(subjects, &mut tree, &mut failed).await;
            return Err(told(seed, &shortest, &failed));
        }
    }
    Ok(())
}

/// Where random sequences begin: as the environment says, or else at 0.
pub(crate) fn first_seed() -> Result<u64, Failed> {
    match env::var(SEED) {
        Ok(seed) => seed
            .parse()
            .map_err(|_| Failed::from(format!("{SEED} is not a number: {seed}"))),
        Err(_) => Ok(0),
    }
}

/// Runs one sequence.
async fn race(subjects: &[Arc<dyn Subject>], ops: &[Op]) -> Outcome {
    let (mut sites, mut runners) = (Vec::new(), Vec::new());
    for subject in subjects {
        let site = Site::new();
        let store = subject.open(&site).await?;
        let name = subject.name().to_owned();
        runners.push(Runner {
            name,
            store,
            ledger: Ledger::default(),
        });
        sites.push(site);
    }
    let (Some(site), Some(subject)) = (sites.first(), subjects.first()) else {
        return Err("there is no store to compare".into());
    };
    let mut model = Reference::new(subject.profile(), site.clock().now());
    for (number, op) in (1..).zip(ops) {
        let mut replies = Vec::new();
        for runner in &runners {
            let reply = timeout(OPERATION, runner.apply(op, &model)).await;
            let reply = reply.map_err(Failed::from).flatten();
            replies.push(reply.map_err(|failed| at(number, &runner.name, failed))?);
        }
        let expected = model.expect(op);
        model.show(&expected);
        for (runner, reply) in runners.iter_mut().zip(&replies) {
            runner
                .ledger
                .agree(&expected, reply)
                .map_err(|failed| at(number, &runner.name, failed))?;
        }
        for site in &sites {
            site.clock().set(model.now);
        }
    }
    for runner in &runners {
        runner.store.close().await?;
    }
    Ok(())
}

fn at(number: usize, name: &str, failed: Failed) -> Failed {
    failed.while_at(format_args!("operation {number} on {name}"))
}

/// The shortest failing sequence that can be found in the time, and how it fails.
async fn shorten<T>(subjects: &[Arc<dyn Subject>], tree: &mut T, failed: &mut Failed) -> Vec<Op>
where
    T: ValueTree<Value = Vec<Op>>,
{
    let (mut shortest, begin) = (tree.current(), Instant::now());
    let mut more = tree.simplify();
    while more && begin.elapsed() < SHRINKING {
        let ops = tree.current();
        more = match race(subjects, &ops).await {
            Ok(()) => tree.complicate(),
            Err(simpler) => {
                (*failed, shortest) = (simpler, ops);
                tree.simplify()
            }
        };
    }
    shortest
}

fn told(seed: u64, ops: &[Op], failed: &Failed) -> Failed {
    let mut message = format!("{failed}\nsequence ({SEED}={seed}):");
    for (number, op) in (1..).zip(ops) {
        // Writing to a string cannot fail.
        let _ = write!(message, "\n  {number}. {}", shown(op));
    }
    Failed::from(message)
}

fn common(one: Traits, other: Traits) -> Traits {
    Traits {
        listable: one.listable && other.listable,
        documents: one.documents && other.documents,
        atomic: one.atomic && other.atomic,
    }
}
