//! That a page in one row is the page that rows make.

use kvs_core::{ErrorKind, ListOptions, Profile};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_000);

const MODES: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

struct Database {
    sql: Sql,
    connection: SqliteConnection,
}

impl Database {
    async fn new() -> Self {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        let sql = Sql::new(None);
        for statement in sql.create() {
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        Self { sql, connection }
    }

    async fn put(&mut self, key: &str, expires_at: Option<i64>, value: &[u8]) {
        let insert = format!(
            "INSERT OR REPLACE INTO {} VALUES (?, ?, zeroblob(16), ?)",
            self.sql.entries
        );
        sqlx::query(AssertSqlSafe(insert))
            .bind(key.as_bytes())
            .bind(expires_at)
            .bind(value)
            .execute(&mut self.connection)
            .await
            .unwrap();
    }

    async fn put_many(&mut self, count: usize, length: usize) {
        sqlx::query("BEGIN").execute(&mut self.connection).await.unwrap();
        for n in 0..count {
            self.put(&format!("k{n:05}"), None, &vec![n.to_le_bytes()[0]; length])
                .await;
        }
        sqlx::query("COMMIT").execute(&mut self.connection).await.unwrap();
    }

    /// Sets a column of the entry `k00002` to what this library does not write.
    async fn damage(&mut self, set: &str) {
        let update = format!("UPDATE {} SET {set} WHERE key = x'6b3030303032'", self.sql.entries);
        let done = sqlx::query(AssertSqlSafe(update)).execute(&mut self.connection).await;
        assert_eq!(done.unwrap().rows_affected(), 1);
    }

    async fn page(&mut self, list: &CheckedList) -> Result<ListPage> {
        page(&self.sql, &mut self.connection, list, NOW).await
    }

    async fn by_rows(&mut self, list: &CheckedList) -> Result<ListPage> {
        let mut page = Page::new(list);
        page.add_rows(&self.sql, &mut self.connection, NOW).await?;
        Ok(page.read)
    }

    /// The page, if packed rows hold all of it.
    async fn packed(&mut self, list: &CheckedList) -> Option<ListPage> {
        let mut page = Page::new(list);
        while !page.is_complete {
            if !page.add_packed(&self.sql, &mut self.connection, NOW).await.unwrap() {
                return None;
            }
        }
        Some(page.read)
    }
}

fn list((reverse, values): (bool, bool), limit: usize) -> CheckedList {
    let options = ListOptions::new("k").reverse(reverse).values(values).limit(limit);
    Profile::new("test").check("list_page").list(&options).unwrap()
}

#[tokio::test]
async fn a_packed_page_has_any_bytes_and_no_expired_entry() {
    let mut database = Database::new().await;
    let values: [&[u8]; 6] = [b"", b"\0", b"a\0\xFF\xC3", b"3 4 5 ", b"\xED\xA0\x80", &[0; 400]];
    for (n, value) in values.iter().enumerate() {
        for (key, expires_at) in [
            ("", None),
            (" 1 2", Some(1_001)),
            ("\0", Some(i64::MAX)),
            ("é\u{10FFFF}", Some(1_000)),
            ("z", Some(-5)),
        ] {
            database.put(&format!("k{n}{key}"), expires_at, value).await;
        }
    }
    database.put("l", None, b"beyond").await;
    for mode in MODES {
        for limit in [1, 2, 17, 18, 19] {
            let list = list(mode, limit);
            let page = database.packed(&list).await.unwrap();
            assert_eq!(page, database.by_rows(&list).await.unwrap(), "{list:?}");
            assert_eq!((page.entries.len(), page.next.is_some()), (limit.min(18), limit < 18));
        }
    }
    let page = database.packed(&list((false, true), 1_000)).await.unwrap();
    let read: Vec<_> = page.entries.iter().filter(|entry| entry.key.len() == 2).collect();
    let read: Vec<&[u8]> = read.iter().map(|entry| entry.value.as_deref().unwrap()).collect();
    assert_eq!(read, values);
}

#[tokio::test]
async fn an_empty_range_and_a_range_without_live_entries_are_empty_pages() {
    let mut database = Database::new().await;
    database.put("k1", Some(1_000), b"expired").await;
    for mode in MODES {
        let mut list = list(mode, 10);
        assert_eq!(database.packed(&list).await, Some(ListPage::default()));
        list.range.end.clone_from(&list.range.start);
        assert_eq!(database.page(&list).await.unwrap(), ListPage::default());
    }
}

#[tokio::test]
async fn a_larger_entry_is_read_row_by_row() {
    let mut database = Database::new().await;
    database.put_many(20, 512 - "k00000".len()).await;
    let all = list((false, true), 1_000);
    let packed = database.packed(&all).await.unwrap();
    assert_eq!(packed, database.by_rows(&all).await.unwrap());
    database.put("k00007", None, &[7; 512 - "k00007".len() + 1]).await;
    database.put("k00009", None, &vec![9; 3 << 20]).await;
    for mode in MODES {
        for limit in [5, 7, 8, 1_000] {
            let list = list(mode, limit);
            let page = database.page(&list).await.unwrap();
            assert_eq!(page, database.by_rows(&list).await.unwrap(), "{mode:?} {limit}");
        }
    }
    assert_eq!(database.packed(&all).await, None);
    // Neither keys alone nor the entries before it are held up.
    assert!(database.packed(&list((true, false), 1_000)).await.is_some());
    assert!(database.packed(&list((false, true), 6)).await.is_some());
}

#[tokio::test]
async fn a_page_of_several_packed_rows_ends_where_it_should() {
    let mut database = Database::new().await;
    database.put_many(2_049, 1).await;
    for mode in MODES {
        for limit in [1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 2_050, 10_000] {
            let list = list(mode, limit);
            let page = database.packed(&list).await.unwrap();
            assert_eq!(page.entries.len(), limit.min(2_049));
            assert_eq!(page, database.by_rows(&list).await.unwrap(), "{mode:?} {limit}");
        }
    }
    database.put("k01500", None, &[1; 5_000]).await;
    for reverse in [false, true] {
        let list = list((reverse, true), 2_048);
        assert_eq!(database.packed(&list).await, None);
        assert_eq!(
            database.page(&list).await.unwrap(),
            database.by_rows(&list).await.unwrap()
        );
    }
}

#[tokio::test]
async fn a_page_of_both_manners_ends_at_8_mib() {
    let mut database = Database::new().await;
    database.put_many(1_100, 100).await;
    // What was packed counts: without it the third of these would not complete the page.
    let third = (PAGE_BYTES - 1_030 * 106) / 3;
    for n in 1_030..1_040 {
        database.put(&format!("k{n:05}"), None, &vec![1; third]).await;
    }
    let list = list((false, true), 10_000);
    let page = database.page(&list).await.unwrap();
    assert_eq!(page.next.as_deref(), Some("k01032"));
    assert_eq!(page, database.by_rows(&list).await.unwrap());
}

#[tokio::test]
async fn of_a_damaged_row_the_same_is_told_as_row_by_row() {
    for (set, is_corrupt) in [
        ("value = 7", true),
        ("value = 1.5", true),
        ("value = 'text'", false),
        ("value = 'naïve'", false),
        ("expires_at = 5000.5", true),
        ("expires_at = 'never'", true),
        ("expires_at = x'39393939'", true),
        ("key = x'6b3030303032ff'", true),
        ("key = zeroblob(5000)", false),
    ] {
        let mut database = Database::new().await;
        database.put_many(5, 10).await;
        database.damage(set).await;
        for reverse in [false, true] {
            let mut list = list((reverse, true), 10);
            list.range.start.clear();
            let told = |result: Result<ListPage>| result.map_err(|error| (error.kind(), error.to_string()));
            let page = told(database.page(&list).await);
            assert_eq!(page, told(database.by_rows(&list).await), "{set}");
            let kind = page.err().map(|(kind, _)| kind);
            assert_eq!(kind, is_corrupt.then_some(ErrorKind::Corrupt), "{set}");
            assert_eq!(database.packed(&list).await, None, "{set}");
            list.limit = 1;
            assert_eq!(told(database.page(&list).await), told(database.by_rows(&list).await));
        }
    }
}

#[test]
fn what_is_out_of_order_or_cut_is_not_unpacked() {
    let (up, down) = (list((false, true), 10), list((true, true), 10));
    let whole = b"1 2  axx1 0 -9 b";
    let entries = unpack(whole, &up).unwrap();
    assert_eq!(entries.iter().map(|entry| &*entry.key).collect::<String>(), "ab");
    assert_eq!(entries[0].value.as_deref(), Some(&b"xx"[..]));
    assert_eq!(entries[1].expires_at, Some(Timestamp::from_millis(-9)));
    assert_eq!(unpack(whole, &down), None);
    for end in (1..whole.len()).filter(|end| *end != 8) {
        assert_eq!(unpack(&whole[..end], &up), None, "{end}");
    }
    for (packed, list) in [
        (&b"1 0  a1 0  a"[..], &up),
        (b"1 0  a1 0  a", &down),
        (b"1 0  a1 0  b", &down),
        (b"1 0 x a", &up),
        (b"1 0 1.5 a", &up),
        (b"-1 0  a", &up),
        (b"1 0  \xFF", &up),
        (b"18446744073709551615 0  a", &up),
    ] {
        assert_eq!(unpack(packed, list), None, "{packed:?}");
    }
    assert!(unpack(b"1 0  b1 0  a", &down).is_some());
}
