//! Listings and documents: the cache passes them on.

use async_trait::async_trait;
use kvs_core::{
    AtomicStore, Document, DocumentStore, Filter, ListOptions, ListPage, ListableStore, PutOptions, Query, QueryPage,
    Result, Version,
};

use super::Cache;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: AtomicStore + ListableStore> ListableStore for Cache<S> {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        self.shared.store.list_page(options).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.shared.store.list(prefix).await
    }

    async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        let _writing = self.shared.near.write_many();
        self.shared.store.delete_prefix(prefix).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: AtomicStore + DocumentStore> DocumentStore for Cache<S> {
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
        self.shared.store.put_with(collection, document, options).await
    }

    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        self.shared.store.get_doc(collection, id).await
    }

    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        self.shared.store.query_page(collection, query).await
    }

    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        self.shared.store.delete_doc(collection, id).await
    }

    async fn put(&self, collection: &str, document: Document) -> Result<Version> {
        self.shared.store.put(collection, document).await
    }

    async fn query(&self, collection: &str, filter: &Filter) -> Result<Vec<Document>> {
        self.shared.store.query(collection, filter).await
    }

    async fn delete_collection(&self, collection: &str) -> Result<()> {
        self.shared.store.delete_collection(collection).await
    }
}
