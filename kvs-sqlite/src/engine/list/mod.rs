//! Pages of a listing, bounded in rows and in bytes.
//!
//! Each row that sqlx hands over costs several times what SQLite needs to find it. So small entries come many in one row,
//! and what does not fit such a row, or is damaged, is read row by row.

use std::cmp::Ordering;

use futures_util::TryStreamExt as _;
use kvs_core::{Bytes, CheckedList, Entry, KeyRange, ListPage, Result, Timestamp};
use sqlx::SqliteConnection;

use crate::error::Failure;
use crate::row;
use crate::sql::Sql;

/// A page ends early once it has read that much.
pub(crate) const PAGE_BYTES: usize = 8 << 20;

/// How many entries one row holds, which is about half a MiB at most. A page of 1,000, and the entry behind it, is one row.
const PACKED_ENTRIES: usize = 1_024;

pub(super) async fn page(
    sql: &Sql,
    connection: &mut SqliteConnection,
    list: &CheckedList,
    now: Timestamp,
) -> Result<ListPage> {
    let mut page = Page::new(list);
    while !page.is_complete {
        if !page.add_packed(sql, connection, now).await? {
            page.add_rows(sql, connection, now).await?;
        }
    }
    Ok(page.read)
}

struct Page<'a> {
    list: &'a CheckedList,
    /// What has not been read yet.
    rest: KeyRange,
    read: ListPage,
    bytes: usize,
    is_complete: bool,
}

impl<'a> Page<'a> {
    fn new(list: &'a CheckedList) -> Self {
        Self {
            list,
            rest: list.range.clone(),
            read: ListPage::default(),
            bytes: 0,
            is_complete: list.range.is_empty(),
        }
    }

    /// Reads entries that come in one row. `false`: read on row by row, for that also tells what is wrong.
    async fn add_packed(&mut self, sql: &Sql, connection: &mut SqliteConnection, now: Timestamp) -> Result<bool> {
        let CheckedList { reverse, values, .. } = *self.list;
        let most = PACKED_ENTRIES.min(self.room());
        let arguments = row::list(&self.rest, now, most);
        let row = match sqlx::query_with(sql.packed(reverse, values), arguments)
            .fetch_one(connection)
            .await
            .map_err(Failure::from)
        {
            Ok(row) => row,
            Err(failure) if failure.is_busy() => return Err(failure.into_error()),
            Err(_) => return Ok(false),
        };
        let Some(entries) = unpack(row::packed(&row)?, self.list) else {
            return Ok(false);
        };
        let found = entries.len();
        for entry in entries {
            self.add(entry);
        }
        match self.read.entries.last() {
            Some(last) if reverse => self.rest.end = last.key.clone().into_bytes(),
            Some(last) => self.rest.start = [last.key.as_bytes(), &[0]].concat(),
            None => {}
        }
        self.is_complete |= found < most || self.rest.is_empty();
        Ok(true)
    }

    /// Reads all that is missing.
    async fn add_rows(&mut self, sql: &Sql, connection: &mut SqliteConnection, now: Timestamp) -> Result<()> {
        let CheckedList { reverse, values, .. } = *self.list;
        let arguments = row::list(&self.rest, now, self.room());
        let mut rows = sqlx::query_with(sql.list(reverse, values), arguments).fetch(connection);
        while let Some(row) = rows.try_next().await.map_err(Failure::of_driver)? {
            if self.is_full() {
                self.end();
                break;
            }
            self.add(Entry {
                key: row::key(&row)?,
                value: values.then(|| row::value(&row, 2)).transpose()?,
                expires_at: row::expires_at(&row, 1)?,
            });
        }
        self.is_complete = true;
        Ok(())
    }

    /// How many entries to ask for: one more than fit, which tells whether there are more.
    fn room(&self) -> usize {
        if self.is_full() {
            1
        } else {
            self.list.limit + 1 - self.read.entries.len()
        }
    }

    fn is_full(&self) -> bool {
        self.read.entries.len() == self.list.limit || self.bytes >= PAGE_BYTES
    }

    fn add(&mut self, entry: Entry) {
        if self.is_full() {
            self.end();
        } else {
            self.bytes += entry.key.len() + entry.value.as_ref().map_or(0, Bytes::len);
            self.read.entries.push(entry);
        }
    }

    /// There are more entries, but not in this page.
    fn end(&mut self) {
        self.read.next = self.read.entries.last().map(|entry| entry.key.clone());
        self.is_complete = true;
    }
}

/// The entries of a packed row; `None` if they are not in order, or anything else is amiss.
fn unpack(mut packed: &[u8], list: &CheckedList) -> Option<Vec<Entry>> {
    let direction = if list.reverse {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    let mut entries: Vec<Entry> = Vec::new();
    while !packed.is_empty() {
        let key = number(&mut packed)?.parse().ok()?;
        let value = if list.values {
            Some(number(&mut packed)?.parse().ok()?)
        } else {
            None
        };
        let expires_at = match number(&mut packed)? {
            "" => None,
            millis => Some(Timestamp::from_millis(millis.parse().ok()?)),
        };
        let key = std::str::from_utf8(packed.split_off(..key)?).ok()?;
        // The order of what is aggregated is SQLite's custom, not its promise.
        if entries.last().is_some_and(|last| key.cmp(&last.key) != direction) {
            return None;
        }
        let value = match value {
            Some(length) => Some(Bytes::copy_from_slice(packed.split_off(..length)?)),
            None => None,
        };
        entries.push(Entry {
            key: key.to_owned(),
            value,
            expires_at,
        });
    }
    Some(entries)
}

/// Takes a number off, and the space behind it.
fn number<'a>(packed: &mut &'a [u8]) -> Option<&'a str> {
    let length = packed.iter().position(|byte| *byte == b' ')?;
    let number = packed.split_off(..length)?;
    packed.split_off_first()?;
    std::str::from_utf8(number).ok()
}

#[cfg(test)]
mod tests;
