//! Opening by name: the types, what they use, and what they refuse.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[cfg(feature = "dynamodb")]
mod dynamodb;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use kvs::memory::{MemoryConfig, MemoryStore};
use kvs::{
    Config, Error, ErrorKind, FullStore, Level, Limits, ManualClock, Registry, Result, Settings, Store, StoreExt,
};

async fn refused(registry: &Registry, config: impl kvs::IntoConfig) -> String {
    let error = registry.open(config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.to_string()
}

#[tokio::test]
async fn the_default_registry_has_what_is_compiled_in() {
    let registry = Registry::default();
    let kinds: Vec<_> = registry.kinds().collect();
    let features = [
        ("dynamodb", cfg!(feature = "dynamodb")),
        ("memory", true),
        ("sqlite", cfg!(feature = "sqlite")),
    ];
    let expected = features.into_iter().filter(|(_, is_on)| *is_on).map(|(kind, _)| kind);
    assert_eq!(kinds, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn an_unknown_type_lists_the_known() {
    let registry = Registry::default();
    let message = refused(&registry, "memry:").await;
    assert!(
        message.starts_with("there is no type `memry`; did you mean `memory`? known are "),
        "{message}"
    );
    let message = refused(&Registry::new(), "memory:").await;
    assert_eq!(message, "there is no type `memory`; none are registered");
}

#[cfg(not(all(feature = "dynamodb", feature = "sqlite")))]
#[tokio::test]
async fn a_type_that_is_not_compiled_in_says_which_feature_brings_it() {
    let types = [
        ("dynamodb", "dynamodb://table", cfg!(feature = "dynamodb")),
        ("sqlite", "sqlite:app.db", cfg!(feature = "sqlite")),
    ];
    for (kind, url, _) in types.into_iter().filter(|(_, _, is_on)| !is_on) {
        let message = refused(&Registry::default(), url).await;
        let says = format!("the type `{kind}` is not compiled in; add the feature `{kind}` of the crate `kvs`");
        assert!(message.starts_with(&says), "{message}");
    }
}

#[tokio::test]
async fn a_namespace_is_removed_only_if_one_is_named_and_the_type_can() {
    let mut registry = Registry::default();
    registry
        .register("plain", |settings: Settings| async move {
            settings.finish()?;
            Ok(Arc::new(MemoryStore::new()) as Arc<dyn FullStore>)
        })
        .unwrap();
    for (url, kind, says) in [
        ("memory:", ErrorKind::Config, "name the namespace"),
        ("plain:", ErrorKind::Config, "name the namespace"),
        ("plain:?namespace=n", ErrorKind::Unsupported, "the type `plain` cannot"),
        ("memory:?namespace=n&sweep=1s", ErrorKind::Config, "no option `sweep`"),
        ("memry:?namespace=n", ErrorKind::Config, "did you mean `memory`?"),
    ] {
        let error = registry.remove_namespace(url, &[]).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{url}: {error}");
        assert!(error.to_string().contains(says), "{url}: {error}");
    }
    kvs::remove_namespace("memory:?namespace=n", &["users"]).await.unwrap();
}

#[tokio::test]
async fn a_type_without_a_check_of_its_own_is_opened_and_closed() {
    let mut registry = Registry::default();
    registry.register("strange", open_strange).unwrap();
    for url in ["strange:", "memory:"] {
        let findings = registry.check(url).await.unwrap();
        assert_eq!((findings.len(), findings[0].level), (1, Level::Good), "{findings:?}");
    }
    registry
        .register("broken", |_| async { Err(Error::unavailable("nobody answers")) })
        .unwrap();
    let findings = registry.check("broken:").await.unwrap();
    assert_eq!(findings[0].to_string(), "bad      open: nobody answers");
    for url in ["strange:?textt=hunter2", "memry:", "memory:?limits.value_bytes=1"] {
        assert_eq!(
            registry.check(url).await.unwrap_err().kind(),
            ErrorKind::Config,
            "{url}"
        );
    }
}

#[tokio::test]
async fn memory_refuses_what_it_does_not_use() {
    let registry = Registry::default();
    let mut table = Config::memory();
    table.table_name = Some("t".to_owned());
    let mut region = Config::memory();
    region.region = Some("eu-west-1".to_owned());
    for (config, says) in [
        ("memory:app.db".parse().unwrap(), "does not use the field `path`"),
        (table, "does not use the field `table_name`"),
        (region, "does not use the field `region`"),
        (
            Config::memory().option("sweep_intervall", "5s"),
            "no option `sweep_intervall`; did you mean `sweep_interval`? it has sweep_interval",
        ),
        (
            Config::memory().option("sweep_interval", 5),
            "`sweep_interval` of the type `memory` must be",
        ),
    ] {
        let message = refused(&registry, config).await;
        assert!(message.contains(says), "{message}");
    }
    let portable = Limits::PORTABLE;
    let low = Limits {
        value_bytes: 1,
        ..portable
    };
    let message = refused(&registry, Config::memory().limits(low)).await;
    assert!(message.contains("limits.value_bytes"), "{message}");
}

/// A type of a stranger that uses everything.
async fn open_strange(mut settings: Settings) -> Result<Arc<dyn FullStore>> {
    assert_eq!(settings.kind(), "strange");
    let seen = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        settings.take_path(),
        settings.take_table_name(),
        settings.take_region(),
        settings.take_namespace().map(String::from),
        settings.take_text("text")?,
        (
            settings.take_u64("number")?,
            settings.take_bool("flag")?,
            settings.take_duration("time")?,
            settings.take_word("word", &[("one", 1), ("two", 2)])?
        )
    );
    let clock = settings.clock();
    settings.finish()?;
    let mut config = MemoryConfig::new();
    if let Some(clock) = clock {
        config = config.clock(clock);
    }
    let store = MemoryStore::open(config)?;
    store.set_text("seen", &seen, kvs::Ttl::Never).await?;
    Ok(Arc::new(store))
}

#[tokio::test]
async fn a_strangers_type_reads_its_settings() {
    let clock = ManualClock::default();
    let mut registry = Registry::default().clock(clock.clone());
    registry.register("strange", open_strange).unwrap();
    let url = "strange://table/path?region=r&namespace=n&text=t&number=7&flag=true&time=5s&word=two";
    let store = registry.open(url).await.unwrap();
    assert_eq!(
        store.get_text("seen").await.unwrap(),
        r#"Some("/path") Some("table") Some("r") Some("n") Some("t") (Some(7), Some(true), Some(5s), Some(2))"#
    );
    store.set_text("k", "v", Duration::from_millis(250)).await.unwrap();
    clock.advance(Duration::from_millis(249));
    assert!(store.contains("k").await.unwrap());
    clock.advance(Duration::from_millis(1));
    assert!(!store.contains("k").await.unwrap());
}

#[tokio::test]
async fn an_option_of_the_wrong_form_is_named_without_its_value() {
    let mut registry = Registry::new();
    registry.register("strange", open_strange).unwrap();
    for (url, says) in [
        (
            "strange:?number=hunter2",
            "the option `number` of the type `strange` must be a whole number",
        ),
        ("strange:?number=-1", "must be a whole number"),
        ("strange:?number=", "must be a whole number"),
        ("strange:?flag=hunter2", "must be true or false"),
        ("strange:?time=5", "must be a whole number and a unit"),
        ("strange:?word=hunter2", "must be one of one, two"),
        (
            "strange:?Text=hunter2",
            "no option `Text`; did you mean `text`? it has text, number, flag, time, word",
        ),
    ] {
        let message = refused(&registry, url).await;
        assert!(message.contains(says), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    let message = refused(&registry, Config::new("strange").option("text", true)).await;
    assert!(message.contains("must be text"), "{message}");
}

#[tokio::test]
async fn names_are_taken_once_and_fit_into_a_url() {
    let mut registry = Registry::default();
    let error = registry.register("memory", open_strange).unwrap_err();
    assert!(error.to_string().contains("registered already"), "{error}");
    for name in ["", "a b", "a:b", "1a", "é", &"x".repeat(65)] {
        let error = registry.register(name, open_strange).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{name:?}");
    }
}

#[tokio::test]
async fn higher_limits_are_honoured() {
    let store = kvs::open("memory:?limits.value_bytes=1000000").await.unwrap();
    assert_eq!(store.profile().limits.value_bytes, 1_000_000);
    store.set_bytes("k", vec![0; 1_000_000], None).await.unwrap();
}
