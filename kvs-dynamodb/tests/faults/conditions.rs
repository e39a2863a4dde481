//! Conditions that fail, with no answer lost before.

use kvs_dynamodb::{AtomicStore, DocumentStore, ErrorKind, PutOptions, Store, Transaction, Ttl, Version};

use crate::operations::document;
use crate::server::{Fault, Reply, Request, Rule};
use crate::support::{Bench, bounded};

const FOREIGN: Version = Version::from_bytes([7; 16]);

#[tokio::test]
async fn a_condition_that_fails_is_told_after_one_request() {
    let bench = Bench::patient().await;
    let store = &bench.store;
    bench.observer.set("there", "old".into(), Ttl::Never).await.unwrap();
    bench.observer.put("docs", document("there", "old")).await.unwrap();
    let failures = [
        store
            .set_if_absent("there", "new".into(), Ttl::Never)
            .await
            .unwrap_err(),
        store
            .compare_and_set("there", FOREIGN, "new".into(), Ttl::Never)
            .await
            .unwrap_err(),
        store.compare_and_delete("there", FOREIGN).await.unwrap_err(),
        store
            .commit(Transaction::new().check_absent("there"))
            .await
            .unwrap_err(),
        store
            .commit(Transaction::new().check_absent("there").set("a", "1", Ttl::Never))
            .await
            .unwrap_err(),
        store
            .put_with("docs", document("there", "new"), PutOptions::if_absent())
            .await
            .unwrap_err(),
        store
            .put_with("docs", document("there", "new"), PutOptions::if_version(FOREIGN))
            .await
            .unwrap_err(),
    ];
    for error in &failures {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
        assert!(!error.is_retryable() && !error.may_have_applied(), "{error:?}");
    }
    let misses = [
        store.get("absent").await.unwrap_err(),
        store.take("absent").await.unwrap_err(),
        store.touch("absent", Ttl::Never).await.unwrap_err(),
    ];
    for error in &misses {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    }
    assert_eq!(bench.server.requests().len(), failures.len() + misses.len());
}

#[tokio::test]
async fn a_condition_that_fails_after_throttling_is_a_conflict() {
    let bench = Bench::patient().await;
    bench.observer.set("there", "old".into(), Ttl::Never).await.unwrap();
    let throttled = Fault::refused(400, "ThrottlingException");
    bench.server.plan(Rule::new(throttled).times(1));
    let error = bounded(bench.store.set_if_absent("there", "new".into(), Ttl::Never))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert_eq!(bench.server.requests().len(), 2);
}

#[tokio::test]
async fn increments_against_another_writer_all_count() {
    let bench = Bench::patient().await;
    let observer = bench.observer.clone();
    // Another writer comes in between the read and the write, five times.
    let act = move || {
        let observer = observer.clone();
        async move { assert!(observer.increment("n", 100).await.is_ok()) }
    };
    let overtaken = Fault::applied(Reply::Unharmed).before(act);
    bench.server.plan(Rule::new(overtaken).when(Request::is_write).times(5));
    assert_eq!(bounded(bench.store.increment("n", 1)).await.unwrap(), 501);
    assert_eq!(bench.observer.get("n").await.unwrap(), "501");
}
