//! The service says no for a while, or for ever, or says that it broke.

use kvs_dynamodb::{AtomicStore, ErrorKind, Transaction, Ttl};

use crate::operations::{Kind, each};
use crate::server::{Answer, Fault, Reply, Rule};
use crate::support::{Bench, bounded};

/// How the service says that nothing was done, but may be soon.
const BUSY: [&str; 3] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
];

#[tokio::test]
async fn what_is_throttled_twice_succeeds_with_the_third_request() {
    for code in BUSY {
        each(Kind::ALL, Bench::patient, async |operation, bench, subject| {
            bench.server.plan(operation.meets(Fault::refused(400, code)).times(2));
            operation.succeeds(bench, subject).await;
            assert_eq!(operation.requests(bench).len(), 3, "{operation:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_throttled_for_ever_is_unavailable_and_not_applied() {
    each(Kind::ALL, Bench::hasty, async |operation, bench, subject| {
        bench.server.plan(operation.meets(Fault::refused(400, BUSY[0])));
        let error = operation.fails(subject).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{operation:?}: {error}");
        assert!(
            error.is_retryable() && !error.may_have_applied(),
            "{operation:?}: {error:?}"
        );
        let requests = operation.requests(bench).len();
        assert!((2..100).contains(&requests), "{operation:?}: {requests} requests");
        assert!(!operation.took_effect(bench).await, "{operation:?}");
    })
    .await;
}

#[tokio::test]
async fn what_fails_inside_the_service_twice_succeeds_where_it_may_be_sent_again() {
    for (status, code) in [(500, "InternalServerError"), (503, "ServiceUnavailable")] {
        each(Kind::RESENT, Bench::patient, async |operation, bench, subject| {
            bench
                .server
                .plan(operation.meets(Fault::refused(status, code)).times(2));
            operation.succeeds(bench, subject).await;
            assert_eq!(operation.requests(bench).len(), 3, "{operation:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_fails_inside_the_service_for_ever_is_unavailable_and_its_outcome_unknown() {
    each(Kind::ALL, Bench::hasty, async |operation, bench, subject| {
        bench
            .server
            .plan(operation.meets(Fault::refused(500, "InternalServerError")));
        let error = operation.fails(subject).await;
        operation.is_unknown(&error, ErrorKind::Unavailable);
        let requests = operation.requests(bench).len();
        assert!(requests < 100, "{operation:?}: {requests} requests");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_the_service_calls_invalid_is_sent_once() {
    each(Kind::ALL, Bench::patient, async |operation, bench, subject| {
        bench
            .server
            .plan(operation.meets(Fault::refused(400, "ValidationException")));
        let error = operation.fails(subject).await;
        assert_eq!(error.kind(), ErrorKind::Backend, "{operation:?}: {error}");
        assert!(
            !error.is_retryable() && !error.may_have_applied(),
            "{operation:?}: {error:?}"
        );
        assert_eq!(operation.requests(bench).len(), 1, "{operation:?}");
        assert!(!operation.took_effect(bench).await, "{operation:?}");
    })
    .await;
}

#[tokio::test]
async fn a_single_write_that_meets_a_transaction_is_sent_again() {
    let kinds = [Kind::Repeatable, Kind::Conditional, Kind::Once];
    each(&kinds, Bench::patient, async |operation, bench, subject| {
        let conflict = Fault::refused(400, "TransactionConflictException");
        bench.server.plan(operation.meets(conflict).times(2));
        operation.succeeds(bench, subject).await;
        assert_eq!(operation.requests(bench).len(), 3, "{operation:?}");
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_meets_another_is_sent_again() {
    let answers = [
        Answer::cancelled(&["TransactionConflict", "None"]),
        Answer::cancelled(&["None", "ThrottlingError"]),
        Answer::cancelled(&["ProvisionedThroughputExceeded", "None"]),
        Answer::error(400, "TransactionInProgressException", "it goes on"),
    ];
    for answer in answers {
        let bench = Bench::patient().await;
        bench
            .server
            .plan(Rule::new(Fault::unreached(Reply::Instead(answer.clone()))).times(2));
        let both = Transaction::new().set("a", "1", Ttl::Never).check_absent("b");
        let committed = bounded(bench.store.commit(both)).await.unwrap();
        let stored = bench.observer.get_versioned("a").await.unwrap();
        assert_eq!(committed.version("a"), Some(stored.version), "{answer:?}");
        let requests = bench.server.requests();
        assert_eq!(requests.len(), 3, "{answer:?}");
        assert!(
            requests.iter().all(|request| request.body == requests[0].body),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_transaction_that_meets_others_for_ever_is_unavailable_and_not_applied() {
    let bench = Bench::hasty().await;
    let answer = Answer::cancelled(&["TransactionConflict", "None"]);
    bench.server.plan(Rule::new(Fault::unreached(Reply::Instead(answer))));
    let both = Transaction::new().set("a", "1", Ttl::Never).check_absent("b");
    let error = bounded(bench.store.commit(both)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.is_retryable() && !error.may_have_applied(), "{error:?}");
}
