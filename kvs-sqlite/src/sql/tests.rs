//! How SQLite runs the statements.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection};

use super::*;

async fn plan(connection: &mut SqliteConnection, statement: &SqlStr) -> String {
    let explain = format!("EXPLAIN QUERY PLAN {}", statement.as_str());
    let rows = sqlx::query(AssertSqlSafe(explain)).fetch_all(connection).await.unwrap();
    let details: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
    details.join("; ")
}

#[tokio::test]
async fn every_statement_searches_and_none_scans_or_sorts() {
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
    let sql = Sql::new(Some(&"Tenant-1".parse().unwrap()));
    for statement in sql.create() {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let pushdown = Pushdown::new(&kvs_core::Filter::eq("a", 1)).unwrap();
    let range = "(key>? AND key<?)";
    let documents = "(collection=? AND id>? AND id<?)";
    let statements = [
        (sql.list(false, false), range),
        (sql.list(false, true), range),
        (sql.list(true, false), range),
        (sql.list(true, true), range),
        (sql.packed(false, false), range),
        (sql.packed(false, true), range),
        (sql.packed(true, false), range),
        (sql.packed(true, true), range),
        (sql.piece(false, false).clone(), range),
        (sql.piece(false, true).clone(), range),
        (sql.piece(true, true).clone(), range),
        (sql.look.clone(), "(key=?)"),
        (sql.get(1).0, "(key=?)"),
        (sql.get(100).0, "(key=?)"),
        (sql.peek(100).0, "(key=?)"),
        (sql.delete(100).0, "(key=?)"),
        (sql.touch.clone(), "(key=?)"),
        (sql.sweep.clone(), "(expires_at<?)"),
        (sql.delete_range.clone(), range),
        (sql.walk(None), documents),
        (sql.walk(Some(&pushdown)), documents),
        (sql.document_at.clone(), documents),
        (sql.delete_documents.clone(), documents),
        (sql.get_document.clone(), "(collection=? AND id=?)"),
        (sql.peek_document.clone(), "(collection=? AND id=?)"),
        (sql.delete_document.clone(), "(collection=? AND id=?)"),
    ];
    for (statement, expected) in statements {
        let plan = plan(&mut connection, &statement).await;
        assert!(
            plan.contains("SEARCH") && plan.contains(expected),
            "{}: {plan}",
            statement.as_str()
        );
        // A page in one row takes its entries from a coroutine as they come, and so scans them, but no table.
        let plan = match plan.strip_prefix("CO-ROUTINE (subquery-1)") {
            Some(rest) => rest.replace("SCAN (subquery-1)", ""),
            None => plan,
        };
        // The rows to be removed are listed first, by `rowid IN`.
        let scans = plan.contains("SCAN") || plan.contains("TEMP B-TREE FOR ORDER");
        assert!(!scans, "{}: {plan}", statement.as_str());
    }
}

#[test]
fn any_number_of_rows_is_a_short_sum_of_the_sizes() {
    let sql = Sql::new(None);
    for rows in 1..600 {
        let (mut left, mut statements) = (rows, 0);
        while left > 0 {
            let (statement, size) = sql.upsert(left);
            assert!(size <= left && statement.as_str().matches("(?, ?, ?, ?)").count() == size);
            left -= size;
            statements += 1;
        }
        assert!(statements <= rows / MOST_ROWS + 7, "{rows}: {statements}");
    }
    for keys in 1..=MOST_KEYS {
        let (statement, room) = sql.get(keys);
        assert!(room >= keys && statement.as_str().matches('?').count() == room);
    }
}
