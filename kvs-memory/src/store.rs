//! The four traits of `MemoryStore`.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use kvs_core::{
    AtomicStore, Bytes, CheckedList, CheckedQuery, Committed, Document, DocumentStore, Entry, Error, ListOptions,
    ListPage, ListableStore, Precondition, Profile, PutOptions, Query, QueryPage, Result, SetEntry, Store, Transaction,
    Ttl, UpdateFn, Version, Versioned, Write, async_trait, last_of_each,
};

use crate::documents;
use crate::entries::{SHARDS, SWEEP_BATCH, Written};
use crate::key::Key;
use crate::memory::{Inner, MemoryStore, NAME, sets_deadline, writes_deadline};
use crate::op::pause;
use crate::page::Walk;

/// How many keys are looked at before other tasks may run.
const KEY_STEP: usize = 1_000;

/// The same for documents, which are larger and tested by a filter.
const DOCUMENT_STEP: usize = 128;

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Result<Bytes> {
        let op = self.op(self.check("get").key(key)?);
        self.inner.entries.read(&op, key, |live| live.value.clone())
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        let op = self.op(self.check("set").key(key)?.value(&value)?);
        self.inner.entries.set(&op, key, value, ttl)?;
        if sets_deadline(ttl) {
            self.start_sweeper();
        }
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        let op = self.op(self.check("delete").key(key)?);
        self.inner.entries.delete(&op, key)
    }

    async fn close(&self) -> Result<()> {
        let Inner {
            entries,
            documents,
            sweeper,
            ..
        } = &*self.inner;
        entries.close();
        sweeper.stop();
        for collection in documents.close() {
            documents::free(collection).await;
        }
        for shard in 0..SHARDS {
            entries.free_shard(shard);
            pause().await;
        }
        while entries.free_index() {
            pause().await;
        }
        Ok(())
    }

    fn profile(&self) -> &Profile {
        &self.inner.profile
    }

    async fn contains(&self, key: &str) -> Result<bool> {
        let op = self.op(self.check("contains").key(key)?);
        Ok(found(self.inner.entries.read(&op, key, |_| ()))?.is_some())
    }

    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
        let op = self.op(self.check("get_many").keys(keys)?);
        self.inner.entries.open(&op)?;
        let mut values = Vec::with_capacity(keys.len());
        for step in keys.chunks(KEY_STEP) {
            for key in step {
                values.push(found(self.inner.entries.read(&op, key, |live| live.value.clone()))?);
            }
            pause_after(step.len()).await;
        }
        Ok(values)
    }

    async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
        let op = self.op(self.check("set_many").entries(&entries)?);
        self.inner.entries.open(&op)?;
        let mut entries = last_of_each(entries);
        for index in 0..entries.len() {
            let SetEntry { key, value, ttl } = &mut entries[index];
            let expires = sets_deadline(*ttl);
            if let Err(error) = self.inner.entries.set(&op, key, mem::take(value), *ttl) {
                let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
                return Err(cut_short("set_many", &keys, index, error));
            }
            if expires {
                self.start_sweeper();
            }
            pause_after(index % KEY_STEP + 1).await;
        }
        Ok(())
    }

    async fn delete_many(&self, keys: &[&str]) -> Result<()> {
        let op = self.op(self.check("delete_many").keys(keys)?);
        self.inner.entries.open(&op)?;
        for (index, key) in keys.iter().enumerate() {
            if let Err(error) = self.inner.entries.delete(&op, key) {
                return Err(cut_short("delete_many", keys, index, error));
            }
            pause_after(index % KEY_STEP + 1).await;
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<u64> {
        let op = self.op(self.check("sweep"));
        let mut total = 0;
        for shard in 0..SHARDS {
            loop {
                let reclaimed = self.inner.entries.reclaim(&op, shard)?;
                total += reclaimed as u64;
                if reclaimed < SWEEP_BATCH {
                    break;
                }
                pause().await;
            }
        }
        Ok(total)
    }
}

#[async_trait]
impl ListableStore for MemoryStore {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        let check = self.check("list_page");
        let CheckedList {
            range,
            limit,
            reverse,
            values,
            ..
        } = check.list(options)?;
        let op = self.op(check);
        let walk = Walk {
            range,
            reverse,
            limit,
            step: KEY_STEP,
            longest_step: KEY_STEP,
        };
        let entry = |key: &Key, live: &Versioned| Entry {
            key: key.to_text(),
            value: values.then(|| live.value.clone()),
            expires_at: live.expires_at,
        };
        let take_step = |walk: &Walk, page: &mut Vec<Entry>| self.inner.entries.list(&op, walk, page, entry);
        let (entries, next) = walk.page(take_step).await?;
        Ok(ListPage { entries, next })
    }
}

