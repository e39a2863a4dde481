//! A connection of sqlx that is driven on the caller's thread: the one `unsafe` of the workspace.
#![expect(
    unsafe_code,
    reason = "the safe ways to SQLite cross to another thread, which takes four times as long as the read"
)]

use std::time::{Duration, Instant};

use kvs_core::{Bytes, Entry, KeyRange, Timestamp, Version, Versioned};
use rusqlite::types::ValueRef;
use sqlx::{Connection as _, SqliteConnection};

use super::list::{PIECE_BYTES, Piece};
use super::{Seen, TURN};
use crate::error::Failure;

/// How many rows of a range are read between two looks at the clock, unless these took so long.
const ROWS_A_LOOK: usize = 8;
const SLOW_ROWS: Duration = Duration::from_micros(50);

/// A connection that sqlx opened and closes, and that rusqlite reads through in between.
///
/// What the `unsafe` rests on:
///
/// - The handle is valid: `owner` has it open, `borrower` does not outlive `owner`, and neither leaves this struct. Fields
///   are dropped in the order of their declaration.
/// - Nobody else uses it: `owner` was opened for this struct alone, and gets no command but the one to close. Its thread
///   waits for that command and makes no call of SQLite's until it comes.
/// - One thread at a time uses it: the struct is not `Sync`, because rusqlite's connection is not. SQLite is compiled to be
///   used so, which sqlx demands of it when it opens a connection, and so the handle may move between threads.
/// - No statement is left when `owner` closes: rusqlite's cache holds them all, and is emptied when `borrower` is dropped.
///   No statement is being run between two calls either, so no transaction is open.
#[derive(Debug)]
pub(super) struct Raw {
    borrower: rusqlite::Connection,
    owner: SqliteConnection,
}

impl Raw {
    pub(super) async fn new(mut owner: SqliteConnection) -> Result<Self, Failure> {
        let handle = owner.lock_handle().await?.as_raw_handle();
        // SAFETY: see the type. The handle is open, and `owner` goes where `borrower` goes.
        let borrower = unsafe { rusqlite::Connection::from_handle(handle.as_ptr()) };
        // It makes no call that could fail. SQLite's way to wait for a lock is to sleep, which a caller must not.
        match borrower.and_then(|borrower| borrower.busy_timeout(Duration::ZERO).map(|()| borrower)) {
            Ok(borrower) => Ok(Self { borrower, owner }),
            Err(_) => Err(Failure::connection_lost()),
        }
    }

    /// Looks a key up by a statement that gives `expires_at, version, value`. `None` here and below: an error, or a row that
    /// is not as it should be.
    pub(super) fn look(&self, statement: &str, key: &str) -> Option<Seen> {
        let mut statement = self.borrower.prepare_cached(statement).ok()?;
        // Dropping it resets the statement, which ends its transaction.
        let mut rows = statement.query([key.as_bytes()]).ok()?;
        let Some(row) = rows.next().ok()? else {
            return Some(Seen::Absent);
        };
        let version = <[u8; 16]>::try_from(blob(row, 1)?).ok()?;
        Some(Seen::Found(Versioned {
            value: Bytes::copy_from_slice(blob(row, 2)?),
            version: Version::from_bytes(version),
            expires_at: expires_at(row, 0)?,
        }))
    }

    /// Reads the first rows of a range by a statement that gives `key, expires_at` and perhaps `value`.
    pub(super) fn walk(&self, statement: &str, range: &KeyRange, most: usize) -> Option<Piece> {
        let mut statement = self.borrower.prepare_cached(statement).ok()?;
        let with_values = statement.column_count() == 3;
        let mut rows = statement.query([&range.start[..], &range.end[..]]).ok()?;
        let (mut piece, mut bytes) = (Piece::default(), 0);
        let (begun, mut looked, mut is_slow) = (Instant::now(), Duration::ZERO, false);
        while piece.rows.len() < most && bytes < PIECE_BYTES {
            let Some(row) = rows.next().ok()? else {
                piece.is_last = true;
                break;
            };
            let value = if with_values { Some(blob(row, 2)?) } else { None };
            let key = blob(row, 0)?;
            bytes += key.len() + value.map_or(0, <[u8]>::len);
            piece.rows.push(Entry {
                key: str::from_utf8(key).ok()?.to_owned(),
                value: value.map(Bytes::copy_from_slice),
                expires_at: expires_at(row, 1)?,
            });
            // Each row may be a read of the disk; the clock takes as long as half a row.
            let rows = piece.rows.len();
            if rows < ROWS_A_LOOK || is_slow || rows.is_multiple_of(ROWS_A_LOOK) {
                let now = begun.elapsed();
                is_slow = now.saturating_sub(looked) >= SLOW_ROWS;
                looked = now;
                if now >= TURN {
                    break;
                }
            }
        }
        Some(piece)
    }

    /// First the statements, then the connection: sqlx's thread panics if it finds statements left.
    pub(super) async fn close(self) {
        let Self { borrower, owner } = self;
        drop(borrower);
        // As with any other connection of the store: it is gone all the same.
        let _ = owner.close().await;
    }
}

fn blob<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> Option<&'r [u8]> {
    match row.get_ref(column) {
        Ok(ValueRef::Blob(bytes)) => Some(bytes),
        _ => None,
    }
}

#[expect(
    clippy::option_option,
    reason = "the outer one is the failure, the inner one the column's NULL"
)]
fn expires_at(row: &rusqlite::Row<'_>, column: usize) -> Option<Option<Timestamp>> {
    match row.get_ref(column) {
        Ok(ValueRef::Null) => Some(None),
        Ok(ValueRef::Integer(millis)) => Some(Some(Timestamp::from_millis(millis))),
        _ => None,
    }
}
