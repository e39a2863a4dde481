//! The checks that every operation of every store makes before anything else.

use std::fmt;
use std::sync::atomic::AtomicBool;

use crate::document::Document;
use crate::error::{Error, Result};
use crate::json;
use crate::key::{KeyRange, MAX_COLLECTION_BYTES, MAX_KEY_BYTES};
use crate::listable::{ListOptions, MAX_PAGE};
use crate::profile::Profile;
use crate::query::Query;
use crate::store::SetEntry;
use crate::transaction::{Action, Transaction, Write};

/// The checks of one operation: begin with [`Profile::check`], check the arguments, end with [`open`](Self::open).
///
/// Errors name the backend and the operation. Nothing here costs a request.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    profile: &'a Profile,
    operation: &'static str,
}

/// A listing whose arguments are in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckedList {
    /// The keys to walk.
    pub range: KeyRange,
    /// The most entries, 1 to [`MAX_PAGE`].
    pub limit: usize,
    /// From the last key to the first.
    pub reverse: bool,
    /// With values.
    pub values: bool,
}

/// A query whose arguments are in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckedQuery {
    /// The ids to walk.
    pub range: KeyRange,
    /// The most matches, 1 to [`MAX_PAGE`].
    pub limit: usize,
}

/// A document that is in order, with its canonical JSON.
#[derive(Clone)]
#[non_exhaustive]
pub struct CheckedDocument {
    /// The document.
    pub document: Document,
    /// Its content as JSON without white space: what a backend stores.
    pub data_json: String,
    /// Its metadata, likewise.
    pub metadata_json: String,
}

impl fmt::Debug for CheckedDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CheckedDocument").field(&self.document).finish()
    }
}

impl<'a> Check<'a> {
    #[inline]
    pub(crate) fn new(profile: &'a Profile, operation: &'static str) -> Self {
        Self { profile, operation }
    }

    /// A key, or the id of a document: 1 to 1,024 bytes.
    #[inline]
    pub fn key(self, key: &str) -> Result<Self> {
        match key.len() {
            1..=MAX_KEY_BYTES => Ok(self),
            length => Err(self.no_key(length)),
        }
    }

    /// Several keys.
    pub fn keys(self, keys: &[&str]) -> Result<Self> {
        keys.iter().try_fold(self, |check, key| check.key(key))
    }

    /// A value: within the limit.
    #[inline]
    pub fn value(self, value: &[u8]) -> Result<Self> {
        self.within("value", "bytes", value.len(), self.profile.limits.value_bytes)
    }

    /// The entries of a batch.
    pub fn entries(self, entries: &[SetEntry]) -> Result<Self> {
        entries
            .iter()
            .try_fold(self, |check, entry| check.key(&entry.key)?.value(&entry.value))
    }

    /// The name of a collection: 1 to 255 bytes.
    pub fn collection(self, name: &str) -> Result<Self> {
        if (1..=MAX_COLLECTION_BYTES).contains(&name.len()) {
            return Ok(self);
        }
        let message = format!(
            "the name of the collection has {} bytes; it must have 1 to 255",
            name.len()
        );
        Err(self.fail(Error::invalid_argument(message)))
    }

    /// A document: its id, depth, numbers and size. Gives it back with its JSON.
    ///
    /// A document that is refused is taken apart without recursion, so that a hostile depth cannot overflow the stack.
    pub fn document(self, mut document: Document) -> Result<CheckedDocument> {
        if let Err(error) = self
            .key(&document.id)
            .and_then(|_| json::check_document(&document.data))
        {
            json::dismantle_map(document.data);
            return Err(self.fail(error));
        }
        json::normalize(&mut document.data);
        let encode =
            |error| self.fail(Error::invalid_document("the document cannot be written as JSON").with_source(error));
        let data_json = serde_json::to_string(&document.data).map_err(encode)?;
        let metadata_json = serde_json::to_string(&document.metadata).map_err(encode)?;
        let length = data_json.len() + metadata_json.len();
        self.within("document", "bytes", length, self.profile.limits.document_bytes)?;
        Ok(CheckedDocument {
            document,
            data_json,
            metadata_json,
        })
    }

    /// The options of a listing.
    pub fn list(self, options: &ListOptions) -> Result<CheckedList> {
        let limit = self.limit(options.limit)?;
        let range = KeyRange::new(&options.prefix, options.after.as_deref(), options.reverse);
        Ok(CheckedList {
            range,
            limit,
            reverse: options.reverse,
            values: options.values,
        })
    }

    /// A query: its limit and its filter.
    pub fn query(self, query: &Query) -> Result<CheckedQuery> {
        query.filter.validate().map_err(|error| self.fail(error))?;
        let limit = self.limit(query.limit)?;
        Ok(CheckedQuery {
            range: KeyRange::new("", query.after.as_deref(), false),
            limit,
        })
    }

    /// A transaction: keys, values, contradictions and size. Gives its actions, one for each key, by ascending key.
    pub fn transaction(self, transaction: Transaction) -> Result<Vec<Action>> {
        let actions = transaction.into_actions().map_err(|error| self.fail(error))?;
        let mut bytes = 0;
        for action in &actions {
            self.key(&action.key)?;
            bytes += action.key.len();
            if let Some(Write::Set { value, .. }) = &action.write {
                self.value(value)?;
                bytes += value.len();
            }
        }
        let limits = &self.profile.limits;
        self.within("transaction", "keys", actions.len(), limits.transaction_keys)?;
        self.within("transaction", "bytes", bytes, limits.transaction_bytes)?;
        Ok(actions)
    }

    /// The store is open. The last of the checks.
    #[inline]
    pub fn open(self, closed: &AtomicBool) -> Result<()> {
        self.profile.open(self.operation, closed)
    }

    fn limit(self, limit: usize) -> Result<usize> {
        if limit == 0 {
            return Err(self.fail(Error::invalid_argument("the limit is 0; ask for at least 1")));
        }
        Ok(limit.min(MAX_PAGE))
    }

    #[inline]
    fn within(self, what: &'static str, unit: &'static str, length: usize, limit: usize) -> Result<Self> {
        if length > limit {
            Err(self.fail(Error::too_large(what, unit, length, limit)))
        } else {
            Ok(self)
        }
    }

    #[cold]
    fn no_key(self, length: usize) -> Error {
        self.fail(match length {
            0 => Error::invalid_key("the key is empty; a key has 1 to 1024 bytes"),
            length => Error::invalid_key(format!("the key has {length} bytes; a key has 1 to 1024")),
        })
    }

    #[cold]
    fn fail(self, error: Error) -> Error {
        error.during(self.profile.name, self.operation)
    }
}
