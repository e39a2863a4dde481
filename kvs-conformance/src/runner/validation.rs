//! The suite for a program: all cases, or some, and a report.

use std::fmt;
use std::iter::Enumerate;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;
use std::vec::IntoIter;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::alone::Alone;
use super::plan::Plan;
use super::{probes, timed};
use crate::case::{Case, cases};
use crate::report::{CaseResult, Report, Run};
use crate::subject::Subject;

/// Tests a store: runs every case that applies to it, and reports.
///
/// It works on any runtime, and blocks none: cases run on threads of their own. It always gives a report;
/// [`Report::passed`] tells whether the store holds the contract. Where more control is wanted: [`Validation`].
///
/// ```no_run
/// # use std::sync::Arc;
/// # use kvs_conformance::{Site, Subject, async_trait, validate};
/// # use kvs_core::{FullStore, Profile, Store};
/// # use kvs_memory::{MemoryConfig, MemoryStore};
/// # struct Memory;
/// # #[async_trait]
/// # impl Subject for Memory {
/// #     fn name(&self) -> &str { "memory" }
/// #     fn profile(&self) -> Profile { MemoryStore::new().profile().clone() }
/// #     async fn open(&self, site: &Site) -> kvs_core::Result<Arc<dyn FullStore>> {
/// #         Ok(Arc::new(MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let report = validate(Memory).await;
/// println!("{report}");
/// assert!(report.passed());
/// # }
/// ```
pub async fn validate(subject: impl Subject) -> Report {
    Validation::new(subject).run().await
}

/// A run of the suite, to be arranged before it begins.
///
/// ```
/// # use std::sync::Arc;
/// # use kvs_conformance::{Site, Subject, Validation, async_trait};
/// # use kvs_core::{FullStore, Profile, Store};
/// # use kvs_memory::{MemoryConfig, MemoryStore};
/// # struct Memory;
/// # #[async_trait]
/// # impl Subject for Memory {
/// #     fn name(&self) -> &str { "memory" }
/// #     fn profile(&self) -> Profile { MemoryStore::new().profile().clone() }
/// #     async fn open(&self, site: &Site) -> kvs_core::Result<Arc<dyn FullStore>> {
/// #         Ok(Arc::new(MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let report = Validation::new(Memory)
///     .group("traits")
///     .on_case(|result| println!("{}: {:?}", result.name(), result.verdict()))
///     .run()
///     .await;
/// assert!(report.passed() && report.is_partial());
/// # }
/// ```
#[must_use = "a validation does nothing until it runs"]
pub struct Validation {
    subject: Arc<dyn Subject>,
    groups: Vec<String>,
    filters: Vec<Filter>,
    on_case: Option<OnCase>,
    threads: usize,
    alone: Alone,
}

type Filter = Box<dyn Fn(&Case) -> bool + Send + Sync>;
type OnCase = Box<dyn FnMut(&CaseResult) + Send>;

impl Validation {
    /// All cases, on as many threads as there are processors.
    pub fn new(subject: impl Subject) -> Self {
        Self {
            subject: Arc::new(subject),
            groups: Vec::new(),
            filters: Vec::new(),
            on_case: None,
            threads: thread::available_parallelism().map_or(2, usize::from),
            alone: Alone::Validation,
        }
    }

    /// Runs this group alone; with several calls, these groups. An unknown group fails the run.
    pub fn group(mut self, group: &str) -> Self {
        self.groups.push(group.to_owned());
        self
    }

    /// Runs just the cases for which this is true; with several calls, those for which all are.
    pub fn cases(mut self, filter: impl Fn(&Case) -> bool + Send + Sync + 'static) -> Self {
        self.filters.push(Box::new(filter));
        self
    }

    /// The command that runs one case alone, but for the name of the case, which follows it: `prove --case`. A failure
    /// tells it.
    pub fn alone(mut self, command: impl Into<String>) -> Self {
        self.alone = Alone::Command(command.into());
        self
    }

