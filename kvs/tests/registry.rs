//! Opening by name: the types, what they use, and what they refuse.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::sync::Arc;
use std::time::Duration;

use kvs::memory::{MemoryConfig, MemoryStore};
use kvs::{Config, ErrorKind, FullStore, Limits, ManualClock, Registry, Result, Settings, Store, StoreExt};

async fn refused(registry: &Registry, config: impl kvs::IntoConfig) -> String {
    let error = registry.open(config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.to_string()
}

#[tokio::test]
async fn the_default_registry_has_what_is_compiled_in() {
    let registry = Registry::default();
    let kinds: Vec<_> = registry.kinds().collect();
    let expected: &[&str] = if cfg!(feature = "sqlite") {
        &["memory", "sqlite"]
    } else {
        &["memory"]
    };
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn an_unknown_type_lists_the_known() {
    let registry = Registry::default();
    let message = refused(&registry, "memry:").await;
    assert!(
        message.starts_with("there is no type `memry`; did you mean `memory`? known are memory"),
        "{message}"
    );
    let message = refused(&Registry::new(), "memory:").await;
    assert_eq!(message, "there is no type `memory`; none are registered");
}

#[tokio::test]
async fn a_type_that_is_not_here_says_why() {
    let message = refused(&Registry::default(), "dynamodb://table").await;
    assert!(
        message.contains("this release of `kvs` has no backend for the type `dynamodb`"),
        "{message}"
    );
    #[cfg(not(feature = "sqlite"))]
    {
        let message = refused(&Registry::default(), "sqlite:app.db").await;
        assert!(
            message.contains("add the feature `sqlite` of the crate `kvs`"),
            "{message}"
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

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;

    #[tokio::test]
    async fn sqlite_refuses_what_it_does_not_use() {
        let registry = Registry::default();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.db");
        let mut region = Config::sqlite(&path);
        region.region = Some("eu-west-1".to_owned());
        for (config, says) in [
            (Config::new("sqlite"), "needs a path"),
            (Config::sqlite(""), "needs a path"),
            (region, "does not use the field `region`"),
            (
                Config::sqlite(&path).option("busy_timeot", "5s"),
                "no option `busy_timeot`; did you mean `busy_timeout`? it has busy_timeout, synchronous, create",
            ),
            (
                Config::sqlite(&path).option("synchronous", "off"),
                "must be one of full, normal",
            ),
            (Config::sqlite(&path).option("create", "maybe"), "must be true or false"),
        ] {
            let message = refused(&registry, config).await;
            assert!(message.contains(says), "{message}");
        }
        assert!(!path.exists(), "a configuration that is refused creates nothing");
    }

    #[tokio::test]
    async fn a_misspelt_option_is_refused_in_each_format() {
        let configs = [
            Config::from_json(r#"{"type":"sqlite","path":"x/y.db","options":{"busy_timeot":"5s"}}"#).unwrap(),
            #[cfg(feature = "yaml")]
            Config::from_yaml("type: sqlite\npath: x/y.db\noptions: {busy_timeot: 5s}").unwrap(),
            #[cfg(feature = "toml")]
            Config::from_toml("type = 'sqlite'\npath = 'x/y.db'\noptions.busy_timeot = '5s'").unwrap(),
            "sqlite:x/y.db?busy_timeot=5s".parse().unwrap(),
        ];
        for config in configs {
            let message = refused(&Registry::default(), config).await;
            assert!(
                message.contains("no option `busy_timeot`; did you mean `busy_timeout`?"),
                "{message}"
            );
        }
    }

    #[tokio::test]
    async fn every_option_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.db");
        let config = Config::sqlite(&path)
            .option("busy_timeout", "1s")
            .option("synchronous", "normal")
            .option("create", true)
            .option("sweep_interval", "1h")
            .option("readers", 2)
            .namespace("a".parse().unwrap());
        let store = kvs::open(&config).await.unwrap();
        store.set_text("k", "v", None).await.unwrap();
        store.close().await.unwrap();

        let store = kvs::open(config.clone().option("create", false).option("read_only", "true"))
            .await
            .unwrap();
        assert_eq!(store.get_text("k").await.unwrap(), "v");
        let error = store.set_text("k", "w", None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReadOnly);
        store.close().await.unwrap();

        let store = kvs::open(config.namespace("b".parse().unwrap())).await.unwrap();
        assert!(!store.contains("k").await.unwrap());
    }

    #[tokio::test]
    async fn in_memory_is_one_database_for_each_opening() {
        let (a, b) = (
            kvs::open("sqlite::memory:").await.unwrap(),
            kvs::open("sqlite::memory:").await.unwrap(),
        );
        a.set_text("k", "v", None).await.unwrap();
        assert_eq!(a.get_text("k").await.unwrap(), "v");
        assert!(!b.contains("k").await.unwrap());
    }
}
