//! The traits: checks, then a request to the engine.

use std::collections::HashSet;

use async_trait::async_trait;
use kvs_core::{
    Action, AtomicStore, Bytes, Committed, Document, DocumentStore, Error, ListOptions, ListPage, ListableStore,
    Precondition, Profile, PutOptions, Query, QueryPage, Result, SetEntry, Store, Transaction, Ttl, UpdateFn, Version,
    Versioned, Write, last_of_each,
};

use crate::engine::{Done, Op, Place, Put, QueryJob, Read, Swap};
use crate::handle::SqliteStore;
use crate::inline::Seen;
use crate::sql::REMOVED_ROWS;

/// The most of a batch that is written in one transaction.
const CHUNK_ENTRIES: usize = 8_192;
const CHUNK_BYTES: usize = 2 << 20;

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, key: &str) -> Result<Bytes> {
        self.entry("get", key).await.map(|entry| entry.value)
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        self.checks("set").key(key)?.value(&value)?.open(self.closed())?;
        let key = key.to_owned();
        self.write("set", Op::Set(SetEntry { key, value, ttl })).await.map(drop)
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.checks("delete").key(key)?.open(self.closed())?;
        self.write("delete", Op::DeleteMany(vec![key.to_owned()]))
            .await
            .map(drop)
    }

    async fn close(&self) -> Result<()> {
        self.shut().await
    }

    fn profile(&self) -> &Profile {
        self.store_profile()
    }

    async fn contains(&self, key: &str) -> Result<bool> {
        match self.entry("contains", key).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
        self.checks("get_many").keys(keys)?.open(self.closed())?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        self.read("get_many", |reply| Read::GetMany(keys, reply)).await
    }

    async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
        self.checks("set_many").entries(&entries)?.open(self.closed())?;
        let mut entries = last_of_each(entries);
        // All chunks live equally long, whenever each is written.
        let now = self.now();
        for entry in entries.iter_mut().filter(|entry| matches!(entry.ttl, Ttl::After(_))) {
            entry.ttl = entry.ttl.expires_at(now, None).map_or(Ttl::Never, Ttl::At);
        }
        let total = entries.len();
        let mut entries = entries.into_iter().peekable();
        let mut applied = 0;
        while entries.peek().is_some() {
            let mut bytes = 0;
            let mut chunk = Vec::new();
            while let Some(entry) = entries.next_if(|_| chunk.len() < CHUNK_ENTRIES && bytes < CHUNK_BYTES) {
                bytes += entry.value.len();
                chunk.push(entry);
            }
            let count = chunk.len();
            let done = self.write("set_many", Op::SetMany(chunk)).await;
            done.map_err(|error| self.stopped("set_many", applied, total, error))?;
            applied += count;
        }
        Ok(())
    }

    async fn delete_many(&self, keys: &[&str]) -> Result<()> {
        self.checks("delete_many").keys(keys)?.open(self.closed())?;
        let mut seen = HashSet::new();
        let keys: Vec<&str> = keys.iter().copied().filter(|key| seen.insert(*key)).collect();
        for (index, chunk) in keys.chunks(CHUNK_ENTRIES).enumerate() {
            let chunk = chunk.iter().map(|key| (*key).to_owned()).collect();
            let done = self.write("delete_many", Op::DeleteMany(chunk)).await;
            done.map_err(|error| self.stopped("delete_many", index * CHUNK_ENTRIES, keys.len(), error))?;
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<u64> {
        self.checks("sweep").open(self.closed())?;
        let mut total = 0;
        loop {
            let (count, _) = self.write("sweep", Op::Sweep).await?.removed()?;
            total += count;
            if count < REMOVED_ROWS {
                return Ok(total);
            }
        }
    }
}

#[async_trait]
impl ListableStore for SqliteStore {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        let list = self.checks("list_page").list(options)?;
        self.checks("list_page").open(self.closed())?;
        if let Some(page) = self.inline().list(&list, self.clock()).await {
            return Ok(page);
        }
        self.read("list_page", |reply| Read::List(list, reply)).await
    }

    async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        let mut range = self.checks("delete_prefix").list(&ListOptions::new(prefix))?.range;
        self.checks("delete_prefix").open(self.closed())?;
        loop {
            let done = self.write("delete_prefix", Op::DeleteRange(range.clone())).await?;
            match done.removed()? {
                (count, Some(last)) if count == REMOVED_ROWS => range.start = last.into_bytes(),
                _ => return Ok(()),
            }
        }
    }
}