    /// Tells of every case as soon as it has ended, in the order in which they end.
    pub fn on_case(mut self, on_case: impl FnMut(&CaseResult) + Send + 'static) -> Self {
        self.on_case = Some(Box::new(on_case));
        self
    }

    /// Runs that many cases at a time, at least one.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Runs the cases. If the future is dropped, those that run end, and no other begins.
    pub async fn run(mut self) -> Report {
        let begin = Instant::now();
        let plan = Arc::new(Plan::of(&*self.subject));
        let selected: Vec<&'static Case> = cases().filter(|case| self.selects(case)).collect();
        let partial = selected.len() < cases().count();
        let mut problems = self.problems(&plan);
        let (mut results, mut undeclared) = (Vec::new(), Vec::new());
        let expected = selected.len();
        let (sender, mut receiver) = unbounded_channel();
        let crew = Crew {
            queue: Mutex::new(selected.into_iter().enumerate()),
            subject: self.subject,
            plan: Arc::clone(&plan),
            sender,
        };
        problems.extend(crew.begin(self.threads, !partial));
        while let Some(event) = receiver.recv().await {
            match event {
                Event::Case(at, result) => {
                    if let Some(on_case) = &mut self.on_case {
                        on_case(&result);
                    }
                    results.push((at, result));
                }
                Event::Undeclared(found) => undeclared = found,
            }
        }
        if results.len() < expected {
            let lost = expected - results.len();
            problems.push(format!("{lost} cases gave no result: the thread that ran them ended"));
        }
        results.sort_by_key(|(at, _)| *at);
        Report::new(Run {
            plan,
            alone: self.alone,
            partial,
            results: results.into_iter().map(|(_, result)| result).collect(),
            undeclared,
            problems,
            elapsed: begin.elapsed(),
        })
    }

    fn selects(&self, case: &Case) -> bool {
        let of_group = self.groups.is_empty() || self.groups.iter().any(|group| group == case.group());
        of_group && self.filters.iter().all(|filter| filter(case))
    }

    fn problems(&self, plan: &Plan) -> Vec<String> {
        let unknown = self
            .groups
            .iter()
            .filter(|group| !cases().any(|case| case.group() == *group));
        let unknown = unknown.map(|group| format!("there is no group {group:?}; `cases()` names them all"));
        plan.problems().into_iter().chain(unknown).collect()
    }
}

impl fmt::Debug for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validation")
            .field("subject", &self.subject)
            .field("groups", &self.groups)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// What a thread tells the run.
enum Event {
    /// A case, by its place in the suite.
    Case(usize, CaseResult),
    /// What works without being declared.
    Undeclared(Vec<String>),
}

/// The threads that run the cases, and what they share.
struct Crew {
    queue: Mutex<Enumerate<IntoIter<&'static Case>>>,
    subject: Arc<dyn Subject>,
    plan: Arc<Plan>,
    sender: UnboundedSender<Event>,
}

impl Crew {
    /// Starts that many threads. What went wrong, if anything.
    fn begin(self, threads: usize, probe: bool) -> Option<String> {
        let work = move || {
            thread::scope(|scope| {
                for _ in 1..threads {
                    // Where the system gives no further thread, the others do the work.
                    let _ = thread::Builder::new().spawn_scoped(scope, || self.work());
                }
                self.work();
            });
            if probe && !self.sender.is_closed() {
                let found = probes::undeclared(&self.subject, &self.plan.declared);
                // Nobody listens when the run was given up.
                let _ = self.sender.send(Event::Undeclared(found));
            }
        };
        let thread = thread::Builder::new().name("kvs-conformance".to_owned()).spawn(work);
        let error = thread.err()?;
        Some(format!("the system gave no thread to run the cases: {error}"))
    }

    /// Runs cases until none is left or nobody listens.
    fn work(&self) {
        let next = || self.queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some((at, case)) = next() {
            let gone = self.sender.is_closed();
            if gone
                || self
                    .sender
                    .send(Event::Case(at, timed(case, &self.subject, &self.plan)))
                    .is_err()
            {
                return;
            }
        }
    }
}
