//! What the cache promises beyond the conformance suite.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use kvs_memory::{
    Bytes, Clock, ErrorKind, Limits, ManualClock, MemoryCache, MemoryCacheConfig, Partial, SetEntry, Store, StoreExt,
    Timestamp, Ttl,
};

const QUARTER: Duration = Duration::from_millis(250);

fn cache(config: MemoryCacheConfig) -> (MemoryCache, ManualClock) {
    let clock = ManualClock::default();
    (MemoryCache::open(config.clock(clock.clone())).unwrap(), clock)
}

#[tokio::test]
async fn an_entry_is_there_at_249_ms_and_gone_at_250() {
    let (cache, clock) = cache(MemoryCacheConfig::entries(100));
    cache.set_text("key", "value", QUARTER).await.unwrap();
    clock.advance(Duration::from_millis(249));
    assert_eq!(cache.get_text("key").await.unwrap(), "value");
    clock.advance(Duration::from_millis(1));
    assert!(cache.get("key").await.unwrap_err().is_not_found());
    assert!(!cache.contains("key").await.unwrap());
    assert_eq!(cache.get_many(&["key"]).await.unwrap(), [None]);
}

#[tokio::test]
async fn keep_keeps_the_expiry_of_a_live_entry_only() {
    let (cache, clock) = cache(MemoryCacheConfig::entries(100));
    cache.set_text("key", "1", QUARTER).await.unwrap();
    clock.advance(QUARTER / 2);
    cache.set_text("key", "2", Ttl::Keep).await.unwrap();
    clock.advance(QUARTER / 2);
    assert!(!cache.contains("key").await.unwrap());
    cache.set_text("key", "3", Ttl::Keep).await.unwrap();
    cache.set_text("new", "4", Ttl::Keep).await.unwrap();
    clock.advance(Duration::from_hours(24));
    assert_eq!(cache.get_text("key").await.unwrap(), "3");
    assert_eq!(cache.get_text("new").await.unwrap(), "4");
}

#[tokio::test]
async fn times_to_live_of_any_size_do_no_harm() {
    let (cache, clock) = cache(MemoryCacheConfig::entries(100));
    let distant = Duration::from_hours(24 * 365 * 100_000_000);
    let ttls = [
        Ttl::After(Duration::MAX),
        Ttl::After(distant),
        Ttl::At(Timestamp::MAX),
        Ttl::Never,
    ];
    for ttl in ttls {
        cache.set("key", "value".into(), ttl).await.unwrap();
        assert!(cache.contains("key").await.unwrap(), "{ttl:?}");
    }
    for ttl in [Ttl::At(clock.now()), Ttl::At(Timestamp::from_millis(i64::MIN))] {
        cache.set("key", "value".into(), Ttl::Never).await.unwrap();
        cache.set("key", "value".into(), ttl).await.unwrap();
        assert!(!cache.contains("key").await.unwrap(), "{ttl:?}");
    }
}

#[tokio::test]
async fn a_full_cache_keeps_what_was_just_set() {
    let configs = [MemoryCacheConfig::entries(100), MemoryCacheConfig::bytes(100 * 1_000)];
    for config in configs {
        let (cache, _) = cache(config);
        let value = Bytes::from(vec![0; 990]);
        for number in 0..1_000 {
            let key = format!("key{number:03}");
            cache.set(&key, value.clone(), Ttl::Never).await.unwrap();
            assert!(cache.contains(&key).await.unwrap(), "{key}");
        }
        cache.sweep().await.unwrap();
        let mut live = 0;
        for number in 0..1_000 {
            live += usize::from(cache.contains(&format!("key{number:03}")).await.unwrap());
        }
        assert!((50..=101).contains(&live), "{live} entries are left");
        assert!(cache.contains("key999").await.unwrap());
    }
}

#[tokio::test]
async fn a_sweep_removes_what_has_expired_and_nothing_else() {
    let (cache, clock) = cache(MemoryCacheConfig::entries(10_000));
    let entries = (0..3_000).map(|number| SetEntry::new(format!("key{number}"), "value").ttl(QUARTER));
    cache.set_many(entries.collect()).await.unwrap();
    cache.set_text("live", "value", Ttl::Never).await.unwrap();
    assert_eq!(cache.sweep().await.unwrap(), 0);
    clock.advance(QUARTER);
    cache.set_text("key7", "new", QUARTER).await.unwrap();
    assert_eq!(cache.sweep().await.unwrap(), 2_999);
    assert_eq!(cache.get_text("key7").await.unwrap(), "new");
    assert!(cache.contains("live").await.unwrap());
}

#[tokio::test]
async fn closing_refuses_everything_and_frees_the_values() {
    struct Owner(Arc<[u8; 8]>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &*self.0
        }
    }
    let (cache, _) = cache(MemoryCacheConfig::entries(10_000));
    let content = Arc::new([7; 8]);
    let value = Bytes::from_owner(Owner(Arc::clone(&content)));
    for number in 0..2_000 {
        cache
            .set(&format!("key{number}"), value.clone(), Ttl::Never)
            .await
            .unwrap();
    }
    drop(value);
    let clone = cache.clone();
    cache.close().await.unwrap();
    cache.close().await.unwrap();
    assert_eq!(clone.get("key1").await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(
        clone.set("key", "v".into(), Ttl::Never).await.unwrap_err().kind(),
        ErrorKind::Closed
    );
    assert_eq!(clone.delete("key").await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(clone.sweep().await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(clone.get("").await.unwrap_err().kind(), ErrorKind::InvalidKey);
    assert_eq!(Arc::strong_count(&content), 1);
}

#[tokio::test]
async fn a_wrong_configuration_is_refused() {
    let lower = Limits {
        value_bytes: 1,
        ..Limits::PORTABLE
    };
    let wrong = [
        MemoryCacheConfig::entries(0),
        MemoryCacheConfig::bytes(0),
        MemoryCacheConfig::entries(1).limits(lower),
    ];
    for config in wrong {
        let error = MemoryCache::open(config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().starts_with("memory-cache: open: "), "{error}");
    }
}

#[tokio::test]
async fn it_says_that_it_evicts_and_shows_no_content() {
    let (cache, _) = cache(MemoryCacheConfig::entries(100));
    cache.set_text("session:9f86", "secret", Ttl::Never).await.unwrap();
    assert_eq!(format!("{cache:?}"), "MemoryCache { .. }");
    let store = Partial::new(cache).build();
    assert!(store.profile().evicting && !store.profile().traits.listable);
    assert_eq!(store.profile().name, "memory-cache");
}
