//! Conveniences for callers, on every store.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::atomic::{AtomicStore, UpdateFn};
use crate::document::{Document, DocumentStore};
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::key::KeyName;
use crate::listable::{Entry, ListOptions, ListPage, ListableStore};
use crate::query::Query;
use crate::store::Store;
use crate::ttl::Ttl;

/// Typed forms of `get` and `set`, for every [`Store`].
///
/// ```
/// use std::time::Duration;
/// use kvs_core::StoreExt;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)]
/// struct Session { user: String, admin: bool }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
/// let store = kvs_memory::MemoryStore::new();
/// let session = Session { user: "ada".into(), admin: true };
/// store.set_json("session:1", &session, Duration::from_secs(1_800)).await?;
/// assert_eq!(store.get_json::<Session>("session:1").await?, session);
/// assert_eq!(store.get_opt("session:2").await?, None);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait StoreExt: Store {
    /// [`Store::get`] with `None` for a miss.
    async fn get_opt(&self, key: &str) -> Result<Option<Bytes>> {
        match self.get(key).await {
            Ok(value) => Ok(Some(value)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// [`Store::set`] for anything that turns into bytes and a time to live: `set_bytes("k", vec![1], Duration::from_secs(9))`.
    async fn set_bytes<V, T>(&self, key: &str, value: V, ttl: T) -> Result<()>
    where
        V: Into<Bytes> + Send,
        T: Into<Ttl> + Send,
    {
        self.set(key, value.into(), ttl.into()).await
    }

    /// Reads a value that was written with [`set_json`](Self::set_json).
    ///
    /// # Errors
    ///
    /// `InvalidDocument` if the value is not JSON of that type; those of [`Store::get`].
    async fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        let value = self.get(key).await?;
        serde_json::from_slice(&value).map_err(|error| self.unreadable(key, "get_json", &json_problem(&error)))
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    ///
    /// `InvalidDocument` if it cannot be written as JSON (a map whose keys are no strings, say); those of [`Store::set`].
    async fn set_json<V, T>(&self, key: &str, value: &V, ttl: T) -> Result<()>
    where
        V: Serialize + Sync + ?Sized,
        T: Into<Ttl> + Send,
    {
        let json = serde_json::to_vec(value).map_err(|error| {
            let error = Error::invalid_document("the value cannot be written as JSON").with_source(error);
            error.during(self.profile().name, "set_json")
        })?;
        self.set(key, json.into(), ttl.into()).await
    }

    /// Reads a value as text.
    ///
    /// # Errors
    ///
    /// `InvalidDocument` if the value is not UTF-8; those of [`Store::get`].
    async fn get_text(&self, key: &str) -> Result<String> {
        let value = self.get(key).await?;
        String::from_utf8(value.into()).map_err(|_| self.unreadable(key, "get_text", "not UTF-8"))
    }

    /// Writes text.
    async fn set_text<T: Into<Ttl> + Send>(&self, key: &str, text: &str, ttl: T) -> Result<()> {
        self.set(key, Bytes::copy_from_slice(text.as_bytes()), ttl.into()).await
    }

    #[doc(hidden)]
    fn unreadable(&self, key: &str, operation: &'static str, problem: &str) -> Error {
        let message = format!("the value of {} is of another type: {problem}", KeyName::from(key));
        Error::invalid_document(message).during(self.profile().name, operation)
    }
}

impl<S: Store + ?Sized> StoreExt for S {}

/// Listings as streams, for every [`ListableStore`]. Pages are read as the stream is; dropping it is safe.
///
/// ```
/// use futures_util::TryStreamExt;
/// use kvs_core::{ListableStoreExt, StoreExt, Ttl};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
/// let store = kvs_memory::MemoryStore::new();
/// store.set_text("chat:1", "hello", Ttl::Never).await?;
/// let mut turns = store.entries("chat:");
/// while let Some(turn) = turns.try_next().await? {
///     assert_eq!((turn.key.as_str(), turn.value.unwrap().as_ref()), ("chat:1", &b"hello"[..]));
/// }
/// # Ok(()) }
/// ```
pub trait ListableStoreExt: ListableStore {
    /// The live keys that start with `prefix`, ascending.
    fn keys<'a>(&'a self, prefix: &str) -> BoxStream<'a, Result<String>> {
        let entries = walk(ListOptions::new(prefix), move |options| async move {
            self.list_page(&options).await
        });
        entries.map_ok(|entry| entry.key).boxed()
    }

    /// The live entries whose keys start with `prefix`, ascending, with their values.
    fn entries<'a>(&'a self, prefix: &str) -> BoxStream<'a, Result<Entry>> {
        // Values may be large: small pages keep what is held at once within bounds.
        let options = ListOptions::new(prefix).values(true).limit(100);
        walk(options, move |options| async move { self.list_page(&options).await }).boxed()
    }
}

