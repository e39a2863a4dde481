//! A store that lacks some traits, as a `FullStore`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::atomic::{AtomicStore, UpdateFn, Versioned};
use crate::document::{Document, DocumentStore, PutOptions};
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::listable::{ListOptions, ListPage, ListableStore};
use crate::profile::{Profile, Traits};
use crate::query::{Query, QueryPage};
use crate::store::{SetEntry, Store};
use crate::transaction::{Committed, Transaction};
use crate::ttl::Ttl;
use crate::version::Version;

/// Turns a store that implements some of the traits into a [`FullStore`](crate::FullStore), which answers `Unsupported`
/// for the rest and says so in its profile. That is how such a store enters the registry of `kvs`.
///
/// ```
/// use kvs_core::{AtomicStore, ErrorKind, FullStore, Partial, Store, Transaction};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let store = Partial::new(kvs_memory::MemoryStore::new()).listable().build();
/// assert!(store.profile().traits.listable && !store.profile().traits.atomic);
/// let error = store.commit(Transaction::new()).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Unsupported);
/// let _: &dyn FullStore = &store;
/// # }
/// ```
pub struct Partial<S: ?Sized> {
    store: Arc<S>,
    listable: Option<Arc<dyn ListableStore>>,
    documents: Option<Arc<dyn DocumentStore>>,
    atomic: Option<Arc<dyn AtomicStore>>,
    profile: Profile,
}

impl<S: Store> Partial<S> {
    /// Nothing but `Store`, whatever else the store implements; add the rest with the methods below.
    pub fn new(store: S) -> Self {
        let mut profile = store.profile().clone();
        profile.traits = Traits::default();
        Self {
            store: Arc::new(store),
            listable: None,
            documents: None,
            atomic: None,
            profile,
        }
    }

    /// With `ListableStore`.
    #[must_use]
    pub fn listable(mut self) -> Self
    where
        S: ListableStore,
    {
        self.profile.traits.listable = true;
        self.listable = Some(Arc::clone(&self.store) as _);
        self
    }

    /// With `DocumentStore`.
    #[must_use]
    pub fn documents(mut self) -> Self
    where
        S: DocumentStore,
    {
        self.profile.traits.documents = true;
        self.documents = Some(Arc::clone(&self.store) as _);
        self
    }

    /// With `AtomicStore`.
    #[must_use]
    pub fn atomic(mut self) -> Self
    where
        S: AtomicStore,
    {
        self.profile.traits.atomic = true;
        self.atomic = Some(Arc::clone(&self.store) as _);
        self
    }

    /// The full store, without the type of the one inside.
    #[must_use]
    pub fn build(self) -> Partial<dyn Store> {
        let Self {
            store,
            listable,
            documents,
            atomic,
            profile,
        } = self;
        Partial {
            store,
            listable,
            documents,
            atomic,
            profile,
        }
    }
}

impl<S: ?Sized> Partial<S> {
    fn unsupported(&self, operation: &'static str) -> Error {
        let message = "this store does not implement the operation; `profile().traits` tells what it does";
        Error::unsupported(message).during(self.profile.name, operation)
    }

    fn listing(&self, operation: &'static str) -> Result<&dyn ListableStore> {
        self.listable.as_deref().ok_or_else(|| self.unsupported(operation))
    }

    fn document_store(&self, operation: &'static str) -> Result<&dyn DocumentStore> {
        self.documents.as_deref().ok_or_else(|| self.unsupported(operation))
    }

    fn atomic_store(&self, operation: &'static str) -> Result<&dyn AtomicStore> {
        self.atomic.as_deref().ok_or_else(|| self.unsupported(operation))
    }
}

