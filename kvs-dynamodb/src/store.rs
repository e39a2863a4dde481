//! The traits: checks, then requests.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use kvs_core::{
    Action, AtomicStore, Bytes, Committed, Document, DocumentStore, Error, ListOptions, ListPage, ListableStore,
    Precondition, Profile, PutOptions, Query, QueryPage, Result, SetEntry, Store, Transaction, Ttl, UpdateFn, Version,
    Versioned, Write, counter_sum, last_of_each,
};

use crate::batch::deletion;
use crate::call::Effect;
use crate::change::{Action as ItemAction, Change, Condition};
use crate::handle::DynamoStore;
use crate::schema::{self, Stored};

#[async_trait]
impl Store for DynamoStore {
    async fn get(&self, key: &str) -> Result<Bytes> {
        self.entry("get", key).await.map(|entry| entry.value)
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        self.checks("set").key(key)?.value(&value)?.open(self.closed())?;
        self.run("set", self.put_entry(key, value, ttl)).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.checks("delete").key(key)?.open(self.closed())?;
        self.run("delete", self.remove_item(self.layout().entry(key))).await
    }

    async fn close(&self) -> Result<()> {
        self.shut();
        Ok(())
    }

    fn profile(&self) -> &Profile {
        self.store_profile()
    }

    async fn contains(&self, key: &str) -> Result<bool> {
        self.checks("contains").key(key)?.open(self.closed())?;
        self.run("contains", self.exists(key, self.now())).await
    }

    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
        self.checks("get_many").keys(keys)?.open(self.closed())?;
        let now = self.now();
        let distinct: HashSet<&str> = keys.iter().copied().collect();
        let wanted = distinct.into_iter().map(|key| self.layout().entry(key)).collect();
        let live = self.run("get_many", async {
            let mut live = HashMap::new();
            for item in self.table().read_many(wanted).await? {
                let (key, stored) = Stored::read_listed(item, true)?;
                live.extend(stored.live(now).map(|entry| (key, entry.value)));
            }
            Ok(live)
        });
        let live: HashMap<String, Bytes> = live.await?;
        Ok(keys.iter().map(|key| live.get(*key).cloned()).collect())
    }

    async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
        self.checks("set_many").entries(&entries)?.open(self.closed())?;
        let entries = last_of_each(entries);
        let total = entries.len();
        self.run("set_many", async { self.put_entries(entries).await.finish(total) })
            .await
    }

    async fn delete_many(&self, keys: &[&str]) -> Result<()> {
        self.checks("delete_many").keys(keys)?.open(self.closed())?;
        let distinct: HashSet<&str> = keys.iter().copied().collect();
        let total = distinct.len();
        let deletions = distinct.into_iter().map(|key| deletion(self.layout().entry(key)));
        let deletions = deletions.collect::<Result<Vec<_>>>()?;
        self.run("delete_many", async {
            self.table().write_many(deletions).await.finish(total)
        })
        .await
    }

    async fn sweep(&self) -> Result<u64> {
        self.checks("sweep").open(self.closed())?;
        self.run("sweep", self.reclaim()).await
    }
}

#[async_trait]
impl ListableStore for DynamoStore {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        let list = self.checks("list_page").list(options)?;
        self.checks("list_page").open(self.closed())?;
        self.run("list_page", self.list_entries(&list)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let list = self.checks("list").list(&ListOptions::new(prefix))?;
        self.checks("list").open(self.closed())?;
        self.run("list", self.list_keys(&list.range)).await
    }

    async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        let list = self.checks("delete_prefix").list(&ListOptions::new(prefix))?;
        self.checks("delete_prefix").open(self.closed())?;
        self.run("delete_prefix", self.remove_entries(&list.range)).await
    }
}

#[async_trait]
impl DocumentStore for DynamoStore {
    async fn put_with(&self, collection: &str, document: Document, options: PutOptions) -> Result<Version> {
        // First the document: if it is too deep, only this takes it apart safely.
        let document = self.checks("put_with").document(document)?;
        self.checks("put_with").collection(collection)?.open(self.closed())?;
        self.run("put_with", self.put_document(collection, document, options))
            .await
    }

    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        self.checks("get_doc")
            .collection(collection)?
            .key(id)?
            .open(self.closed())?;
        let document = self.run("get_doc", self.document(collection, id)).await?;
        document.ok_or(Error::NotFound)
    }

    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        let checked = self.checks("query_page").collection(collection)?.query(query)?;
        self.checks("query_page").open(self.closed())?;
        self.run("query_page", self.query_documents(collection, &checked, &query.filter))
            .await
    }

    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        self.checks("delete_doc")
            .collection(collection)?
            .key(id)?
            .open(self.closed())?;
        self.run("delete_doc", self.remove_item(self.layout().document(collection, id)))
            .await
    }

    async fn delete_collection(&self, collection: &str) -> Result<()> {
        let check = self.checks("delete_collection").collection(collection)?;
        let range = check.query(&Query::default())?.range;
        check.open(self.closed())?;
        self.run("delete_collection", self.remove_documents(collection, &range))
            .await
    }
}

#[async_trait]
impl AtomicStore for DynamoStore {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        self.entry("get_versioned", key).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let actions = self.checks("commit").transaction(transaction)?;
        self.checks("commit").open(self.closed())?;
        if actions.is_empty() {
            return Ok(Committed::default());
        }
        self.run("commit", self.commit_actions(&actions)).await
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
        self.run("compare_and_delete", self.commit_actions(&[action]))
            .await
            .map(drop)
    }

    async fn take(&self, key: &str) -> Result<Bytes> {
        self.checks("take").key(key)?.open(self.closed())?;
        let taken = self.run("take", self.take_entry(key)).await?;
        taken.map(|entry| entry.value).ok_or(Error::NotFound)
    }

    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        self.checks("touch").key(key)?.open(self.closed())?;
        let action = Action {
            key: key.to_owned(),
            check: Some(Precondition::Exists),
            write: Some(Write::Touch { ttl }),
        };
        match self.run("touch", self.commit_actions(&[action])).await {
            Ok(committed) => version_of(&committed, key),
            Err(error) if error.is_conflict() => Err(Error::NotFound),
            Err(error) => Err(error),
        }
    }

    async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        self.checks("update").key(key)?.open(self.closed())?;
        self.rewrite("update", key, f).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        self.checks("increment").key(key)?.open(self.closed())?;
        let mut sum = 0;
        let add = &mut |value: Option<&Bytes>| {
            sum = counter_sum(value, delta).map_err(|error| error.during(self.store_profile().name, "increment"))?;
            Ok(Bytes::from(sum.to_string()))
        };
        self.rewrite("increment", key, add).await?;
        Ok(sum)
    }
}

/// What several of the methods above share.
impl DynamoStore {
    async fn entry(&self, operation: &'static str, key: &str) -> Result<Versioned> {
        self.checks(operation).key(key)?.open(self.closed())?;
        let entry = self.run(operation, self.live(key, self.now())).await?;
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
        let committed = self.run(operation, self.commit_actions(&[action])).await?;
        version_of(&committed, key)
    }

    /// Removes an item, whatever it is.
    async fn remove_item(&self, key: schema::Item) -> Result<()> {
        let change = Change {
            key,
            action: ItemAction::Delete,
            condition: Condition::None,
        };
        self.table().change(change, Effect::Repeatable).await.map(drop)
    }
}

fn version_of(committed: &Committed, key: &str) -> Result<Version> {
    committed
        .version(key)
        .ok_or_else(|| Error::backend("the store gave no version for a key that it wrote"))
}
