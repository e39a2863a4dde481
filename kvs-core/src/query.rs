//! What a query asks for, and the page that answers it.

use std::fmt;

use crate::document::Document;
use crate::filter::Filter;
use crate::key::KeyName;

const DEFAULT_PAGE: usize = 1_000;

/// Which documents a page holds.
///
/// ```
/// use kvs_core::{Filter, Query};
/// let query = Query::new(Filter::eq("status", "active")).after("m").limit(20);
/// assert_eq!(query.limit, 20);
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Query {
    /// What the documents must match.
    pub filter: Filter,
    /// Only ids above this string, which may be any.
    pub after: Option<String>,
    /// The most matches: 1,000 unless told; at least 1; more than [`MAX_PAGE`](crate::MAX_PAGE) is cut to it.
    pub limit: usize,
}

impl Query {
    /// The first 1,000 documents that match.
    pub fn new(filter: Filter) -> Self {
        Self {
            filter,
            after: None,
            limit: DEFAULT_PAGE,
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
}

impl Default for Query {
    /// The first 1,000 documents.
    fn default() -> Self {
        Self::new(Filter::all())
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("filter", &self.filter)
            .field("after", &self.after.as_deref().map(KeyName::from))
            .field("limit", &self.limit)
            .finish()
    }
}

/// One page of a query.
#[derive(Clone, PartialEq, Default)]
pub struct QueryPage {
    /// The matches, by ascending id.
    pub documents: Vec<Document>,
    /// Where the next page begins: its `after`. `None` at the end, and only there.
    pub next: Option<String>,
}

impl fmt::Debug for QueryPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryPage")
            .field("documents", &self.documents)
            .field("next", &self.next.as_deref().map(KeyName::from))
            .finish()
    }
}