impl<S: fmt::Debug + ?Sized> fmt::Debug for Partial<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partial")
            .field("store", &&*self.store)
            .field("traits", &self.profile.traits)
            .finish_non_exhaustive()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store + ?Sized> Store for Partial<S> {
    async fn get(&self, key: &str) -> Result<Bytes> {
        self.store.get(key).await
    }
    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        self.store.set(key, value, ttl).await
    }
    async fn delete(&self, key: &str) -> Result<()> {
        self.store.delete(key).await
    }
    async fn close(&self) -> Result<()> {
        self.store.close().await
    }
    fn profile(&self) -> &Profile {
        &self.profile
    }
    async fn contains(&self, key: &str) -> Result<bool> {
        self.store.contains(key).await
    }
    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
        self.store.get_many(keys).await
    }
    async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
        self.store.set_many(entries).await
    }
    async fn delete_many(&self, keys: &[&str]) -> Result<()> {
        self.store.delete_many(keys).await
    }
    async fn sweep(&self) -> Result<u64> {
        self.store.sweep().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store + ?Sized> ListableStore for Partial<S> {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        self.listing("list_page")?.list_page(options).await
    }
    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.listing("list")?.list(prefix).await
    }
    async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        self.listing("delete_prefix")?.delete_prefix(prefix).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store + ?Sized> DocumentStore for Partial<S> {
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
        match self.document_store("put_with") {
            Ok(store) => store.put_with(collection, document, options).await,
            Err(error) => Err(refuse(document, error)),
        }
    }
    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        self.document_store("get_doc")?.get_doc(collection, id).await
    }
    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        self.document_store("query_page")?.query_page(collection, query).await
    }
    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        self.document_store("delete_doc")?.delete_doc(collection, id).await
    }
    async fn put(&self, collection: &str, document: Document) -> Result<Version> {
        match self.document_store("put") {
            Ok(store) => store.put(collection, document).await,
            Err(error) => Err(refuse(document, error)),
        }
    }
    async fn query(&self, collection: &str, filter: &Filter) -> Result<Vec<Document>> {
        self.document_store("query")?.query(collection, filter).await
    }
    async fn delete_collection(&self, collection: &str) -> Result<()> {
        self.document_store("delete_collection")?
            .delete_collection(collection)
            .await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store + ?Sized> AtomicStore for Partial<S> {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        self.atomic_store("get_versioned")?.get_versioned(key).await
    }
    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        self.atomic_store("commit")?.commit(transaction).await
    }
    async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<Version> {
        self.atomic_store("set_if_absent")?.set_if_absent(key, value, ttl).await
    }
    async fn compare_and_set(&self, key: &str, expected: Version, value: Bytes, ttl: Ttl) -> Result<Version> {
        self.atomic_store("compare_and_set")?
            .compare_and_set(key, expected, value, ttl)
            .await
    }
    async fn compare_and_delete(&self, key: &str, expected: Version) -> Result<()> {
        self.atomic_store("compare_and_delete")?
            .compare_and_delete(key, expected)
            .await
    }
    async fn take(&self, key: &str) -> Result<Bytes> {
        self.atomic_store("take")?.take(key).await
    }
    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        self.atomic_store("touch")?.touch(key, ttl).await
    }
    async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        self.atomic_store("update")?.update(key, f).await
    }
    async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        self.atomic_store("increment")?.increment(key, delta).await
    }
}

/// Drops a document that nobody has checked, however deep it is.
fn refuse(document: Document, error: Error) -> Error {
    crate::json::dismantle_map(document.data);
    error
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    #[derive(Debug)]
    struct Nothing(Profile);

    #[async_trait]
    impl Store for Nothing {
        async fn get(&self, _: &str) -> Result<Bytes> {
            Err(Error::NotFound)
        }
        async fn set(&self, _: &str, _: Bytes, _: Ttl) -> Result<()> {
            Ok(())
        }
        async fn delete(&self, _: &str) -> Result<()> {
            Ok(())
        }
        async fn close(&self) -> Result<()> {
            Ok(())
        }
        fn profile(&self) -> &Profile {
            &self.0
        }
    }

    fn deep() -> Document {
        let nested = (0..100_000).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        let data = Map::from_iter([("a".to_owned(), nested)]);
        Document {
            id: "d".into(),
            data,
            ..Document::default()
        }
    }

    #[tokio::test]
    async fn a_document_that_nobody_has_checked_is_dropped_however_deep_it_is() {
        let store = Partial::new(Nothing(Profile::new("nothing"))).build();
        let refused = [
            store.put("c", deep()).await.unwrap_err(),
            store.put_with("c", deep(), PutOptions::default()).await.unwrap_err(),
        ];
        assert!(
            refused
                .iter()
                .all(|error| error.kind() == crate::ErrorKind::Unsupported)
        );
    }
}
