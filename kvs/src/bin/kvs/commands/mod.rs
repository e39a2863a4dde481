//! What each command does.

pub(crate) mod conformance;
mod doctor;
mod documents;
mod import;
mod info;
mod list;
mod shell;
mod values;

use crate::args::{Cli, Command, DocCommand, KeyArgs};
use crate::demo;
use crate::failure::Failure;
use crate::run::Run;

/// Runs a command to its end: the answer is written, the store is closed.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let mut run = Run::new(cli.global);
    let result = dispatch(&mut run, cli.command).await;
    run.end(result).await
}

async fn dispatch(run: &mut Run, command: Command) -> Result<(), Failure> {
    match command {
        Command::Get(KeyArgs { key }) => values::get(run, &key).await,
        Command::Set(args) => values::set(run, args).await,
        Command::Delete(args) => values::delete(run, args).await,
        Command::Take(KeyArgs { key }) => values::take(run, &key).await,
        Command::Incr { counter, by } => values::increment(run, &counter.key, by).await,
        Command::Stat(KeyArgs { key }) => values::stat(run, &key).await,
        Command::Touch { entry, ttl } => values::touch(run, &entry.key, ttl).await,
        Command::List(args) => list::list(run, args).await,
        Command::Doc(command) => document(run, command).await,
        Command::Info => info::info(run).await,
        Command::Conformance(args) => conformance::conformance(run, args).await,
        Command::Doctor => doctor::doctor(run).await,
        Command::Demo => demo::run(run).await,
        Command::Completions { shell } => shell::completions(run, shell),
        Command::Man { command } => shell::man(run, &command),
    }
}

async fn document(run: &mut Run, command: DocCommand) -> Result<(), Failure> {
    match command {
        DocCommand::Put { document, content } => documents::put(run, document, content).await,
        DocCommand::Get(document) => documents::get(run, &document).await,
        DocCommand::Delete(document) => documents::delete(run, &document).await,
        DocCommand::Query(args) => documents::query(run, args).await,
        DocCommand::Import(args) => import::import(run, args).await,
    }
}
