//! The memory store with a fault.

use std::time::Duration;

use kvs_conformance::async_trait;
use kvs_core::{
    Action, AtomicStore, Bytes, Committed, Document, DocumentStore, Entry, Error, Expr, Filter, ListOptions, ListPage,
    ListableStore, Operator, Profile, PutOptions, Query, QueryPage, Result, SetEntry, Store, Transaction, Ttl, Value,
    Version, Versioned, Write,
};
use kvs_memory::MemoryStore;

use super::Fault;

const TICK: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(super) struct Broken {
    pub(super) inner: MemoryStore,
    pub(super) fault: Fault,
}

impl Broken {
    fn key(&self, key: &str) -> String {
        match (self.fault, key.split('\0').next()) {
            (Fault::KeyEndsAtNul, Some(start)) if !start.is_empty() => start.to_owned(),
            (Fault::KeyIsLowerCased, _) => key.to_lowercase(),
            _ => key.to_owned(),
        }
    }

    fn ttl(&self, ttl: Ttl) -> Ttl {
        match (self.fault, ttl) {
            (Fault::ExpiresATickLate, Ttl::After(ttl)) => Ttl::After(ttl.saturating_add(TICK)),
            (Fault::ExpiresATickEarly, Ttl::After(ttl)) if ttl > TICK => Ttl::After(ttl.saturating_sub(TICK)),
            (Fault::KeepIsNever, Ttl::Keep) => Ttl::Never,
            (_, ttl) => ttl,
        }
    }
}

#[async_trait]
impl Store for Broken {
    async fn get(&self, key: &str) -> Result<Bytes> {
        assert!(self.fault != Fault::Panics, "a fault of the store");
        let key = self.key(key);
        let result = self.inner.get(&key).await;
        if self.fault == Fault::ReadDeletesWhatExpired && result.as_ref().is_err_and(Error::is_not_found) {
            tokio::task::yield_now().await;
            self.inner.delete(&key).await?;
        }
        match result {
            Ok(value) if value.is_empty() && self.fault == Fault::EmptyValueIsAbsent => Err(Error::NotFound),
            other => other,
        }
    }

    async fn set(&self, key: &str, mut value: Bytes, ttl: Ttl) -> Result<()> {
        if self.fault == Fault::LongValueIsCut {
            value.truncate(self.profile().limits.value_bytes);
        }
        self.inner.set(&self.key(key), value, self.ttl(ttl)).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.inner.delete(&self.key(key)).await
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }

    fn profile(&self) -> &Profile {
        self.inner.profile()
    }

    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
        let mut values = self.inner.get_many(keys).await?;
        if self.fault == Fault::GetManyMergesDuplicates {
            let mut place = 0..;
            values.retain(|_| {
                place
                    .next()
                    .is_some_and(|place: usize| !keys[..place].contains(&keys[place]))
            });
        }
        Ok(values)
    }

    async fn set_many(&self, mut entries: Vec<SetEntry>) -> Result<()> {
        match self.fault {
            Fault::BatchForgetsTtl => entries.iter_mut().for_each(|entry| entry.ttl = Ttl::Never),
            Fault::BatchStopsAt25 => entries.truncate(25),
            Fault::FirstDuplicateWins => entries.reverse(),
            Fault::BatchChecksAsItWrites => {
                for entry in entries {
                    self.set(&entry.key, entry.value, entry.ttl).await?;
                }
                return Ok(());
            }
            _ => {}
        }
        self.inner.set_many(entries).await
    }

    async fn sweep(&self) -> Result<u64> {
        self.inner.sweep().await
    }
}

#[async_trait]
impl ListableStore for Broken {
    async fn list_page(&self, options: &ListOptions) -> Result<ListPage> {
        let mut options = options.clone();
        let wanted = options.prefix.clone();
        match self.fault {
            Fault::UnderscoreIsAWildcard => options.prefix = wanted.split('_').next().unwrap_or_default().to_owned(),
            Fault::AfterOutsideOfThePrefixIsIgnored => {
                options.after = options.after.filter(|after| after.starts_with(&options.prefix));
            }
            Fault::ReverseIsIgnored => options.reverse = false,
            _ => {}
        }
        let mut page = self.inner.list_page(&options).await?;
        match self.fault {
            Fault::UnderscoreIsAWildcard => page.entries.retain(|entry| like(&entry.key, &wanted)),
            Fault::AfterIsInclusive => {
                if let Some(key) = options.after.filter(|after| after.starts_with(&wanted))
                    && let Ok(found) = self.inner.get_versioned(&key).await
                {
                    let value = options.values.then_some(found.value);
                    let expires_at = found.expires_at;
                    page.entries.insert(0, Entry { key, value, expires_at });
                }
            }
            Fault::OnePageOnly => page.next = None,
            _ => {}
        }
        Ok(page)
    }

