//! Standard output: exact bytes or JSON, a closed pipe, a full disk.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use kvs::Error;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::text;

/// Where answers go. Buffered: what is written shows at the latest with [`flush`](Self::flush).
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    /// Answers are JSON.
    pub(crate) json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            out: BufWriter::new(io::stdout()),
            json,
        }
    }

    /// Text and a line end.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Bytes, exactly.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(failure)
    }

    /// An answer of a program: a line of JSON.
    pub(crate) fn json(&mut self, answer: &Value) -> Result<(), Failure> {
        self.line(&answer.to_string())
    }

    /// An answer where there is nothing to tell but to programs.
    pub(crate) fn done(&mut self, answer: &Value) -> Result<(), Failure> {
        if self.json { self.json(answer) } else { Ok(()) }
    }

    /// `name: value` lines, or one object with the same names.
    pub(crate) fn fields(&mut self, fields: &[(&str, Value)]) -> Result<(), Failure> {
        if self.json {
            return self.json(
                &fields
                    .iter()
                    .cloned()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            );
        }
        fields.iter().try_for_each(|(name, value)| match value {
            Value::String(text) => self.line(&format!("{name}: {text}")),
            other => self.line(&format!("{name}: {other}")),
        })
    }

    /// A value: exactly its bytes, with a line end for a terminal only. As JSON its text, or base64 if it is not UTF-8.
    pub(crate) fn value(&mut self, key: &str, value: &[u8]) -> Result<(), Failure> {
        if self.json {
            return match std::str::from_utf8(value) {
                Ok(text) => self.json(&json!({ "key": key, "value": text })),
                Err(_) => self.json(&json!({ "key": key, "value_base64": text::base64(value) })),
            };
        }
        self.bytes(value)?;
        if io::stdout().is_terminal() {
            self.bytes(b"\n")
        } else {
            Ok(())
        }
    }

    /// Hands over what was written so far.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(failure)
    }
}

fn failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::ClosedPipe;
    }
    Error::backend("standard output cannot be written; is its disk full?")
        .with_source(error)
        .into()
}
