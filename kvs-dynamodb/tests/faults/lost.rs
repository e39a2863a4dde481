//! Answers that are lost: the connection breaks, or the service fails after it did its work.

use kvs_dynamodb::{AtomicStore, DocumentStore, ErrorKind, PutOptions, Store, Transaction, Ttl};

use crate::operations::{Kind, document, each, is_theirs, remove_all, write_theirs};
use crate::server::{Answer, Fault, Reply, Rule};
use crate::support::{Bench, bounded};

/// The ways in which an answer is lost.
fn losses() -> [Reply; 4] {
    [
        Reply::Reset,
        Reply::Closed,
        Reply::Instead(Answer::error(500, "InternalServerError", "after the work was done")),
        Reply::Cut,
    ]
}

#[tokio::test]
async fn what_was_applied_before_its_answer_was_lost_succeeds() {
    for loss in losses() {
        each(Kind::RESENT, Bench::patient, async |operation, bench, subject| {
            bench
                .server
                .plan(operation.meets(Fault::applied(loss.clone())).times(1));
            operation.succeeds(bench, subject).await;
            let requests = operation.requests(bench);
            assert_eq!(requests.len(), 2, "{operation:?}, {loss:?}");
            if operation.kind == Kind::Token {
                assert!(requests[0].body["ClientRequestToken"].is_string(), "{operation:?}");
                assert_eq!(requests[0].body, requests[1].body, "{operation:?}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn what_was_lost_before_it_arrived_is_sent_again() {
    for loss in [Reply::Reset, Reply::Closed] {
        each(Kind::RESENT, Bench::patient, async |operation, bench, subject| {
            bench
                .server
                .plan(operation.meets(Fault::unreached(loss.clone())).times(1));
            operation.succeeds(bench, subject).await;
            assert_eq!(operation.requests(bench).len(), 2, "{operation:?}, {loss:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_must_not_be_sent_again_may_have_been_applied() {
    for loss in losses() {
        for (fault, applied) in [
            (Fault::applied(loss.clone()), true),
            (Fault::unreached(loss.clone()), false),
        ] {
            each(&[Kind::Once], Bench::patient, async |operation, bench, subject| {
                bench.server.plan(operation.meets(fault.clone()).times(1));
                let error = operation.fails(subject).await;
                operation.is_unknown(&error, ErrorKind::Unavailable);
                assert_eq!(operation.requests(bench).len(), 1, "{operation:?}, {loss:?}");
                assert_eq!(operation.took_effect(bench).await, applied, "{operation:?}, {loss:?}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn what_is_lost_for_ever_is_unavailable_and_its_outcome_unknown() {
    for loss in [Reply::Reset, Reply::Closed] {
        for fault in [Fault::applied(loss.clone()), Fault::unreached(loss.clone())] {
            each(Kind::ALL, Bench::hasty, async |operation, bench, subject| {
                bench.server.plan(operation.meets(fault.clone()));
                let error = operation.fails(subject).await;
                operation.is_unknown(&error, ErrorKind::Unavailable);
                let requests = operation.requests(bench).len();
                assert!(requests < 100, "{operation:?}: {requests} requests");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_condition_that_fails_over_another_write_after_a_lost_answer_proves_nothing() {
    for loss in losses() {
        each(
            &[Kind::Conditional],
            Bench::patient,
            async |operation, bench, subject| {
                let observer = bench.observer.clone();
                let fault = Fault::applied(loss.clone()).after(move || write_theirs(observer.clone()));
                bench.server.plan(operation.meets(fault).times(1));
                let error = operation.fails(subject).await;
                operation.is_unknown(&error, error.kind());
                assert!(
                    !matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound),
                    "{operation:?}"
                );
                assert!(is_theirs(&bench.observer).await, "{operation:?} was applied twice");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_no_longer_there_after_a_lost_answer_proves_nothing() {
    let kinds = [Kind::Conditional, Kind::Present];
    each(&kinds, Bench::patient, async |operation, bench, subject| {
        let observer = bench.observer.clone();
        let fault = Fault::applied(Reply::Reset).after(move || remove_all(observer.clone()));
        bench.server.plan(operation.meets(fault).times(1));
        match bounded(operation.run(subject)).await {
            // It was to be absent, and is again.
            Ok(()) => assert!(operation.took_effect(bench).await, "{operation:?}"),
            Err(error) => {
                operation.is_unknown(&error, error.kind());
                assert!(
                    !matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound),
                    "{operation:?}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_condition_that_never_held_is_not_told_apart_after_a_lost_answer() {
    let bench = Bench::patient().await;
    let (store, observer) = (&bench.store, &bench.observer);
    observer.set("there", "theirs".into(), Ttl::Never).await.unwrap();
    let lost = || bench.server.plan(Rule::new(Fault::unreached(Reply::Reset)).times(1));
    lost();
    let present = bounded(store.set_if_absent("there", "new".into(), Ttl::Never))
        .await
        .unwrap_err();
    lost();
    let absent = bounded(store.touch("absent", Ttl::Never)).await.unwrap_err();
    for error in [present, absent] {
        assert!(error.may_have_applied() && !error.is_retryable(), "{error:?}");
        assert!(
            !matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_plain_write_overtakes_another_when_it_is_sent_again() {
    each(
        &[Kind::Repeatable],
        Bench::patient,
        async |operation, bench, subject| {
            let observer = bench.observer.clone();
            let fault = Fault::applied(Reply::Reset).after(move || write_theirs(observer.clone()));
            bench.server.plan(operation.meets(fault).times(1));
            operation.succeeds(bench, subject).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_transaction_that_is_sent_again_does_not_undo_what_was_written_after_it() {
    each(&[Kind::Token], Bench::patient, async |operation, bench, subject| {
        let observer = bench.observer.clone();
        let fault = Fault::applied(Reply::Reset).after(move || write_theirs(observer.clone()));
        bench.server.plan(operation.meets(fault).times(1));
        bounded(operation.run(subject)).await.unwrap();
        assert_eq!(operation.requests(bench).len(), 2, "{operation:?}");
        assert!(is_theirs(&bench.observer).await, "{operation:?} was applied twice");
    })
    .await;
}

#[tokio::test]
async fn requests_that_a_proxy_repeats_are_applied_once() {
    each(Kind::WRITES, Bench::patient, async |operation, bench, subject| {
        bench.server.plan(operation.meets(Fault::repeated()));
        operation.succeeds(bench, subject).await;
        assert_eq!(operation.requests(bench).len(), 1, "{operation:?}");
    })
    .await;
}

#[tokio::test]
async fn a_write_that_finds_itself_gives_the_version_that_is_stored() {
    let bench = Bench::patient().await;
    let (store, observer) = (&bench.store, &bench.observer);
    let lost = || bench.server.plan(Rule::new(Fault::applied(Reply::Reset)).times(1));
    let stored = async || observer.get_versioned("key").await.unwrap().version;
    lost();
    let made = bounded(store.set_if_absent("key", "1".into(), Ttl::Never))
        .await
        .unwrap();
    assert_eq!(made, stored().await);
    lost();
    let set = bounded(store.compare_and_set("key", made, "2".into(), Ttl::Never))
        .await
        .unwrap();
    assert_eq!(set, stored().await);
    lost();
    let touched = bounded(store.touch("key", Ttl::Never)).await.unwrap();
    assert_eq!(touched, stored().await);
    lost();
    let transaction = Transaction::new()
        .check_version("key", touched)
        .set("key", "3", Ttl::Never);
    let committed = bounded(store.commit(transaction)).await.unwrap();
    assert_eq!(committed.version("key"), Some(stored().await));
    lost();
    let put = bounded(store.put_with("docs", document("id", "new"), PutOptions::if_absent()))
        .await
        .unwrap();
    assert_eq!(observer.get_doc("docs", "id").await.unwrap().version, Some(put));
}

#[tokio::test]
async fn a_set_that_keeps_the_expiry_of_an_absent_key_survives_a_lost_answer_of_either_request() {
    for first in [0, 1] {
        let bench = Bench::patient().await;
        bench
            .server
            .plan(Rule::new(Fault::applied(Reply::Reset)).skip(first).times(1));
        bounded(bench.store.set("key", "new".into(), Ttl::Keep)).await.unwrap();
        assert_eq!(bench.observer.get("key").await.unwrap(), "new");
    }
}
