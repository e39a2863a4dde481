//! A server that is not there for a while.

use std::time::Duration;

use kvs_dynamodb::{ErrorKind, Store};

use crate::operations::{Kind, each};
use crate::support::{Bench, bounded, open};

#[tokio::test]
async fn what_was_never_connected_is_unavailable_not_applied_and_works_when_the_server_is_back() {
    each(
        Kind::ALL,
        without_idle_connections,
        async |operation, bench, subject| {
            bench.server.go_down().await;
            let error = operation.fails(subject).await;
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{operation:?}: {error:?}");
            assert!(
                error.is_retryable() && !error.may_have_applied(),
                "{operation:?}: {error:?}"
            );
            bench.server.come_back();
            operation.succeeds(bench, subject).await;
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_called_while_the_server_is_down_succeeds_when_it_comes_back_in_time() {
    let bench = async || {
        let bench = Bench::patient().await;
        closing(bench).await
    };
    each(Kind::ALL, bench, async |operation, bench, subject| {
        bench.server.go_down().await;
        let back = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            bench.server.come_back();
        };
        tokio::join!(operation.succeeds(bench, subject), back);
    })
    .await;
}

#[tokio::test]
async fn connections_that_broke_while_they_were_idle_are_replaced() {
    each(Kind::RESENT, Bench::patient, async |operation, bench, subject| {
        bench.server.go_down().await;
        bench.server.come_back();
        operation.succeeds(bench, subject).await;
    })
    .await;
}

#[tokio::test]
async fn opening_where_nothing_listens_is_unavailable() {
    let bench = Bench::hasty().await;
    bench.server.go_down().await;
    let error = bounded(open(bench.config.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.is_retryable() && !error.may_have_applied(), "{error:?}");
}

async fn without_idle_connections() -> Bench {
    closing(Bench::hasty().await).await
}

/// Makes the store connect anew for each request, so that none is written to a connection that is about to break.
async fn closing(bench: Bench) -> Bench {
    bench.server.close_after_each_answer();
    bench.store.contains("key").await.unwrap();
    bench.server.forget();
    bench
}
