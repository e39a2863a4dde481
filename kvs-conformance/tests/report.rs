//! What a report says: of whole runs and partial ones, of sound stores and of those that fail, from any runtime.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails the test")]

mod subjects;

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use kvs_conformance::{CaseResult, Exclusion, Level, Report, Standing, Subject, Validation, Verdict, validate};
use kvs_core::{Consistency, Error, FullStore, Partial, Traits};
use serde_json::Value;
use subjects::{Says, WALL, memory};

/// Wakes the thread that waits: the whole of an executor.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// A whole run in which only these groups execute.
fn run_only(says: Says, groups: &[&str]) -> Report {
    block_on(validate(says.only(groups)))
}

fn standing(report: &Report, level: Level) -> Standing {
    let levels = report.levels();
    let found = levels.iter().find(|result| result.level() == level);
    found.unwrap().standing().clone()
}

fn level(data: &Value, name: &str) -> Value {
    let levels = data["levels"].as_array().unwrap();
    levels.iter().find(|level| level["level"] == name).unwrap().clone()
}

#[test]
fn a_sound_store_reaches_every_level_that_it_declares() {
    let report = block_on(validate(Says::the_truth()));
    assert!(report.passed(), "{report}");
    for level in Level::ALL {
        let expected = match level {
            Level::Durable => Standing::NotDeclared,
            _ => Standing::Reached,
        };
        assert_eq!(standing(&report, level), expected, "{level}");
    }
    let data = report.to_json();
    assert_eq!(data["suite"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(data["subject"], "memory, as described");
    assert_eq!(data["profile"]["traits"].as_array().unwrap().len(), 4);
    assert_eq!(data["profile"]["clock"]["kind"], "manual");
    assert_eq!(data["profile"]["limits"]["transaction_keys"], 100);
    assert_eq!(
        data["cases"].as_array().unwrap().len(),
        kvs_conformance::cases().count()
    );
    assert_eq!(level(&data, "Durable")["status"], "not declared");
    assert!(report.to_markdown().contains("| Documents | **reached** |"));
    let reasons = data["not_applicable"].as_array().unwrap();
    assert!(reasons.iter().any(|reason| reason["reason"] == "does not reopen"));
    assert!(report.undeclared().is_empty(), "{:?}", report.undeclared());
}

#[test]
fn every_case_counts_for_one_level_and_its_group() {
    let report = run_only(Says::the_truth(), &["traits"]);
    let data = report.to_json();
    for list in ["groups", "levels"] {
        for count in ["passed", "failed", "not_applicable"] {
            let numbers = data[list]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row[count].as_u64().unwrap());
            assert_eq!(Some(numbers.sum()), data["totals"][count].as_u64(), "{list}: {count}");
        }
    }
}

#[test]
fn an_exclusion_shows_and_withholds_its_level() {
    let mut says = Says::the_truth();
    says.exclusions = vec![Exclusion::new(
        "traits::listing_is_declared_or_refused",
        "it is being rebuilt",
    )];
    let report = run_only(says, &["traits", "listing"]);
    assert!(report.passed(), "{report}");
    let Standing::Incomplete(why) = standing(&report, Level::Core) else {
        panic!("an excluded case withholds its level: {report}");
    };
    assert!(why.contains("traits::listing_is_declared_or_refused"), "{why}");
    let told = "excluded: it is being rebuilt".to_owned();
    let mut results = report.results().iter();
    let excluded = results.find(|result| result.name() == "traits::listing_is_declared_or_refused");
    assert_eq!(*excluded.unwrap().verdict(), Verdict::NotApplicable(told));
    for form in [report.to_string(), report.to_markdown(), report.to_json().to_string()] {
        assert!(form.contains("it is being rebuilt"), "{form}");
    }
}

#[test]
fn an_exclusion_must_name_something_and_give_a_reason() {
    for (what, reason, problem) in [
        ("tll", "a slip", "names no case and no group"),
        ("ttl::", "a slip", "names no case and no group"),
        ("ttl", "  ", "has no reason"),
    ] {
        let mut says = Says::the_truth();
        says.exclusions = vec![Exclusion::new(what, reason)];
        let report = block_on(
            Validation::new(says)
                .cases(|case| case.name() == "traits::the_profile_outlives_close")
                .run(),
        );
        assert!(!report.passed(), "{report}");
        assert!(report.problems()[0].contains(problem), "{report}");
        assert!(report.to_markdown().contains(problem), "{}", report.to_markdown());
        assert_eq!(report.to_json()["passed"], false);
    }
}

#[test]
fn a_partial_run_says_so_and_reaches_no_level() {
    let names = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&names);
    let validation = Validation::new(Says::the_truth())
        .group("traits")
        .group("wall")
        .threads(2)
        .on_case(move |result| seen.lock().unwrap().push(result.name()));
    let report = block_on(validation.run());
    assert!(report.passed() && report.is_partial(), "{report}");
    assert!(report.levels().iter().all(|level| !level.is_reached()), "{report}");
    assert!(report.to_string().contains("partial: "), "{report}");
    assert_eq!(report.to_json()["partial"], true);
    assert!(report.to_markdown().contains("**partial**"));
    let mut told = names.lock().unwrap().clone();
    let mut results: Vec<String> = report.results().iter().map(CaseResult::name).collect();
    told.sort();
    results.sort();
    assert_eq!(told, results);
}

