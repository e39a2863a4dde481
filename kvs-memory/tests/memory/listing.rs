//! Listings: bounded work, positions of any kind, other tasks in between.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use kvs_memory::{Clock, ListOptions, ListableStore, MAX_PAGE, MemoryStore, SetEntry, Store, Ttl};

use crate::unswept;

async fn filled(store: &MemoryStore, prefix: &str, count: usize, ttl: Ttl) {
    let entries = (0..count).map(|number| SetEntry::new(format!("{prefix}{number:06}"), "value").ttl(ttl));
    store.set_many(entries.collect()).await.unwrap();
}

#[tokio::test]
async fn a_page_looks_at_a_bounded_number_of_keys() {
    let (store, clock) = unswept();
    filled(&store, "expired", 21_000, Ttl::After(Duration::from_secs(1))).await;
    filled(&store, "live", 3, Ttl::Never).await;
    clock.advance(Duration::from_secs(1));
    for reverse in [false, true] {
        let mut options = ListOptions::new("").limit(usize::MAX).reverse(reverse);
        let (mut pages, mut found) = (0, Vec::new());
        loop {
            let page = store.list_page(&options).await.unwrap();
            pages += 1;
            found.extend(page.entries.into_iter().map(|entry| entry.key));
            match page.next {
                Some(next) => options.after = Some(next),
                None => break,
            }
        }
        found.sort();
        assert_eq!(found, ["live000000", "live000001", "live000002"]);
        assert!((2..=3).contains(&pages), "{pages} pages");
    }
}

#[tokio::test]
async fn a_page_is_filled_past_expired_keys() {
    let (store, clock) = unswept();
    filled(&store, "a", 1_500, Ttl::After(Duration::from_secs(1))).await;
    filled(&store, "b", 10, Ttl::Never).await;
    clock.advance(Duration::from_secs(1));
    let page = store.list_page(&ListOptions::new("").limit(10)).await.unwrap();
    assert_eq!(page.entries.len(), 10);
    assert_eq!(page.next, None, "a page that is full at the end is the last one");
}

#[tokio::test]
async fn pages_of_every_size_give_every_key_once() {
    let (store, _) = unswept();
    filled(&store, "key", 2_500, Ttl::Never).await;
    let all = store.list("key").await.unwrap();
    assert_eq!(all.len(), 2_500);
    for limit in [1, 7, 999, 1_000, 1_001, 2_499, 2_500, 2_501, usize::MAX] {
        for reverse in [false, true] {
            let mut options = ListOptions::new("key").limit(limit).reverse(reverse);
            let mut found = Vec::new();
            loop {
                let page = store.list_page(&options).await.unwrap();
                assert!(page.entries.len() <= limit.min(MAX_PAGE));
                found.extend(page.entries.into_iter().map(|entry| entry.key));
                match page.next {
                    Some(next) => options.after = Some(next),
                    None => break,
                }
            }
            if reverse {
                found.reverse();
            }
            assert!(found == all, "limit {limit}, reverse {reverse}");
        }
    }
}

#[tokio::test]
async fn a_position_may_be_any_string() {
    let (store, _) = unswept();
    filled(&store, "key", 3, Ttl::Never).await;
    let long = "key000001".to_owned() + &"x".repeat(100_000);
    let cases = [
        ("", 3),
        ("key", 3),
        ("key000000", 2),
        (long.as_str(), 1),
        ("z", 0),
        ("\u{10FFFF}", 0),
    ];
    for (after, expected) in cases {
        let page = store.list_page(&ListOptions::new("key").after(after)).await.unwrap();
        assert_eq!(
            (page.entries.len(), page.next),
            (expected, None),
            "after {} bytes",
            after.len()
        );
        let reversed = ListOptions::new("key").after(after).reverse(true);
        let found = store.list_page(&reversed).await.unwrap().entries.len();
        assert_eq!(
            found,
            3 - expected - usize::from(after == "key000000"),
            "below {} bytes",
            after.len()
        );
    }
}

#[tokio::test]
async fn a_page_shows_values_and_deadlines() {
    let (store, clock) = unswept();
    filled(&store, "key", 1, Ttl::After(Duration::from_secs(1))).await;
    let page = store.list_page(&ListOptions::new("key").values(true)).await.unwrap();
    assert_eq!(page.entries[0].value.as_deref(), Some(&b"value"[..]));
    assert_eq!(
        page.entries[0].expires_at,
        clock.now().checked_add(Duration::from_secs(1))
    );
    let page = store.list_page(&ListOptions::new("key")).await.unwrap();
    assert_eq!(page.entries[0].value, None);
}

#[tokio::test]
async fn long_operations_let_other_tasks_run_and_may_be_dropped() {
    let (store, _) = unswept();
    filled(&store, "key", 5_000, Ttl::Never).await;
    let keys: Vec<String> = store.list("").await.unwrap();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(store.list("")).poll(&mut context).is_pending());
    assert!(pin!(store.get_many(&keys)).poll(&mut context).is_pending());
    assert!(pin!(store.delete_many(&keys)).poll(&mut context).is_pending());
    assert_eq!(
        store.stored_entries(),
        4_000,
        "the first part of the batch, each entry whole"
    );
    assert!(pin!(store.delete_prefix("")).poll(&mut context).is_pending());
    let left = store.list("").await.unwrap().len();
    assert_eq!(left, store.stored_entries());
    assert!(matches!(
        pin!(store.get("key004999")).poll(&mut context),
        Poll::Ready(Ok(_))
    ));
}
