//! What can be typed: the commands, their arguments, and the help.

mod conformance;
mod doc;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use kvs::{Error, Ttl, parse_duration};

pub(crate) use self::conformance::ConformanceArgs;
pub(crate) use self::doc::{DocArgs, DocCommand, ImportArgs, QueryArgs};

const AFTER_HELP: &str = "\
The store is the one of --url, else of --config, else of $KVS_URL, else sqlite:kvs.db.
Only set, incr, doc put, doc import and demo create a store that is not there.

Durations: 250ms, 90s, 15m, 12h, 30d. A key that begins with a dash goes after --: kvs get -- -key

Exit status:
  0  done
  1  not found
  2  a mistake in the command line, an argument, a document or the configuration
  3  conflict: a condition failed, nothing was written
  4  anything else: unreachable, busy, denied, full, corrupt, out of time

Try:  kvs demo";

/// Looks into a key-value store, and scripts it: values with an expiry, counters, JSON documents.
#[derive(Parser)]
#[command(name = "kvs", version, after_help = AFTER_HELP, max_term_width = 100, subcommand_required = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes, before or after its name.
#[derive(Args, Clone)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    // Read later, not by clap: its messages repeat what was typed, and a URL may hold a credential.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "The store: memory:, sqlite:app.db, sqlite:///abs/app.db?busy_timeout=5s, dynamodb://table?region=eu-west-1"
    )]
    pub(crate) url: Option<OsString>,
    /// The store, from a YAML, JSON or TOML file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Works in this namespace of the store
    #[arg(long, global = true, value_name = "NS")]
    pub(crate) namespace: Option<String>,
    /// Answers in JSON, one value a line; errors too, on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Gives up after this time
    #[arg(long, global = true, value_name = "DUR", value_parser = parse_timeout, allow_hyphen_values = true)]
    pub(crate) timeout: Option<Duration>,
    /// Says what caused an error
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Reads a value: exactly its bytes
    #[command(
        long_about = "Reads a value: exactly its bytes. A line end is added only if standard output is a terminal. With \
                      --json: {\"key\":…,\"value\":…}, or \"value_base64\" where the value is not UTF-8.",
        after_help = "Example:  kvs get greeting"
    )]
    Get(KeyArgs),
    /// Writes a value
    ///
    /// Prints nothing; with --json the new version. Other users of the machine can see arguments: give secrets through
    /// standard input.
    #[command(after_help = "Examples:  kvs set greeting hello --ttl 90s\n           kvs set logo < logo.png")]
    Set(SetArgs),
    /// Removes keys; absent ones are fine
    ///
    /// With --prefix it asks first if it runs on a terminal.
    #[command(after_help = "Examples:  kvs delete greeting logo\n           kvs delete --prefix session: --yes")]
    Delete(DeleteArgs),
    /// Reads a value and removes it, in one step
    #[command(after_help = "Example:  kvs take ticket:17")]
    Take(KeyArgs),
    /// Adds to a counter and prints the new number
    ///
    /// An absent counter is 0. A counter is a decimal number of 64 bits; its expiry stays as it is.
    #[command(after_help = "Examples:  kvs incr visits\n           kvs incr stock -3")]
    Incr {
        #[command(flatten)]
        counter: KeyArgs,
        /// How much to add, may be negative
        #[arg(default_value = "1", allow_hyphen_values = true, value_name = "BY", value_parser = parse_by)]
        by: i64,
    },
    /// Shows length, version and expiry of a value, not the value
    #[command(after_help = "Example:  kvs stat greeting")]
    Stat(KeyArgs),
    /// Changes the expiry of a value, nothing else; prints the new version
    #[command(after_help = "Examples:  kvs touch session:9f86 --ttl 30m\n           kvs touch greeting --ttl never")]
    Touch {
        #[command(flatten)]
        entry: KeyArgs,
        /// The time from now, or never
        #[arg(long, value_name = "DUR", value_parser = parse_ttl, allow_hyphen_values = true)]
        ttl: Ttl,
    },
    /// Lists keys in the order of their bytes
    ///
    /// One a line; a key that holds a control character or begins with a quote is shown as a JSON string.
    #[command(
        after_help = "Examples:  kvs list session:\n           kvs list chat:42: --reverse --limit 10\n           kvs list -0 tmp: | xargs -0 -r kvs delete --"
    )]
    List(ListArgs),
    /// Documents: JSON objects in named collections
    #[command(subcommand)]
    Doc(DocCommand),
    /// Looks for what is wrong with the store or its configuration, and says how to mend it
    ///
    /// One finding a line: ok, warning or bad. Nothing is created or changed. The exit status is 4 if one is bad.
    #[command(after_help = "Examples:  kvs --url sqlite:app.db doctor\n           kvs --config kvs.yaml doctor --json")]
    Doctor,
    /// Runs the conformance suite on the store, in namespaces of its own that it removes
    #[command(long_about = conformance::ABOUT, after_help = conformance::EXAMPLES)]
    Conformance(ConformanceArgs),
    /// Shows the backend, its limits and what it promises
    #[command(after_help = "Example:  kvs --url sqlite:app.db info")]
    Info,
    /// The tour: sessions, a cache, documents, a conversation; each step with the call that made it
    ///
    /// It runs on a temporary SQLite file, or on the store of --url or --config in a namespace of its own, kvs-demo,
    /// which it empties first and leaves to look into.
    #[command(
        after_help = "Examples:  kvs demo\n           kvs --url sqlite:demo.db demo\n           kvs --url 'dynamodb://demo?endpoint_url=http://127.0.0.1:8000&create_table=true' demo"
    )]
    Demo,
    /// Prints completions for a shell
    #[command(after_help = "Example:  kvs completions bash > ~/.local/share/bash-completion/completions/kvs")]
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Prints the manual page of kvs, or of one command
    #[command(after_help = "Examples:  kvs man > kvs.1\n           kvs man doc query | man -l -")]
    Man {
        /// Such as: doc query
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct KeyArgs {
    /// The key: 1 to 1,024 bytes
    pub(crate) key: String,
}

#[derive(Args)]
pub(crate) struct SetArgs {
    /// The key: 1 to 1,024 bytes
    pub(crate) key: String,
    /// The value; - or none: standard input, to its end
    #[arg(allow_negative_numbers = true)]
    pub(crate) value: Option<OsString>,
    /// How long the value lives; keep leaves the expiry as it is, 0s is never [default: never]
    #[arg(
        long,
        value_name = "DUR",
        value_parser = parse_ttl,
        default_value = "never",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) ttl: Ttl,
    /// Only if the key is absent; else conflict
    #[arg(long)]
    pub(crate) if_absent: bool,
    /// Only if the value has this version; else conflict
    #[arg(long, value_name = "V", conflicts_with = "if_absent")]
    pub(crate) if_version: Option<String>,
}

