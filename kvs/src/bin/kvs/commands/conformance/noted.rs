//! The store that a case gets: it passes everything on, and notes the collections that documents go to.

use std::fmt;
use std::sync::Arc;

use kvs::{
    AtomicStore, Bytes, Committed, Document, DocumentStore, Filter, FullStore, ListOptions, ListPage, ListableStore,
    Profile, PutOptions, Query, QueryPage, Result, SetEntry, Store, Transaction, Ttl, UpdateFn, Version, Versioned,
    async_trait,
};

use super::rooms::Room;

pub(super) struct Noted {
    store: Arc<dyn FullStore>,
    room: Arc<Room>,
}

impl Noted {
    pub(super) fn new(store: Arc<dyn FullStore>, room: Arc<Room>) -> Self {
        Self { store, room }
    }
}

/// As the store itself is shown: what was noted is content.
impl fmt::Debug for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for Noted {
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
        self.store.profile()
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
impl ListableStore for Noted {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        self.store.list_page(options).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.store.list(prefix).await
    }

    async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        self.store.delete_prefix(prefix).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DocumentStore for Noted {
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
        self.room.note(collection).await?;
        self.store.put_with(collection, document, options).await
    }

    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        self.store.get_doc(collection, id).await
    }

    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        self.store.query_page(collection, query).await
    }

    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        self.store.delete_doc(collection, id).await
    }

    async fn put(&self, collection: &str, document: Document) -> Result<Version> {
        self.room.note(collection).await?;
        self.store.put(collection, document).await
    }

    async fn query(&self, collection: &str, filter: &Filter) -> Result<Vec<Document>> {
        self.store.query(collection, filter).await
    }

    async fn delete_collection(&self, collection: &str) -> Result<()> {
        self.store.delete_collection(collection).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl AtomicStore for Noted {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        self.store.get_versioned(key).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        self.store.commit(transaction).await
    }

    async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<Version> {
        self.store.set_if_absent(key, value, ttl).await
    }

    async fn compare_and_set(&self, key: &str, expected: Version, value: Bytes, ttl: Ttl) -> Result<Version> {
        self.store.compare_and_set(key, expected, value, ttl).await
    }

    async fn compare_and_delete(&self, key: &str, expected: Version) -> Result<()> {
        self.store.compare_and_delete(key, expected).await
    }

    async fn take(&self, key: &str) -> Result<Bytes> {
        self.store.take(key).await
    }

    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        self.store.touch(key, ttl).await
    }

    async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        self.store.update(key, f).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        self.store.increment(key, delta).await
    }
}
