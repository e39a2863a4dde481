//! What the type `dynamodb` uses and refuses, without asking a server.

use kvs::{Config, Limits, Registry};

use crate::refused;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

#[tokio::test]
async fn dynamodb_refuses_what_it_does_not_use() {
    let registry = Registry::default();
    let table = || Config::dynamodb("app").option("endpoint_url", NOWHERE);
    let mut path = table();
    path.path = Some("app.db".into());
    let higher = Limits {
        value_bytes: 1 << 20,
        ..Limits::PORTABLE
    };
    for (config, says) in [
        (Config::new("dynamodb"), "needs a table"),
        (Config::dynamodb(""), "needs a table"),
        (path, "does not use the field `path`"),
        (table().limits(higher), "leave `limits` out"),
        (
            table().option("endpont_url", "x"),
            "no option `endpont_url`; did you mean `endpoint_url`? it has endpoint_url, create_table, create, shards, reads, \
             connect_timeout, attempt_timeout, operation_timeout",
        ),
        (table().option("create_table", "maybe"), "must be true or false"),
        (table().option("reads", "dirty"), "must be one of consistent, eventual"),
        (table().option("shards", 100_000), "`shards`"),
        (table().option("shards", 0), "shards is 0; it must be 1 to 256"),
        (table().option("attempt_timeout", "5"), "a whole number and a unit"),
        (table().option("operation_timeout", "0s"), "operation_timeout is 0"),
        (Config::dynamodb("app").option("endpoint_url", 5), "must be text"),
        (
            Config::dynamodb("app").option("endpoint_url", "hunter2"),
            "endpoint_url is no URL",
        ),
    ] {
        let message = refused(&registry, config.clone()).await;
        assert!(message.contains(says) && !message.contains("hunter2"), "{message}");
        let error = registry.check(config).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn every_option_is_taken_before_a_server_is_asked() {
    let config = Config::dynamodb("app")
        .region("eu-west-1")
        .namespace("a".parse().unwrap())
        .limits(Limits::PORTABLE)
        .option("endpoint_url", NOWHERE)
        .option("create_table", false)
        .option("create", "false")
        .option("shards", 16)
        .option("reads", "eventual")
        .option("connect_timeout", "100ms")
        .option("attempt_timeout", "200ms")
        .option("operation_timeout", "300ms");
    let error = kvs::open(&config).await.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().starts_with("dynamodb: open: "),
        "{error}"
    );
    let findings = kvs::check(config).await.unwrap();
    assert!(
        findings.iter().any(|finding| finding.level == kvs::Level::Bad),
        "{findings:?}"
    );
}