#[test]
fn a_run_that_executes_nothing_is_no_success() {
    let unknown = block_on(Validation::new(Says::the_truth()).group("nothing").run());
    assert!(
        !unknown.passed() && unknown.problems()[0].contains("no group \"nothing\""),
        "{unknown}"
    );
    for group in ["durability", "evicting"] {
        let report = block_on(Validation::new(Says::the_truth()).group(group).run());
        assert!(!report.passed(), "{report}");
        assert!(report.problems()[0].contains("no case was executed"), "{report}");
    }
}

#[test]
fn what_works_without_being_declared_is_told() {
    let mut wall = Says::the_truth();
    wall.time = WALL;
    let mut evicting = Says::the_truth();
    evicting.profile.evicting = true;
    let mut shared = Says::the_truth();
    shared.open = |_| {
        // One storage for all sites: not isolated, but it does reopen.
        static STORE: Mutex<Option<Arc<dyn FullStore>>> = Mutex::new(None);
        Box::pin(async {
            let mut store = STORE.lock().unwrap();
            let opened = store.get_or_insert_with(|| Arc::new(kvs_memory::MemoryStore::new()));
            Ok(Arc::clone(opened))
        })
    };
    for (says, told) in [
        (wall, "Time::Manual"),
        (evicting, "nothing was dropped of 4,000 entries"),
        (shared, "Subject::reopens"),
    ] {
        let report = run_only(says, &["values"]);
        assert_eq!(report.undeclared().len(), 1, "{told}: {report}");
        let line = format!("not declared, but works: {}", report.undeclared()[0]);
        assert!(line.contains(told), "{line}");
        assert!(report.to_string().contains(&line), "{report}");
        assert!(report.to_markdown().contains(&line[1..]), "{}", report.to_markdown());
        assert_eq!(report.to_json()["undeclared"][0], report.undeclared()[0].as_str());
    }
}

#[test]
fn a_failed_level_says_how_many_cases_failed() {
    let mut says = Says::the_truth();
    says.profile.traits = Traits {
        documents: false,
        ..Traits::ALL
    };
    let report = run_only(says, &["traits"]);
    assert!(!report.passed());
    assert_eq!(standing(&report, Level::Documents), Standing::NotDeclared);
    let Standing::Failed(cases) = standing(&report, Level::Core) else {
        panic!("{report}");
    };
    let data = report.to_json();
    let failures = data["failures"].as_array().unwrap();
    assert_eq!(failures.len(), cases);
    let failure = failures
        .iter()
        .find(|failure| failure["case"] == "traits::documents_are_declared_or_refused")
        .unwrap();
    assert!(failure["rule"].as_str().unwrap().contains("Unsupported"));
    assert!(failure["message"].as_str().unwrap().contains("expected: Unsupported"));
    let alone = failure["alone"].as_str().unwrap();
    assert!(alone.starts_with("Validation::new(subject).cases("), "{alone}");
    let page = report.to_markdown();
    assert!(
        page.contains("**Not passed.**") && page.contains("### `traits::documents_"),
        "{page}"
    );
}

