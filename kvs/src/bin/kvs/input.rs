//! Standard input, and JSON from it.

use std::ffi::OsString;
#[cfg(unix)]
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};

use kvs::{Bytes, Error, Map, Value};

/// How many bytes of JSON text are taken for each byte that a document may have: white space and escapes make text
/// longer than what is stored.
pub(crate) const TEXT_PER_BYTE: usize = 16;

/// What an argument gives, or standard input to its end if there is none or it is `-`. From standard input no more than
/// `limit` bytes are held.
///
/// # Errors
///
/// `TooLarge` with the full length.
pub(crate) async fn argument_or_stdin(
    argument: Option<OsString>,
    what: &'static str,
    limit: usize,
) -> Result<Bytes, Error> {
    match argument {
        // On Unix an argument is bytes, and they are taken as they are.
        Some(argument) if argument != "-" => Ok(argument.into_encoded_bytes().into()),
        // On a thread of its own, so that --timeout holds while nothing comes.
        _ => tokio::task::spawn_blocking(move || read_stdin(what, limit))
            .await
            .map_err(|error| Error::backend("standard input cannot be read").with_source(error))?,
    }
}

/// Reads an object.
///
/// # Errors
///
/// `InvalidDocument`, which says where; never with a part of the text, which may be secret.
pub(crate) fn parse_object(text: &[u8], what: &str) -> Result<Map<String, Value>, Error> {
    let text = without_mark(text);
    if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        return Err(Error::invalid_document(format!("{what} is UTF-16; save it as UTF-8")));
    }
    let value = serde_json::from_slice(text).map_err(|error| {
        // `serde_json` has no code for it, and "correct it at column 128" would be of no help.
        if error.to_string().starts_with("recursion limit exceeded") {
            return Error::invalid_document(format!(
                "{what} nests more than 32 levels of arrays and objects; flatten it"
            ));
        }
        let (line, column) = (error.line(), error.column());
        let place = if what == "the line" {
            String::new()
        } else {
            format!("line {line}, ")
        };
        Error::invalid_document(format!("{what} is not JSON; correct it at {place}column {column}"))
    })?;
    if kvs::json_rounds_an_integer(text) {
        return Err(Error::invalid_document(format!(
            "{what} holds a number that fits neither i64 nor u64, and would be rounded; store it as a string"
        )));
    }
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Error::invalid_document(format!(
            "{what} is not a JSON object; wrap other values in one"
        ))),
    }
}

/// The text without the byte order mark that some editors put at the begin of a file.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

/// Refuses a standard input from which nobody meant to read.
///
/// # Errors
///
/// `InvalidArgument` where it is the null device, which Rust also puts in the place of one that is closed.
#[cfg(unix)]
pub(crate) fn demand_stdin(what: &str) -> Result<(), Error> {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let (Ok(stdin), Ok(null)) = (stdin.and_then(|stdin| stdin.metadata()), fs::metadata("/dev/null")) else {
        return Ok(());
    };
    if (stdin.dev(), stdin.ino(), stdin.rdev()) == (null.dev(), null.ino(), null.rdev()) {
        return Err(Error::invalid_argument(format!(
            "standard input is closed or /dev/null, so there is no {what}; give the {what} as an argument"
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn demand_stdin(_: &str) -> Result<(), Error> {
    Ok(())
}

fn read_stdin(what: &'static str, limit: usize) -> Result<Bytes, Error> {
    demand_stdin(what)?;
    let stdin = io::stdin();
    if stdin.is_terminal() && io::stderr().is_terminal() {
        eprintln_hint(what);
    }
    read_limited(stdin.lock(), what, limit)
}

fn read_limited(mut source: impl Read, what: &'static str, limit: usize) -> Result<Bytes, Error> {
    let failed = |error| Error::backend("standard input cannot be read").with_source(error);
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    source.by_ref().take(most).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() <= limit {
        return Ok(bytes.into());
    }
    // The rest is counted, so that the error tells the full length, but not held.
    let rest = io::copy(&mut source, &mut io::sink()).map_err(failed)?;
    let length = bytes.len().saturating_add(usize::try_from(rest).unwrap_or(usize::MAX));
    Err(Error::too_large(what, "bytes", length, limit))
}

/// Tells someone at a keyboard what is waited for.
fn eprintln_hint(what: &str) {
    use std::io::Write;
    let _ = writeln!(io::stderr(), "kvs: type the {what}, then Ctrl-D");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_counted_in_full() {
        assert_eq!(read_limited(&b"abc"[..], "value", 3).unwrap(), "abc");
        let Error::TooLarge(error) = read_limited(&vec![0; 100_000][..], "value", 3).unwrap_err() else {
            panic!("another kind");
        };
        assert_eq!((error.length, error.limit), (100_000, 3));
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(parse_object(b"\xEF\xBB\xBF{\"a\":1}", "the line").unwrap().len(), 1);
        for utf16 in [b"\xFF\xFE{\0}\0", b"\xFE\xFF\0{\0}"] {
            let message = parse_object(utf16, "the document").unwrap_err().to_string();
            assert_eq!(message, "the document is UTF-16; save it as UTF-8");
        }
    }

    #[test]
    fn errors_in_json_say_where_and_never_what() {
        let message = parse_object(b"{\"a\":\n \"secret\" x}", "the document")
            .unwrap_err()
            .to_string();
        assert_eq!(message, "the document is not JSON; correct it at line 2, column 11");
        let message = parse_object(b"\"secret\"", "the line").unwrap_err().to_string();
        assert_eq!(message, "the line is not a JSON object; wrap other values in one");
        let deep = "[".repeat(100_000);
        let message = parse_object(deep.as_bytes(), "the document").unwrap_err().to_string();
        assert!(message.contains("nests more than 32 levels"), "{message}");
    }
}
