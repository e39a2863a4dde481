//! Every trait for `Arc<T>` and `Box<T>`, so that a wrapper can wrap an `Arc<dyn FullStore>`.
//!
//! A call on an `Arc<dyn Store>` comes here first. So it gives back the very future of the inner store: another one around
//! it would cost a get in memory a third more instructions.

use std::pin::Pin;
use std::sync::Arc;

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

/// What `async_trait` makes of an `async fn`.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Methods that hand their arguments on, in the form that `async_trait` gives to those of the trait.
macro_rules! methods {
    ($(async fn $name:ident$(<$($life:lifetime),*>)?(&self $(, $argument:ident: $type:ty)*) -> $answer:ty;)*) => {$(
        fn $name<'s, $($($life,)*)? 'async_trait>(&'s self $(, $argument: $type)*) -> Answer<'async_trait, $answer>
        where
            's: 'async_trait,
            $($($life: 'async_trait,)*)?
            Self: 'async_trait,
        {
            (**self).$name($($argument),*)
        }
    )*};
}

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        impl<S: Store + ?Sized> Store for $pointer<S> {
            fn profile(&self) -> &Profile {
                (**self).profile()
            }
            methods! {
                async fn get<'k>(&self, key: &'k str) -> Bytes;
                async fn set<'k>(&self, key: &'k str, value: Bytes, ttl: Ttl) -> ();
                async fn delete<'k>(&self, key: &'k str) -> ();
                async fn close(&self) -> ();
                async fn contains<'k>(&self, key: &'k str) -> bool;
                async fn get_many<'l, 'k>(&self, keys: &'l [&'k str]) -> Vec<Option<Bytes>>;
                async fn set_many(&self, entries: Vec<SetEntry>) -> ();
                async fn delete_many<'l, 'k>(&self, keys: &'l [&'k str]) -> ();
                async fn sweep(&self) -> u64;
            }
        }

        #[deny(clippy::missing_trait_methods)]
        impl<S: ListableStore + ?Sized> ListableStore for $pointer<S> {
            methods! {
                async fn list_page<'o>(&self, options: &'o ListOptions) -> ListPage;
                async fn list<'p>(&self, prefix: &'p str) -> Vec<String>;
                async fn delete_prefix<'p>(&self, prefix: &'p str) -> ();
            }
        }

        #[deny(clippy::missing_trait_methods)]
        impl<S: DocumentStore + ?Sized> DocumentStore for $pointer<S> {
            methods! {
                async fn put_with<'c>(&self, collection: &'c str, document: Document, options: PutOptions) -> Version;
                async fn get_doc<'c, 'i>(&self, collection: &'c str, id: &'i str) -> Document;
                async fn query_page<'c, 'q>(&self, collection: &'c str, query: &'q Query) -> QueryPage;
                async fn delete_doc<'c, 'i>(&self, collection: &'c str, id: &'i str) -> ();
                async fn put<'c>(&self, collection: &'c str, document: Document) -> Version;
                async fn query<'c, 'f>(&self, collection: &'c str, filter: &'f Filter) -> Vec<Document>;
                async fn delete_collection<'c>(&self, collection: &'c str) -> ();
            }
        }

        #[deny(clippy::missing_trait_methods)]
        impl<S: AtomicStore + ?Sized> AtomicStore for $pointer<S> {
            methods! {
                async fn get_versioned<'k>(&self, key: &'k str) -> Versioned;
                async fn commit(&self, transaction: Transaction) -> Committed;
                async fn set_if_absent<'k>(&self, key: &'k str, value: Bytes, ttl: Ttl) -> Version;
                async fn compare_and_set<'k>(&self, key: &'k str, expected: Version, value: Bytes, ttl: Ttl) -> Version;
                async fn compare_and_delete<'k>(&self, key: &'k str, expected: Version) -> ();
                async fn take<'k>(&self, key: &'k str) -> Bytes;
                async fn touch<'k>(&self, key: &'k str, ttl: Ttl) -> Version;
                async fn update<'k, 'f, 'u>(&self, key: &'k str, f: &'f mut UpdateFn<'u>) -> Versioned;
                async fn increment<'k>(&self, key: &'k str, delta: i64) -> i64;
            }
        }
    };
}

forward!(Arc);
forward!(Box);
