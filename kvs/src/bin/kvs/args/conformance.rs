//! What can be typed after `kvs conformance`.

use std::path::PathBuf;

use clap::Args;
use kvs::Error;
use kvs_conformance::cases;

use crate::commands::conformance::{RunName, parse_file};

pub(crate) const ABOUT: &str = "\
Runs the conformance suite on the store: every rule of the contract that all stores of kvs keep is executed here, on the \
clock of the wall, and the report tells which hold. The exit status is 4 if one does not.

The store has to be there. Each case works in namespaces of its own, conformance-RUN-1 and so on, which are removed after \
it. No other key, document or namespace is read or changed, whatever --namespace says. In the end nothing is left, but that \
a SQLite file may have grown, and is in WAL mode as after any write. DynamoDB charges for the requests.

Ctrl-C stops it, and removes what it has made; a second one ends it at once. If it was killed, or ended by --timeout, \
namespaces stay: its first line on standard error names the RUN, and conformance --clean RUN removes them.";

pub(crate) const EXAMPLES: &str = "\
Examples:  kvs --url memory: conformance
           kvs --url sqlite:app.db conformance --group ttl --group wall
           kvs --url sqlite:app.db conformance --report store.md --report store.json
           kvs --url 'dynamodb://app?region=eu-west-1' conformance --clean 5f0c2a9b7d13";

#[derive(Args)]
pub(crate) struct ConformanceArgs {
    /// Runs the cases of this group; may be repeated
    #[arg(long, value_name = "G", value_parser = parse_group)]
    pub(crate) group: Vec<String>,
    // Not a comment of rustdoc's, which would want the name in backquotes.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = parse_case,
        conflicts_with = "group",
        help = "Runs this case, such as basics::the_second_set_wins; may be repeated"
    )]
    pub(crate) case: Vec<String>,
    /// Writes the report to this file as well, .md or .json; may be repeated
    #[arg(long, value_name = "FILE", value_parser = parse_file)]
    pub(crate) report: Vec<PathBuf>,
    /// Removes what a run has left that was killed, and runs nothing
    #[arg(long, value_name = "RUN", conflicts_with_all = ["group", "case", "report"])]
    pub(crate) clean: Option<RunName>,
}

fn parse_group(name: &str) -> Result<String, Error> {
    if cases().any(|case| case.group() == name) {
        return Ok(name.to_owned());
    }
    let mut groups: Vec<&str> = cases().map(kvs_conformance::Case::group).collect();
    groups.dedup();
    Err(Error::invalid_argument(format!(
        "there is no such group; there are {}",
        groups.join(", ")
    )))
}

fn parse_case(name: &str) -> Result<String, Error> {
    if cases().any(|case| case.name() == name) {
        return Ok(name.to_owned());
    }
    Err(Error::invalid_argument(
        "there is no case of that name; a failed one is told with its name",
    ))
}
