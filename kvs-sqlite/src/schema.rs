//! The tables of a store: looked at when it is opened, made if they are missing, refused if they are another's.

use kvs_core::{Error, Namespace, Result};
use sqlx::{Row as _, SqliteConnection};

use crate::error::Failure;
use crate::sql::{self, Name, Sql};

/// The number of the format that this library writes. A file with a higher one is refused.
pub(crate) const FORMAT: u32 = 1;

const ENTRIES: &[(&str, &str, i64)] = &[
    ("key", "BLOB", 1),
    ("expires_at", "INTEGER", 0),
    ("version", "BLOB", 0),
    ("value", "BLOB", 0),
];

const DOCUMENTS: &[(&str, &str, i64)] = &[
    ("collection", "BLOB", 1),
    ("id", "BLOB", 2),
    ("created_at", "INTEGER", 0),
    ("updated_at", "INTEGER", 0),
    ("version", "BLOB", 0),
    ("metadata", "TEXT", 0),
    ("data", "TEXT", 0),
];

const FORMATS: &[(&str, &str, i64)] = &[("namespace", "TEXT", 1), ("version", "INTEGER", 0)];

/// Is everything there?
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The tables of this format.
    Complete,
    /// No tables, or not all of them.
    Missing,
}

/// Looks at the tables without changing anything.
///
/// # Errors
///
/// `Incompatible` for a newer format; `Corrupt` for tables with our names that are not ours, and for a file that is no
/// database.
pub(crate) async fn look(connection: &mut SqliteConnection, namespace: Option<&Namespace>, sql: &Sql) -> Result<Found> {
    demand_utf8(connection).await?;
    let mut missing = false;
    if has_table(connection, "kvs_format", FORMATS, Columns::AndMore).await? {
        match format(connection, namespace).await? {
            Some(found) if found == i64::from(FORMAT) => {}
            Some(newer) if newer > i64::from(FORMAT) => {
                return Err(Error::incompatible(format!(
                    "the file has format {newer}, this version of kvs-sqlite reads up to {FORMAT}; upgrade it"
                )));
            }
            Some(_) => {
                return Err(Error::corrupt(
                    "the table kvs_format holds a number that was never a format",
                ));
            }
            None => missing = true,
        }
    } else {
        missing = true;
    }
    for (name, columns) in [(&sql.entries, ENTRIES), (&sql.documents, DOCUMENTS)] {
        missing |= !has_table(connection, Name::bare(name), columns, Columns::Exactly).await?;
    }
    Ok(if missing { Found::Missing } else { Found::Complete })
}

/// Makes what is missing. Runs inside a transaction that holds the write lock.
pub(crate) async fn create(connection: &mut SqliteConnection, namespace: Option<&Namespace>, sql: &Sql) -> Result<()> {
    // Another process may have been faster.
    if look(connection, namespace, sql).await? == Found::Complete {
        return Ok(());
    }
    execute(connection, sqlx::query(sql::CREATE_FORMAT)).await?;
    for statement in sql.create() {
        execute(connection, sqlx::query(statement)).await?;
    }
    if format(connection, namespace).await?.is_none() {
        execute(
            connection,
            sqlx::query(sql::SET_FORMAT).bind(label(namespace)).bind(FORMAT),
        )
        .await?;
    }
    Ok(())
}

/// Drops the tables of a namespace, and the table of the formats with the last one. Runs inside a transaction that holds
/// the write lock.
///
/// # Errors
///
/// Those of [`look`]: what is not ours, or newer, is not dropped.
pub(crate) async fn remove(connection: &mut SqliteConnection, namespace: &Namespace, sql: &Sql) -> Result<()> {
    look(connection, Some(namespace), sql).await?;
    for statement in sql.drop_tables() {
        execute(connection, sqlx::query(statement)).await?;
    }
    if !has_table(connection, "kvs_format", FORMATS, Columns::AndMore).await? {
        return Ok(());
    }
    let forget = sqlx::query(sql::FORGET_FORMAT).bind(label(Some(namespace)));
    execute(connection, forget).await?;
    let query = sqlx::query_scalar(sql::HAS_NAMESPACES);
    let others: bool = query.fetch_one(&mut *connection).await.map_err(Failure::of_driver)?;
    if others {
        return Ok(());
    }
    execute(connection, sqlx::query(sql::DROP_FORMAT)).await
}

async fn format(connection: &mut SqliteConnection, namespace: Option<&Namespace>) -> Result<Option<i64>> {
    let query = sqlx::query_scalar(sql::FORMAT).bind(label(namespace));
    query.fetch_optional(connection).await.map_err(Failure::of_driver)
}

/// SQLite converts text between its encodings, and does not give every character back.
async fn demand_utf8(connection: &mut SqliteConnection) -> Result<()> {
    let query = sqlx::query_scalar(sql::GET_ENCODING);
    let encoding: String = query.fetch_one(connection).await.map_err(Failure::of_driver)?;
    if encoding == "UTF-8" {
        return Ok(());
    }
    Err(Error::config(format!(
        "the text of the database is {encoding}, which does not keep every string; use a file of its own"
    )))
}

/// What columns a table of ours may have.
#[derive(PartialEq)]
enum Columns {
    Exactly,
    /// What a newer format adds, so that its number can be read and told.
    AndMore,
}

/// Is there such a table, with those columns?
async fn has_table(
    connection: &mut SqliteConnection,
    name: &str,
    columns: &[(&str, &str, i64)],
    allowed: Columns,
) -> Result<bool> {
    let query = sqlx::query_scalar(sql::OBJECT).bind(name.to_owned());
    let kind: Option<String> = query
        .fetch_optional(&mut *connection)
        .await
        .map_err(Failure::of_driver)?;
    let Some(kind) = kind else { return Ok(false) };
    let query = sqlx::query(sql::COLUMNS).bind(name.to_owned());
    let rows = query.fetch_all(connection).await.map_err(Failure::of_driver)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let column = (|| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))();
        found.push(column.map_err(Failure::of_driver)?);
    }
    let same = |(column, expected): (&(String, String, i64), &(&str, &str, i64))| {
        (column.0.as_str(), column.1.as_str(), column.2) == *expected
    };
    let fits = found.len() == columns.len() || (allowed == Columns::AndMore && found.len() > columns.len());
    if kind == "table" && fits && found.iter().zip(columns).all(same) {
        Ok(true)
    } else {
        Err(Error::corrupt(format!(
            "the {kind} {name} in the file was not made by this library; rename it, or choose another namespace or file"
        )))
    }
}

fn label(namespace: Option<&Namespace>) -> String {
    namespace.map(ToString::to_string).unwrap_or_default()
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

async fn execute(connection: &mut SqliteConnection, query: Query) -> Result<()> {
    query.execute(connection).await.map_err(Failure::of_driver).map(drop)
}
