//! The cases that sleep: expiry on the clock of the system, which the other suites replace by one that they move.

#![cfg_attr(
    feature = "dynamodb",
    expect(clippy::unwrap_used, reason = "a helper of a test fails the test")
)]

#[cfg(feature = "dynamodb")]
mod dynamodb;

use std::sync::Arc;
use std::time::Duration;

use kvs::{Config, FullStore, Profile, Traits};
use kvs_conformance::{Case, Site, Subject, Time, Verdict, async_trait, cases, run};

/// A store as a program opens it.
struct OnTheWall(fn(&Site) -> Config);

#[async_trait]
impl Subject for OnTheWall {
    fn name(&self) -> &'static str {
        "on the clock of the wall"
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("any");
        profile.traits = Traits::ALL;
        profile
    }

    fn time(&self) -> Time {
        Time::Wall {
            granularity: Duration::from_millis(1),
        }
    }

    async fn open(&self, site: &Site) -> kvs::Result<Arc<dyn FullStore>> {
        kvs::open((self.0)(site)).await
    }
}

fn passes(config: fn(&Site) -> Config) {
    let subject: Arc<dyn Subject> = Arc::new(OnTheWall(config));
    let names: Vec<String> = cases()
        .map(Case::name)
        .filter(|name| name.starts_with("wall::"))
        .collect();
    assert!(!names.is_empty(), "the suite has cases for the clock of the wall");
    for name in names {
        assert_eq!(run(&subject, &name), Some(Verdict::Passed), "{name}");
    }
}

#[test]
fn memory_expires_by_the_clock_of_the_system() {
    passes(|_| Config::memory());
}

#[test]
fn sqlite_expires_by_the_clock_of_the_system() {
    passes(|site| Config::sqlite(site.dir().join("kvs.db")));
}

#[cfg(feature = "dynamodb")]
#[test]
fn dynamodb_expires_by_the_clock_of_the_system() {
    passes(|site| dynamodb::part(site.id()));
}
