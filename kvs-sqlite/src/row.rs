//! Rows to values of the contract, and back.

use kvs_core::{Bytes, CheckedDocument, Document, Error, KeyRange, Result, Timestamp, Version, Versioned};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Encode, Sqlite, Type};

use crate::error::Failure;
use crate::sql::Bound;

/// What is bound to a statement.
pub(crate) type Arguments = SqliteArguments;

/// A row of entries as it is written.
#[derive(Debug)]
pub(crate) struct EntryRow<'a> {
    pub(crate) key: &'a str,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) version: Version,
    pub(crate) value: Bytes,
}

/// Reads `key`, the first column.
pub(crate) fn key(row: &SqliteRow) -> Result<String> {
    utf8(blob(row, 0)?)
}

/// Reads `expires_at`.
pub(crate) fn expires_at(row: &SqliteRow, column: usize) -> Result<Option<Timestamp>> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis))
}

/// Reads `version`.
pub(crate) fn version(row: &SqliteRow, column: usize) -> Result<Version> {
    let bytes = <[u8; 16]>::try_from(blob(row, column)?)
        .map_err(|_| Error::corrupt("a version in the database has not 16 bytes"))?;
    Ok(Version::from_bytes(bytes))
}

/// Reads `value`.
pub(crate) fn value(row: &SqliteRow, column: usize) -> Result<Bytes> {
    Ok(Bytes::from(get::<Vec<u8>>(row, column)?))
}

/// Reads the only column of a page that is one row: nothing at all if it has no entries.
pub(crate) fn packed(row: &SqliteRow) -> Result<&[u8]> {
    Ok(get::<Option<&[u8]>>(row, 0)?.unwrap_or_default())
}

/// Reads an instant that is never absent.
pub(crate) fn instant(row: &SqliteRow, column: usize) -> Result<Timestamp> {
    get(row, column).map(Timestamp::from_millis)
}

/// Reads `key, expires_at, version, value`.
pub(crate) fn versioned(row: &SqliteRow) -> Result<Versioned> {
    Ok(Versioned {
        value: value(row, 3)?,
        version: version(row, 2)?,
        expires_at: expires_at(row, 1)?,
    })
}

/// Reads `id, created_at, updated_at, version, metadata, data`.
pub(crate) fn document(row: &SqliteRow) -> Result<Document> {
    Ok(Document {
        id: key(row)?,
        created_at: Some(instant(row, 1)?),
        updated_at: Some(instant(row, 2)?),
        version: Some(version(row, 3)?),
        metadata: serde_json::from_slice(blob(row, 4)?).map_err(not_json)?,
        data: serde_json::from_slice(blob(row, 5)?).map_err(not_json)?,
    })
}

/// How many bytes the JSON of that row has.
pub(crate) fn document_length(row: &SqliteRow) -> Result<usize> {
    Ok(blob(row, 4)?.len() + blob(row, 5)?.len())
}

/// Keys for a statement with room for that many; the rest of the room stays NULL.
pub(crate) fn keys<'a>(keys: impl Iterator<Item = &'a str>, room: usize) -> Arguments {
    let mut arguments = Arguments::default();
    for key in keys {
        add(&mut arguments, key.as_bytes());
    }
    for _ in arguments.len()..room {
        add(&mut arguments, None::<&[u8]>);
    }
    arguments
}

/// Rows for an upsert.
pub(crate) fn entries<'a>(rows: impl Iterator<Item = EntryRow<'a>>) -> Arguments {
    let mut arguments = Arguments::default();
    for row in rows {
        add(&mut arguments, row.key.as_bytes());
        add(&mut arguments, row.expires_at.map(Timestamp::as_millis));
        add(&mut arguments, &row.version.as_bytes()[..]);
        add(&mut arguments, Vec::from(row.value));
    }
    arguments
}

