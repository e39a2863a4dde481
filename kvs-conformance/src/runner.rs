//! Runs cases: one by one for a program, or all of them as a test harness.

use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Conclusion, Trial};
use tokio::runtime::Builder;

use crate::case::{Case, Verdict};
use crate::cases::GROUPS;
use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::subject::Subject;

/// A case that takes longer hangs.
const WATCHDOG: Duration = Duration::from_mins(1);

/// How long work that a case left behind may take to end.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// Tests a store: the whole `main` of a test target without the standard harness.
///
/// Understands the arguments of the standard harness (`--list`, `--exact`, filters), as `cargo test` and
/// `cargo nextest` pass them. A run that executes no case is a failure.
///
/// ```no_run
/// # use std::{process::ExitCode, sync::Arc};
/// # use kvs_conformance::{Site, Subject, async_trait};
/// # use kvs_core::{FullStore, Profile, Store};
/// # use kvs_memory::{MemoryConfig, MemoryStore};
/// struct Memory;
///
/// #[async_trait]
/// impl Subject for Memory {
///     fn name(&self) -> &str {
///         "memory"
///     }
///     fn profile(&self) -> Profile {
///         MemoryStore::new().profile().clone()
///     }
///     async fn open(&self, site: &Site) -> kvs_core::Result<Arc<dyn FullStore>> {
///         Ok(Arc::new(MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?))
///     }
/// }
///
/// fn main() -> ExitCode {
///     kvs_conformance::main(Memory)
/// }
/// ```
pub fn main(subject: impl Subject) -> ExitCode {
    let subject: Arc<dyn Subject> = Arc::new(subject);
    let arguments = Arguments::from_args();
    let trials = cases().map(|case| trial(case, &subject)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(problem) = emptiness(&conclusion, arguments.list) {
        eprintln!("error: {problem}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// Every case of the suite, group by group.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    GROUPS.iter().copied().flatten()
}

/// Runs one case, by the name that [`Case::name`] gives. `None` if there is no such case.
///
/// It runs on a runtime of its own, is given up after a minute, and a panic is a failure. Do not call it from
/// asynchronous code: it blocks.
pub fn run(subject: &Arc<dyn Subject>, name: &str) -> Option<Verdict> {
    let case = cases().find(|case| case.name() == name)?;
    Some(verdict(case, subject))
}

fn verdict(case: &'static Case, subject: &Arc<dyn Subject>) -> Verdict {
    if let Some(reason) = case.unmet(&**subject) {
        return Verdict::Ignored(reason);
    }
    match supervise(case, Arc::clone(subject)) {
        Ok(()) => Verdict::Passed,
        Err(failed) => Verdict::Failed(failed),
    }
}

fn trial(case: &'static Case, subject: &Arc<dyn Subject>) -> Trial {
    let unmet = case.unmet(&**subject);
    let subject = Arc::clone(subject);
    let trial = Trial::ignorable_test(case.name(), move || match verdict(case, &subject) {
        Verdict::Passed => Ok(Completion::Completed),
        Verdict::Failed(failed) => Err(report(case, &*subject, &failed).into()),
        Verdict::Ignored(reason) => Ok(Completion::ignored_with(reason)),
    });
    trial
        .with_ignored_flag(unmet.is_some())
        .with_kind(unmet.unwrap_or_default())
}

/// Runs the case on a thread of its own, so that one which blocks its runtime is noticed too.
fn supervise(case: &'static Case, subject: Arc<dyn Subject>) -> Outcome {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().name(case.name()).spawn(move || {
        // The receiver is gone only when the case was given up.
        let _ = sender.send(execute(case, subject));
    });
    if let Err(error) = thread {
        return Err(format!("the system gave no thread to run the case: {error}").into());
    }
    receiver.recv_timeout(WATCHDOG).unwrap_or_else(|_| {
        let seconds = WATCHDOG.as_secs();
        Err(format!("the case hangs: it did not end within {seconds} seconds").into())
    })
}

fn execute(case: &'static Case, subject: Arc<dyn Subject>) -> Outcome {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failed::from(format!("there is no runtime: {error}")))?;
    let context = Context::new(subject);
    // A task of its own: its panic is caught, and it runs on a worker, as a program's tasks do.
    let outcome = runtime.block_on(runtime.spawn((case.run)(context.clone())));
    runtime.shutdown_timeout(SHUTDOWN);
    // Only now, because the site's directory goes with the last context.
    drop(context);
    outcome?
}

/// What the harness prints of a failure.
fn report(case: &Case, subject: &dyn Subject, failed: &Failed) -> String {
    let target = env::args_os().next().unwrap_or_default();
    let target = Path::new(&target).file_stem().unwrap_or_default().to_string_lossy();
    // Cargo appends a hash to the name of the target.
    let target = target.rsplit_once('-').map_or(&*target, |(name, _)| name);
    let package = env::var("CARGO_PKG_NAME").map_or_else(|_| String::new(), |name| format!(" -p {name}"));
    format!(
        "rule: {}\nsubject: {}\n{failed}\nalone: cargo test{package} --test {target} -- --exact {}",
        case.rule,
        subject.name(),
        case.name()
    )
}

/// Why a run proves nothing, if so. One with a failed case is told by its exit code.
fn emptiness(conclusion: &Conclusion, list: bool) -> Option<String> {
    if list || conclusion.num_passed + conclusion.num_failed > 0 {
        return None;
    }
    Some(format!(
        "no case was executed ({} ignored, {} filtered out), so nothing is proven; correct the filter, or name another \
         test target",
        conclusion.num_ignored, conclusion.num_filtered_out
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conclusion(passed: u64, failed: u64, ignored: u64) -> Conclusion {
        Conclusion {
            num_filtered_out: 3,
            num_passed: passed,
            num_failed: failed,
            num_ignored: ignored,
            num_measured: 0,
        }
    }

    #[test]
    fn a_run_without_an_executed_case_is_not_green() {
        assert!(emptiness(&conclusion(0, 0, 0), false).is_some());
        let problem = emptiness(&conclusion(0, 0, 7), false).unwrap();
        assert!(problem.contains("7 ignored, 3 filtered out"), "{problem}");
        assert_eq!(emptiness(&conclusion(1, 0, 7), false), None);
        assert_eq!(emptiness(&conclusion(0, 1, 0), false), None);
        assert_eq!(emptiness(&conclusion(0, 0, 0), true), None);
    }

    #[test]
    fn names_are_unique_and_rules_are_sentences() {
        let mut names = std::collections::BTreeSet::new();
        for case in cases() {
            assert!(names.insert(case.name()), "{} is there twice", case.name());
            assert!(case.rule.ends_with('.'), "the rule of {} is no sentence", case.name());
        }
    }
}
