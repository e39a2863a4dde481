//! What only passes calls on passes the suite wherever the store within does: every wrapper of `kvs-core`, over memory.

use std::sync::Arc;

use kvs_conformance::{Case, Site, Subject, Verdict, async_trait, cases, run};
use kvs_core::{FullStore, Partial, Profile, Result, Traits};
use kvs_memory::{MemoryConfig, MemoryStore};

/// A wrapper over memory, and the traits that are left of it.
struct Wrapped {
    name: &'static str,
    traits: Traits,
    wrap: fn(MemoryStore) -> Arc<dyn FullStore>,
}

#[async_trait]
impl Subject for Wrapped {
    fn name(&self) -> &str {
        self.name
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("memory");
        profile.traits = self.traits;
        profile
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let store = MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?;
        Ok((self.wrap)(store))
    }
}

/// The groups that tell whether a call is passed on; those of races and random sequences would only repeat it.
const QUICK: &[&str] = &["traits", "basics", "batch", "listing", "atomic", "documents", "errors"];

/// Runs the cases of these groups, or all; at least so many must apply.
fn passes(subject: Wrapped, groups: Option<&[&str]>, least: usize) {
    let subject: Arc<dyn Subject> = Arc::new(subject);
    let mut failures = Vec::new();
    let mut passed = 0;
    for name in cases().map(Case::name) {
        let group = name.split("::").next().unwrap_or_default();
        if groups.is_some_and(|groups| !groups.contains(&group)) {
            continue;
        }
        match run(&subject, &name) {
            Some(Verdict::Passed) => passed += 1,
            Some(Verdict::Failed(failed)) => failures.push(format!("{name}: {failed}")),
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{}: {}", subject.name(), failures.join("\n"));
    assert!(passed >= least, "{}: only {passed} cases passed", subject.name());
}

const NONE: Traits = Traits {
    listable: false,
    documents: false,
    atomic: false,
};

/// One within the other, so that every case runs through all of them and the suite runs once.
#[test]
fn a_box_of_an_arc_of_a_partial_passes_every_case() {
    let wrapped = Wrapped {
        name: "Box of Arc of Partial of Box",
        traits: Traits::ALL,
        wrap: |store| {
            let partial = Partial::new(Box::new(store)).listable().documents().atomic().build();
            let inner: Arc<dyn FullStore> = Arc::new(partial);
            Arc::new(Box::new(inner))
        },
    };
    passes(wrapped, None, 500);
}

#[test]
fn a_partial_of_one_trait_passes_what_applies_and_refuses_the_rest() {
    let wrappeds = [
        Wrapped {
            name: "Partial with Store alone",
            traits: NONE,
            wrap: |store| Arc::new(Partial::new(store).build()),
        },
        Wrapped {
            name: "Partial with ListableStore",
            traits: Traits { listable: true, ..NONE },
            wrap: |store| Arc::new(Partial::new(store).listable().build()),
        },
        Wrapped {
            name: "Partial with DocumentStore",
            traits: Traits {
                documents: true,
                ..NONE
            },
            wrap: |store| Arc::new(Partial::new(store).documents().build()),
        },
        Wrapped {
            name: "Partial with AtomicStore",
            traits: Traits { atomic: true, ..NONE },
            wrap: |store| Arc::new(Partial::new(store).atomic().build()),
        },
    ];
    for wrapped in wrappeds {
        passes(wrapped, Some(QUICK), 30);
    }
}
