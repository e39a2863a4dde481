//! The key of an entry, or the id of a document, as it is kept.

use std::borrow::Borrow;

use smol_str::SmolStr;

/// A short key is kept in place: reading it is no further step through memory, and storing it no allocation.
///
/// It compares and orders as its bytes, so that it can be looked up by bytes: the bounds of a
/// [`KeyRange`](kvs_core::KeyRange) need not be UTF-8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(SmolStr);

impl Key {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        Self(key.into())
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}
