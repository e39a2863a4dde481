//! Completions for shells, and manual pages.

use clap::CommandFactory;
use clap_complete::Shell;
use kvs::Error;

use crate::args::Cli;
use crate::failure::Failure;
use crate::run::Run;

pub(crate) fn completions(run: &mut Run, shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "kvs", &mut script);
    run.out.bytes(&script)
}

pub(crate) fn man(run: &mut Run, path: &[String]) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    for name in path {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| Error::invalid_argument("there is no such command; kvs --help lists them"))?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Error::backend("the page cannot be written").with_source(error))?;
    run.out.bytes(&page)
}
