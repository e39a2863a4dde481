//! What a look at a store found: is all well, and if not, how to mend it.

use std::fmt;

use serde::Serialize;

use crate::error::Error;

/// One thing that was looked at, and what came of it. Its `Display` is one line: level, name, message, advice.
///
/// ```
/// use kvs_core::{Finding, Level};
/// let finding = Finding::warning("mode", "others may read the file", "run chmod 600 app.db");
/// assert_eq!(finding.to_string(), "warning  mode: others may read the file; run chmod 600 app.db");
/// assert!(Finding::good("table", "it is active").level < Level::Warning);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was looked at, in one word.
    pub name: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found. Without values, whole keys and credentials, as the message of an error.
    pub message: String,
    /// How to mend it, where the message does not say so itself.
    pub advice: Option<String>,
}

/// How bad a [`Finding`] is; the worst one is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Level {
    /// All is well. Written `ok`.
    #[serde(rename = "ok")]
    Good,
    /// The store works, but something is not as it should be.
    Warning,
    /// The store does not work, or will lose something.
    Bad,
}

impl Finding {
    /// All is well.
    pub fn good(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Level::Good, message.into(), None)
    }

    /// Something is not as it should be; the advice says how to mend it.
    pub fn warning(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(name, Level::Warning, message.into(), Some(advice.into()))
    }

    /// The store does not work, or will lose something; the advice says how to mend it.
    pub fn bad(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(name, Level::Bad, message.into(), Some(advice.into()))
    }

    /// The look itself failed, or opening would: a bad finding with the message of the error, which says what to do.
    pub fn failed(name: &'static str, error: &Error) -> Self {
        Self::new(name, Level::Bad, error.to_string(), None)
    }

    fn new(name: &'static str, level: Level, message: String, advice: Option<String>) -> Self {
        Self {
            name,
            level,
            message,
            advice,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7}  {}: {}", self.level, self.name, self.message)?;
        match &self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "bad",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_finding_is_one_line_with_columns_that_align() {
        let findings = [
            Finding::good("table", "it is active"),
            Finding::warning("ttl", "it is off", "turn it on"),
            Finding::bad("schema", "the key is wrong", "make another table"),
            Finding::failed(
                "open",
                &Error::config("no such file; check the path").during("sqlite", "open"),
            ),
        ];
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "ok       table: it is active",
                "warning  ttl: it is off; turn it on",
                "bad      schema: the key is wrong; make another table",
                "bad      open: sqlite: open: no such file; check the path",
            ]
        );
    }

    #[test]
    fn the_levels_are_ordered_and_written_as_they_are_shown() {
        assert!(Level::Good < Level::Warning && Level::Warning < Level::Bad);
        for level in [Level::Good, Level::Warning, Level::Bad] {
            assert_eq!(json!(level), json!(level.to_string()));
        }
        let finding = Finding::good("table", "it is active");
        assert_eq!(
            json!(finding),
            json!({ "name": "table", "level": "ok", "message": "it is active", "advice": null })
        );
    }
}
