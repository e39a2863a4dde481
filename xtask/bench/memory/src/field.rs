//! Who takes part, each with its store.

use std::sync::Arc;

use bench_harness::{Contestant, Distribution, KeyValue, Keys, Load, Mix, Mixed, Role, fill, runtime};
use kvs_memory::{MemoryConfig, MemoryStore};
use tokio::runtime::Runtime;

use crate::rows::{Page, Single, SingleKind};
use crate::stores::{
    Dash, Keyv, Locked, MokaFuture, MokaSync, ObjectStore, OpenDal, OpenKeyv, Ordered, Ours, Papaya, SccHash, SccTree,
    Skiplist,
};

/// Ours, which the ratios refer to.
pub const OURS: &str = "kvs-memory";
/// Ours, through the facade.
pub const FACADE: &str = "kvs (facade)";
/// The map of the standard library, which listings are compared with.
pub const BTREE: &str = "RwLock<BTreeMap>";

/// The size of every value.
pub const VALUE_BYTES: usize = 100;

/// The packages whose versions belong to the report.
pub const PACKAGES: &[&str] = &[
    "kvs",
    "kvs-memory",
    "opendal",
    "object_store",
    "keyv",
    "openkeyv",
    "dashmap",
    "papaya",
    "moka",
    "scc",
    "crossbeam-skiplist",
];

/// A store that takes part, its type forgotten.
pub trait Entrant {
    /// How the table calls it.
    fn name(&self) -> &'static str;

    /// What it is to us.
    fn role(&self) -> Role;

    /// Writes every key once.
    fn fill(&self, keys: &Arc<Keys>) -> anyhow::Result<()>;

    /// Takes part in a mix of reads and writes.
    fn mixed(&self, mix: &Mix) -> Box<dyn Contestant>;

    /// Takes part in a row of one task and one kind of operation.
    fn single(&self, kind: SingleKind, keys: &Arc<Keys>, operations: usize) -> Box<dyn Contestant>;

    /// Takes part in listings, if it can list in order.
    fn pages(&self, keys: &Arc<Keys>, operations: usize) -> Option<Box<dyn Contestant>>;
}

/// Everybody, with empty stores.
pub fn everybody() -> anyhow::Result<Vec<Box<dyn Entrant>>> {
    let runtime = Arc::new(runtime()?);
    let direct = Ours(Arc::new(MemoryStore::open(MemoryConfig::new())?));
    let facade = Ours(runtime.block_on(kvs::open("memory:"))?);
    let (ours, peer, reference) = (Role::Ours, Role::Peer, Role::Reference);
    let rt = &runtime;
    Ok(vec![
        ordered(OURS, ours, rt, direct),
        ordered(FACADE, ours, rt, facade),
        plain("opendal", peer, rt, OpenDal::new()?),
        ordered("object_store", peer, rt, ObjectStore::default()),
        plain("keyv", peer, rt, Keyv::default()),
        plain("openkeyv", peer, rt, OpenKeyv::default()),
        plain("dashmap", reference, rt, Dash::default()),
        plain("papaya", reference, rt, Papaya::default()),
        plain("scc::HashMap", reference, rt, SccHash::default()),
        plain("moka sync", reference, rt, MokaSync::default()),
        plain("moka future", reference, rt, MokaFuture::default()),
        ordered("scc::TreeIndex", reference, rt, SccTree::default()),
        ordered("skiplist", reference, rt, Skiplist::default()),
        ordered(BTREE, reference, rt, Locked::default()),
    ])
}

fn plain<S: KeyValue>(name: &'static str, role: Role, runtime: &Arc<Runtime>, store: S) -> Box<dyn Entrant> {
    Box::new(Entered {
        name,
        role,
        runtime: Arc::clone(runtime),
        store: Arc::new(store),
        lister: None,
    })
}

fn ordered<S: Ordered>(name: &'static str, role: Role, runtime: &Arc<Runtime>, store: S) -> Box<dyn Entrant> {
    Box::new(Entered {
        name,
        role,
        runtime: Arc::clone(runtime),
        store: Arc::new(store),
        lister: Some(Page::boxed),
    })
}

type Lister<S> = fn(&'static str, Role, &Arc<Runtime>, &Arc<S>, &Arc<Keys>, usize) -> Box<dyn Contestant>;

struct Entered<S> {
    name: &'static str,
    role: Role,
    runtime: Arc<Runtime>,
    store: Arc<S>,
    lister: Option<Lister<S>>,
}

impl<S: KeyValue> Entrant for Entered<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn fill(&self, keys: &Arc<Keys>) -> anyhow::Result<()> {
        fill(&self.runtime, &self.store, keys, VALUE_BYTES)
    }

    fn mixed(&self, mix: &Mix) -> Box<dyn Contestant> {
        Box::new(Mixed::new(self.name, self.role, &self.runtime, &self.store, mix))
    }

    fn single(&self, kind: SingleKind, keys: &Arc<Keys>, operations: usize) -> Box<dyn Contestant> {
        Box::new(Single::new(
            self.name,
            self.role,
            &self.runtime,
            &self.store,
            kind,
            keys,
            operations,
        ))
    }

    fn pages(&self, keys: &Arc<Keys>, operations: usize) -> Option<Box<dyn Contestant>> {
        let lister = self.lister?;
        Some(lister(
            self.name,
            self.role,
            &self.runtime,
            &self.store,
            keys,
            operations,
        ))
    }
}

/// A mix as the rows of this backend have it.
pub fn mix(keys: &Arc<Keys>, distribution: Distribution, reads: u64, tasks: usize, operations: usize) -> Mix {
    Mix {
        keys: Arc::clone(keys),
        distribution,
        reads,
        value_bytes: VALUE_BYTES,
        load: Load {
            tasks,
            operations,
            sample_every: 16,
            yield_every: 64,
        },
    }
}
