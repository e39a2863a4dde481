//! Stores that are right when one client asks at a time, or almost always: the group of cases finds them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kvs_conformance::{Site, Subject, Verdict, async_trait, cases, run};
use kvs_core::{
    AtomicStore, Bytes, Committed, FullStore, Partial, Profile, Result, Store, Traits, Transaction, Ttl, Version,
    Versioned,
};
use kvs_memory::{MemoryConfig, MemoryStore};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    /// A get in eight answers what an earlier one did.
    ServesWhatItRead,
    /// A set in eight is acknowledged and not done.
    LosesSets,
    /// A set in eight is done again a little later.
    RepeatsSets,
    /// Every other set takes its time, also where nobody waits for it any more.
    OutlivesItsFuture,
    /// A versioned read in four comes with the version of an earlier one.
    TellsOldVersions,
}

#[derive(Debug)]
struct Broken {
    memory: MemoryStore,
    profile: Profile,
    fault: Fault,
    count: AtomicUsize,
    seen: Mutex<HashMap<String, Bytes>>,
    versions: Mutex<HashMap<String, Version>>,
}

impl Broken {
    /// Is it this fault's turn?
    fn now(&self, fault: Fault, every: usize) -> bool {
        self.fault == fault && self.count.fetch_add(1, Ordering::SeqCst) % every == every - 1
    }

    /// Sets the value in a while, whoever waits for it.
    fn later(&self, key: &str, value: Bytes, ttl: Ttl) -> tokio::task::JoinHandle<Result<()>> {
        let (memory, key) = (self.memory.clone(), key.to_owned());
        tokio::spawn(async move {
            // Others do some operations meanwhile, however fast the machine is.
            for _ in 0..40 {
                tokio::task::yield_now().await;
            }
            memory.set(&key, value, ttl).await
        })
    }
}

#[async_trait]
impl Store for Broken {
    async fn get(&self, key: &str) -> Result<Bytes> {
        let earlier = self.seen.lock().unwrap().get(key).cloned();
        if let Some(earlier) = earlier
            && self.now(Fault::ServesWhatItRead, 8)
        {
            return Ok(earlier);
        }
        let value = self.memory.get(key).await?;
        self.seen
            .lock()
            .unwrap()
            .entry(key.to_owned())
            .or_insert_with(|| value.clone());
        Ok(value)
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        if self.now(Fault::LosesSets, 8) {
            return Ok(());
        }
        if self.now(Fault::OutlivesItsFuture, 2) {
            return self.later(key, value, ttl).await.unwrap();
        }
        if self.now(Fault::RepeatsSets, 8) {
            self.later(key, value.clone(), ttl);
        }
        self.memory.set(key, value, ttl).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.memory.delete(key).await
    }

    async fn close(&self) -> Result<()> {
        self.memory.close().await
    }

    fn profile(&self) -> &Profile {
        &self.profile
    }
}

#[async_trait]
impl AtomicStore for Broken {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        let mut read = self.memory.get_versioned(key).await?;
        let earlier = *self
            .versions
            .lock()
            .unwrap()
            .entry(key.to_owned())
            .or_insert(read.version);
        if self.now(Fault::TellsOldVersions, 4) {
            read.version = earlier;
        }
        Ok(read)
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        self.memory.commit(transaction).await
    }
}

struct Of(Fault, Profile);

#[async_trait]
impl Subject for Of {
    fn name(&self) -> &'static str {
        "a broken store"
    }

    fn profile(&self) -> Profile {
        self.1.clone()
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let broken = Broken {
            memory: MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?,
            profile: self.1.clone(),
            fault: self.0,
            count: AtomicUsize::new(0),
            seen: Mutex::default(),
            versions: Mutex::default(),
        };
        Ok(Arc::new(Partial::new(broken).atomic().build()))
    }
}

/// The cases of the group that fail.
fn failures(fault: Fault, late_writes: bool) -> Vec<String> {
    let mut profile = Profile::new("broken");
    profile.late_writes = late_writes;
    profile.traits = Traits {
        atomic: true,
        ..Traits::default()
    };
    let subject: Arc<dyn Subject> = Arc::new(Of(fault, profile));
    let names = cases().map(kvs_conformance::Case::name);
    let names = names.filter_map(|name| Some((name.strip_prefix("linearizability::")?.to_owned(), name)));
    let failing = names.filter(|(_, name)| matches!(run(&subject, name), Some(Verdict::Failed(_))));
    failing.map(|(short, _)| short).collect()
}

#[test]
fn broken_stores_are_found_by_the_cases_that_they_concern() {
    let expected: [(Fault, &[&str]); 5] = [
        (Fault::Nothing, &[]),
        (
            Fault::ServesWhatItRead,
            &["four_clients_of_one_key", "eight_clients_of_three_keys", "expiry"],
        ),
        (
            Fault::LosesSets,
            &[
                "four_clients_of_one_key",
                "conditional_writes",
                "conditional_writes_with_expiry",
            ],
        ),
        (Fault::RepeatsSets, &[]),
        (
            Fault::TellsOldVersions,
            &[
                "conditional_writes",
                "conditional_writes_with_expiry",
                "dropped_conditional_writes",
            ],
        ),
    ];
    for (fault, cases) in expected {
        let failures = failures(fault, false);
        for case in cases {
            assert!(
                failures.iter().any(|failing| failing == case),
                "{fault:?} passes {case}: {failures:?}"
            );
        }
        assert_eq!(failures.is_empty(), fault == Fault::Nothing, "{fault:?}: {failures:?}");
    }
}

#[test]
fn a_write_that_outlives_its_future_must_be_declared() {
    let found = failures(Fault::OutlivesItsFuture, false);
    assert!(found.contains(&"dropped_operations".to_owned()), "{found:?}");
    assert!(!found.contains(&"four_clients_of_one_key".to_owned()), "{found:?}");
    assert_eq!(failures(Fault::OutlivesItsFuture, true), [""; 0]);
}
