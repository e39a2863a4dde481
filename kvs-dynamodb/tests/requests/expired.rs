//! Entries that expired long ago and that nobody removed.

use std::time::Duration;

use kvs_dynamodb::{
    AtomicStore, DynamoStore, ErrorKind, ListOptions, ListableStore, ManualClock, Store, StoreExt, Timestamp,
    Transaction, Ttl,
};
use serde_json::json;

use crate::emulator;
use crate::server::Upstream;
use crate::support::{namespace, open, patient, table};

/// Two stores of a namespace: one works six years before the other.
struct Ages {
    then: DynamoStore,
    now: DynamoStore,
    namespace: String,
}

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const SIX_YEARS: i64 = 6 * 366 * 24 * 3_600 * 1_000;

async fn ages() -> Ages {
    let namespace = namespace();
    let upstream = Upstream::new(&emulator::endpoint());
    let config = patient(table().await)
        .endpoint_url(upstream.url())
        .namespace(namespace.clone())
        .shards(1);
    let then = ManualClock::new(Timestamp::from_millis(NOW.as_millis() - SIX_YEARS));
    Ages {
        then: open(config.clone().clock(then)).await.unwrap(),
        now: open(config.clock(ManualClock::new(NOW))).await.unwrap(),
        namespace: namespace.as_str().to_owned(),
    }
}

impl Ages {
    /// Leaves an entry that has been expired for six years.
    async fn leave(&self, key: &str) {
        self.then.set_text(key, "41", Duration::from_secs(1)).await.unwrap();
    }

    /// Whether an item is in the table, whatever its expiry.
    async fn is_stored(&self, key: &str) -> bool {
        let upstream = Upstream::new(&emulator::endpoint());
        let place = json!({"pk": {"S": format!("v/{}/0", self.namespace)}, "sk": {"S": key}});
        let read = json!({"TableName": table().await, "Key": place, "ConsistentRead": true});
        upstream.call("GetItem", read).await["Item"].is_object()
    }
}

#[tokio::test]
async fn an_entry_six_years_past_its_expiry_is_invisible_to_every_read() {
    let ages = ages().await;
    let store = &ages.now;
    ages.leave("old").await;
    assert!(ages.is_stored("old").await);
    assert_eq!(store.get_opt("old").await.unwrap(), None);
    assert!(!store.contains("old").await.unwrap());
    assert!(store.get_versioned("old").await.unwrap_err().is_not_found());
    assert_eq!(store.get_many(&["old", "old"]).await.unwrap(), [None, None]);
    assert!(store.list("").await.unwrap().is_empty());
    for reverse in [false, true] {
        let options = ListOptions::new("o").values(true).reverse(reverse);
        let page = store.list_page(&options).await.unwrap();
        assert!(page.entries.is_empty() && page.next.is_none(), "{page:?}");
    }
    assert!(store.take("old").await.unwrap_err().is_not_found());
    assert!(store.touch("old", Ttl::Never).await.unwrap_err().is_not_found());
    let error = store.commit(Transaction::new().check_exists("old")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    store.commit(Transaction::new().check_absent("old")).await.unwrap();
    store
        .commit(Transaction::new().check_absent("old").check_absent("other"))
        .await
        .unwrap();
    assert!(ages.is_stored("old").await);
}

#[tokio::test]
async fn an_entry_six_years_past_its_expiry_is_created_anew() {
    let ages = ages().await;
    let store = &ages.now;
    for key in ["a", "b", "c", "d", "e"] {
        ages.leave(key).await;
    }
    let version = ages.then.get_versioned("a").await.unwrap().version;
    let error = store
        .compare_and_set("a", version, "new".into(), Ttl::Never)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    store.set_if_absent("a", "new".into(), Ttl::Never).await.unwrap();
    store
        .commit(Transaction::new().check_absent("b").set("b", "new", Ttl::Never))
        .await
        .unwrap();
    let both = Transaction::new()
        .check_absent("c")
        .set("c", "new", Ttl::Never)
        .check_absent("d");
    store.commit(both).await.unwrap();
    assert_eq!(store.increment("d", 1).await.unwrap(), 1);
    store.set("e", "new".into(), Ttl::Keep).await.unwrap();
    assert_eq!(store.get_versioned("e").await.unwrap().expires_at, None);
    for key in ["a", "b", "c", "e"] {
        assert_eq!(store.get(key).await.unwrap(), "new", "{key}");
    }
}

#[tokio::test]
async fn a_sweep_removes_what_expired_six_years_ago() {
    let ages = ages().await;
    ages.leave("old").await;
    ages.now.set_text("new", "x", Duration::from_mins(1)).await.unwrap();
    assert_eq!(ages.now.sweep().await.unwrap(), 1);
    assert!(!ages.is_stored("old").await && ages.is_stored("new").await);
}
