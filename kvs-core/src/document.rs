//! Documents in collections, and queries over them.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::key::KeyName;
use crate::listable::MAX_PAGE;
use crate::query::{Query, QueryPage};
use crate::store::Store;
use crate::version::Version;

/// A store of JSON documents in named collections.
///
/// - A collection name is 1 to 255 bytes of UTF-8; an id follows the rules of keys. Documents and keys never see each
///   other, nor do two collections. A collection needs no creation; an unknown one is empty.
/// - What comes back is what went in: integers of 64 bits, every finite float exactly, nulls, empty strings. Documents nest
///   at most 32 levels deep.
/// - Documents do not expire.
/// - One evaluator, [`Filter::matches`], decides on every backend what a query finds.
///
/// ```
/// use kvs_core::{Document, DocumentStore, Filter};
/// use serde_json::json;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
/// let store = kvs_memory::MemoryStore::new();
/// store.put("users", Document::new("ada", json!({"age": 36, "lang": {"ui": "en"}}))?).await?;
/// store.put("users", Document::new("kim", json!({"age": 17, "lang": {"ui": "ko"}}))?).await?;
/// let adults = store.query("users", &Filter::gte("age", 18)).await?;
/// assert_eq!(adults.len(), 1);
/// assert_eq!(adults[0].id, "ada");
/// # Ok(()) }
/// ```
#[async_trait]
pub trait DocumentStore: Store {
    /// Inserts or replaces the whole document, on a condition or with carried stamps. Gives the new version.
    ///
    /// - The document is checked before the collection: where both are invalid, the error is about the document.
    /// - `updated_at` is set to now; `created_at` too on the first insert, and a replacement keeps it. Stamps and version
    ///   that the document carries are ignored, unless [`Stamps::Carried`] is asked for.
    ///
    /// # Errors
    ///
    /// `Conflict`, naming the id, if the condition does not hold; `InvalidKey` for the id; `InvalidArgument` for the
    /// collection; `InvalidDocument` for one nested too deep or with a number beyond i64, u64 and f64; `TooLarge`;
    /// `Closed`; what the storage fails with.
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version>;

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// `NotFound`; `InvalidKey`; `InvalidArgument` for the collection; `Closed`; what the storage fails with.
    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document>;

    /// One page of the documents that match, by ascending id.
    ///
    /// - The limit counts matches, not documents read. A page may be short or empty; the end is where
    ///   [`next`](QueryPage::next) is `None`, and only there.
    /// - A query reads the collection: its cost grows with the collection, not with the matches.
    /// - Not a snapshot: a document that stays as it is comes exactly once.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for the collection, a limit of 0 or a filter that is too deep or too long; `Closed`; what the
    /// storage fails with.
    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage>;

    /// Removes a document. Absent is fine.
    ///
    /// # Errors
    ///
    /// `InvalidKey`; `InvalidArgument` for the collection; `Closed`; what the storage fails with.
    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()>;

    /// Inserts or replaces the whole document, whatever was there. Gives the new version.
    ///
    /// # Errors
    ///
    /// Those of [`put_with`](Self::put_with) but `Conflict`.
    async fn put(&self, collection: &str, document: Document) -> Result<Version> {
        self.put_with(collection, document, PutOptions::default()).await
    }

