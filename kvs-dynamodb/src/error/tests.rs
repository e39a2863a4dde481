//! What codes and cancelled transactions mean.

use kvs_core::ErrorKind;

use super::*;

#[test]
fn codes_have_their_kinds() {
    let table = [
        ("ThrottlingException", 400, ErrorKind::Unavailable, true, false),
        (
            "ProvisionedThroughputExceededException",
            400,
            ErrorKind::Unavailable,
            true,
            false,
        ),
        ("TransactionConflictException", 400, ErrorKind::Unavailable, true, false),
        (
            "TransactionInProgressException",
            400,
            ErrorKind::Unavailable,
            true,
            true,
        ),
        ("InternalServerError", 500, ErrorKind::Unavailable, true, true),
        ("SomethingNew", 503, ErrorKind::Unavailable, true, true),
        ("SomethingNew", 400, ErrorKind::Backend, false, false),
        ("ValidationException", 400, ErrorKind::Backend, false, false),
        ("ResourceNotFoundException", 400, ErrorKind::Config, false, false),
        ("AccessDeniedException", 400, ErrorKind::PermissionDenied, false, false),
        ("ExpiredTokenException", 400, ErrorKind::PermissionDenied, false, false),
        (
            "ItemCollectionSizeLimitExceededException",
            400,
            ErrorKind::Full,
            false,
            false,
        ),
    ];
    for (code, status, kind, transient, ambiguous) in table {
        let failure = of_code(code, status, "app");
        let seen = (failure.error.kind(), failure.transient, failure.ambiguous);
        assert_eq!(seen, (kind, transient, ambiguous), "{code}");
    }
}

fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
    let reason = |code: &&str| CancellationReason::builder().code(*code).build();
    codes.iter().map(reason).collect()
}

#[test]
fn a_failed_condition_of_a_transaction_is_told_by_its_place() {
    let failed = of_reasons(
        &reasons(&["None", "ConditionalCheckFailed", "TransactionConflict"]),
        "app",
    );
    let Failed::Refused(Refusal::Transaction(places)) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!(places, [false, true, false]);
}

#[test]
fn a_transaction_that_only_met_another_is_worth_repeating() {
    let failed = of_reasons(&reasons(&["None", "TransactionConflict"]), "app");
    let Failed::Error(failure) = failed else {
        panic!("{failed:?}");
    };
    assert!(failure.transient && !failure.ambiguous);
}
