//! Every trait for `Arc<T>` and `Box<T>`, so that a wrapper can wrap an `Arc<dyn FullStore>`.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::atomic::{AtomicStore, UpdateFn, Versioned};
use crate::document::{Document, DocumentStore, PutOptions};
use crate::error::Result;
use crate::filter::Filter;
use crate::listable::{ListOptions, ListPage, ListableStore};
use crate::profile::Profile;
use crate::query::{Query, QueryPage};
use crate::store::{SetEntry, Store};
use crate::transaction::{Committed, Transaction};
use crate::ttl::Ttl;
use crate::version::Version;

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: Store + ?Sized> Store for $pointer<S> {
            async fn get(&self, key: &str) -> Result<Bytes> {
                (**self).get(key).await
            }
            async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
                (**self).set(key, value, ttl).await
            }
            async fn delete(&self, key: &str) -> Result<()> {
                (**self).delete(key).await
            }
            async fn close(&self) -> Result<()> {
                (**self).close().await
            }
            fn profile(&self) -> &Profile {
                (**self).profile()
            }
            async fn contains(&self, key: &str) -> Result<bool> {
                (**self).contains(key).await
            }
            async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
                (**self).get_many(keys).await
            }
            async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
                (**self).set_many(entries).await
            }
            async fn delete_many(&self, keys: &[&str]) -> Result<()> {
                (**self).delete_many(keys).await
            }
            async fn sweep(&self) -> Result<u64> {
                (**self).sweep().await
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: ListableStore + ?Sized> ListableStore for $pointer<S> {
            async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
                (**self).list_page(options).await
            }
            async fn list(&self, prefix: &str) -> Result<Vec<String>> {
                (**self).list(prefix).await
            }
            async fn delete_prefix(&self, prefix: &str) -> Result<()> {
                (**self).delete_prefix(prefix).await
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: DocumentStore + ?Sized> DocumentStore for $pointer<S> {
            async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
                (**self).put_with(collection, document, options).await
            }
            async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
                (**self).get_doc(collection, id).await
            }
            async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
                (**self).query_page(collection, query).await
            }
            async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
                (**self).delete_doc(collection, id).await
            }
            async fn put(&self, collection: &str, document: Document) -> Result<Version> {
                (**self).put(collection, document).await
            }
            async fn query(&self, collection: &str, filter: &Filter) -> Result<Vec<Document>> {
                (**self).query(collection, filter).await
            }
            async fn delete_collection(&self, collection: &str) -> Result<()> {
                (**self).delete_collection(collection).await
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: AtomicStore + ?Sized> AtomicStore for $pointer<S> {
            async fn get_versioned(&self, key: &str) -> Result<Versioned> {
                (**self).get_versioned(key).await
            }
            async fn commit(&self, transaction: Transaction) -> Result<Committed> {
                (**self).commit(transaction).await
            }
            async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<Version> {
                (**self).set_if_absent(key, value, ttl).await
            }
            async fn compare_and_set(&self, key: &str, expected: Version, value: Bytes, ttl: Ttl) -> Result<Version> {
                (**self).compare_and_set(key, expected, value, ttl).await
            }
            async fn compare_and_delete(&self, key: &str, expected: Version) -> Result<()> {
                (**self).compare_and_delete(key, expected).await
            }
            async fn take(&self, key: &str) -> Result<Bytes> {
                (**self).take(key).await
            }
            async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
                (**self).touch(key, ttl).await
            }
            async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
                (**self).update(key, f).await
            }
            async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
                (**self).increment(key, delta).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
