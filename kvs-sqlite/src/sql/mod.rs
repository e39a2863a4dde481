//! Every statement that the database ever gets. Nothing of a user is part of the text: keys, values, names of fields and
//! even paths are bound; the namespace is, as a [`Name`].

mod check;
mod list;
mod names;
mod pushdown;
mod remove;

use kvs_core::Namespace;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

pub(crate) use self::check::{NAMESPACES, QUICK_CHECK};
pub(crate) use self::names::Name;
pub(crate) use self::pushdown::{Bound, Pushdown};
pub(crate) use self::remove::{DROP_FORMAT, FORGET_FORMAT, HAS_NAMESPACES};

pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";
pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";

pub(crate) const GET_JOURNAL_MODE: &str = "PRAGMA journal_mode";
pub(crate) const USE_WAL: &str = "PRAGMA journal_mode = WAL";
pub(crate) const GET_SYNCHRONOUS: &str = "PRAGMA synchronous";
pub(crate) const GET_ENCODING: &str = "PRAGMA encoding";
pub(crate) const MAIN_FILE: &str = "SELECT file FROM pragma_database_list WHERE name = 'main'";

pub(crate) const OBJECT: &str = "SELECT type FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE";
pub(crate) const COLUMNS: &str = "SELECT lower(name), upper(type), pk FROM pragma_table_info(?) ORDER BY cid";
pub(crate) const FORMAT: &str = "SELECT version FROM kvs_format WHERE namespace = ?";
pub(crate) const CREATE_FORMAT: &str =
    "CREATE TABLE IF NOT EXISTS kvs_format (namespace TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL)";
pub(crate) const SET_FORMAT: &str = "INSERT INTO kvs_format (namespace, version) VALUES (?, ?)";

/// How many rows a sweep, or the removal of a range, takes at a time.
pub(crate) const REMOVED_ROWS: u64 = 500;

/// The most rows of one upsert.
pub(crate) const MOST_ROWS: usize = 128;

/// How many rows the upserts write: enough sizes that any number is a short sum of them, and few enough that each stays
/// prepared.
const ROWS: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, MOST_ROWS];

/// The longest value that is read on a caller's thread.
pub(crate) const SMALL_VALUE: usize = 65_536;

/// The most keys of one statement that looks keys up.
pub(crate) const MOST_KEYS: usize = 128;

/// How many keys such a statement has room for. What is left of the room is filled with NULL, which equals no key.
const KEYS: [usize; 4] = [1, 8, 32, MOST_KEYS];

/// The statements of one store.
#[derive(Debug, Clone)]
pub(crate) struct Sql {
    pub(crate) entries: Name,
    pub(crate) documents: Name,
    expiry: Name,
    /// Expiry, version and value of one key; NULL for a value that is not small, which is then not even read.
    pub(crate) look: SqlStr,
    get: [SqlStr; 4],
    peek: [SqlStr; 4],
    delete: [SqlStr; 4],
    upsert: [SqlStr; 8],
    list: [SqlStr; 4],
    packed: [SqlStr; 4],
    piece: [SqlStr; 4],
    pub(crate) touch: SqlStr,
    pub(crate) sweep: SqlStr,
    pub(crate) delete_range: SqlStr,
    pub(crate) get_document: SqlStr,
    pub(crate) peek_document: SqlStr,
    pub(crate) put_document: SqlStr,
    pub(crate) delete_document: SqlStr,
    pub(crate) delete_documents: SqlStr,
    pub(crate) document_at: SqlStr,
    walk: SqlStr,
}

impl Sql {
    pub(crate) fn new(namespace: Option<&Namespace>) -> Self {
        let entries = Name::new("entries", namespace);
        let documents = Name::new("documents", namespace);
        let t = &entries;
        let d = &documents;
        Self {
            look: text(format!(
                "SELECT expires_at, version, CASE WHEN length(value) <= {SMALL_VALUE} THEN value END FROM {t} \
                 WHERE key = ?"
            )),
            get: KEYS.map(|n| {
                text(format!(
                    "SELECT key, expires_at, version, value FROM {t} WHERE {}",
                    key_in(n)
                ))
            }),
            peek: KEYS.map(|n| text(format!("SELECT key, expires_at, version FROM {t} WHERE {}", key_in(n)))),
            delete: KEYS.map(|n| text(format!("DELETE FROM {t} WHERE {}", key_in(n)))),
            upsert: ROWS.map(|n| upsert(t, n)),
            list: list::each(|r, v| list::rows(t, r, v)),
            packed: list::each(|r, v| list::packed(t, r, v)),
            piece: list::each(|r, v| list::piece(t, r, v)),
            touch: text(format!("UPDATE {t} SET expires_at = ?, version = ? WHERE key = ?")),
            sweep: text(format!(
                "DELETE FROM {t} WHERE rowid IN \
                 (SELECT rowid FROM {t} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)"
            )),
            delete_range: text(format!(
                "DELETE FROM {t} WHERE rowid IN \
                 (SELECT rowid FROM {t} WHERE key >= ? AND key < ? ORDER BY key LIMIT ?) RETURNING key"
            )),
            get_document: text(format!("{} WHERE collection = ? AND id = ?", select_document(d))),
            peek_document: text(format!(
                "SELECT created_at, version FROM {d} WHERE collection = ? AND id = ?"
            )),
            put_document: put_document(d),
            delete_document: text(format!("DELETE FROM {d} WHERE collection = ? AND id = ?")),
            delete_documents: text(format!(
                "DELETE FROM {d} WHERE rowid IN \
                 (SELECT rowid FROM {d} WHERE collection = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?) RETURNING id"
            )),
            document_at: text(format!(
                "SELECT id FROM {d} WHERE collection = ? AND id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?"
            )),
            walk: walk(d, ""),
            expiry: Name::new("expiry", namespace),
            entries,
            documents,
        }
    }

