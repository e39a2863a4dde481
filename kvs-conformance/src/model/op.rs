//! The operations of a sequence, as plain data that shrinks and prints.

use std::collections::BTreeMap;

use kvs_core::{Bytes, Ttl, Value};

/// One step of a sequence.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Get(String),
    Contains(String),
    Set(String, Bytes, Ttl),
    Delete(String),
    GetMany(Vec<String>),
    SetMany(Vec<(String, Bytes, Ttl)>),
    DeleteMany(Vec<String>),
    Sweep,
    /// The clock goes on by milliseconds.
    Advance(u64),
    Walk(Walk),
    List(String),
    DeletePrefix(String),
    GetVersioned(String),
    SetIfAbsent(String, Bytes, Ttl),
    CompareAndSet(String, Of, Bytes, Ttl),
    CompareAndDelete(String, Of),
    Take(String),
    Touch(String, Ttl),
    /// Appends to the value, or fails in the callback.
    Update(String, Option<Bytes>),
    Increment(String, i64),
    Commit(Vec<Step>),
    Put(Put),
    GetDoc(String, String),
    DeleteDoc(String, String),
    /// Every page of a query: collection, filter as JSON, after, limit.
    Query(String, Value, Option<String>, usize),
    DeleteCollection(String),
}

/// A walk over all pages.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    pub(super) prefix: String,
    pub(super) after: Option<String>,
    pub(super) limit: usize,
    pub(super) reverse: bool,
    pub(super) values: bool,
}

/// Which version a condition names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    /// That of the live entry, if there is one.
    Current,
    /// One that the key had before, if it is known.
    Earlier(usize),
    /// One that nothing ever had.
    Foreign,
}

/// One call on a transaction under construction.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Absent(String),
    Exists(String),
    Version(String, Of),
    Set(String, Bytes, Ttl),
    Delete(String),
    Touch(String, Ttl),
}

/// A document and how it is put.
#[derive(Debug, Clone)]
pub(super) struct Put {
    pub(super) collection: String,
    pub(super) id: String,
    pub(super) data: Value,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) expect: Expected,
    /// Stamps that the document carries, and whether they are asked for.
    pub(super) stamps: (Option<i64>, Option<i64>, bool),
}

/// What a put expects.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    Any,
    Absent,
    Version(Of),
}
