//! The documents: of each collection an ordered map from id to document.
//!
//! One lock guards all collections. Under it, documents are found and shared (`Arc`), never compared or copied: a query
//! takes a few at a time, lets go of the lock, and applies its filter then.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::fast::RandomState;
use kvs_core::{Document, Error, KeyRange, PutOptions, Result, Version, VersionSource};

use crate::entries::unpoisoned;
use crate::key::Key;
use crate::op::{Op, pause};
use crate::page::Walk;

/// How many documents are freed before other tasks may run.
const FREE_BATCH: usize = 128;

pub(crate) type Collection = BTreeMap<Key, Arc<Document>>;

type Collections = HashMap<String, Collection, RandomState>;

pub(crate) struct Documents {
    collections: RwLock<Collections>,
    versions: VersionSource,
    closed: AtomicBool,
}

impl Documents {
    pub(crate) fn new(versions: VersionSource) -> Self {
        Self {
            collections: RwLock::default(),
            versions,
            closed: AtomicBool::new(false),
        }
    }

    pub(crate) fn get(&self, op: &Op<'_>, collection: &str, id: &str) -> Result<Arc<Document>> {
        let collections = self.read(op)?;
        let found = collections
            .get(collection)
            .and_then(|documents| documents.get(id.as_bytes()));
        found.cloned().ok_or(Error::NotFound)
    }

    /// Inserts or replaces a document, which has passed its checks, if the condition holds.
    pub(crate) fn put(
        &self,
        op: &Op<'_>,
        collection: &str,
        mut document: Document,
        options: PutOptions,
    ) -> Result<Version> {
        let mut collections = self.write(op)?;
        let existing = collections
            .get(collection)
            .and_then(|documents| documents.get(document.id.as_bytes()));
        if !options.expect.holds(existing.and_then(|existing| existing.version)) {
            return Err(Error::conflict([document.id.as_str()]));
        }

        let created_at = existing.and_then(|existing| existing.created_at);
        let (created_at, updated_at) = options.stamps.resolve(&document, created_at, op.now());
        let version = self.versions.next();
        document.created_at = Some(created_at);
        document.updated_at = Some(updated_at);
        document.version = Some(version);

        if !collections.contains_key(collection) {
            collections.insert(collection.to_owned(), Collection::new());
        }
        let key = Key::from(document.id.as_str());
        let replaced = collections
            .get_mut(collection)
            .and_then(|documents| documents.insert(key, Arc::new(document)));
        drop(collections);
        drop(replaced);
        Ok(version)
    }

    pub(crate) fn delete(&self, op: &Op<'_>, collection: &str, id: &str) -> Result<()> {
        let mut collections = self.write(op)?;
        let Some(documents) = collections.get_mut(collection) else {
            return Ok(());
        };
        let removed = documents.remove(id.as_bytes());
        if documents.is_empty() {
            collections.remove(collection);
        }
        drop(collections);
        drop(removed);
        Ok(())
    }

    /// A step of a walk: adds copies of the documents that match to the page.
    pub(crate) fn query(
        &self,
        op: &Op<'_>,
        collection: &str,
        walk: &Walk,
        page: &mut Vec<Document>,
        matches: impl Fn(&Document) -> bool,
    ) -> Result<Option<String>> {
        let (documents, more) = self.first(op, collection, &walk.range, walk.step)?;
        let mut rest = documents.iter();
        let mut last = None;
        while page.len() < walk.limit
            && let Some(document) = rest.next()
        {
            if matches(document) {
                page.push(Document::clone(document));
            }
            last = Some(document);
        }
        let more = more || rest.len() > 0;
        Ok(last.filter(|_| more).map(|document| document.id.clone()))
    }

    /// The first documents of a range of ids, and whether there are more.
    fn first(
        &self,
        op: &Op<'_>,
        collection: &str,
        range: &KeyRange,
        most: usize,
    ) -> Result<(Vec<Arc<Document>>, bool)> {
        let collections = self.read(op)?;
        let Some(documents) = collections.get(collection).filter(|_| !range.is_empty()) else {
            return Ok((Vec::new(), false));
        };
        let bounds = (
            Bound::Included(range.start.as_slice()),
            Bound::Excluded(range.end.as_slice()),
        );
        let mut walk = documents.range::<[u8], _>(bounds);
        let found = walk
            .by_ref()
            .take(most)
            .map(|(_, document)| Arc::clone(document))
            .collect();
        Ok((found, walk.next().is_some()))
    }

    /// Takes a whole collection out, for the caller to free.
    pub(crate) fn take_collection(&self, op: &Op<'_>, collection: &str) -> Result<Collection> {
        Ok(self.write(op)?.remove(collection).unwrap_or_default())
    }

    /// Lets no operation in any more, and gives what was stored, for the caller to free.
    pub(crate) fn close(&self) -> Vec<Collection> {
        self.closed.store(true, Ordering::Release);
        let collections = mem::take(&mut *unpoisoned(self.collections.write()));
        collections.into_values().collect()
    }

    fn read(&self, op: &Op<'_>) -> Result<RwLockReadGuard<'_, Collections>> {
        let collections = unpoisoned(self.collections.read());
        op.check.open(&self.closed)?;
        Ok(collections)
    }

    fn write(&self, op: &Op<'_>) -> Result<RwLockWriteGuard<'_, Collections>> {
        let collections = unpoisoned(self.collections.write());
        op.check.open(&self.closed)?;
        Ok(collections)
    }
}

/// Frees what was taken out, a part at a time.
pub(crate) async fn free(mut documents: Collection) {
    while (0..FREE_BATCH).all(|_| documents.pop_first().is_some()) {
        pause().await;
    }
}
