//! The statements of a check: they read, and change nothing.

use sqlx::SqlStr;

use super::{Sql, text};

/// Reads the whole file; one row that says `ok`, or a row for each of the first problems.
pub(crate) const QUICK_CHECK: &str = "PRAGMA quick_check(10)";
pub(crate) const NAMESPACES: &str = "SELECT namespace FROM kvs_format ORDER BY namespace LIMIT 6";

impl Sql {
    /// How many entries there are, and how many of them have expired at an instant.
    pub(crate) fn count_entries(&self) -> SqlStr {
        let Self { entries, .. } = self;
        text(format!(
            "SELECT count(*), (SELECT count(*) FROM {entries} WHERE expires_at <= ?) FROM {entries}"
        ))
    }

    pub(crate) fn count_documents(&self) -> SqlStr {
        text(format!("SELECT count(*) FROM {}", self.documents))
    }
}
