//! Writes answers down.

use std::collections::HashMap;
use std::fmt::{Debug, Write};

use kvs::{Document, Result, Version};

/// What the script prints. Versions are random, so they are numbered as they appear.
#[derive(Default)]
pub(crate) struct Printer {
    pub(crate) text: String,
    versions: HashMap<Version, usize>,
}

impl Printer {
    pub(crate) fn line(&mut self, what: &str, answer: impl Debug) {
        writeln!(self.text, "{what:?}: {answer:?}").unwrap();
    }

    /// An answer, or the kind of the error and its message without the name of the backend.
    pub(crate) fn answer<T: Debug>(&mut self, what: &str, answer: Result<T>) {
        match answer {
            Ok(answer) => self.line(what, answer),
            Err(error) => {
                let message = error.to_string();
                let backends = ["memory: ", "sqlite: ", "dynamodb: "];
                let message = backends
                    .iter()
                    .find_map(|backend| message.strip_prefix(backend))
                    .unwrap_or(&message);
                let facts = (error.kind(), error.is_retryable(), error.may_have_applied());
                self.line(what, format!("{facts:?} {message}"));
            }
        }
    }

    pub(crate) fn version(&mut self, what: &str, version: Result<Version>) {
        let numbered = version.map(|version| {
            let next = self.versions.len() + 1;
            *self.versions.entry(version).or_insert(next)
        });
        self.answer(what, numbered);
    }

    pub(crate) fn document(&mut self, what: &str, document: Result<Document>) {
        let shown = document.map(|mut document| {
            let version = document.version.take().unwrap();
            let next = self.versions.len() + 1;
            let number = *self.versions.entry(version).or_insert(next);
            (serde_json::to_string(&document).unwrap(), number)
        });
        self.answer(what, shown);
    }
}