#[derive(Args)]
pub(crate) struct DeleteArgs {
    /// The keys
    #[arg(value_name = "KEY", required_unless_present = "prefix", conflicts_with = "prefix")]
    pub(crate) keys: Vec<String>,
    /// All keys that start with this; the empty prefix means all keys
    #[arg(long, value_name = "P")]
    pub(crate) prefix: Option<String>,
    /// Does not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// What the keys start with
    #[arg(default_value = "", hide_default_value = true)]
    pub(crate) prefix: String,
    /// Only keys beyond this one, in the direction of the listing
    #[arg(long, value_name = "KEY")]
    pub(crate) after: Option<String>,
    /// At most so many keys
    #[arg(long, value_name = "N", value_parser = parse_limit)]
    pub(crate) limit: Option<usize>,
    /// From the last key to the first
    #[arg(long)]
    pub(crate) reverse: bool,
    /// Ends each key with a NUL instead of a line end, and quotes nothing
    #[arg(short = '0', long, conflicts_with_all = ["long", "json"])]
    pub(crate) null: bool,
    /// Shows when each key expires, before the key
    #[arg(long)]
    pub(crate) long: bool,
}

/// `never`, `keep` or a duration.
fn parse_ttl(text: &str) -> Result<Ttl, Error> {
    match text {
        "never" => Ok(Ttl::Never),
        "keep" => Ok(Ttl::Keep),
        duration => parse_duration(duration).map(Ttl::from),
    }
}

fn parse_timeout(text: &str) -> Result<Duration, Error> {
    match parse_duration(text)? {
        Duration::ZERO => Err(Error::invalid_argument("a timeout of zero lets nothing happen")),
        timeout => Ok(timeout),
    }
}

fn parse_by(text: &str) -> Result<i64, Error> {
    let wanted = || Error::invalid_argument("a whole number of 64 bits is added, such as 5 or -3");
    text.parse().map_err(|_| wanted())
}

fn parse_limit(text: &str) -> Result<usize, Error> {
    match text.parse() {
        Ok(0) => Err(Error::invalid_argument("the limit is 0; ask for at least 1")),
        Ok(limit) => Ok(limit),
        Err(_) => Err(Error::invalid_argument("a limit is a whole number from 1")),
    }
}