    /// All documents that match, by ascending id. It holds them all in memory: for many, use `query_page`.
    ///
    /// # Errors
    ///
    /// Those of [`query_page`](Self::query_page).
    async fn query(&self, collection: &str, filter: &Filter) -> Result<Vec<Document>> {
        let mut documents = Vec::new();
        let mut query = Query::new(filter.clone()).limit(MAX_PAGE);
        loop {
            let page = self.query_page(collection, &query).await?;
            documents.extend(page.documents);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(documents),
            }
        }
    }

    /// Removes all documents of a collection. Not atomic; a document that is written meanwhile may stay.
    ///
    /// # Errors
    ///
    /// Those of [`query_page`](Self::query_page); after one some documents may be gone: call it again.
    async fn delete_collection(&self, collection: &str) -> Result<()> {
        let mut query = Query::default();
        loop {
            let page = self.query_page(collection, &query).await?;
            for document in &page.documents {
                self.delete_doc(collection, &document.id).await?;
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// A document: an id, a JSON object, and metadata.
///
/// Serialises as `{"id":…,"data":{…},"metadata":{…},"created_at":…,"updated_at":…}`, times in milliseconds since the
/// epoch; the version is left out.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The id, unique in its collection.
    pub id: String,
    /// The content.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// Labels beside the content. Filters do not see them.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// When the document was first put; set by the store.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When the document was last put; set by the store.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// The version that the last put gave it; set by the store.
    #[serde(skip)]
    pub version: Option<Version>,
}

impl Document {
    /// A document with that id and content, without metadata.
    ///
    /// ```
    /// use kvs_core::Document;
    /// use serde_json::json;
    /// assert!(Document::new("ada", json!({"age": 36})).is_ok());
    /// assert!(Document::new("ada", json!([1, 2, 3])).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidDocument` if the content is not an object.
    pub fn new(id: impl Into<String>, data: impl Into<Value>) -> Result<Self> {
        match data.into() {
            Value::Object(data) => Ok(Self {
                id: id.into(),
                data,
                ..Self::default()
            }),
            other => {
                crate::json::dismantle(other);
                Err(Error::invalid_document(
                    "the content of a document is a JSON object; wrap other values in one",
                ))
            }
        }
    }

    /// The same with one more label.
    #[must_use]
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("id", &KeyName::from(self.id.as_str()))
            .field("data", &format_args!("{} fields", self.data.len()))
            .field("metadata", &format_args!("{} labels", self.metadata.len()))
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .field("version", &self.version)
            .finish()
    }
}

/// How [`DocumentStore::put_with`] writes. The default is what [`DocumentStore::put`] does.
///
/// ```
/// use kvs_core::{Document, DocumentStore, PutOptions};
/// use serde_json::json;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
/// let store = kvs_memory::MemoryStore::new();
/// let document = Document::new("ada", json!({"age": 36}))?;
/// store.put_with("users", document.clone(), PutOptions::if_absent()).await?;
/// let error = store.put_with("users", document, PutOptions::if_absent()).await.unwrap_err();
/// assert!(error.is_conflict());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PutOptions {
    /// What must hold.
    pub expect: Expect,
    /// Where the stamps come from.
    pub stamps: Stamps,
}

impl PutOptions {
    /// Only if there is no such document.
    pub fn if_absent() -> Self {
        Self {
            expect: Expect::Absent,
            ..Self::default()
        }
    }

    /// Only if the document has this version.
    pub fn if_version(version: Version) -> Self {
        Self {
            expect: Expect::Version(version),
            ..Self::default()
        }
    }

    /// With the stamps that the document carries, for restoring a copy. Where one is missing, the store sets it.
    #[must_use]
    pub fn carried_stamps(mut self) -> Self {
        self.stamps = Stamps::Carried;
        self
    }
}

/// What must hold for a document to be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// Nothing.
    #[default]
    Any,
    /// There is no such document.
    Absent,
    /// The document has this version.
    Version(Version),
}

impl Expect {
    /// Does it hold, where `current` is the version of the stored document?
    pub fn holds(self, current: Option<Version>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => current.is_none(),
            Self::Version(version) => current == Some(version),
        }
    }
}

/// Where the stamps of a document come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stamps {
    /// From the store's clock.
    #[default]
    Store,
    /// From the document; the store sets those that it lacks.
    Carried,
}

impl Stamps {
    /// `created_at` and `updated_at` of a document put at `now` over one that was created at `existing`. The one place
    /// where they are decided.
    pub fn resolve(self, document: &Document, existing: Option<Timestamp>, now: Timestamp) -> (Timestamp, Timestamp) {
        let carried = match self {
            Self::Store => (None, None),
            Self::Carried => (document.created_at, document.updated_at),
        };
        (carried.0.or(existing).unwrap_or(now), carried.1.unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_come_from_where_they_were_asked() {
        let [t1, t2, t3] = [1, 2, 3].map(Timestamp::from_millis);
        let plain = Document::default();
        let carrying = Document {
            created_at: Some(t1),
            updated_at: Some(t2),
            ..Document::default()
        };
        assert_eq!(Stamps::Store.resolve(&carrying, None, t3), (t3, t3));
        assert_eq!(Stamps::Store.resolve(&carrying, Some(t2), t3), (t2, t3));
        assert_eq!(Stamps::Carried.resolve(&carrying, Some(t3), t3), (t1, t2));
        assert_eq!(Stamps::Carried.resolve(&plain, Some(t2), t3), (t2, t3));
    }

    #[test]
    fn debug_hides_the_content() {
        let document = Document::new("session:0123456789", serde_json::json!({"a": "secret"})).unwrap();
        let shown = format!("{:?}", document.with_metadata("b", "secret"));
        assert!(!shown.contains("secret") && !shown.contains("0123456789"), "{shown}");
    }
}