    /// Key, expiry, version and value of up to that many keys; and the number of keys to bind.
    pub(crate) fn get(&self, keys: usize) -> (SqlStr, usize) {
        fitting(&self.get, keys)
    }

    /// The same without the value.
    pub(crate) fn peek(&self, keys: usize) -> (SqlStr, usize) {
        fitting(&self.peek, keys)
    }

    /// Removes up to that many keys; and the number of keys to bind.
    pub(crate) fn delete(&self, keys: usize) -> (SqlStr, usize) {
        fitting(&self.delete, keys)
    }

    /// Writes at most that many rows; and the number of rows to bind, which is at least half of them, up to
    /// [`MOST_ROWS`].
    pub(crate) fn upsert(&self, rows: usize) -> (SqlStr, usize) {
        let at = ROWS.iter().rposition(|n| *n <= rows).unwrap_or(0);
        (self.upsert[at].clone(), ROWS[at])
    }

    pub(crate) fn list(&self, reverse: bool, values: bool) -> SqlStr {
        self.list[usize::from(reverse) * 2 + usize::from(values)].clone()
    }

    /// The same rows as one: for each its lengths and its expiry, as decimal numbers with a space behind, then the bytes of
    /// key and value. It fails at the first row that is not small, or not as this library writes it.
    pub(crate) fn packed(&self, reverse: bool, values: bool) -> SqlStr {
        self.packed[usize::from(reverse) * 2 + usize::from(values)].clone()
    }

    /// The rows of a range, live or not, with a NULL for each value that is not small: read as far as one likes.
    pub(crate) fn piece(&self, reverse: bool, values: bool) -> &SqlStr {
        &self.piece[usize::from(reverse) * 2 + usize::from(values)]
    }

    /// A walk through a collection, of all documents or of those that the condition lets through.
    pub(crate) fn walk(&self, pushdown: Option<&Pushdown>) -> SqlStr {
        match pushdown {
            None => self.walk.clone(),
            Some(pushdown) => walk(&self.documents, pushdown.condition()),
        }
    }

    /// Creates the tables of the store, and its index.
    pub(crate) fn create(&self) -> [SqlStr; 3] {
        let Self {
            entries,
            documents,
            expiry,
            ..
        } = self;
        [
            text(format!(
                "CREATE TABLE IF NOT EXISTS {entries} (key BLOB PRIMARY KEY NOT NULL, expires_at INTEGER, \
                 version BLOB NOT NULL, value BLOB NOT NULL)"
            )),
            text(format!(
                "CREATE INDEX IF NOT EXISTS {expiry} ON {entries} (expires_at) WHERE expires_at IS NOT NULL"
            )),
            text(format!(
                "CREATE TABLE IF NOT EXISTS {documents} (collection BLOB NOT NULL, id BLOB NOT NULL, \
                 created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, version BLOB NOT NULL, \
                 metadata TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id))"
            )),
        ]
    }
}

fn text(sql: String) -> SqlStr {
    AssertSqlSafe(std::sync::Arc::<str>::from(sql)).into_sql_str()
}

fn fitting(statements: &[SqlStr; 4], keys: usize) -> (SqlStr, usize) {
    let at = KEYS.iter().position(|n| *n >= keys).unwrap_or(KEYS.len() - 1);
    (statements[at].clone(), KEYS[at])
}

fn key_in(keys: usize) -> String {
    match keys {
        1 => "key = ?".to_owned(),
        keys => format!("key IN (?{})", ", ?".repeat(keys - 1)),
    }
}

fn upsert(table: &Name, rows: usize) -> SqlStr {
    text(format!(
        "INSERT INTO {table} (key, expires_at, version, value) VALUES (?, ?, ?, ?){} ON CONFLICT (key) DO UPDATE SET \
         expires_at = excluded.expires_at, version = excluded.version, value = excluded.value",
        ", (?, ?, ?, ?)".repeat(rows - 1)
    ))
}

fn select_document(table: &Name) -> String {
    format!("SELECT id, created_at, updated_at, version, metadata, data FROM {table}")
}

fn walk(table: &Name, condition: &str) -> SqlStr {
    text(format!(
        "{} WHERE collection = ? AND id >= ? AND id < ?{condition} ORDER BY id LIMIT ?",
        select_document(table)
    ))
}

fn put_document(table: &Name) -> SqlStr {
    text(format!(
        "INSERT INTO {table} (collection, id, created_at, updated_at, version, metadata, data) \
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (collection, id) DO UPDATE SET created_at = excluded.created_at, \
         updated_at = excluded.updated_at, version = excluded.version, metadata = excluded.metadata, \
         data = excluded.data"
    ))
}

#[cfg(test)]
mod tests;
