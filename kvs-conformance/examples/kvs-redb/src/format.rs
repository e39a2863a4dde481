//! The physical format, and what a transaction does to it. Entries are the rows of the collection without a name.

use std::{iter, sync::Arc};

use kvs_core::{
    Action, Clock, Committed, Document, Error, KeyRange, PutOptions, Result, Timestamp, Version, VersionSource,
    Versioned, cut_page, fold_actions, is_live,
};
use redb::{ConcurrencyMode, Database, ReadOnlyTable, ReadableDatabase, ReadableTable, Table, TableDefinition};

use crate::{config::RedbConfig, error::translate};

/// The number of this format; a file with a greater one is refused.
pub(crate) const FORMAT: u32 = 1;

/// A failure of redb is the error here; what the contract calls an error is a value like others.
pub(crate) type Redb<T> = std::result::Result<T, redb::Error>;
/// Namespace, collection, key or id: in the order of their bytes, which is the order of the contract.
type Key = (&'static str, &'static str, &'static [u8]);
/// Version, expiry in milliseconds, value or document.
type Row = (&'static [u8; 16], Option<i64>, &'static [u8]);

const ROWS: TableDefinition<'_, Key, Row> = TableDefinition::new("kvs_rows");
/// Namespace, expiry, key: what a sweep walks.
const EXPIRIES: TableDefinition<'_, (&str, i64, &[u8]), ()> = TableDefinition::new("kvs_expiries");
const FORMATS: TableDefinition<'_, (), u32> = TableDefinition::new("kvs_format");

/// The open file.
#[derive(Debug)]
pub(crate) struct File {
    database: Database,
    namespace: String,
    clock: Arc<dyn Clock>,
    versions: VersionSource,
}

impl File {
    /// Makes what is missing in the file, and refuses one of a later format.
    pub(crate) fn open(config: RedbConfig) -> Redb<Result<Self>> {
        let database = Database::builder().set_concurrency_mode(ConcurrencyMode::MultiWriter).create(config.path)?;
        let transaction = database.begin_write()?;
        let found = transaction.open_table(FORMATS)?.insert((), FORMAT)?.map(|found| found.value());
        if found.is_some_and(|found| found > FORMAT) {
            return Ok(Err(Error::incompatible("a later version wrote the file; use that version")));
        }
        transaction.open_table(ROWS)?;
        transaction.commit()?;
        let namespace = config.namespace.map_or_else(String::new, String::from);
        Ok(VersionSource::new().map(|versions| Self { database, namespace, clock: config.clock, versions }))
    }

    pub(crate) fn read(&self) -> Redb<View<'_, ReadOnlyTable<Key, Row>>> {
        // The clock first: what expires between the two was there when the operation began.
        let now = self.clock.now();
        Ok(View { rows: self.database.begin_read()?.open_table(ROWS)?, file: self, now })
    }

    pub(crate) fn write<T>(&self, work: impl FnOnce(&mut Change<'_>) -> Redb<Result<T>>) -> Redb<Result<T>> {
        let transaction = self.database.begin_write()?;
        let view = View { rows: transaction.open_table(ROWS)?, file: self, now: self.clock.now() };
        let mut change = Change { view, expiries: transaction.open_table(EXPIRIES)? };
        let outcome = work(&mut change)?;
        // Each write takes some entries along that have expired, so that they do not pile up.
        change.reclaim(4)?;
        drop(change);
        // A refusal is not committed, and a commit that fails may have reached the disk.
        let Ok(value) = outcome else { return Ok(outcome) };
        Ok(transaction.commit().map_err(|error| translate(error.into()).outcome_unknown()).map(|()| value))
    }
}

/// The rows in a transaction that reads, or also writes.
pub(crate) struct View<'a, T> {
    rows: T,
    file: &'a File,
    now: Timestamp,
}

