//! Errors as the user of a shell sees them: one line, and an exit status.

use std::error::Error as StdError;
use std::io::Write;
use std::process::ExitCode;

use kvs::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::text::one_line;

/// Why a command ended early.
pub(crate) enum Failure {
    /// Whoever read the output has had enough: no error, and nothing to say.
    ClosedPipe,
    /// What is bad was told on standard output.
    BadFinding,
    /// Anything that goes to standard error.
    Error(Error),
    /// A line of an import that cannot be stored: those before it are, none after it is.
    Line { number: u64, imported: u64, error: Error },
    /// A line of an import that the store failed to write while others were on their way.
    Write { number: u64, imported: u64, error: Error },
}

impl Failure {
    /// Tells what happened on standard error, and gives the exit status.
    pub(crate) fn report(&self, as_json: bool, verbose: bool) -> ExitCode {
        let Some(error) = self.error() else {
            return match self {
                Self::BadFinding => ExitCode::from(4),
                _ => ExitCode::SUCCESS,
            };
        };
        let text = if as_json {
            format!("{}\n", self.json(error, verbose))
        } else {
            self.text(error, verbose)
        };
        // Where standard error is closed too, the exit status is all that can be told.
        let _ = std::io::stderr().write_all(text.as_bytes());
        ExitCode::from(status(error.kind()))
    }

    fn error(&self) -> Option<&Error> {
        match self {
            Self::ClosedPipe | Self::BadFinding => None,
            Self::Error(error) | Self::Line { error, .. } | Self::Write { error, .. } => Some(error),
        }
    }

    fn text(&self, error: &Error, verbose: bool) -> String {
        let told = format!("{}\n", with_name(&self.message(error)));
        let causes = causes(error).filter(|_| verbose);
        std::iter::once(told)
            .chain(causes.map(|cause| format!("  caused by: {cause}\n")))
            .collect()
    }

    fn json(&self, error: &Error, verbose: bool) -> Value {
        let mut fields = json!({ "kind": error.kind().to_string(), "message": self.message(error) });
        if let Self::Line { number, imported, .. } | Self::Write { number, imported, .. } = self {
            fields["line"] = json!(number);
            fields["imported"] = json!(imported);
        }
        if verbose {
            fields["causes"] = causes(error).collect();
        }
        json!({ "error": fields })
    }

    fn message(&self, error: &Error) -> String {
        let message = one_line(&error.to_string());
        match self {
            Self::Line { number, imported, .. } => {
                format!("line {number}: {message} ({imported} documents before it are stored, none after it)")
            }
            Self::Write { number, imported, .. } => {
                format!("line {number}: {message} ({imported} documents are stored; the same import may be repeated)")
            }
            _ => message,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A mistake in the command line, as clap tells it: help and version on standard output, all else on one line.
pub(crate) fn usage(error: &clap::Error, as_json: bool) -> ExitCode {
    if !error.use_stderr() {
        let shown = error.print();
        if shown.is_ok() || is_closed_pipe(&shown) {
            return ExitCode::SUCCESS;
        }
        let _ = std::io::stderr().write_all(b"kvs: standard output cannot be written; is its disk full?\n");
        return ExitCode::from(4);
    }
    let bare = error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    let rendered = if is_one_too_many(error) {
        "there is an argument too many, or one in the wrong place".to_owned()
    } else {
        wrong_value(error).unwrap_or_else(|| error.render().to_string())
    };
    let text = match (as_json, bare) {
        (false, true) => rendered,
        (false, false) => format!("kvs: {}\n", usage_message(&rendered)),
        (true, true) => usage_json("a command is missing; see kvs --help"),
        (true, false) => usage_json(&usage_message(&rendered)),
    };
    let _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(2)
}

/// Is it an argument that no option or command looks like? clap would repeat it, and it may be a value or a credential.
fn is_one_too_many(error: &clap::Error) -> bool {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let (kind, plain): (_, fn(char) -> bool) = match error.kind() {
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, |c| c.is_ascii_lowercase() || c == '-'),
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, |c| c.is_ascii_lowercase()),
        _ => return false,
    };
    let Some(ContextValue::String(argument)) = error.get(kind) else {
        return false;
    };
    let is_option = kind == ContextKind::InvalidArg;
    !argument.chars().all(plain) || is_option != argument.starts_with('-')
}

/// The argument and what is wrong with its value, without the value, which clap would repeat.
fn wrong_value(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let told = StdError::source(error)?;
    match error.get(ContextKind::InvalidArg)? {
        ContextValue::String(argument) if error.kind() == ErrorKind::ValueValidation => {
            Some(format!("{argument}: {told}"))
        }
        _ => None,
    }
}

fn usage_json(message: &str) -> String {
    format!("{}\n", json!({ "error": { "kind": "Usage", "message": message } }))
}

/// The exit status of an error of this kind.
fn status(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::NotFound => 1,
        ErrorKind::InvalidKey
        | ErrorKind::InvalidArgument
        | ErrorKind::InvalidDocument
        | ErrorKind::TooLarge
        | ErrorKind::Unsupported
        | ErrorKind::Config => 2,
        ErrorKind::Conflict => 3,
        _ => 4,
    }
}

