//! `conformance`: the suite, on a live store.
//!
//! | file | holds |
//! |---|---|
//! | `live.rs` | the store as a subject |
//! | `rooms.rs` | the namespaces of a run: made, written down, removed |
//! | `noted.rs` | the store that a case gets, which notes collections |
//! | `report.rs` | progress, and the files of a report |
//! | `interrupt.rs` | Ctrl-C |

mod interrupt;
mod live;
mod noted;
mod report;
mod rooms;

use std::pin::pin;
use std::sync::Arc;

use kvs::{Config, Error};
use kvs_conformance::{Report, Validation, Verdict, cases};
use serde_json::json;

use self::interrupt::Interrupts;
use self::live::Live;
use self::report::Progress;
pub(crate) use self::report::parse_file;
use self::rooms::Rooms;
pub(crate) use self::rooms::RunName;
use crate::args::{ConformanceArgs, Global};
use crate::failure::Failure;
use crate::run::{Run, config, refuse_missing_file};
use crate::text::shell;

pub(crate) async fn conformance(run: &mut Run, args: ConformanceArgs) -> Result<(), Failure> {
    let config = live_config(run.global())?;
    if let Some(name) = args.clean {
        return clean(run, config, name).await;
    }
    for file in &args.report {
        report::check(file)?;
    }
    // Before the first namespace is made.
    let mut interrupts = Interrupts::new();
    let live = Arc::new(Live::begin(config).await?);
    let command = command(run.global());
    if let Some(rooms) = live.rooms() {
        announce(run.global(), &command, rooms.run());
    }
    let (report, stopped) = validate(&live, &args, &command, &mut interrupts).await;
    let removed = match report {
        Some(_) => end(&live, &mut interrupts).await,
        None => Err(Error::unavailable("the run was ended in the middle")),
    };
    let removed = removed.map_err(|error| left(error, &live, &command));
    let Some(report) = report.filter(|_| !stopped) else {
        removed?;
        return Err(Error::unavailable("the run was interrupted; nothing of it is left").into());
    };
    let shown = show(run, &report);
    let written = args.report.iter().try_for_each(|file| report::write(file, &report));
    // First what is still there, because nobody else tells of it.
    removed?;
    shown?;
    written?;
    if report.passed() {
        Ok(())
    } else {
        Err(Failure::BadFinding)
    }
}

/// Removes what a run has left that was killed.
async fn clean(run: &mut Run, config: Config, name: RunName) -> Result<(), Failure> {
    let removed = match Rooms::of_run(config, name).await? {
        Some(rooms) => rooms.end().await?,
        None => 0,
    };
    run.out.fields(&[("removed", json!(removed))])
}

/// The store, which has to be there: only namespaces are made, and whatever the configuration says of them.
fn live_config(global: &Global) -> Result<Config, Error> {
    let mut config = config(global)?;
    match config.kind.as_str() {
        "dynamodb" => {
            config.options.remove("create_table");
            config.options.remove("create");
        }
        "sqlite" => {
            refuse_missing_file(&config)?;
            config.options.remove("create");
        }
        _ => {}
    }
    Ok(config)
}

/// Runs the cases, to the end, or to the first interrupt: those that run then end by themselves, and no other begins. After
/// a second one there is no report. Tells whether there was one.
async fn validate(
    live: &Arc<Live>,
    args: &ConformanceArgs,
    command: &str,
    interrupts: &mut Interrupts,
) -> (Option<Report>, bool) {
    let (groups, named) = (args.group.clone(), args.case.clone());
    let selected = move |case: &kvs_conformance::Case| {
        (groups.is_empty() || groups.iter().any(|group| group == case.group()))
            && (named.is_empty() || named.contains(&case.name()))
    };
    let progress = Progress::new(cases().filter(|case| selected(case)).count());
    let shown = progress.clone();
    let validation = Validation::new(Arc::clone(live))
        .alone(format!("{command} conformance --case"))
        .on_case(move |result| shown.tell(result));
    // Without a filter the run is a whole one, and reaches levels.
    let validation = if args.group.is_empty() && args.case.is_empty() {
        validation
    } else {
        validation.cases(selected)
    };
    let mut run = pin!(validation.run());
    let mut stopped = false;
    let report = loop {
        tokio::select! {
            report = &mut run => break Some(report),
            () = interrupts.next() => {
                if stopped {
                    break None;
                }
                stopped = true;
                live.stop();
            }
        }
    };
    progress.end();
    (report, stopped)
}

/// Removes what the run has made, unless an interrupt comes first.
async fn end(live: &Live, interrupts: &mut Interrupts) -> Result<(), Error> {
    tokio::select! {
        ended = live.end() => ended,
        () = interrupts.next() => Err(Error::unavailable("the removal was interrupted")),
    }
}

fn show(run: &mut Run, report: &Report) -> Result<(), Failure> {
    if run.out.json {
        return run.out.json(&report.to_json());
    }
    for result in report.results() {
        if let Verdict::Failed(failed) = result.verdict() {
            let (name, rule) = (result.name(), result.case().rule());
            run.out.line(&format!("{name}\nrule: {rule}\n{failed}\n"))?;
        }
    }
    run.out.line(report.to_string().trim_end())
}

/// Says under which names the run works, so that what it leaves if it is killed can be removed.
fn announce(global: &Global, command: &str, run: &RunName) {
    let clean = format!("{command} conformance --clean {run}");
    if global.json {
        eprintln!("{}", json!({ "run": run.to_string(), "clean": clean }));
    } else {
        eprintln!(
            "kvs: works in the namespaces {}…; if it is killed, remove them: {clean}",
            run.ledger()
        );
    }
}

fn left(error: Error, live: &Live, command: &str) -> Error {
    match live.rooms() {
        Some(rooms) => {
            let message = format!(
                "namespaces of the run are left; {command} conformance --clean {} removes them",
                rooms.run()
            );
            Error::backend(message).with_source(error)
        }
        None => error,
    }
}

/// How a command on this store begins. What was typed as URL was opened, so that it holds no credential.
fn command(global: &Global) -> String {
    let url = global.url.as_ref().and_then(|url| url.to_str());
    match (url, &global.config) {
        (Some(url), _) => format!("kvs --url {}", shell(url)),
        (None, Some(file)) => format!("kvs --config {}", shell(&file.display().to_string())),
        (None, None) => "kvs".to_owned(),
    }
}
