//! What a case has opened is given back, whatever became of it.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::sync::{Arc, Mutex, Weak};

use kvs_conformance::{Site, Subject, Verdict, async_trait, run};
use kvs_core::{Error, FullStore, Profile, Result, Store};
use kvs_memory::{MemoryConfig, MemoryStore};

/// Stores in memory, and what was opened and released of them.
#[derive(Default)]
struct Host {
    refuses: bool,
    opened: Mutex<Vec<(String, Weak<MemoryStore>)>>,
    released: Mutex<Vec<String>>,
}

#[async_trait]
impl Subject for Host {
    fn name(&self) -> &'static str {
        "memory, with a host"
    }

    fn profile(&self) -> Profile {
        MemoryStore::new().profile().clone()
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let store = Arc::new(MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?);
        let opened = (site.id().to_owned(), Arc::downgrade(&store));
        self.opened.lock().unwrap().push(opened);
        if self.refuses {
            return Err(Error::full("no room"));
        }
        Ok(store)
    }

    async fn release(&self, site: &Site) {
        let opened = self.opened.lock().unwrap();
        let in_use = opened
            .iter()
            .any(|(id, store)| id == site.id() && store.strong_count() > 0);
        assert!(!in_use, "the stores of the case are gone");
        self.released.lock().unwrap().push(site.id().to_owned());
    }
}

fn host(refuses: bool, case: &str) -> (Verdict, Vec<String>, Vec<String>) {
    let host = Arc::new(Host {
        refuses,
        ..Host::default()
    });
    let subject: Arc<dyn Subject> = Arc::clone(&host) as _;
    let verdict = run(&subject, case).unwrap();
    let mut opened: Vec<String> = host.opened.lock().unwrap().iter().map(|(id, _)| id.clone()).collect();
    opened.dedup();
    let released = host.released.lock().unwrap().clone();
    (verdict, opened, released)
}

#[test]
fn every_site_of_a_case_is_released_once_when_nothing_uses_it() {
    for (case, sites) in [
        ("basics::get_of_a_missing_key_is_not_found", 1),
        ("basics::namespaces_do_not_share_entries", 1),
        ("basics::sites_share_nothing", 2),
    ] {
        let (verdict, opened, released) = host(false, case);
        assert_eq!(verdict, Verdict::Passed, "{case}");
        assert_eq!((&released, released.len()), (&opened, sites), "{case}");
    }
}

#[test]
fn a_site_of_a_case_that_failed_is_released_too() {
    let (verdict, opened, released) = host(true, "basics::get_of_a_missing_key_is_not_found");
    assert!(matches!(verdict, Verdict::Failed(_)), "{verdict:?}");
    assert_eq!((&released, released.len()), (&opened, 1));
}
