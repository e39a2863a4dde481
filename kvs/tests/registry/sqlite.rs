//! What the type `sqlite` uses and refuses.

use kvs::{Config, ErrorKind, Level, Registry, Store, StoreExt, Ttl};

use crate::refused;

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

#[tokio::test]
async fn a_check_looks_and_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::sqlite(dir.path().join("app.db"));
    let findings = kvs::check(&config).await.unwrap();
    assert_eq!(
        (findings[0].name, findings[0].level),
        ("file", Level::Bad),
        "{findings:?}"
    );
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    kvs::open(&config).await.unwrap().close().await.unwrap();
    let findings = kvs::check(&config).await.unwrap();
    assert!(
        findings.iter().all(|finding| finding.level < Level::Bad),
        "{findings:?}"
    );
    let error = kvs::check(config.option("bussy_timeout", "5s")).await.unwrap_err();
    assert!(error.to_string().contains("did you mean `busy_timeout`?"), "{error}");
}

#[tokio::test]
async fn a_namespace_is_removed_and_the_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app.db");
    let part = |namespace: &str| Config::sqlite(&path).namespace(namespace.parse().unwrap());
    kvs::remove_namespace(part("gone"), &[]).await.unwrap();
    assert!(!path.exists());
    for namespace in ["gone", "stays"] {
        let store = kvs::open(part(namespace)).await.unwrap();
        store.set_text("k", namespace, Ttl::Never).await.unwrap();
        store.close().await.unwrap();
    }
    kvs::remove_namespace(part("gone"), &["users"]).await.unwrap();
    let gone = kvs::open(part("gone").option("create", false)).await;
    assert_eq!(gone.unwrap_err().kind(), ErrorKind::Config);
    let stays = kvs::open(part("stays").option("create", false)).await.unwrap();
    assert_eq!(stays.get_text("k").await.unwrap(), "stays");
    let error = kvs::remove_namespace(Config::sqlite(&path), &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}
