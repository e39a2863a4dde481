//! Pages that callers read by themselves.

use kvs_core::{ListOptions, ListableStore as _, SetEntry};

use super::*;

#[tokio::test]
async fn a_page_in_pieces_is_the_page_of_the_engine() {
    let site = Site::new();
    let clock = ManualClock::default();
    let config = site.config().clock(clock.clone());
    let store = SqliteStore::open(config).await.unwrap();
    // Some have expired, in whole pieces too; some values hold NUL, and bytes that are no text.
    let ttl = |n: u64| {
        if n.is_multiple_of(3) || (300..900).contains(&n) {
            1
        } else {
            1_000
        }
    };
    let entry = |n: u64| {
        SetEntry::new(format!("k{n:04}"), vec![0xFF, 0, n.to_le_bytes()[0]]).ttl(Duration::from_millis(ttl(n)))
    };
    store.set_many((0..1_200).map(entry).collect()).await.unwrap();
    clock.advance(Duration::from_millis(1));
    let mut pages = 0;
    for (reverse, values) in [(false, false), (false, true), (true, false), (true, true)] {
        for (limit, after) in [
            (1, None),
            (255, None),
            (256, Some("k0100")),
            (257, None),
            (1_000, None),
            (7, Some("k1190")),
        ] {
            let mut options = ListOptions::new("k").limit(limit).reverse(reverse).values(values);
            options.after = after.map(str::to_owned);
            let page = inline(&store, async || store.list_page(&options).await).await.unwrap();
            store.inline().warmth.give_up();
            assert_eq!(page, store.list_page(&options).await.unwrap(), "{options:?}");
            pages += usize::from(page.next.is_some());
        }
    }
    assert!(pages > 8, "{pages}");
    let large = Bytes::from(vec![1; SMALL_VALUE + 1]);
    store.set("k0000", large.clone(), Ttl::Never).await.unwrap();
    let all = ListOptions::new("k").values(true);
    let page = inline(&store, async || store.list_page(&all).await).await.unwrap();
    assert_eq!(page.entries[0].value, Some(large));
}

#[tokio::test]
async fn a_page_in_pieces_ends_at_8_mib() {
    let site = Site::new();
    let store = site.open().await;
    let entry = |n: u32| SetEntry::new(format!("v{n:04}"), vec![n.to_le_bytes()[0]; SMALL_VALUE]);
    store.set_many((0..200).map(entry).collect()).await.unwrap();
    let options = ListOptions::new("v").limit(200).values(true);
    let page = inline(&store, async || store.list_page(&options).await).await.unwrap();
    store.inline().warmth.give_up();
    assert_eq!(page, store.list_page(&options).await.unwrap());
    assert_eq!(page.next.as_deref(), Some("v0127"));
}
