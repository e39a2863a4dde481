//! Listing keys by prefix, in order, a page at a time.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::KeyName;
use crate::store::Store;

/// The most entries of one page; a larger limit is cut to it.
pub const MAX_PAGE: usize = 10_000;

const DEFAULT_PAGE: usize = 1_000;

/// A store whose keys can be listed.
///
/// Keys come in the order of their UTF-8 bytes, on every backend. A listing costs what it walks, not what is stored. It is
/// not a snapshot: a key that exists throughout comes exactly once, one that comes or goes meanwhile may show or not.
#[async_trait]
pub trait ListableStore: Store {
    /// One page of live entries.
    ///
    /// - Keys that start with `prefix`, byte for byte, beyond `after` in the direction of the walk.
    /// - At most `limit` entries; a page may be short, or empty.
    /// - The walk is over when [`next`](ListPage::next) is `None`, and only then. Otherwise it is the next page's `after`.
    ///
    /// ```
    /// use kvs_core::{ListOptions, ListableStore, StoreExt, Ttl};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
    /// let store = kvs_memory::MemoryStore::new();
    /// for key in ["chat:1", "chat:2", "chat:3", "user:1"] {
    ///     store.set_text(key, "x", Ttl::Never).await?;
    /// }
    /// let last = store.list_page(&ListOptions::new("chat:").reverse(true).limit(2)).await?;
    /// let keys: Vec<_> = last.entries.iter().map(|entry| entry.key.as_str()).collect();
    /// assert_eq!(keys, ["chat:3", "chat:2"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for a limit of 0; `Closed`; what the storage fails with.
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage>;

    /// All live keys that start with `prefix`, ascending. It holds them all in memory: for many, use `list_page`, or the
    /// stream of [`ListableStoreExt::keys`](crate::ListableStoreExt::keys).
    ///
    /// # Errors
    ///
    /// Those of [`list_page`](Self::list_page).
    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        let mut options = ListOptions::new(prefix).limit(MAX_PAGE);
        loop {
            let page = self.list_page(&options).await?;
            keys.extend(page.entries.into_iter().map(|entry| entry.key));
            match page.next {
                Some(next) => options.after = Some(next),
                None => return Ok(keys),
            }
        }
    }

    /// Removes all keys that start with `prefix`; the empty prefix removes every key. Not atomic; a key that is written
    /// meanwhile may stay.
    ///
    /// # Errors
    ///
    /// `Closed`; what the storage fails with, after which some keys may be gone: call it again.
    async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        let mut options = ListOptions::new(prefix);
        loop {
            let page = self.list_page(&options).await?;
            let keys: Vec<&str> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
            self.delete_many(&keys).await?;
            match page.next {
                Some(next) => options.after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// Which keys a page lists.
///
/// ```
/// use kvs_core::ListOptions;
/// let options = ListOptions::new("user:").after("user:17").limit(50).values(true);
/// assert_eq!(options.limit, 50);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListOptions {
    /// What the keys start with. The empty prefix, the default, means all keys. May be longer than any key.
    pub prefix: String,
    /// List only what lies beyond this string: above it, or below it in reverse. It may be any string of any length,
    /// stored or not, with that prefix or not.
    pub after: Option<String>,
    /// The most entries: 1,000 unless told; at least 1; more than [`MAX_PAGE`] is cut to it.
    pub limit: usize,
    /// From the last key to the first.
    pub reverse: bool,
    /// Read the values too.
    pub values: bool,
}

impl ListOptions {
    /// The first 1,000 keys with that prefix, ascending, without values.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            after: None,
            limit: DEFAULT_PAGE,
            reverse: false,
            values: false,
        }
    }

    /// Sets [`after`](Self::after).
    #[must_use]
    pub fn after(mut self, after: impl Into<String>) -> Self {
        self.after = Some(after.into());
        self
    }

    /// Sets [`limit`](Self::limit).
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Sets [`reverse`](Self::reverse).
    #[must_use]
    pub fn reverse(mut self, reverse: bool) -> Self {
        self.reverse = reverse;
        self
    }

    /// Sets [`values`](Self::values).
    #[must_use]
    pub fn values(mut self, values: bool) -> Self {
        self.values = values;
        self
    }
}

impl Default for ListOptions {
    fn default() -> Self {
        Self::new("")
    }
}

impl fmt::Debug for ListOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListOptions")
            .field("prefix", &KeyName::from(self.prefix.as_str()))
            .field("after", &self.after.as_deref().map(KeyName::from))
            .field("limit", &self.limit)
            .field("reverse", &self.reverse)
            .field("values", &self.values)
            .finish()
    }
}

/// One page of a listing.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    /// The entries, in the order of the walk.
    pub entries: Vec<Entry>,
    /// Where the next page begins: its `after`. `None` at the end of the walk, and only there.
    pub next: Option<String>,
}

impl fmt::Debug for ListPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListPage")
            .field("entries", &self.entries)
            .field("next", &self.next.as_deref().map(KeyName::from))
            .finish()
    }
}

/// One entry of a listing.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value, if it was asked for.
    pub value: Option<Bytes>,
    /// When it expires; `None` is never.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &KeyName::from(self.key.as_str()))
            .field(
                "value",
                &self.value.as_ref().map(|value| format!("{} bytes", value.len())),
            )
            .field("expires_at", &self.expires_at)
            .finish()
    }
}
