//! Conditional writes and transactions.

use std::time::Duration;

use kvs_memory::{
    AtomicStore, Bytes, Clock, ErrorKind, KeyName, Limits, ListableStore, MemoryConfig, MemoryStore, Store, StoreExt,
    Transaction, Ttl,
};

use crate::{block_on, unswept};

#[tokio::test]
async fn a_failed_transaction_names_every_key_that_failed_and_writes_nothing() {
    let (store, _) = unswept();
    store.set_text("present", "value", Ttl::Never).await.unwrap();
    let version = store.get_versioned("present").await.unwrap().version;
    let transaction = Transaction::new()
        .check_absent("present")
        .check_exists("absent")
        .check_version("other", version)
        .set("new", "value", Ttl::Never);
    let error = store.commit(transaction).await.unwrap_err();
    assert!(error.to_string().starts_with("memory: commit: "), "{error}");
    let kvs_memory::Error::Conflict { failed, .. } = error else {
        panic!("{error}")
    };
    let failed: Vec<_> = failed.iter().map(KeyName::as_str).collect();
    assert_eq!(failed, ["absent", "other", "present"]);
    assert_eq!(store.list("").await.unwrap(), ["present"]);
}

#[tokio::test]
async fn a_transaction_writes_all_and_tells_the_versions() {
    let (store, clock) = unswept();
    store.set_text("a", "1", Ttl::Never).await.unwrap();
    store.set_text("b", "2", Ttl::Never).await.unwrap();
    let transaction = Transaction::new()
        .touch("a", Duration::from_secs(1))
        .delete("b")
        .set("c", "3", Ttl::Never)
        .check_absent("d");
    let committed = store.commit(transaction).await.unwrap();
    assert_eq!(committed.versions().count(), 2);
    let touched = store.get_versioned("a").await.unwrap();
    assert_eq!(committed.version("a"), Some(touched.version));
    assert_eq!(touched.expires_at, clock.now().checked_add(Duration::from_secs(1)));
    assert_eq!(touched.value, "1");
    assert_eq!(
        committed.version("c"),
        Some(store.get_versioned("c").await.unwrap().version)
    );
    assert_eq!(store.list("").await.unwrap(), ["a", "c"]);
}

#[tokio::test]
async fn the_empty_transaction_does_nothing() {
    let (store, _) = unswept();
    assert_eq!(store.commit(Transaction::new()).await.unwrap().versions().count(), 0);
    store.close().await.unwrap();
    assert_eq!(
        store.commit(Transaction::new()).await.unwrap_err().kind(),
        ErrorKind::Closed
    );
}

#[tokio::test]
async fn versions_never_repeat() {
    let (store, _) = unswept();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        seen.insert(store.set_if_absent("key", "value".into(), Ttl::Never).await.unwrap());
        seen.insert(store.touch("key", Ttl::Keep).await.unwrap());
        store.take("key").await.unwrap();
    }
    assert_eq!(seen.len(), 200);
}

#[tokio::test]
async fn single_key_forms_hold_to_their_conditions() {
    let (store, _) = unswept();
    let first = store.set_if_absent("key", "1".into(), Ttl::Never).await.unwrap();
    let error = store.set_if_absent("key", "2".into(), Ttl::Never).await.unwrap_err();
    assert!(
        error.is_conflict() && error.to_string().starts_with("memory: set_if_absent: "),
        "{error}"
    );
    let second = store
        .compare_and_set("key", first, "2".into(), Ttl::Never)
        .await
        .unwrap();
    assert!(
        store
            .compare_and_set("key", first, "3".into(), Ttl::Never)
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert!(store.compare_and_delete("key", first).await.unwrap_err().is_conflict());
    assert_eq!(store.get_text("key").await.unwrap(), "2");
    store.compare_and_delete("key", second).await.unwrap();
    assert!(store.compare_and_delete("key", second).await.unwrap_err().is_conflict());
    assert!(store.take("key").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_update_that_fails_changes_nothing() {
    let (store, _) = unswept();
    store.set_text("key", "old", Ttl::Never).await.unwrap();
    let refused = store
        .update("key", &mut |_| Err(kvs_memory::Error::invalid_argument("no")))
        .await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let large = Bytes::from(vec![0; Limits::PORTABLE.value_bytes + 1]);
    let refused = store.update("key", &mut |_| Ok(large.clone())).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    assert!(refused.to_string().starts_with("memory: update: "), "{refused}");
    assert!(store.increment("key", 1).await.is_err());
    assert_eq!(store.get_text("key").await.unwrap(), "old");
}

#[test]
fn an_update_that_meets_another_write_is_repeated_without_a_runtime() {
    let (store, _) = unswept();
    let mut calls = 0;
    let updated = block_on(store.update("key", &mut |old| {
        calls += 1;
        if calls == 1 {
            block_on(store.set("key", "between".into(), Ttl::Never))?;
        }
        Ok(Bytes::from(
            [old.map_or(&b"none"[..], |old| old), b", then mine"].concat(),
        ))
    }));
    assert_eq!(updated.unwrap().value, "between, then mine");
    assert_eq!(calls, 2);
}

#[tokio::test]
async fn a_value_is_not_copied() {
    let (store, _) = unswept();
    let value = Bytes::from(vec![1; 1_000]);
    store.set("key", value.clone(), Ttl::Never).await.unwrap();
    assert_eq!(store.get("key").await.unwrap().as_ptr(), value.as_ptr());
    store.touch("key", Ttl::Never).await.unwrap();
    assert_eq!(store.take("key").await.unwrap().as_ptr(), value.as_ptr());
}

#[tokio::test]
async fn limits_are_those_of_the_configuration() {
    let lower = Limits {
        value_bytes: 1,
        ..Limits::PORTABLE
    };
    let error = MemoryStore::open(MemoryConfig::new().limits(lower)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().starts_with("memory: open: limits.value_bytes is 1"),
        "{error}"
    );
    let error = MemoryStore::open(MemoryConfig::new().sweep_interval(Duration::ZERO)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);

    let higher = Limits {
        value_bytes: 1 << 20,
        ..Limits::PORTABLE
    };
    let store = MemoryStore::open(MemoryConfig::new().limits(higher)).unwrap();
    store.set("key", vec![0; 1 << 20].into(), Ttl::Never).await.unwrap();
    let error = store
        .set("key", vec![0; (1 << 20) + 1].into(), Ttl::Never)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(store.get("key").await.unwrap().len(), 1 << 20);
}