/// The one case that ran, and how it failed.
fn failure(says: Says, name: &'static str) -> String {
    let report = block_on(Validation::new(says).cases(move |case| case.name() == name).run());
    assert!(!report.passed(), "{report}");
    match report.results()[0].verdict() {
        Verdict::Failed(failed) => failed.message().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn stores_that_panic_hang_or_do_not_open_fail_their_cases() {
    let name = "basics::set_then_get_gives_the_value";
    let mut panics = Says::the_truth();
    panics.open = |_| Box::pin(async { panic!("out of luck") });
    assert!(failure(panics, name).contains("out of luck"));
    let mut hangs = Says::the_truth();
    hangs.open = |_| Box::pin(std::future::pending());
    hangs.patience = Duration::from_millis(100);
    assert!(failure(hangs, name).contains("the case hangs"));
    let mut blocks = Says::the_truth();
    blocks.open = |site| {
        Box::pin(async {
            thread::sleep(Duration::from_hours(1));
            Ok(Arc::new(memory(site)?) as Arc<dyn FullStore>)
        })
    };
    blocks.patience = Duration::from_millis(100);
    assert!(failure(blocks, name).contains("the case hangs"));
    let mut absent = Says::the_truth();
    absent.open = |_| Box::pin(async { Err(Error::unavailable("nobody is at home")) });
    assert!(failure(absent, name).contains("nobody is at home"));
}

fn traits_only() -> impl Future<Output = Report> + Send + 'static {
    Validation::new(Says::the_truth()).group("traits").run()
}

#[test]
fn it_runs_on_any_runtime_and_blocks_none() {
    let current = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (report, ticks) = current.block_on(async {
        let run = tokio::spawn(traits_only());
        let mut ticks = 0;
        // On the one thread that there is, this goes on while cases run.
        while !run.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
            ticks += 1;
        }
        (run.await.unwrap(), ticks)
    });
    assert!(report.passed() && ticks > 0, "{report}");
    let multi = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let report = multi.block_on(async { tokio::spawn(traits_only()).await.unwrap() });
    assert!(report.passed(), "{report}");
    assert!(block_on(traits_only()).passed());
    assert!(
        futures_util::FutureExt::now_or_never(traits_only()).is_none(),
        "no poll waits for a case"
    );
}

#[test]
fn a_store_with_nothing_but_store_is_not_blamed_for_the_rest() {
    let mut says = Says::the_truth();
    says.profile.traits = Traits::default();
    says.open = |site| Box::pin(async { Ok(Arc::new(Partial::new(memory(site)?).build()) as Arc<dyn FullStore>) });
    let report = run_only(says, &["traits", "atomic"]);
    assert!(report.passed(), "{report}");
    let data = report.to_json();
    assert_eq!(level(&data, "Atomic")["status"], "not declared");
    assert_eq!(data["profile"]["traits"], serde_json::json!(["Store"]));
}

#[test]
fn a_shared_subject_is_a_subject() {
    let subject: Arc<dyn Subject> = Arc::new(Says::the_truth());
    let report = block_on(Validation::new(Arc::clone(&subject)).group("traits").run());
    assert!(report.passed(), "{report}");
    assert_eq!(report.subject(), subject.name());
}

#[test]
fn weaker_stores_run_the_cases_that_hold_for_them() {
    let mut eventual = Says::the_truth();
    eventual.profile.consistency = Consistency::Eventual;
    let mut evicting = Says::the_truth();
    evicting.profile.evicting = true;
    for (mut says, group) in [(eventual, "eventual"), (evicting, "evicting")] {
        // What the store says differs, so its own words are not asked for.
        says.exclusions = vec![Exclusion::new("traits", "the profile is a pretence")];
        let report = block_on(Validation::new(says).group(group).run());
        assert!(report.passed(), "{report}");
        assert!(report.results().len() >= 9, "{report}");
    }
}
