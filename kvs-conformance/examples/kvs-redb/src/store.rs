//! The four traits: each method checks its arguments, then has a thread do the rest in one transaction.

use std::sync::{Arc, Mutex, PoisonError};

use blocking::unblock;
use kvs_core::{
    Action, AtomicStore, Bytes, CheckedQuery, Committed, Document, DocumentStore, Durability, Entry, Error,
    ListOptions, ListPage, ListableStore, Profile, PutOptions, Query, QueryPage, Result, SetEntry, Store, Traits,
    Transaction, Ttl, Version, Versioned, async_trait, last_of_each,
};

use crate::format::{self, FORMAT, File, Redb};
use crate::{config::RedbConfig, error::translate};

/// A store in a file. Clones share it; other stores, of other processes too, may have the file open at the same time.
#[derive(Debug, Clone)]
pub struct RedbStore {
    profile: Profile,
    /// `None` once the store is closed.
    file: Arc<Mutex<Option<Arc<File>>>>,
}

impl RedbStore {
    /// What every store of this crate promises.
    pub fn declared() -> Profile {
        let mut profile = Profile::new("redb");
        profile.format = Some(FORMAT);
        profile.traits = Traits::ALL;
        profile.durability = Durability::Power;
        profile.late_writes = true;
        profile
    }

    /// Opens the file.
    pub async fn open(config: RedbConfig) -> Result<Self> {
        let profile = Self::declared();
        let file = unblock(|| File::open(config)).await.map_err(translate).flatten();
        let file = file.map_err(|error| error.during(profile.name, "open"))?;
        Ok(Self { profile, file: Arc::new(Mutex::new(Some(Arc::new(file)))) })
    }

    /// Does the work on a thread that may block, whichever runtime the caller has.
    async fn run<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&File) -> Redb<Result<T>> + Send + 'static,
    {
        let named = |error: Error| error.during(self.profile.name, operation);
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let file = file.ok_or_else(|| named(Error::closed()))?;
        unblock(move || work(&file)).await.map_err(translate).flatten().map_err(named)
    }

    async fn apply(&self, operation: &'static str, transaction: Transaction) -> Result<Committed> {
        let actions = self.profile.check(operation).transaction(transaction)?;
        self.run(operation, |file| file.write(|change| change.apply(actions))).await
    }
}

#[async_trait]
impl Store for RedbStore {
    async fn get(&self, key: &str) -> Result<Bytes> {
        self.get_versioned(key).await.map(|live| live.value)
    }
    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        self.apply("set", Transaction::new().set(key, value, ttl)).await.map(drop)
    }
    async fn delete(&self, key: &str) -> Result<()> {
        self.apply("delete", Transaction::new().delete(key)).await.map(drop)
    }
    async fn close(&self) -> Result<()> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
        unblock(|| drop(file)).await;
        Ok(())
    }
    fn profile(&self) -> &Profile {
        &self.profile
    }
    async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
        self.profile.check("set_many").entries(&entries)?;
        let actions = last_of_each(entries).into_iter().map(Action::from).collect();
        self.run("set_many", |file| file.write(|change| change.apply(actions))).await.map(drop)
    }
    async fn delete_many(&self, keys: &[&str]) -> Result<()> {
        self.profile.check("delete_many").keys(keys)?;
        let actions = keys.iter().map(|key| Action::delete(*key)).collect();
        self.run("delete_many", |file| file.write(|change| change.apply(actions))).await.map(drop)
    }
    async fn sweep(&self) -> Result<u64> {
        self.run("sweep", |file| file.write(|change| change.reclaim(usize::MAX).map(Ok))).await
    }
}

#[async_trait]
impl ListableStore for RedbStore {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        let list = self.profile.check("list_page").list(options)?;
        let look = move |key: &str, Versioned { value, expires_at, .. }| {
            Ok(Some(Entry { key: key.to_owned(), value: list.values.then_some(value), expires_at }))
        };
        let page = move |file: &File| file.read()?.page(("", &list.range), (list.limit, list.reverse), look).map(Ok);
        let (entries, next) = self.run("list_page", page).await?;
        Ok(ListPage { entries, next })
    }
}

#[async_trait]
impl DocumentStore for RedbStore {
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
        let document = self.profile.check("put_with").document(document)?.document;
        self.profile.check("put_with").collection(collection)?;
        let collection = collection.to_owned();
        self.run("put_with", move |file| file.write(move |change| change.put(&collection, document, options))).await
    }
    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        self.profile.check("get_doc").collection(collection)?.key(id)?;
        let (collection, id) = (collection.to_owned(), id.to_owned());
        let find = move |file: &File| file.read()?.get(&collection, &id)?.map(|row| format::document(&row)).transpose();
        self.run("get_doc", move |file| Ok(find(file)?.ok_or(Error::NotFound))).await
    }
    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        let CheckedQuery { range, limit, .. } =
            self.profile.check("query_page").collection(collection)?.query(query)?;
        let (collection, filter) = (collection.to_owned(), query.filter.clone());
        let look = move |_: &str, row| Ok(Some(format::document(&row)?).filter(|found| filter.matches(&found.data)));
        let page = move |file: &File| file.read()?.page((&collection, &range), (limit, false), look).map(Ok);
        let (documents, next) = self.run("query_page", page).await?;
        Ok(QueryPage { documents, next })
    }
    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        self.profile.check("delete_doc").collection(collection)?.key(id)?;
        let (collection, id) = (collection.to_owned(), id.to_owned());
        self.run("delete_doc", move |file| file.write(move |change| change.replace(&collection, &id, None).map(Ok)))
            .await
    }
}

#[async_trait]
impl AtomicStore for RedbStore {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        self.profile.check("get_versioned").key(key)?;
        let key = key.to_owned();
        let get = move |file: &File| file.read()?.get("", &key).map(|live| live.ok_or(Error::NotFound));
        self.run("get_versioned", get).await
    }
    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        self.apply("commit", transaction).await
    }
}
