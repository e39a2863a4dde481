//! The suite as a test harness: arguments, libtest's output, and the report below it.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Completion, Conclusion, Trial};

use super::alone::Alone;
use super::arguments::{Destination, HELP, split};
use super::plan::Plan;
use super::{probes, timed};
use crate::case::{Case, Verdict, cases};
use crate::report::{CaseResult, Report, Run, explain};
use crate::subject::Subject;

/// Tests a store: the whole `main` of a test target without the standard harness.
///
/// Understands the arguments of the standard harness (`--list`, `--exact`, filters), as `cargo test` and
/// `cargo nextest` pass them. A run of several cases ends with the report; `--report FILE.md` and `--report FILE.json`
/// write it to a file as well. A run that executes no case is a failure.
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
    match try_main(&(Arc::new(subject) as Arc<dyn Subject>)) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn try_main(subject: &Arc<dyn Subject>) -> Result<ExitCode, String> {
    let (rest, destinations) = split(env::args_os())?;
    if rest.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{HELP}");
    }
    let arguments = one_by_name(&rest).unwrap_or_else(|| Arguments::from_iter(rest));
    let plan = Arc::new(Plan::of(&**subject));
    if let Some(problem) = plan.problems().first() {
        return Err(problem.clone());
    }
    if arguments.list {
        let trials = trials(&arguments, subject, &plan, &Arc::default());
        return Ok(libtest_mimic::run(&arguments, trials).exit_code());
    }
    for destination in &destinations {
        destination.check()?;
    }
    let harness = Harness {
        subject,
        plan,
        destinations,
        results: Arc::default(),
    };
    harness.run(arguments)
}

/// The arguments with which nextest starts a process for each case, read without the parser: hundreds of times it shows.
fn one_by_name(arguments: &[OsString]) -> Option<Arguments> {
    let (mut exact, mut names) = (false, Vec::new());
    for argument in arguments.iter().skip(1) {
        match argument.to_str()? {
            "--exact" => exact = true,
            "--nocapture" => {}
            option if option.starts_with('-') => return None,
            name => names.push(name),
        }
    }
    let [name] = names[..] else { return None };
    exact.then(|| Arguments {
        exact,
        filter: Some(name.to_owned()),
        ..Arguments::default()
    })
}

type Results = Arc<Mutex<Vec<(usize, CaseResult)>>>;

/// One run of the harness that executes cases.
struct Harness<'a> {
    subject: &'a Arc<dyn Subject>,
    plan: Arc<Plan>,
    destinations: Vec<Destination>,
    results: Results,
}

impl Harness<'_> {
    fn run(self, mut arguments: Arguments) -> Result<ExitCode, String> {
        let begin = Instant::now();
        let trials = trials(&arguments, self.subject, &self.plan, &self.results);
        let asked: Vec<String> = trials
            .iter()
            .filter(|trial| !arguments.is_filtered_out(trial))
            .map(|trial| trial.name().to_owned())
            .collect();
        if asked.len() == 1 {
            // Runs it on this thread.
            arguments.test_threads = Some(1);
        }
        let conclusion = libtest_mimic::run(&arguments, trials);
        if conclusion.num_passed + conclusion.num_failed == 0 {
            return Err(emptiness(&conclusion));
        }
        let shown = asked.len() > 1 && env::var_os("NEXTEST").is_none();
        if shown || !self.destinations.is_empty() {
            self.conclude(&asked, shown, begin)?;
        }
        Ok(conclusion.exit_code())
    }

    /// Shows and writes the report.
    fn conclude(self, asked: &[String], shown: bool, begin: Instant) -> Result<(), String> {
        let partial = asked.len() < cases().count();
        let undeclared = if partial {
            Vec::new()
        } else {
            probes::undeclared(self.subject, &self.plan.declared)
        };
        let results = self.all_results(asked);
        let mut problems = Vec::new();
        if results.len() < asked.len() {
            let missing = asked.len() - results.len();
            problems.push(format!("{missing} of the cases that were asked for gave no result"));
        }
        let report = Report::new(Run {
            results,
            plan: self.plan,
            alone: Alone::this_program(),
            partial,
            undeclared,
            problems,
            elapsed: begin.elapsed(),
        });
        if shown {
            println!("{report}");
        }
        for destination in &self.destinations {
            println!("report written to {}", destination.write(&report)?.display());
        }
        Ok(())
    }

    /// What was run, and what was asked for and does not apply, in the order of the suite.
    fn all_results(&self, asked: &[String]) -> Vec<CaseResult> {
        let mut results = std::mem::take(&mut *self.results.lock().unwrap_or_else(PoisonError::into_inner));
        results.sort_by_key(|(at, _)| *at);
        let mut run = results.into_iter().peekable();
        let mut asked = asked.iter().peekable();
        let mut all = Vec::new();
        for (at, case) in cases().enumerate() {
            if asked.next_if(|name| case.is_named(name)).is_none() {
                continue;
            }
            match run.next_if(|(place, _)| *place == at) {
                Some((_, result)) => all.push(result),
                // Without a reason it was not run for the sake of the harness: `--ignored` and the like.
                None => all.extend(
                    self.plan
                        .reason_against(case)
                        .map(|reason| CaseResult::new(case, Verdict::NotApplicable(reason), Duration::ZERO)),
                ),
            }
        }
        all
    }
}

/// The cases as the harness wants them. Where one is asked for by its name, it alone is built: under nextest that is
/// every process.
fn trials(arguments: &Arguments, subject: &Arc<dyn Subject>, plan: &Arc<Plan>, results: &Results) -> Vec<Trial> {
    let named = arguments.filter.as_deref().filter(|_| arguments.exact);
    let alone = named.and_then(|name| cases().enumerate().find(|(_, case)| case.is_named(name)));
    let some = match alone {
        Some(one) => vec![one],
        None => cases().enumerate().collect(),
    };
    let trial = |(at, case)| trial(at, case, subject, plan, results);
    some.into_iter().map(trial).collect()
}

fn trial(at: usize, case: &'static Case, subject: &Arc<dyn Subject>, plan: &Arc<Plan>, results: &Results) -> Trial {
    let reason = plan.reason_against(case);
    let ignored = reason.is_some();
    let (subject, plan, results) = (Arc::clone(subject), Arc::clone(plan), Arc::clone(results));
    let trial = Trial::ignorable_test(case.name(), move || {
        let result = timed(case, &subject, &plan);
        let completion = match result.verdict() {
            Verdict::Passed => Ok(Completion::Completed),
            Verdict::Failed(failed) => Err(told(&result, failed.message(), &plan.subject).into()),
            Verdict::NotApplicable(reason) => Ok(Completion::ignored_with(reason)),
        };
        results
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((at, result));
        completion
    });
    trial.with_ignored_flag(ignored).with_kind(reason.unwrap_or_default())
}

/// What the harness prints of a failure.
fn told(result: &CaseResult, failure: &str, subject: &str) -> String {
    let told = explain(result.case(), failure, &Alone::this_program());
    format!("subject: {subject}\n{told}")
}

/// Why a run proves nothing.
fn emptiness(conclusion: &Conclusion) -> String {
    format!(
        "no case was executed ({} ignored, {} filtered out), so nothing is proven; correct the filter, or name another \
         test target",
        conclusion.num_ignored, conclusion.num_filtered_out
    )
}
