//! Applies an operation to a store.

use kvs_core::{
    Bytes, Error, Filter, FullStore, ListOptions, PutOptions, Query, Result, SetEntry, Transaction, UpdateFn, Version,
};

use super::op::{Expected, Of, Op, Put, Step, Walk};
use super::reference::{Reference, entry};
use super::reply::{Content, Ledger, Place, Reply};
use crate::failed::Failed;
use crate::support::{walk, walk_query};

/// A store in the race, and what it calls the model's versions.
#[derive(Debug)]
pub(super) struct Runner {
    pub(super) name: String,
    pub(super) store: std::sync::Arc<dyn FullStore>,
    pub(super) ledger: Ledger,
}

impl Runner {
    /// What the store answers. `model` is the reference before the operation, to resolve versions with.
    pub(super) async fn apply(&self, op: &Op, model: &Reference) -> Result<Reply, Failed> {
        match op {
            Op::Walk(walk) => self.walk(walk).await,
            Op::Query(collection, filter, after, limit) => {
                self.query(collection, filter, after.as_deref(), *limit).await
            }
            Op::GetDoc(collection, id) => match self.store.get_doc(collection, id).await {
                Ok(document) => Reply::documents(collection, vec![document]),
                Err(error) => Ok(Reply::error(&error)),
            },
            // The driver moves the clocks.
            Op::Advance(_) => Ok(Reply::done()),
            other => Ok(self
                .call(other, model)
                .await
                .unwrap_or_else(|error| Reply::error(&error))),
        }
    }

    async fn call(&self, op: &Op, model: &Reference) -> Result<Reply> {
        let store = &self.store;
        Ok(match op {
            Op::Get(key) => Reply::of(Content::Bytes(store.get(key).await?)),
            Op::Contains(key) => Reply::of(Content::Bool(store.contains(key).await?)),
            Op::Set(key, value, ttl) => done(store.set(key, value.clone(), *ttl).await?),
            Op::Delete(key) => done(store.delete(key).await?),
            Op::GetMany(keys) => Reply::of(Content::Slots(store.get_many(&refs(keys)).await?)),
            Op::SetMany(entries) => {
                let entry = |(key, value, ttl): &(String, Bytes, _)| SetEntry::new(key, value.clone()).ttl(*ttl);
                done(store.set_many(entries.iter().map(entry).collect()).await?)
            }
            Op::DeleteMany(keys) => done(store.delete_many(&refs(keys)).await?),
            Op::Sweep => done(store.sweep().await.map(drop)?),
            Op::List(prefix) => Reply::of(Content::Keys(store.list(prefix).await?)),
            Op::DeletePrefix(prefix) => done(store.delete_prefix(prefix).await?),
            Op::Put(put) => self.put(put, model).await?,
            Op::DeleteDoc(collection, id) => done(store.delete_doc(collection, id).await?),
            Op::DeleteCollection(collection) => done(store.delete_collection(collection).await?),
            atomic => self.atomic(atomic, model).await?,
        })
    }

    async fn atomic(&self, op: &Op, model: &Reference) -> Result<Reply> {
        let store = &self.store;
        Ok(match op {
            Op::GetVersioned(key) => Reply::versioned(entry(key), store.get_versioned(key).await?),
            Op::SetIfAbsent(key, value, ttl) => {
                Reply::version(entry(key), store.set_if_absent(key, value.clone(), *ttl).await?)
            }
            Op::CompareAndSet(key, of, value, ttl) => {
                let expected = self.version(&entry(key), *of, model);
                Reply::version(
                    entry(key),
                    store.compare_and_set(key, expected, value.clone(), *ttl).await?,
                )
            }
            Op::CompareAndDelete(key, of) => done(
                store
                    .compare_and_delete(key, self.version(&entry(key), *of, model))
                    .await?,
            ),
            Op::Take(key) => Reply::of(Content::Bytes(store.take(key).await?)),
            Op::Touch(key, ttl) => Reply::version(entry(key), store.touch(key, *ttl).await?),
            Op::Update(key, suffix) => {
                let append: &mut UpdateFn<'_> = &mut |old| match suffix {
                    Some(suffix) => Ok([old.cloned().unwrap_or_default(), suffix.clone()].concat().into()),
                    None => Err(Error::unavailable("the callback refuses")),
                };
                Reply::versioned(entry(key), store.update(key, append).await?)
            }
            Op::Increment(key, delta) => Reply::of(Content::Number(store.increment(key, *delta).await?)),
            Op::Commit(steps) => self.commit(steps, model).await?,
            _ => Reply::done(),
        })
    }

    async fn commit(&self, steps: &[Step], model: &Reference) -> Result<Reply> {
        let mut transaction = Transaction::new();
        for step in steps {
            transaction = match step {
                Step::Absent(key) => transaction.check_absent(key),
                Step::Exists(key) => transaction.check_exists(key),
                Step::Version(key, of) => transaction.check_version(key, self.version(&entry(key), *of, model)),
                Step::Set(key, value, ttl) => transaction.set(key, value.clone(), *ttl),
                Step::Delete(key) => transaction.delete(key),
                Step::Touch(key, ttl) => transaction.touch(key, *ttl),
            };
        }
        let committed = self.store.commit(transaction).await?;
        let versions = committed
            .versions()
            .map(|(key, version)| (entry(key), version))
            .collect();
        Ok(Reply {
            versions,
            ..Reply::done()
        })
    }

    async fn put(&self, put: &Put, model: &Reference) -> Result<Reply> {
        let place = (put.collection.clone(), put.id.clone());
        let options = match put.expect {
            Expected::Any => PutOptions::default(),
            Expected::Absent => PutOptions::if_absent(),
            Expected::Version(of) => PutOptions::if_version(self.version(&place, of, model)),
        };
        let options = if put.stamps.2 {
            options.carried_stamps()
        } else {
            options
        };
        let version = self.store.put_with(&put.collection, put.document()?, options).await?;
        Ok(Reply::version(place, version))
    }

    async fn walk(&self, of: &Walk) -> Result<Reply, Failed> {
        let mut options = ListOptions::new(&*of.prefix)
            .limit(of.limit)
            .reverse(of.reverse)
            .values(of.values);
        options.after.clone_from(&of.after);
        // An error of the first page is an answer; what breaks the rules of pages is a failure.
        if let Err(error) = self.store.list_page(&options).await {
            return Ok(Reply::error(&error));
        }
        Ok(Reply::entries(walk(&*self.store, options).await?))
    }

    async fn query(
        &self,
        collection: &str,
        filter: &kvs_core::Value,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Reply, Failed> {
        let filter = match Filter::from_json(filter) {
            Ok(filter) => filter,
            Err(error) => return Ok(Reply::error(&error)),
        };
        let mut query = Query::new(filter).limit(limit);
        query.after = after.map(str::to_owned);
        if let Err(error) = self.store.query_page(collection, &query).await {
            return Ok(Reply::error(&error));
        }
        Reply::documents(collection, walk_query(&*self.store, collection, query).await?)
    }

    fn version(&self, place: &Place, of: Of, model: &Reference) -> Version {
        self.ledger.translate(place, model.resolve(place, of))
    }
}

fn done((): ()) -> Reply {
    Reply::done()
}

fn refs(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}