/// For `touch`.
pub(crate) fn touch(key: &str, expires_at: Option<Timestamp>, version: Version) -> Arguments {
    let mut arguments = Arguments::default();
    add(&mut arguments, expires_at.map(Timestamp::as_millis));
    add(&mut arguments, &version.as_bytes()[..]);
    add(&mut arguments, key.as_bytes());
    arguments
}

/// For `sweep`.
pub(crate) fn expired(now: Timestamp, limit: u64) -> Arguments {
    let mut arguments = Arguments::default();
    add(&mut arguments, now.as_millis());
    add(&mut arguments, count(limit));
    arguments
}

/// For `delete_range`.
pub(crate) fn range(range: &KeyRange, limit: u64) -> Arguments {
    let mut arguments = Arguments::default();
    add(&mut arguments, &range.start[..]);
    add(&mut arguments, &range.end[..]);
    add(&mut arguments, count(limit));
    arguments
}

/// For a page of a listing.
pub(crate) fn list(range: &KeyRange, now: Timestamp, limit: usize) -> Arguments {
    let mut arguments = Arguments::default();
    add(&mut arguments, &range.start[..]);
    add(&mut arguments, &range.end[..]);
    add(&mut arguments, now.as_millis());
    add(&mut arguments, count(limit as u64));
    arguments
}

/// The place of a document.
pub(crate) fn place(collection: &str, id: &str) -> Arguments {
    let mut arguments = Arguments::default();
    add(&mut arguments, collection.as_bytes());
    add(&mut arguments, id.as_bytes());
    arguments
}

/// For `put_document`.
pub(crate) fn put(
    collection: &str,
    put: &CheckedDocument,
    stamps: (Timestamp, Timestamp),
    version: Version,
) -> Arguments {
    let mut arguments = place(collection, &put.document.id);
    add(&mut arguments, stamps.0.as_millis());
    add(&mut arguments, stamps.1.as_millis());
    add(&mut arguments, &version.as_bytes()[..]);
    add(&mut arguments, put.metadata_json.as_str());
    add(&mut arguments, put.data_json.as_str());
    arguments
}

/// A range of a collection, for `delete_documents`.
pub(crate) fn documents_from(collection: &str, id: &str, limit: u64) -> Arguments {
    let mut arguments = place(collection, id);
    // No byte of UTF-8 is as large, so it lies above every id.
    add(&mut arguments, &[0xFF_u8][..]);
    add(&mut arguments, count(limit));
    arguments
}

/// A range of a collection, with what a filter binds, for `walk` and `document_at`.
pub(crate) fn walk(collection: &str, range: (&[u8], &[u8]), bounds: &[Bound], limit: usize) -> Arguments {
    let mut arguments = Arguments::default();
    add(&mut arguments, collection.as_bytes());
    add(&mut arguments, range.0);
    add(&mut arguments, range.1);
    for bound in bounds {
        match bound {
            Bound::Text(text) => add(&mut arguments, text.as_str()),
            Bound::Integer(integer) => add(&mut arguments, *integer),
        }
    }
    add(&mut arguments, count(limit as u64));
    arguments
}

fn count(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn add<'a, T: Encode<'a, Sqlite> + Type<Sqlite>>(arguments: &mut Arguments, value: T) {
    // Encoding bytes, text, integers and NULL cannot fail. If one were left out, `NOT NULL` would refuse the row.
    let _ = arguments.add(value);
}

fn blob(row: &SqliteRow, column: usize) -> Result<&[u8]> {
    get(row, column)
}

fn get<'r, T>(row: &'r SqliteRow, column: usize) -> Result<T>
where
    T: sqlx::Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(column).map_err(Failure::of_driver)
}

fn utf8(bytes: &[u8]) -> Result<String> {
    // The bytes are part of the error of `String`, and keys are secrets.
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(Error::corrupt("a key in the database is not UTF-8").with_source(error)),
    }
}

/// The message of `serde_json` is left out, because it may quote the document.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` asks for")]
fn not_json(error: serde_json::Error) -> Error {
    Error::corrupt(format!(
        "a document in the database is not JSON of an object, at column {}",
        error.column()
    ))
}
