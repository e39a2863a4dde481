//! The lines of an import, read and checked on a thread of their own.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use kvs::{Document, Error, Map, Profile, Value};
use tokio::sync::mpsc::Sender;

use crate::input::{TEXT_PER_BYTE, demand_stdin, parse_object, without_mark};

/// A line that is not blank.
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// Where it ends in the file, in bytes.
    pub(super) end: u64,
    /// What is to be stored, or why it cannot be. Nothing follows an error.
    pub(super) document: Result<Document, Error>,
}

/// Where lines come from.
pub(super) struct Source {
    reader: Box<dyn BufRead + Send>,
    /// In bytes, where it is known.
    pub(super) length: Option<u64>,
}

/// A file, or standard input for `-`.
pub(super) fn open(file: &Path) -> Result<Source, Error> {
    if file == Path::new("-") {
        demand_stdin("file")?;
        let reader = Box::new(BufReader::new(io::stdin()));
        return Ok(Source { reader, length: None });
    }
    let failed = |error| {
        let message = format!(
            "the file {} cannot be read; give another, or - for standard input",
            file.display()
        );
        Error::invalid_argument(message).with_source(error)
    };
    let opened = File::open(file).map_err(failed)?;
    let metadata = opened.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let length = metadata.is_file().then_some(metadata.len());
    Ok(Source {
        reader: Box::new(BufReader::new(opened)),
        length,
    })
}

/// Sends line after line, until the end, an error, or the loss of interest at the other side.
pub(super) fn read(mut source: Source, id_field: &str, profile: &Profile, lines: &Sender<Line>) {
    let longest = profile.limits.document_bytes.saturating_mul(TEXT_PER_BYTE);
    let (mut number, mut end) = (0, 0);
    let mut text = Vec::new();
    loop {
        number += 1;
        text.clear();
        let document = match read_line(&mut source.reader, longest, &mut text) {
            Ok(false) => return,
            Ok(true) if without_mark(&text).trim_ascii().is_empty() => None,
            Ok(true) => Some(document(&text, id_field, profile)),
            Err(error) => Some(Err(error)),
        };
        end += u64::try_from(text.len()).unwrap_or(u64::MAX);
        if let Some(document) = document {
            let last = document.is_err();
            if lines.blocking_send(Line { number, end, document }).is_err() || last {
                return;
            }
        }
    }
}

/// Reads a line with its end; `false` where there is none any more.
fn read_line(reader: &mut dyn BufRead, longest: usize, text: &mut Vec<u8>) -> Result<bool, Error> {
    let most = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
    let read = reader
        .take(most)
        .read_until(b'\n', text)
        .map_err(|error| Error::backend("the file cannot be read any further").with_source(error))?;
    if read > longest {
        return Err(Error::invalid_document(format!(
            "the line is longer than {longest} bytes; split the document"
        )));
    }
    Ok(read > 0)
}

/// The document of a line, checked as the store will check it, so that no later line is written when this one is bad.
fn document(text: &[u8], id_field: &str, profile: &Profile) -> Result<Document, Error> {
    let data = parse_object(text, "the line")?;
    let document = Document::new(id(&data, id_field)?, data)?;
    Ok(profile.check("put").document(document)?.document)
}

fn id(data: &Map<String, Value>, field: &str) -> Result<String, Error> {
    match data.get(field) {
        Some(Value::String(id)) => Ok(id.clone()),
        Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Ok(id.to_string()),
        Some(_) => Err(Error::invalid_document(format!(
            "the field `{field}` is neither a string nor an integer; --id names the field of the id"
        ))),
        None => Err(Error::invalid_document(format!(
            "there is no field `{field}`; --id names the field of the id"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_and_integers_are_ids_and_nothing_else_is() {
        let data = json!({ "s": "a/b", "i": -7, "u": u64::MAX, "f": 1.5, "n": null, "b": true });
        let data = data.as_object().unwrap();
        assert_eq!(id(data, "s").unwrap(), "a/b");
        assert_eq!(id(data, "i").unwrap(), "-7");
        assert_eq!(id(data, "u").unwrap(), "18446744073709551615");
        for field in ["f", "n", "b", "missing"] {
            assert!(id(data, field).is_err(), "{field}");
        }
    }

    #[test]
    fn lines_need_no_end_at_the_end_and_have_a_longest() {
        let mut reader: Box<dyn BufRead> = Box::new(&b"ab\n\ncd"[..]);
        let mut lines = Vec::new();
        let mut text = Vec::new();
        while read_line(&mut *reader, 3, &mut text).unwrap() {
            lines.push(std::mem::take(&mut text));
        }
        assert_eq!(lines, [&b"ab\n"[..], b"\n", b"cd"]);
        assert!(read_line(&mut &b"abcd\n"[..], 3, &mut text).is_err());
    }
}