    async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        if self.fault != Fault::DeletePrefixStopsAfterAPage {
            return self.inner.delete_prefix(prefix).await;
        }
        let page = self.inner.list_page(&ListOptions::new(prefix)).await?;
        let keys: Vec<&str> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
        self.inner.delete_many(&keys).await
    }
}

/// Does the key begin like the pattern, in which an underscore stands for any character?
fn like(key: &str, pattern: &str) -> bool {
    let mut key = key.chars();
    pattern
        .chars()
        .all(|sign| key.next().is_some_and(|seen| sign == '_' || sign == seen))
}

#[async_trait]
impl DocumentStore for Broken {
    async fn put_with(&self, collection: &str, mut document: Document, options: PutOptions) -> Result<Version> {
        if self.fault == Fault::WholeFloatsBecomeIntegers {
            document.data.values_mut().for_each(whole);
        }
        if self.fault == Fault::ReplacingResetsCreatedAt {
            self.inner.delete_doc(collection, &document.id).await?;
        }
        self.inner.put_with(collection, document, options).await
    }

    async fn get_doc(&self, collection: &str, id: &str) -> Result<Document> {
        self.inner.get_doc(collection, id).await
    }

    async fn query_page(&self, collection: &str, query: &Query) -> Result<QueryPage> {
        let mut asked = query.clone();
        if self.fault == Fault::LimitBeforeFilter {
            asked.filter = Filter::all();
        }
        let mut page = self.inner.query_page(collection, &asked).await?;
        if self.fault == Fault::LimitBeforeFilter {
            page.documents.retain(|document| query.filter.matches(&document.data));
            page.next = page.next.filter(|_| !page.documents.is_empty());
        }
        if let (
            Fault::NeSkipsMissingFields,
            Expr::Field {
                path,
                op: Operator::Ne(_),
            },
        ) = (self.fault, query.filter.expr())
        {
            let present = Filter::exists(path.clone(), true);
            page.documents.retain(|document| present.matches(&document.data));
        }
        Ok(page)
    }

    async fn delete_doc(&self, collection: &str, id: &str) -> Result<()> {
        self.inner.delete_doc(collection, id).await
    }
}

#[expect(clippy::cast_possible_truncation, reason = "that is the fault")]
fn whole(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(whole),
        Value::Object(members) => members.values_mut().for_each(whole),
        Value::Number(number) if number.is_f64() => {
            if let Some(float) = number.as_f64().filter(|float| float.fract() == 0.0) {
                *value = Value::from(float as i64);
            }
        }
        _ => {}
    }
}

#[async_trait]
impl AtomicStore for Broken {
    async fn get_versioned(&self, key: &str) -> Result<Versioned> {
        self.inner.get_versioned(&self.key(key)).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let actions = self.profile().check("commit").transaction(transaction.clone())?;
        match self.fault {
            Fault::ChecksAreIgnored => {
                let unchecked = actions.into_iter().map(|action| Action { check: None, ..action });
                self.inner.commit(unchecked.fold(Transaction::new(), add)).await
            }
            Fault::TransactionIsAppliedInPart => {
                let mut versions = Vec::new();
                for action in actions {
                    let committed = self.inner.commit(add(Transaction::new(), action)).await?;
                    versions.extend(committed.versions().map(|(key, version)| (key.to_owned(), version)));
                }
                Ok(versions.into_iter().collect())
            }
            Fault::KeepIsNever
            | Fault::ExpiresATickLate
            | Fault::ExpiresATickEarly
            | Fault::KeyEndsAtNul
            | Fault::KeyIsLowerCased => {
                let actions = actions.into_iter().map(|mut action| {
                    if let Some(Write::Set { ttl, .. } | Write::Touch { ttl }) = &mut action.write {
                        *ttl = self.ttl(*ttl);
                    }
                    Action {
                        key: self.key(&action.key),
                        ..action
                    }
                });
                self.inner.commit(actions.fold(Transaction::new(), add)).await
            }
            _ => self.inner.commit(transaction).await,
        }
    }

    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        if self.fault == Fault::TouchRewritesNothing {
            return self.inner.get_versioned(key).await.map(|found| found.version);
        }
        self.inner.touch(&self.key(key), self.ttl(ttl)).await
    }
}

fn add(transaction: Transaction, action: Action) -> Transaction {
    use kvs_core::Precondition::{Absent, Exists, Version};
    let key = action.key;
    let transaction = match action.check {
        None => transaction,
        Some(Absent) => transaction.check_absent(&key),
        Some(Exists) => transaction.check_exists(&key),
        Some(Version(version)) => transaction.check_version(&key, version),
    };
    match action.write {
        None => transaction,
        Some(Write::Set { value, ttl }) => transaction.set(&key, value, ttl),
        Some(Write::Delete) => transaction.delete(&key),
        Some(Write::Touch { ttl }) => transaction.touch(&key, ttl),
    }
}
