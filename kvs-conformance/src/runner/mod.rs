//! Runs cases, each on a thread of its own, under the eyes of one that gives it up when it hangs.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | one case |
//! | `plan.rs` | which cases run, and why the others do not |
//! | `harness.rs`, `arguments.rs`, `alone.rs` | `main`: all of them, as a test harness |
//! | `validation.rs` | all of them, for a program |
//! | `probes.rs` | what works without being declared |

mod alone;
mod arguments;
pub(crate) mod harness;
mod plan;
mod probes;
pub(crate) mod validation;

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::runtime::Builder;

pub(crate) use self::alone::Alone;
pub(crate) use self::plan::Plan;
use crate::case::{Case, Verdict, cases};
use crate::context::Context;
use crate::failed::Failed;
use crate::report::CaseResult;
use crate::subject::Subject;

/// How long work that a case left behind may take to end.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// Groups whose cases do one thing at a time. They run on a current-thread runtime, all others on two workers: so every
/// store is seen on both kinds, and no thread is started for nothing.
const ONE_AT_A_TIME: &[&str] = &[
    "traits", "basics", "keys", "values", "limits", "wall", "evicting", "batch", "filters", "metadata", "errors",
    "security",
];

/// Runs one case, by the name that [`Case::name`] gives. `None` if there is no such case.
///
/// It runs on a runtime of its own, is given up after [`Subject::patience`], and a panic is a failure. Do not call it from
/// asynchronous code: it blocks.
pub fn run(subject: &Arc<dyn Subject>, name: &str) -> Option<Verdict> {
    let case = cases().find(|case| case.is_named(name))?;
    Some(verdict(case, subject, &Plan::of(&**subject)))
}

/// The same, with the time that it took.
fn timed(case: &'static Case, subject: &Arc<dyn Subject>, plan: &Plan) -> CaseResult {
    let begin = Instant::now();
    let verdict = verdict(case, subject, plan);
    CaseResult::new(case, verdict, begin.elapsed())
}

fn verdict(case: &'static Case, subject: &Arc<dyn Subject>, plan: &Plan) -> Verdict {
    if let Some(reason) = plan.reason_against(case) {
        return Verdict::NotApplicable(reason);
    }
    let workers = if ONE_AT_A_TIME.contains(&case.group) { 1 } else { 2 };
    match supervise(case.name(), Arc::clone(subject), workers, case.run) {
        Ok(()) => Verdict::Passed,
        Err(failed) => Verdict::Failed(failed),
    }
}

/// Does the work on a thread of its own, so that work which blocks its runtime is noticed too.
fn supervise<T: Send + 'static>(
    name: String,
    subject: Arc<dyn Subject>,
    workers: usize,
    work: Work<T>,
) -> Result<T, Failed> {
    let patience = subject.patience();
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().name(name).spawn(move || {
        // The receiver is gone only when the case was given up.
        let _ = sender.send(execute(subject, patience, workers, work));
    });
    if let Err(error) = thread {
        return Err(format!("the system gave no thread to run the case: {error}").into());
    }
    receiver.recv_timeout(patience).unwrap_or_else(|error| {
        Err(match error {
            RecvTimeoutError::Timeout => format!("the case hangs: it did not end within {patience:?}").into(),
            RecvTimeoutError::Disconnected => "the subject panicked beside the case, in `release` for instance".into(),
        })
    })
}

/// What a case does, or a probe.
type Work<T> = fn(Context) -> BoxFuture<'static, Result<T, Failed>>;

fn execute<T: Send + 'static>(
    subject: Arc<dyn Subject>,
    patience: Duration,
    workers: usize,
    work: Work<T>,
) -> Result<T, Failed> {
    let mut builder = if workers == 1 {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    let runtime = builder.worker_threads(workers).enable_all().build();
    let runtime = runtime.map_err(|error| Failed::from(format!("there is no runtime: {error}")))?;
    let context = Context::new(subject);
    // A task of its own: its panic is caught, and it runs as a program's tasks do, on a worker if there are any.
    let outcome = runtime.block_on(runtime.spawn(work(context.clone())));
    runtime.shutdown_timeout(patience.min(SHUTDOWN));
    // Its own, because what the case left behind ended with the other.
    if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
        runtime.block_on(context.release());
    }
    // Only now, because the site's directory goes with the last context.
    drop(context);
    outcome?
}
