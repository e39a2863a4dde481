//! The statements of listings.

use sqlx::SqlStr;

use super::{Name, SMALL_VALUE, text};

/// The most bytes that key and value of a row have together in a page that comes as one row. Larger ones gain little,
/// or lose, because each byte is copied several times.
const PACKED_ENTRY: usize = 512;

/// The live rows that are asked for.
const LIVE: &str = "WHERE key >= ? AND key < ? AND (expires_at IS NULL OR expires_at > ?)";

/// Fails. Not a constant, which SQLite would evaluate before it knows whether it has to.
const FAIL: &str = "abs(0 * length(key) - 9223372036854775807 - 1)";

/// A statement for each pair of `reverse` and `values`.
pub(super) fn each(statement: impl Fn(bool, bool) -> SqlStr) -> [SqlStr; 4] {
    [(false, false), (false, true), (true, false), (true, true)].map(|(reverse, values)| statement(reverse, values))
}

pub(super) fn rows(table: &Name, reverse: bool, values: bool) -> SqlStr {
    let value = if values { ", value" } else { "" };
    text(format!(
        "SELECT key, expires_at{value} FROM {table} {LIVE} ORDER BY key {} LIMIT ?",
        order(reverse)
    ))
}

/// `||` takes the bytes of blobs as they are. `length` of a blob does not read it, so a large value costs nothing here. A
/// blob compares above all that is none, and a number below all text.
pub(super) fn packed(table: &Name, reverse: bool, values: bool) -> SqlStr {
    let (length, is_blob, value_length, value) = if values {
        (
            " + length(value)",
            " AND value >= x''",
            " || length(value) || ' '",
            " || value",
        )
    } else {
        ("", "", "", "")
    };
    text(format!(
        "SELECT group_concat(entry, '') FROM (\
         SELECT CASE WHEN length(key){length} <= {PACKED_ENTRY}{is_blob} AND ifnull(expires_at < '', 1) \
         THEN length(key) || ' '{value_length} || ifnull(expires_at, '') || ' ' || key{value} \
         ELSE {FAIL} END AS entry FROM {table} {LIVE} ORDER BY key {} LIMIT ?)",
        order(reverse)
    ))
}

pub(super) fn piece(table: &Name, reverse: bool, values: bool) -> SqlStr {
    let value = if values {
        format!(", CASE WHEN length(value) <= {SMALL_VALUE} THEN value END")
    } else {
        String::new()
    };
    text(format!(
        "SELECT key, expires_at{value} FROM {table} WHERE key >= ? AND key < ? ORDER BY key {}",
        order(reverse)
    ))
}

fn order(reverse: bool) -> &'static str {
    if reverse { "DESC" } else { "ASC" }
}