#[async_trait]
impl DocumentStore for SqliteStore {
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
        // First the document: if it is too deep, only this takes it apart safely.
        let document = self.checks("put_with").document(document)?;
        self.checks("put_with").collection(collection)?.open(self.closed())?;
        let collection = collection.to_owned();
        let put = Put {
            collection,
            document,
            options,
        };
        self.write("put_with", Op::Put(Box::new(put))).await?.version()
    }

    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        self.checks("get_doc")
            .collection(collection)?
            .key(id)?
            .open(self.closed())?;
        let place = Place::new(collection, id);
        let document = self.read("get_doc", |reply| Read::GetDocument(place, reply)).await?;
        document.ok_or(Error::NotFound)
    }

    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        let checked = self.checks("query_page").collection(collection)?.query(query)?;
        self.checks("query_page").open(self.closed())?;
        let job = QueryJob {
            collection: collection.to_owned(),
            query: checked,
            filter: query.filter.clone(),
        };
        self.read("query_page", |reply| Read::Query(Box::new(job), reply)).await
    }

    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        self.checks("delete_doc")
            .collection(collection)?
            .key(id)?
            .open(self.closed())?;
        self.write("delete_doc", Op::DeleteDocument(Place::new(collection, id)))
            .await
            .map(drop)
    }

    async fn delete_collection(&self, collection: &str) -> Result<()> {
        self.checks("delete_collection")
            .collection(collection)?
            .open(self.closed())?;
        let mut from = Place::new(collection, "");
        loop {
            let done = self
                .write("delete_collection", Op::DeleteDocuments(from.clone()))
                .await?;
            match done.removed()? {
                (count, Some(last)) if count == REMOVED_ROWS => from.id = last,
                _ => return Ok(()),
            }
        }
    }
}

#[async_trait]
impl AtomicStore for SqliteStore {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        self.entry("get_versioned", key).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let actions = self.checks("commit").transaction(transaction)?;
        self.checks("commit").open(self.closed())?;
        if actions.is_empty() {
            return Ok(Committed::default());
        }
        self.write("commit", Op::Commit(actions)).await?.committed()
    }

    async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<Version> {
        self.set_on("set_if_absent", key, Precondition::Absent, value, ttl)
            .await
    }

    async fn compare_and_set(&self, key: &str, expected: Version, value: Bytes, ttl: Ttl) -> Result<Version> {
        self.set_on("compare_and_set", key, Precondition::Version(expected), value, ttl)
            .await
    }

    async fn compare_and_delete(&self, key: &str, expected: Version) -> Result<()> {
        self.checks("compare_and_delete").key(key)?.open(self.closed())?;
        let action = Action {
            key: key.to_owned(),
            check: Some(Precondition::Version(expected)),
            write: Some(Write::Delete),
        };
        self.write("compare_and_delete", Op::Commit(vec![action]))
            .await
            .map(drop)
    }

    async fn take(&self, key: &str) -> Result<Bytes> {
        self.checks("take").key(key)?.open(self.closed())?;
        self.write("take", Op::Take(key.to_owned())).await?.value()
    }

    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        self.checks("touch").key(key)?.open(self.closed())?;
        self.write("touch", Op::Touch(key.to_owned(), ttl)).await?.version()
    }

    async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        let _turn = self.turn(key).await;
        let mut live = match self.entry("update", key).await {
            Ok(live) => Some(live),
            Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        loop {
            let value = f(live.as_ref().map(|live| &live.value))?;
            self.checks("update").value(&value)?.open(self.closed())?;
            let swap = Swap {
                key: key.to_owned(),
                expected: live.as_ref().map(|live| live.version),
                value: value.clone(),
            };
            match self.write("update", Op::Swap(swap)).await? {
                // Somebody else's write succeeded, and this attempt waited for its commit: that is pause enough.
                Done::Current(current) => live = current,
                done => {
                    let expires_at = live.and_then(|live| live.expires_at);
                    return Ok(Versioned {
                        value,
                        version: done.version()?,
                        expires_at,
                    });
                }
            }
        }
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        self.checks("increment").key(key)?.open(self.closed())?;
        self.write("increment", Op::Increment(key.to_owned(), delta))
            .await?
            .sum()
    }
}

/// What several of the methods above share.
impl SqliteStore {
    async fn entry(&self, operation: &'static str, key: &str) -> Result<Versioned> {
        self.checks(operation).key(key)?.open(self.closed())?;
        let entry = match self.inline().get(key, self.clock()).await {
            Seen::Found(entry) => Some(entry),
            Seen::Absent => None,
            Seen::Unclear => self.read(operation, |reply| Read::Get(key.to_owned(), reply)).await?,
        };
        entry.ok_or(Error::NotFound)
    }

    async fn set_on(
        &self,
        operation: &'static str,
        key: &str,
        check: Precondition,
        value: Bytes,
        ttl: Ttl,
    ) -> Result<Version> {
        self.checks(operation).key(key)?.value(&value)?.open(self.closed())?;
        let action = Action {
            key: key.to_owned(),
            check: Some(check),
            write: Some(Write::Set { value, ttl }),
        };
        let committed = self.write(operation, Op::Commit(vec![action])).await?.committed()?;
        committed
            .version(key)
            .ok_or_else(|| Error::backend("the store gave no version for a key that it wrote"))
    }

    /// What a batch answers that stopped after `applied` entries.
    fn stopped(&self, operation: &'static str, applied: usize, total: usize, error: Error) -> Error {
        if applied == 0 && !error.may_have_applied() {
            return error;
        }
        Error::incomplete(applied, total, error).during(self.store_profile().name, operation)
    }
}
