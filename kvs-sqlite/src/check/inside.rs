//! The database as SQLite shows it: its integrity, the tables of the store, what is in them.

use std::path::Path;

use kvs_core::{Finding, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use super::file::Access;
use crate::config::SqliteSettings;
use crate::error::Failure;
use crate::open::literal;
use crate::schema::{self, FORMAT, Found};
use crate::sql::{NAMESPACES, QUICK_CHECK, Sql};

/// From so many expired entries on it is told that nobody removes them.
const MANY_EXPIRED: i64 = 100_000;

pub(super) async fn look(path: &Path, access: Access, settings: &SqliteSettings, findings: &mut Vec<Finding>) {
    let options = SqliteConnectOptions::new()
        .disable_statement_logging()
        .filename(literal(path.to_owned()))
        .read_only(true)
        .immutable(access == Access::Alone)
        .busy_timeout(settings.busy_timeout);
    let mut connection = match options.connect().await.map_err(Failure::of_driver) {
        Ok(connection) => connection,
        Err(error) => return findings.push(Finding::failed("open", &error)),
    };
    findings.push(integrity(&mut connection).await);
    let namespace = settings.namespace.as_ref();
    let sql = Sql::new(namespace);
    match schema::look(&mut connection, namespace, &sql).await {
        Ok(Found::Complete) => {
            findings.push(Finding::good(
                "tables",
                format!("{}, of format {FORMAT}", whose(settings)),
            ));
            findings.extend(contents(&mut connection, &sql, settings).await);
        }
        Ok(Found::Missing) => findings.push(missing(&mut connection, settings).await),
        Err(error) => findings.push(Finding::failed("tables", &error)),
    }
    // Nothing was written, so that nothing can be lost.
    let _ = connection.close().await;
}

/// Reads every page.
async fn integrity(connection: &mut SqliteConnection) -> Finding {
    let query = sqlx::query_scalar(QUICK_CHECK).fetch_all(connection).await;
    let problems: Vec<String> = match query.map_err(Failure::of_driver) {
        Ok(problems) => problems,
        Err(error) => return Finding::failed("integrity", &error),
    };
    match problems.first() {
        Some(first) if first != "ok" => {
            let first = first.replace(char::is_control, " ");
            let more = match problems.len() {
                1 => String::new(),
                count => format!(", and {} more", count - 1),
            };
            let message = format!("the file is damaged: {first}{more}");
            Finding::bad(
                "integrity",
                message,
                "restore it from a copy, or save what sqlite3 can .recover",
            )
        }
        _ => Finding::good("integrity", "quick_check found nothing"),
    }
}

/// There is a database, but not the store that was asked for.
async fn missing(connection: &mut SqliteConnection, settings: &SqliteSettings) -> Finding {
    let message = format!("the file does not hold {}", whose(settings));
    // Where the table is missing too, there are none.
    let held: Vec<String> = sqlx::query_scalar(NAMESPACES)
        .fetch_all(connection)
        .await
        .unwrap_or_default();
    let named: Vec<String> = held.iter().take(5).map(|name| called(name)).collect();
    let advice = if named.is_empty() {
        "check the path; the first write to the store makes its tables".to_owned()
    } else {
        let more = if held.len() > named.len() { " and more" } else { "" };
        format!("check the namespace; the file holds {}{more}", named.join(", "))
    };
    Finding::bad("tables", message, advice)
}

async fn contents(connection: &mut SqliteConnection, sql: &Sql, settings: &SqliteSettings) -> Vec<Finding> {
    match count(connection, sql, settings).await {
        Err(error) => vec![Finding::failed("entries", &error)],
        Ok((entries, expired, documents)) => {
            let live = entries - expired;
            let message = format!("{live} live, {expired} expired and not yet removed");
            let advice = "keep the store open in one process, which removes them, or call sweep";
            let counted = if expired > MANY_EXPIRED && expired > live {
                Finding::warning("entries", message, advice)
            } else {
                Finding::good("entries", message)
            };
            vec![
                counted,
                Finding::good("documents", format!("{documents} in all collections")),
            ]
        }
    }
}

async fn count(connection: &mut SqliteConnection, sql: &Sql, settings: &SqliteSettings) -> Result<(i64, i64, i64)> {
    let now = settings.clock.now().as_millis();
    let counted = async {
        let entries = sqlx::query(sql.count_entries())
            .bind(now)
            .fetch_one(&mut *connection)
            .await?;
        let documents = sqlx::query(sql.count_documents()).fetch_one(connection).await?;
        Ok((entries.try_get(0)?, entries.try_get(1)?, documents.try_get(0)?))
    };
    counted.await.map_err(Failure::of_driver)
}

fn whose(settings: &SqliteSettings) -> String {
    match &settings.namespace {
        None => called(""),
        Some(namespace) => format!("the store of {}", called(namespace.as_str())),
    }
}

fn called(namespace: &str) -> String {
    match namespace {
        "" => "a store without a namespace".to_owned(),
        // Another program's table may hold anything.
        name => format!("the namespace {}", name.replace(char::is_control, "\u{FFFD}")),
    }
}
