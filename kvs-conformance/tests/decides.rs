//! Which cases a subject runs, and what becomes of those that do not end well.

use std::sync::Arc;

use kvs_conformance::{Site, Subject, Time, Verdict, async_trait, cases, run};
use kvs_core::{Consistency, Error, FullStore, Partial, Profile, Result, Store, Traits};
use kvs_memory::{MemoryConfig, MemoryStore};

/// What a subject says, and whether it opens a store that fits.
struct Says {
    profile: Profile,
    time: Time,
    traits: Option<Traits>,
}

impl Says {
    fn the_truth() -> Self {
        Self {
            profile: MemoryStore::new().profile().clone(),
            time: Time::Manual,
            traits: None,
        }
    }

    fn subject(self) -> Arc<dyn Subject> {
        Arc::new(self)
    }
}

#[async_trait]
impl Subject for Says {
    fn name(&self) -> &'static str {
        "memory, as described"
    }

    fn profile(&self) -> Profile {
        self.profile.clone()
    }

    fn time(&self) -> Time {
        self.time
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let store = MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?;
        Ok(match self.traits {
            None => Arc::new(store),
            Some(_) => Arc::new(Partial::new(store).listable().build()),
        })
    }
}

const TRAITS: [&str; 5] = [
    "traits::the_profile_is_the_declared_one",
    "traits::the_profile_outlives_close",
    "traits::listing_is_declared_or_refused",
    "traits::documents_are_declared_or_refused",
    "traits::atomic_operations_are_declared_or_refused",
];

#[test]
fn a_store_without_some_traits_runs_their_refusals() {
    let mut says = Says::the_truth();
    says.profile.traits = Traits {
        listable: true,
        ..Traits::default()
    };
    says.traits = Some(says.profile.traits);
    let subject = says.subject();
    for case in TRAITS {
        assert_eq!(run(&subject, case), Some(Verdict::Passed), "{case}");
    }
    assert_eq!(run(&subject, "atomic::nothing"), None);
    let ignored = cases()
        .filter(|case| case.unmet(&*subject) == Some("not atomic"))
        .count();
    assert!(ignored > 50, "only {ignored} cases need AtomicStore");
}

#[test]
fn a_trait_that_works_must_be_declared() {
    let mut says = Says::the_truth();
    says.profile.traits = Traits {
        listable: true,
        ..Traits::default()
    };
    let subject = says.subject();
    for case in [
        "traits::documents_are_declared_or_refused",
        "traits::atomic_operations_are_declared_or_refused",
    ] {
        assert!(matches!(run(&subject, case), Some(Verdict::Failed(_))), "{case}");
    }
}

#[test]
fn a_declared_trait_must_work() {
    let mut says = Says::the_truth();
    says.traits = Some(Traits::default());
    let subject = says.subject();
    for case in [
        "traits::the_profile_is_the_declared_one",
        "traits::atomic_operations_are_declared_or_refused",
    ] {
        assert!(matches!(run(&subject, case), Some(Verdict::Failed(_))), "{case}");
    }
}

#[test]
fn cases_are_ignored_for_a_reason_and_only_then() {
    let lasting = "listing::ten_thousand_and_one_keys_are_listed";
    let clock = "ttl::expires_at_the_exact_millisecond";
    let truth = Says::the_truth().subject();
    assert_eq!(run(&truth, lasting), Some(Verdict::Passed));
    assert_eq!(run(&truth, clock), Some(Verdict::Passed));
    assert_eq!(
        run(&truth, "durability::a_set_survives_reopening"),
        Some(Verdict::Ignored("does not reopen"))
    );

    let mut evicting = Says::the_truth();
    evicting.profile.evicting = true;
    assert_eq!(run(&evicting.subject(), lasting), Some(Verdict::Ignored("evicting")));

    let wall = Says {
        time: Time::Wall,
        ..Says::the_truth()
    }
    .subject();
    assert_eq!(run(&wall, clock), Some(Verdict::Ignored("no manual clock")));
    assert_eq!(
        run(&wall, "basics::a_read_sees_the_write_before_it"),
        Some(Verdict::Passed)
    );

    let mut eventual = Says::the_truth();
    eventual.profile.consistency = Consistency::Eventual;
    let reads = "basics::a_read_sees_the_write_before_it";
    assert_eq!(
        run(&eventual.subject(), reads),
        Some(Verdict::Ignored("eventual reads"))
    );
}

#[test]
fn every_group_has_cases_that_every_full_store_runs() {
    let truth = Says::the_truth().subject();
    let portable: Vec<_> = cases().filter(|case| case.unmet(&*truth).is_none()).collect();
    assert!(portable.len() > 400, "only {} cases are portable", portable.len());
    for group in [
        "basics",
        "keys",
        "values",
        "ttl",
        "listing",
        "batch",
        "atomic",
        "documents",
        "model",
    ] {
        let prefix = format!("{group}::");
        assert!(
            portable.iter().any(|case| case.name().starts_with(&prefix)),
            "no case of {group} is portable"
        );
    }
}

/// A store that cannot be opened.
struct Absent;

#[async_trait]
impl Subject for Absent {
    fn name(&self) -> &'static str {
        "absent"
    }

    fn profile(&self) -> Profile {
        Profile::new("absent")
    }

    async fn open(&self, _: &Site) -> Result<Arc<dyn FullStore>> {
        Err(Error::unavailable("nobody is at home").with_source(std::io::Error::other("no route")))
    }
}

#[test]
fn a_store_that_does_not_open_fails_its_cases_with_the_cause() {
    let subject: Arc<dyn Subject> = Arc::new(Absent);
    let Some(Verdict::Failed(failed)) = run(&subject, "basics::set_then_get_gives_the_value") else {
        panic!("a store that does not open passes nothing");
    };
    let expected = "opening absent: expected success, seen Unavailable: nobody is at home, because no route";
    assert_eq!(failed.message(), expected);
}
