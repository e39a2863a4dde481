//! What callers ask of the engine.

use kvs_core::{
    Action, Bytes, CheckedDocument, CheckedList, CheckedQuery, Committed, Document, Error, Filter, KeyRange, ListPage,
    PutOptions, QueryPage, Result, SetEntry, Ttl, Version, Versioned,
};
use tokio::sync::oneshot;

/// Where the answer goes. A caller that dropped its future has closed it.
pub(crate) type Reply<T> = oneshot::Sender<Result<T>>;

/// A request, or the word to stop after the requests before it.
#[derive(Debug)]
pub(crate) enum Message<T> {
    Do(T),
    Stop,
}

/// A read.
#[derive(Debug)]
pub(crate) enum Read {
    Get(String, Reply<Option<Versioned>>),
    GetMany(Vec<String>, Reply<Vec<Option<Bytes>>>),
    List(CheckedList, Reply<ListPage>),
    GetDocument(Place, Reply<Option<Document>>),
    Query(Box<QueryJob>, Reply<QueryPage>),
}

/// A page of a query.
#[derive(Debug)]
pub(crate) struct QueryJob {
    pub(crate) collection: String,
    pub(crate) query: CheckedQuery,
    pub(crate) filter: Filter,
}

/// The place of a document.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) collection: String,
    pub(crate) id: String,
}

impl Place {
    pub(crate) fn new(collection: &str, id: &str) -> Self {
        Self {
            collection: collection.to_owned(),
            id: id.to_owned(),
        }
    }
}

/// A write, with where its answer goes.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) op: Op,
    pub(crate) reply: Reply<Done>,
}

/// What is written. Each is done whole or not at all.
#[derive(Debug)]
pub(crate) enum Op {
    Set(SetEntry),
    SetMany(Vec<SetEntry>),
    DeleteMany(Vec<String>),
    Commit(Vec<Action>),
    Take(String),
    Touch(String, Ttl),
    Increment(String, i64),
    Swap(Swap),
    Put(Box<Put>),
    DeleteDocument(Place),
    /// Removes the first keys of a range.
    DeleteRange(KeyRange),
    /// Removes the first documents of a collection from that id on.
    DeleteDocuments(Place),
    /// Removes some expired entries.
    Sweep,
}

/// A value that replaces the one of that version, or none; the expiry stays. Otherwise the answer is what is there, so
/// that the next attempt is no further behind than the writes it races with.
#[derive(Debug)]
pub(crate) struct Swap {
    pub(crate) key: String,
    pub(crate) expected: Option<Version>,
    pub(crate) value: Bytes,
}

/// A document to be put.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) collection: String,
    pub(crate) document: CheckedDocument,
    pub(crate) options: PutOptions,
}

/// What a write gives back.
#[derive(Debug)]
pub(crate) enum Done {
    Nothing,
    Committed(Committed),
    Version(Version),
    /// What a swap found instead of what it expected.
    Current(Option<Versioned>),
    Value(Bytes),
    Sum(i64),
    /// How many were removed, and the last of them.
    Removed(u64, Option<String>),
}

impl Op {
    /// Must have a transaction of its own: it reads and removes rows that others of its group may have in hand.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self, Self::DeleteRange(_) | Self::DeleteDocuments(_) | Self::Sweep)
    }

    /// May be repeated without harm where its outcome is not known.
    pub(crate) fn is_repeatable(&self) -> bool {
        match self {
            Self::Set(entry) => entry.ttl != Ttl::Keep,
            Self::Commit(_) | Self::Take(_) | Self::Touch(..) | Self::Increment(..) | Self::Swap(_) | Self::Put(_) => {
                false
            }
            _ => true,
        }
    }

    /// About how many bytes it writes.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Set(entry) => entry.value.len(),
            Self::SetMany(entries) => entries.iter().map(|entry| entry.value.len()).sum(),
            Self::Commit(actions) => actions.iter().map(weight_of).sum(),
            Self::Swap(swap) => swap.value.len(),
            Self::Put(put) => put.document.data_json.len() + put.document.metadata_json.len(),
            _ => 0,
        }
    }
}

fn weight_of(action: &Action) -> usize {
    match &action.write {
        Some(kvs_core::Write::Set { value, .. }) => value.len(),
        _ => 0,
    }
}

/// The parts of an answer; each operation gets the one that belongs to it.
impl Done {
    pub(crate) fn committed(self) -> Result<Committed> {
        match self {
            Self::Committed(committed) => Ok(committed),
            _ => Err(mixed_up()),
        }
    }

    pub(crate) fn version(self) -> Result<Version> {
        match self {
            Self::Version(version) => Ok(version),
            _ => Err(mixed_up()),
        }
    }

    pub(crate) fn value(self) -> Result<Bytes> {
        match self {
            Self::Value(value) => Ok(value),
            _ => Err(mixed_up()),
        }
    }

    pub(crate) fn sum(self) -> Result<i64> {
        match self {
            Self::Sum(sum) => Ok(sum),
            _ => Err(mixed_up()),
        }
    }

    pub(crate) fn removed(self) -> Result<(u64, Option<String>)> {
        match self {
            Self::Removed(count, last) => Ok((count, last)),
            _ => Err(mixed_up()),
        }
    }
}

fn mixed_up() -> Error {
    Error::backend("the engine of the store gave the answer of another operation; report it").outcome_unknown()
}
