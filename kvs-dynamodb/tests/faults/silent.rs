//! A server that says nothing, or hardly anything, and callers that do not wait for it.

use std::time::Duration;

use kvs_dynamodb::{ErrorKind, Store, StoreExt, Ttl};

use crate::operations::{Kind, each};
use crate::server::{Fault, Reply, Rule};
use crate::support::{Bench, bounded, open};

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    for fault in [Fault::unreached(Reply::Silence), Fault::applied(Reply::Silence)] {
        each(Kind::ALL, Bench::impatient, async |operation, bench, subject| {
            bench.server.plan(operation.meets(fault.clone()));
            let error = operation.fails(subject).await;
            operation.is_unknown(&error, ErrorKind::Timeout);
            let requests = operation.requests(bench);
            assert!(operation.kind != Kind::Once || requests.len() == 1, "{operation:?}");
            if operation.kind == Kind::Token {
                assert!(
                    requests.iter().all(|request| request.body == requests[0].body),
                    "{operation:?}"
                );
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_server_that_was_silent_once_is_asked_again() {
    let attempt = Duration::from_millis(500);
    for fault in [Fault::unreached(Reply::Silence), Fault::applied(Reply::Silence)] {
        let bench = || Bench::with(|config| config.attempt_timeout(attempt));
        each(Kind::RESENT, bench, async |operation, bench, subject| {
            bench.server.plan(operation.meets(fault.clone()).times(1));
            operation.succeeds(bench, subject).await;
        })
        .await;
    }
}

#[tokio::test]
async fn an_answer_that_only_trickles_is_a_timeout() {
    each(&[Kind::Read], Bench::impatient, async |operation, bench, subject| {
        bench
            .server
            .plan(operation.meets(Fault::applied(Reply::Trickle(Duration::from_millis(400)))));
        let error = operation.fails(subject).await;
        operation.is_unknown(&error, ErrorKind::Timeout);
    })
    .await;
}

#[tokio::test]
async fn a_slow_answer_within_the_timeout_is_waited_for() {
    each(Kind::ALL, Bench::patient, async |operation, bench, subject| {
        let slow = Fault::applied(Reply::Trickle(Duration::from_millis(1))).delay(Duration::from_millis(200));
        bench.server.plan(operation.meets(slow));
        operation.succeeds(bench, subject).await;
        assert_eq!(operation.requests(bench).len(), 1, "{operation:?}");
    })
    .await;
}

#[tokio::test]
async fn a_dropped_future_leaves_the_store_usable() {
    each(Kind::ALL, Bench::patient, async |operation, bench, subject| {
        bench.server.plan(operation.meets(Fault::unreached(Reply::Silence)));
        let arrived = async {
            while operation.requests(bench).is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            outcome = operation.run(subject) => panic!("{operation:?} ended on a silent server: {outcome:?}"),
            () = bounded(arrived) => {}
        }
        bench.server.heal();
        operation.succeeds(bench, subject).await;
    })
    .await;
}

#[tokio::test]
async fn many_calls_at_once_queue_rather_than_fail() {
    let bench = Bench::patient().await;
    let slow = Fault::applied(Reply::Unharmed).delay(Duration::from_millis(20));
    bench.server.plan(Rule::new(slow));
    let keys: Vec<String> = (0..200).map(|n| format!("key-{n}")).collect();
    let sets = keys.iter().map(|key| bench.store.set_text(key, "x", Ttl::Never));
    bounded(futures_util::future::try_join_all(sets)).await.unwrap();
    assert_eq!(bench.server.requests().len(), 200);
}

#[tokio::test]
async fn closing_does_not_hang_on_a_silent_server() {
    let bench = Bench::impatient().await;
    bench.server.plan(Rule::new(Fault::unreached(Reply::Silence)));
    let store = bench.store.clone();
    let get = tokio::spawn(async move { store.get("key").await });
    while bench.server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    bounded(bench.store.close()).await.unwrap();
    let error = bench.store.get("key").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    let in_flight = bounded(get).await.unwrap().unwrap_err();
    assert!(
        matches!(in_flight.kind(), ErrorKind::Closed | ErrorKind::Timeout),
        "{in_flight:?}"
    );
}

#[tokio::test]
async fn opening_at_a_silent_server_is_a_timeout() {
    let bench = Bench::impatient().await;
    bench.server.plan(Rule::new(Fault::unreached(Reply::Silence)));
    let error = bounded(open(bench.config.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    assert!(error.is_retryable(), "{error:?}");
}