impl<S: ListableStore + ?Sized> ListableStoreExt for S {}

/// Conveniences for every [`DocumentStore`].
#[async_trait]
pub trait DocumentStoreExt: DocumentStore {
    /// [`DocumentStore::get_doc`] with `None` for a miss.
    async fn get_doc_opt(&self, collection: &str, id: &str) -> Result<Option<Document>> {
        match self.get_doc(collection, id).await {
            Ok(document) => Ok(Some(document)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The documents that match, by ascending id, as a stream that reads page by page.
    fn documents<'a>(&'a self, collection: &'a str, filter: &Filter) -> BoxStream<'a, Result<Document>> {
        let start = Some(Query::new(filter.clone()));
        let pages = stream::try_unfold(start, move |query| async move {
            let Some(mut query) = query else {
                return Ok(None);
            };
            let page = self.query_page(collection, &query).await?;
            let next = page.next.map(|next| {
                query.after = Some(next);
                query
            });
            Ok(Some((page.documents, next)))
        });
        pages
            .map_ok(|documents| stream::iter(documents.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}

impl<S: DocumentStore + ?Sized> DocumentStoreExt for S {}

/// Conveniences for every [`AtomicStore`].
#[async_trait]
pub trait AtomicStoreExt: AtomicStore {
    /// [`AtomicStore::update`] of a value kept as JSON: gives the new value.
    ///
    /// ```
    /// use kvs_core::AtomicStoreExt;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
    /// let store = kvs_memory::MemoryStore::new();
    /// let cart: Vec<String> = store
    ///     .update_json("cart", |cart: Option<Vec<String>>| {
    ///         let mut cart = cart.unwrap_or_default();
    ///         cart.push("apple".into());
    ///         cart
    ///     })
    ///     .await?;
    /// assert_eq!(cart, ["apple"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidDocument` if the value is not JSON of that type; those of [`AtomicStore::update`].
    async fn update_json<T, F>(&self, key: &str, mut f: F) -> Result<T>
    where
        T: DeserializeOwned + Serialize + Send,
        F: FnMut(Option<T>) -> T + Send,
    {
        let mut latest = None;
        let update: &mut UpdateFn<'_> = &mut |old| {
            let problem = |error| self.unreadable(key, "update_json", &json_problem(&error));
            let old = old
                .map(|old| serde_json::from_slice(old))
                .transpose()
                .map_err(problem)?;
            let new = f(old);
            let json = serde_json::to_vec(&new).map_err(problem)?;
            latest = Some(new);
            Ok(json.into())
        };
        self.update(key, update).await?;
        latest.ok_or_else(|| Error::backend("the store updated a value without asking for it"))
    }
}

impl<S: AtomicStore + ?Sized> AtomicStoreExt for S {}

/// The entries of all pages, each read when the one before it is used up.
fn walk<'a, F, P>(options: ListOptions, page: F) -> impl stream::Stream<Item = Result<Entry>> + Send + 'a
where
    F: Fn(ListOptions) -> P + Send + Sync + Copy + 'a,
    P: Future<Output = Result<ListPage>> + Send + 'a,
{
    let pages = stream::try_unfold(Some(options), move |options| async move {
        let Some(mut options) = options else {
            return Ok(None);
        };
        let found = page(options.clone()).await?;
        let next = found.next.map(|next| {
            options.after = Some(next);
            options
        });
        Ok(Some((found.entries, next)))
    });
    pages
        .map_ok(|entries| stream::iter(entries.into_iter().map(Ok)))
        .try_flatten()
}

/// Where JSON went wrong. Not serde's own message: it may quote the value.
fn json_problem(error: &serde_json::Error) -> String {
    format!(
        "{:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    )
    .to_lowercase()
}
