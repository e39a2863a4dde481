//! Answers that make no sense.

use kvs_dynamodb::{Error, ErrorKind};

use crate::operations::{Kind, Operation, each};
use crate::server::{Answer, Fault, Reply};
use crate::support::{Bench, bounded};

/// Answers with status 200 that are none.
fn garbage() -> Vec<Reply> {
    vec![
        Reply::Instead(Answer::html()),
        Reply::Instead(Answer::new(200, "")),
        Reply::Instead(Answer::new(200, "{\"Item\":{\"val\":{\"B\":")),
        Reply::Instead(Answer::new(200, b"\x00\xff\x16\x03garbage".as_slice())),
        Reply::Instead(Answer::new(200, "[]")),
        Reply::Truncated,
    ]
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_neither_success_nor_a_miss() {
    for reply in garbage() {
        each(Kind::ALL, Bench::hasty, async |operation, bench, subject| {
            bench.server.plan(operation.meets(Fault::applied(reply.clone())));
            // Of the answer `{}`, half is the body that the empty answer has.
            let outcome = bounded(operation.run(subject)).await;
            let error = outcome.expect_err(&format!("{operation:?} took {reply:?} for an answer"));
            is_sensible(operation, &error, &reply);
        })
        .await;
    }
}

#[tokio::test]
async fn after_one_answer_that_makes_no_sense_the_outcome_is_right_or_unknown() {
    for reply in garbage() {
        each(Kind::ALL, Bench::patient, async |operation, bench, subject| {
            bench
                .server
                .plan(operation.meets(Fault::applied(reply.clone())).times(1));
            match bounded(operation.run(subject)).await {
                Ok(()) => assert!(
                    operation.is_read() || operation.took_effect(bench).await,
                    "{operation:?}"
                ),
                Err(error) => is_sensible(operation, &error, &reply),
            }
            bench.server.heal();
            let again = bounded(operation.run(subject)).await;
            let kinds = [ErrorKind::NotFound, ErrorKind::Conflict];
            assert!(
                again.is_ok() || kinds.contains(&again.unwrap_err().kind()),
                "{operation:?}"
            );
        })
        .await;
    }
}

fn is_sensible(operation: &Operation, error: &Error, reply: &Reply) {
    let cause = match error {
        Error::Incomplete { source, .. } => source.kind(),
        other => other.kind(),
    };
    let sensible = [
        ErrorKind::Backend,
        ErrorKind::Corrupt,
        ErrorKind::Timeout,
        ErrorKind::Unavailable,
    ];
    assert!(sensible.contains(&cause), "{operation:?}, {reply:?}: {error:?}");
    assert_eq!(
        error.may_have_applied(),
        !operation.is_read(),
        "{operation:?}, {reply:?}: {error:?}"
    );
    let harmless = matches!(operation.kind, Kind::Read | Kind::Repeatable);
    assert!(harmless || !error.is_retryable(), "{operation:?}, {reply:?}: {error:?}");
}
