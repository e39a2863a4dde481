//! The statements that remove a namespace.

use sqlx::SqlStr;

use super::{Sql, text};

pub(crate) const FORGET_FORMAT: &str = "DELETE FROM kvs_format WHERE namespace = ?";
pub(crate) const HAS_NAMESPACES: &str = "SELECT EXISTS (SELECT 1 FROM kvs_format)";
pub(crate) const DROP_FORMAT: &str = "DROP TABLE kvs_format";

impl Sql {
    /// Drops the tables of the store, and with them its index.
    pub(crate) fn drop_tables(&self) -> [SqlStr; 2] {
        [&self.entries, &self.documents].map(|table| text(format!("DROP TABLE IF EXISTS {table}")))
    }
}