/// The message after `kvs: `, which those of the facade begin with already.
fn with_name(message: &str) -> String {
    if message.starts_with("kvs: ") {
        message.to_owned()
    } else {
        format!("kvs: {message}")
    }
}

fn causes(error: &Error) -> impl Iterator<Item = String> {
    std::iter::successors(StdError::source(error), |cause| (*cause).source()).map(|cause| one_line(&cause.to_string()))
}

fn is_closed_pipe(shown: &std::io::Result<()>) -> bool {
    shown
        .as_ref()
        .is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// What clap says, without its `error:`, its usage line and its line ends.
fn usage_message(rendered: &str) -> String {
    let told = rendered.split("\nUsage:").next().unwrap_or(rendered);
    let told = told.split("\nFor more information").next().unwrap_or(told);
    let told = told.strip_prefix("error: ").unwrap_or(told);
    let sentences: Vec<String> = told
        .split("\n\n")
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|part| !part.is_empty())
        .collect();
    format!("{}; see kvs --help", sentences.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_what_the_help_says() {
        let cases = [
            (Error::NotFound, 1),
            (Error::invalid_key("k"), 2),
            (Error::invalid_argument("a"), 2),
            (Error::invalid_document("d"), 2),
            (Error::too_large("value", "bytes", 2, 1), 2),
            (Error::config("c"), 2),
            (Error::unsupported("u"), 2),
            (Error::conflict(["k"]), 3),
            (Error::timeout("t"), 4),
            (Error::unavailable("u"), 4),
            (Error::full("f"), 4),
            (Error::read_only("r"), 4),
            (Error::permission_denied("p"), 4),
            (Error::corrupt("c"), 4),
            (Error::incompatible("i"), 4),
            (Error::backend("b"), 4),
            (Error::closed(), 4),
        ];
        for (error, expected) in cases {
            assert_eq!(status(error.kind()), expected, "{error}");
        }
    }

    #[test]
    fn a_message_is_one_line_and_begins_with_the_name_once() {
        let failure = Failure::from(Error::config("two\nlines").during("kvs", "open"));
        let error = failure.error().unwrap();
        assert_eq!(failure.text(error, false), "kvs: open: two lines\n");
        let failure = Failure::from(Error::config("x").during("sqlite", "open"));
        assert_eq!(failure.text(failure.error().unwrap(), false), "kvs: sqlite: open: x\n");
    }

    #[test]
    fn causes_are_told_on_demand_only() {
        let error = Error::unavailable("busy").with_source(std::io::Error::other("inner"));
        let failure = Failure::from(error);
        let error = failure.error().unwrap();
        assert_eq!(failure.text(error, true), "kvs: busy\n  caused by: inner\n");
        assert_eq!(failure.json(error, true)["error"]["causes"], json!(["inner"]));
        assert_eq!(
            failure.json(error, false),
            json!({ "error": { "kind": "Unavailable", "message": "busy" } })
        );
    }

    #[test]
    fn what_clap_says_becomes_one_line() {
        let rendered =
            "error: unrecognized subcommand 'gett'\n\n  tip: a similar subcommand exists: 'get'\n\nUsage: kvs\n";
        assert_eq!(
            usage_message(rendered),
            "unrecognized subcommand 'gett'; tip: a similar subcommand exists: 'get'; see kvs --help"
        );
    }
}
