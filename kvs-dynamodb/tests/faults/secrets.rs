//! What errors and stores show: no key, no value, no credential.

use std::error::Error as _;

use aws_sdk_dynamodb::config::Credentials;
use kvs_dynamodb::{AtomicStore, DocumentStore, Error, Store, StoreExt, Transaction, Ttl, Version};

use crate::operations::{Kind, document, each};
use crate::server::{Answer, Fault, Reply, Rule};
use crate::support::{Bench, bounded, open};

const KEY: &str = "session:canary-of-a-key-0123456789";
const VALUE: &str = "canary-of-a-value-0123456789";
/// The value as it travels: in Base64, from any of three offsets these stand in it.
const ENCODED: [&str; 3] = [
    "Y2FuYXJ5LW9mLWEtdmFsdWU",
    "NhbmFyeS1vZi1hLXZhbHVl",
    "jYW5hcnktb2YtYS12YWx1Z",
];
const SECRETS: [&str; 3] = [
    "AKIACANARY0123456789",
    "canary/of/a/secret/key",
    "canary-of-a-session-token",
];

fn assert_clean(shown: &str) {
    let canaries = [KEY, VALUE].into_iter().chain(ENCODED).chain(SECRETS);
    for canary in canaries {
        assert!(!shown.contains(canary), "{canary} shows in {shown}");
    }
    assert!(!shown.contains(&format!("{:?}", VALUE.as_bytes())), "{shown}");
}

/// All that can be seen of an error.
fn show(error: &Error) -> String {
    let mut shown = vec![format!("{error} {error:?} {error:#?}")];
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push(format!("{cause} {cause:?}"));
        source = cause.source();
    }
    shown.join(" ")
}

async fn bench() -> Bench {
    let bench = Bench::hasty().await;
    bench.observer.set_text(KEY, VALUE, Ttl::Never).await.unwrap();
    bench.observer.put("docs", document(KEY, VALUE)).await.unwrap();
    bench
}

#[tokio::test]
async fn errors_hold_no_key_and_no_value() {
    let faults = [
        Fault::applied(Reply::Truncated),
        Fault::applied(Reply::Cut),
        Fault::applied(Reply::Reset),
        Fault::unreached(Reply::Instead(Answer::error(
            400,
            "ValidationException",
            &format!("bad {KEY} {VALUE}"),
        ))),
        Fault::unreached(Reply::Instead(Answer::error(
            500,
            "InternalServerError",
            &format!("bad {KEY} {VALUE}"),
        ))),
        Fault::unreached(Reply::Instead(Answer::new(200, format!("{KEY} {VALUE}")))),
    ];
    for fault in faults {
        let bench = bench().await;
        bench.server.plan(Rule::new(fault));
        let store = &bench.store;
        let both = Transaction::new().set(KEY, VALUE, Ttl::Never).check_absent("b");
        let outcomes = [
            bounded(store.get(KEY)).await.map(drop),
            bounded(store.get_many(&[KEY])).await.map(drop),
            bounded(store.set_text(KEY, VALUE, Ttl::Never)).await,
            bounded(store.set_if_absent(KEY, VALUE.into(), Ttl::Never))
                .await
                .map(drop),
            bounded(store.take(KEY)).await.map(drop),
            bounded(store.commit(both)).await.map(drop),
            bounded(store.increment(KEY, 1)).await.map(drop),
        ];
        for error in outcomes.into_iter().filter_map(Result::err) {
            assert_clean(&show(&error));
        }
    }
}

#[tokio::test]
async fn a_failed_condition_shows_neither_key_nor_value() {
    let bench = bench().await;
    let store = &bench.store;
    let foreign = Version::from_bytes([7; 16]);
    let errors = [
        store.set_if_absent(KEY, VALUE.into(), Ttl::Never).await.unwrap_err(),
        store.compare_and_delete(KEY, foreign).await.unwrap_err(),
        store
            .commit(Transaction::new().check_absent(KEY).set("b", VALUE, Ttl::Never))
            .await
            .unwrap_err(),
    ];
    for error in &errors {
        assert!(error.is_conflict(), "{error:?}");
        assert_clean(&show(error));
    }
}

#[tokio::test]
async fn credentials_never_show() {
    let bench = Bench::hasty().await;
    let [access, secret, token] = SECRETS;
    let credentials = Credentials::new(access, secret, Some(token.to_owned()), None, "tests");
    // DynamoDB quotes the headers that it checked a signature with, the session token's among them.
    let quoted = format!("The Canonical String should have been 'x-amz-security-token:{token}', {access}");
    let store = open(bench.config.clone().credentials(credentials.clone())).await;
    let config = bench.config.clone().credentials(credentials);
    assert_clean(&format!("{config:?} {config:#?}"));
    // DynamoDB Local takes another access key for another account, which has no such table.
    let outcome = match store {
        Ok(store) => {
            assert_clean(&format!("{store:?} {store:#?} {:?}", store.profile()));
            let answer = Answer::error(400, "InvalidSignatureException", &quoted);
            bench.server.plan(Rule::new(Fault::unreached(Reply::Instead(answer))));
            bounded(store.get("key")).await.map(drop)
        }
        Err(error) => Err(error),
    };
    assert_clean(&show(&outcome.unwrap_err()));
}

#[tokio::test]
async fn every_error_is_one_line_that_names_backend_and_operation() {
    each(Kind::ALL, Bench::hasty, async |operation, bench, subject| {
        bench.server.plan(operation.meets(Fault::unreached(Reply::Reset)));
        let message = operation.fails(subject).await.to_string();
        assert!(message.starts_with("dynamodb: "), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    })
    .await;
}