#[async_trait]
impl DocumentStore for MemoryStore {
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
        // First the document: if it is too deep, only this takes it apart safely.
        let document = self.check("put_with").document(document)?.document;
        let check = self.check("put_with").collection(collection)?;
        let put = self.inner.documents.put(&self.op(check), collection, document, options);
        put.map_err(|error| error.during(NAME, "put_with"))
    }

    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        let op = self.op(self.check("get_doc").collection(collection)?.key(id)?);
        self.inner.documents.get(&op, collection, id).map(Arc::unwrap_or_clone)
    }

    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        let check = self.check("query_page").collection(collection)?;
        let CheckedQuery { range, limit, .. } = check.query(query)?;
        let op = self.op(check);
        let walk = Walk {
            range,
            reverse: false,
            limit,
            // What is looked for is mostly there, so that the first step is rarely too short and never much too long.
            step: limit.min(DOCUMENT_STEP),
            longest_step: DOCUMENT_STEP,
        };
        let matches = |document: &Document| query.filter.matches(&document.data);
        let take_step =
            |walk: &Walk, page: &mut Vec<Document>| self.inner.documents.query(&op, collection, walk, page, matches);
        let (documents, next) = walk.page(take_step).await?;
        Ok(QueryPage { documents, next })
    }

    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        let op = self.op(self.check("delete_doc").collection(collection)?.key(id)?);
        self.inner.documents.delete(&op, collection, id)
    }

    async fn delete_collection(&self, collection: &str) -> Result<()> {
        let op = self.op(self.check("delete_collection").collection(collection)?);
        documents::free(self.inner.documents.take_collection(&op, collection)?).await;
        Ok(())
    }
}

#[async_trait]
impl AtomicStore for MemoryStore {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        let op = self.op(self.check("get_versioned").key(key)?);
        self.inner.entries.read(&op, key, Versioned::clone)
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let check = self.check("commit");
        let actions = check.transaction(transaction)?;
        let expires = actions
            .iter()
            .filter_map(|action| action.write.as_ref())
            .any(writes_deadline);
        let committed = self.inner.entries.commit(&self.op(check), actions);
        let committed = committed.map_err(|error| error.during(NAME, "commit"))?;
        if expires {
            self.start_sweeper();
        }
        Ok(committed)
    }

    async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<Version> {
        let write = Write::Set { value, ttl };
        let written = self.write("set_if_absent", key, Some(Precondition::Absent), write)?;
        Ok(written.version)
    }

    async fn compare_and_set(&self, key: &str, expected: Version, value: Bytes, ttl: Ttl) -> Result<Version> {
        let write = Write::Set { value, ttl };
        let written = self.write("compare_and_set", key, Some(Precondition::Version(expected)), write)?;
        Ok(written.version)
    }

    async fn compare_and_delete(&self, key: &str, expected: Version) -> Result<()> {
        let condition = Some(Precondition::Version(expected));
        self.write("compare_and_delete", key, condition, Write::Delete)
            .map(drop)
    }

    async fn take(&self, key: &str) -> Result<Bytes> {
        let taken = self.write("take", key, Some(Precondition::Exists), Write::Delete);
        let taken = taken.map_err(conflict_to_not_found)?.replaced.ok_or(Error::NotFound)?;
        Ok(taken.value)
    }

    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        let touched = self.write("touch", key, Some(Precondition::Exists), Write::Touch { ttl });
        Ok(touched.map_err(conflict_to_not_found)?.version)
    }

    /// As the default, but for the waiting: there is always one writer that gets through, and no timer is needed.
    async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        let check = self.check("update").key(key)?;
        loop {
            let live = found(self.inner.entries.read(&self.op(check), key, Versioned::clone))?;
            let value = f(live.as_ref().map(|live| &live.value))?;
            let (condition, ttl, expires_at) = match &live {
                Some(live) => (Precondition::Version(live.version), Ttl::Keep, live.expires_at),
                None => (Precondition::Absent, Ttl::Never, None),
            };
            let write = Write::Set {
                value: value.clone(),
                ttl,
            };
            match self.write("update", key, Some(condition), write) {
                Ok(Written { version, .. }) => {
                    return Ok(Versioned {
                        value,
                        version,
                        expires_at,
                    });
                }
                Err(error) if error.is_conflict() => pause().await,
                Err(error) => return Err(error),
            }
        }
    }
}

/// `None` for a miss.
fn found<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn conflict_to_not_found(error: Error) -> Error {
    if error.is_conflict() { Error::NotFound } else { error }
}

/// What a batch answers that the closing of the store cut short, with the first `done` keys written.
fn cut_short(operation: &'static str, keys: &[&str], done: usize, error: Error) -> Error {
    if done == 0 {
        return error;
    }
    let distinct = |keys: &[&str]| keys.iter().collect::<BTreeSet<_>>().len();
    Error::incomplete(distinct(&keys[..done]), distinct(keys), error).during(NAME, operation)
}

async fn pause_after(keys: usize) {
    if keys == KEY_STEP {
        pause().await;
    }
}
