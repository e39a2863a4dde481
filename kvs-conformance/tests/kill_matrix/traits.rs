//! The traits of a store over [`Saboteur::call`]: every method becomes a call, and every answer what the method gives.

use kvs_conformance::async_trait;
use kvs_core::{
    AtomicStore, Bytes, Committed, Document, DocumentStore, Filter, ListOptions, ListPage, ListableStore, Profile,
    PutOptions, Query, QueryPage, Result, SetEntry, Store, Transaction, Ttl, UpdateFn, Version, Versioned,
};

use crate::call::{Answer, Call};
use crate::saboteur::Saboteur;

/// What the method gives, out of the answer. A mutation that answers with another kind of thing is a mistake in the table.
macro_rules! expect {
    ($answer:expr, $kind:ident) => {
        match $answer? {
            Answer::$kind(inner) => Ok(inner),
            other => unreachable!("the mutation answers with {other:?}"),
        }
    };
}

fn done(answer: Result<Answer>) -> Result<()> {
    answer.map(|_| ())
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for Saboteur {
    async fn get(&self, key: &str) -> Result<Bytes> {
        expect!(self.call(Call::Get { key: key.into() }).await, Value)
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        let key = key.into();
        done(self.call(Call::Set { key, value, ttl }).await)
    }

    async fn delete(&self, key: &str) -> Result<()> {
        done(self.call(Call::Delete { key: key.into() }).await)
    }

    async fn close(&self) -> Result<()> {
        done(self.call(Call::Close).await)
    }

    fn profile(&self) -> &Profile {
        self.declared()
    }

    async fn contains(&self, key: &str) -> Result<bool> {
        expect!(self.call(Call::Contains { key: key.into() }).await, Flag)
    }

    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
        expect!(self.call(Call::GetMany { keys: owned(keys) }).await, Values)
    }

    async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
        done(self.call(Call::SetMany { entries }).await)
    }

    async fn delete_many(&self, keys: &[&str]) -> Result<()> {
        done(self.call(Call::DeleteMany { keys: owned(keys) }).await)
    }

    async fn sweep(&self) -> Result<u64> {
        expect!(self.call(Call::Sweep).await, Count)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ListableStore for Saboteur {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        let options = options.clone();
        expect!(self.call(Call::ListPage { options }).await, Page)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        expect!(self.call(Call::List { prefix: prefix.into() }).await, Keys)
    }

    async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        done(self.call(Call::DeletePrefix { prefix: prefix.into() }).await)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DocumentStore for Saboteur {
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
        let collection = collection.into();
        let call = Call::PutWith {
            collection,
            document,
            options,
        };
        expect!(self.call(call).await, Version)
    }

    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        let (collection, id) = (collection.into(), id.into());
        expect!(self.call(Call::GetDoc { collection, id }).await, Document)
    }

    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        let (collection, query) = (collection.into(), query.clone());
        expect!(self.call(Call::QueryPage { collection, query }).await, QueryPage)
    }

    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        let (collection, id) = (collection.into(), id.into());
        done(self.call(Call::DeleteDoc { collection, id }).await)
    }

    async fn put(&self, collection: &str, document: Document) -> Result<Version> {
        let collection = collection.into();
        expect!(self.call(Call::Put { collection, document }).await, Version)
    }

    async fn query(&self, collection: &str, filter: &Filter) -> Result<Vec<Document>> {
        let (collection, filter) = (collection.into(), filter.clone());
        expect!(self.call(Call::Query { collection, filter }).await, Documents)
    }

    async fn delete_collection(&self, collection: &str) -> Result<()> {
        let collection = collection.into();
        done(self.call(Call::DeleteCollection { collection }).await)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl AtomicStore for Saboteur {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        expect!(self.call(Call::GetVersioned { key: key.into() }).await, Versioned)
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        expect!(self.call(Call::Commit { transaction }).await, Committed)
    }

    async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<Version> {
        let key = key.into();
        expect!(self.call(Call::SetIfAbsent { key, value, ttl }).await, Version)
    }

    async fn compare_and_set(&self, key: &str, expected: Version, value: Bytes, ttl: Ttl) -> Result<Version> {
        let key = key.into();
        let call = Call::CompareAndSet {
            key,
            expected,
            value,
            ttl,
        };
        expect!(self.call(call).await, Version)
    }

    async fn compare_and_delete(&self, key: &str, expected: Version) -> Result<()> {
        let key = key.into();
        done(self.call(Call::CompareAndDelete { key, expected }).await)
    }

    async fn take(&self, key: &str) -> Result<Bytes> {
        expect!(self.call(Call::Take { key: key.into() }).await, Value)
    }

    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        let key = key.into();
        expect!(self.call(Call::Touch { key, ttl }).await, Version)
    }

    async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        let key = key.into();
        // A closure of its own, because the lifetime inside of `UpdateFn` cannot be shortened.
        let mut change = |current: Option<&Bytes>| f(current);
        let change = &mut change;
        expect!(self.call(Call::Update { key, change }).await, Versioned)
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        let key = key.into();
        expect!(self.call(Call::Increment { key, delta }).await, Number)
    }
}
