//! Credentials, permissions and tables that are not what they should be.

use kvs_dynamodb::{ErrorKind, Store, StoreExt, Ttl};
use serde_json::json;

use crate::emulator;
use crate::operations::{Kind, each};
use crate::server::{Fault, Rule, Upstream};
use crate::support::{Bench, bounded, namespace, open, patient, unique};

/// How the service refuses a caller.
const REFUSALS: [&str; 8] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "RequestExpired",
    "UnrecognizedClientException",
];

#[tokio::test]
async fn a_refused_caller_is_told_what_to_do() {
    for code in REFUSALS {
        let bench = Bench::patient().await;
        bench.server.plan(Rule::new(Fault::refused(400, code)));
        let error = bounded(bench.store.get("key")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{code}: {error:?}");
        let message = error.to_string();
        assert!(message.starts_with("dynamodb: get: "), "{code}: {message}");
        let advice = ["credentials", "permission", "policy", "clock"];
        assert!(advice.iter().any(|word| message.contains(word)), "{code}: {message}");
        assert_eq!(message.lines().count(), 1, "{code}: {message}");
    }
}

#[tokio::test]
async fn a_refusal_is_final_until_it_is_lifted() {
    each(Kind::ALL, Bench::patient, async |operation, bench, subject| {
        bench
            .server
            .plan(operation.meets(Fault::refused(400, "AccessDeniedException")));
        let error = operation.fails(subject).await;
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{operation:?}: {error:?}");
        assert!(
            !error.is_retryable() && !error.may_have_applied(),
            "{operation:?}: {error:?}"
        );
        assert_eq!(operation.requests(bench).len(), 1, "{operation:?}");
        bench.server.heal();
        operation.succeeds(bench, subject).await;
    })
    .await;
}

#[tokio::test]
async fn a_missing_table_is_named_with_the_way_to_make_it() {
    let upstream = Upstream::new(&emulator::endpoint());
    let table = unique("missing");
    let config = patient(&table).endpoint_url(upstream.url());
    let error = bounded(open(config)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains(&table) && message.contains("create_table"),
        "{message}"
    );
}

#[tokio::test]
async fn a_table_that_goes_away_is_a_mistake_of_configuration() {
    let upstream = Upstream::new(&emulator::endpoint());
    let table = unique("deleted");
    upstream.create_table(&table).await;
    let store = open(patient(&table).endpoint_url(upstream.url())).await.unwrap();
    upstream.call("DeleteTable", json!({"TableName": table})).await;
    for outcome in [
        store.get("key").await.map(drop),
        store.set_text("key", "x", Ttl::Never).await,
    ] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
        assert!(error.to_string().contains(&table), "{error}");
        assert!(!error.is_retryable() && !error.may_have_applied(), "{error:?}");
    }
}

#[tokio::test]
async fn without_the_right_to_write_a_new_namespace_can_be_read() {
    let bench = Bench::patient().await;
    let denied = Fault::refused(400, "AccessDeniedException");
    bench
        .server
        .plan(Rule::new(denied).when(crate::server::Request::is_write));
    let config = bench.config.clone().namespace(namespace());
    let store = bounded(open(config)).await.unwrap();
    assert_eq!(store.get_opt("key").await.unwrap(), None);
    let error = store.set_text("key", "x", Ttl::Never).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
}
