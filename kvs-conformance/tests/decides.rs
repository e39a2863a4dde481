//! Which cases a subject runs, and what becomes of those that do not end well.

mod subjects;

use std::sync::Arc;

use kvs_conformance::{Exclusion, Level, Site, Subject, Verdict, async_trait, cases, run};
use kvs_core::{Consistency, Error, FullStore, Partial, Profile, Result, Traits};
use subjects::{Says, WALL, memory};

/// The same subject, which opens a store with `ListableStore` alone.
fn opens_a_part(mut says: Says) -> Arc<dyn Subject> {
    says.open =
        |site| Box::pin(async { Ok(Arc::new(Partial::new(memory(site)?).listable().build()) as Arc<dyn FullStore>) });
    Arc::new(says)
}

fn subject(says: Says) -> Arc<dyn Subject> {
    Arc::new(says)
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
    let subject = opens_a_part(says);
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
    let subject = subject(says);
    for case in [
        "traits::documents_are_declared_or_refused",
        "traits::atomic_operations_are_declared_or_refused",
    ] {
        assert!(matches!(run(&subject, case), Some(Verdict::Failed(_))), "{case}");
    }
}

#[test]
fn a_declared_trait_must_work() {
    let subject = opens_a_part(Says::the_truth());
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
    let truth = subject(Says::the_truth());
    assert_eq!(run(&truth, lasting), Some(Verdict::Passed));
    assert_eq!(run(&truth, clock), Some(Verdict::Passed));
    assert_eq!(
        run(&truth, "durability::a_set_survives_reopening"),
        Some(Verdict::NotApplicable("does not reopen".to_owned()))
    );

    let mut evicting = Says::the_truth();
    evicting.profile.evicting = true;
    assert_eq!(
        run(&subject(evicting), lasting),
        Some(Verdict::NotApplicable("evicting".to_owned()))
    );

    let wall = subject(Says {
        time: WALL,
        ..Says::the_truth()
    });
    assert_eq!(
        run(&wall, clock),
        Some(Verdict::NotApplicable("no manual clock".to_owned()))
    );
    assert_eq!(
        run(&wall, "basics::a_read_sees_the_write_before_it"),
        Some(Verdict::Passed)
    );

    let mut eventual = Says::the_truth();
    eventual.profile.consistency = Consistency::Eventual;
    let reads = "basics::a_read_sees_the_write_before_it";
    assert_eq!(
        run(&subject(eventual), reads),
        Some(Verdict::NotApplicable("eventual reads".to_owned()))
    );
}

#[test]
fn every_group_has_cases_that_every_full_store_runs() {
    let truth = subject(Says::the_truth());
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

#[test]
fn an_excluded_case_does_not_run() {
    let mut says = Says::the_truth();
    says.exclusions = vec![
        Exclusion::new("ttl", "no clock in this build"),
        Exclusion::new("keys::case_is_kept", ""),
    ];
    let subject = subject(says);
    let excluded = Verdict::NotApplicable("excluded: no clock in this build".to_owned());
    assert_eq!(run(&subject, "ttl::expires_at_the_exact_millisecond"), Some(excluded));
    assert_eq!(run(&subject, "keys::case_is_kept"), Some(Verdict::Passed));
}

#[test]
fn every_level_has_cases_and_weaker_stores_have_their_own() {
    for level in Level::ALL {
        let count = cases().filter(|case| case.level() == level).count();
        assert!(count >= 20, "{level} has {count} cases");
    }
    for (name, level) in [
        ("ttl::expires_at_the_exact_millisecond", Level::Core),
        ("ttl::touch_replaces_the_expiry", Level::Atomic),
        ("batch::the_last_duplicate_wins", Level::Batch),
        ("filters::the_limit_counts_matches", Level::Documents),
        ("listing::after_is_exclusive", Level::Listing),
        ("durability::a_set_survives_reopening", Level::Durable),
    ] {
        let case = cases().find(|case| case.name() == name);
        assert_eq!(case.map(kvs_conformance::Case::level), Some(level), "{name}");
    }
    // Nothing is left of it but what does not apply.
    let truth = Says::the_truth().only(&[]);
    assert!(truth.exclusions.len() > 15, "{:?}", truth.exclusions);
    for reason in ["no eventual reads", "not evicting", "no wall clock"] {
        assert!(cases().any(|case| case.unmet(&truth) == Some(reason)), "{reason}");
    }
}

#[test]
fn names_are_unique_and_rules_are_sentences() {
    let mut names = std::collections::BTreeSet::new();
    for case in cases() {
        assert!(names.insert(case.name()), "{} is there twice", case.name());
        assert!(case.rule().ends_with('.'), "the rule of {} is no sentence", case.name());
    }
}