impl<T: ReadableTable<Key, Row>> View<'_, T> {
    pub(crate) fn get(&self, collection: &str, key: &str) -> Redb<Option<Versioned>> {
        let row = self.rows.get((&*self.file.namespace, collection, key.as_bytes()))?;
        Ok(row.and_then(|row| self.live(row.value())))
    }

    /// What `look` finds in a range, at most so much, and where the next page begins.
    pub(crate) fn page<R>(
        &self,
        (collection, range): (&str, &KeyRange),
        (limit, reverse): (usize, bool),
        look: impl Fn(&str, Versioned) -> Redb<Option<R>>,
    ) -> Redb<(Vec<R>, Option<String>)> {
        let bound = |bytes| (self.file.namespace.as_str(), collection, bytes);
        let mut rows = self.rows.range(bound(&range.start[..])..bound(&range.end[..]))?;
        let rows = iter::from_fn(|| if reverse { rows.next_back() } else { rows.next() });
        let walk = rows.map(|row| {
            let (key, row) = row?;
            let key = String::from_utf8(key.value().2.to_vec()).map_err(damaged)?;
            let found = self.live(row.value()).map_or(Ok(None), |row| look(&key, row))?;
            Ok((key, found))
        });
        cut_page(limit, walk)
    }

    fn live(&self, (version, expires_at, value): (&[u8; 16], Option<i64>, &[u8])) -> Option<Versioned> {
        let (version, expires_at) = (Version::from_bytes(*version), expires_at.map(Timestamp::from_millis));
        is_live(expires_at, self.now).then(|| Versioned { value: value.to_vec().into(), version, expires_at })
    }
}

/// A transaction that writes.
pub(crate) struct Change<'a> {
    view: View<'a, Table<'a, Key, Row>>,
    expiries: Table<'a, (&'static str, i64, &'static [u8]), ()>,
}

impl Change<'_> {
    /// Evaluates all conditions, then does all writes, or none.
    pub(crate) fn apply(&mut self, actions: Vec<Action>) -> Redb<Result<Committed>> {
        let View { file, now, .. } = self.view;
        let folded = fold_actions(actions, now, &file.versions, |key| self.view.get("", key))?;
        folded.iter().flatten().try_for_each(|(key, entry)| self.replace("", key, entry.as_ref()))?;
        Ok(folded.map(Committed::from_iter))
    }

    pub(crate) fn put(&mut self, collection: &str, put: Document, options: PutOptions) -> Redb<Result<Version>> {
        let stored = self.view.get(collection, &put.id)?.map(|row| document(&row)).transpose()?;
        let (id, version) = (put.id.clone(), self.view.file.versions.next());
        let put = options.apply(put, stored.as_ref(), self.view.now, version).and_then(|put| put.to_bytes());
        if let Ok(value) = &put {
            let row = Versioned { value: value.clone(), version, expires_at: None };
            self.replace(collection, &id, Some(&row))?;
        }
        Ok(put.map(|_| version))
    }

    pub(crate) fn replace(&mut self, collection: &str, key: &str, row: Option<&Versioned>) -> Redb<()> {
        let (namespace, key) = (self.view.file.namespace.as_str(), key.as_bytes());
        let expires_at = row.and_then(|row| row.expires_at).map(Timestamp::as_millis);
        let (rows, place) = (&mut self.view.rows, (namespace, collection, key));
        let old = match row {
            Some(row) => rows.insert(place, (row.version.as_bytes(), expires_at, &row.value[..]))?,
            None => rows.remove(place)?,
        };
        if let Some(at) = old.and_then(|old| old.value().1) {
            self.expiries.remove((namespace, at, key))?;
        }
        if let Some(at) = expires_at {
            self.expiries.insert((namespace, at, key), ())?;
        }
        Ok(())
    }

    /// Removes entries that have expired, at most so many. Tells how many.
    pub(crate) fn reclaim(&mut self, most: usize) -> Redb<u64> {
        let (namespace, now) = (self.view.file.namespace.as_str(), self.view.now.as_millis());
        // No key holds the byte 0xFF, so the end is beyond every key that expires now.
        let due = (namespace, i64::MIN, &[][..])..(namespace, now, &[0xFF][..]);
        let mut reclaimed = 0;
        for row in self.expiries.extract_from_if(due, |_, ()| true)?.take(most) {
            self.view.rows.remove((namespace, "", row?.0.value().2))?;
            reclaimed += 1;
        }
        Ok(reclaimed)
    }
}

pub(crate) fn document(row: &Versioned) -> Redb<Document> {
    Document::from_bytes(&row.value, row.version).map_err(damaged)
}

fn damaged(error: impl std::error::Error) -> redb::Error {
    redb::Error::Corrupted(error.to_string())
}
