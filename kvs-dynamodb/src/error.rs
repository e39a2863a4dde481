//! The one place where errors of the SDK become errors of the contract: by code, never by text.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::CancellationReason;
use kvs_core::Error;

use crate::schema::Item;

/// What became of an attempt that did not succeed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The server answered that a condition does not hold.
    Refused(Refusal),
    /// The request failed.
    Error(Failure),
}

/// Which condition does not hold.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// That of the one item, which is now this, if it exists.
    Condition(Option<Item>),
    /// Those of a transaction at which `true` stands.
    Transaction(Vec<bool>),
}

/// A request that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What to tell, if nothing is to be tried any more.
    pub(crate) error: Error,
    /// Another attempt may succeed.
    pub(crate) transient: bool,
    /// The server may have done what was asked.
    pub(crate) ambiguous: bool,
}

impl Failure {
    /// Refused before anything was done, and for good.
    fn refused(error: Error) -> Self {
        Self {
            error,
            transient: false,
            ambiguous: false,
        }
    }

    /// Refused before anything was done, for now.
    fn busy(error: Error) -> Self {
        Self {
            error,
            transient: true,
            ambiguous: false,
        }
    }

    /// No answer, or none that tells.
    pub(crate) fn lost(error: Error) -> Self {
        Self {
            error,
            transient: true,
            ambiguous: true,
        }
    }

    fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.error = self.error.with_source(source);
        self
    }
}

/// An error of an operation of DynamoDB, which may be that a condition does not hold.
pub(crate) trait OperationError: ProvideErrorMetadata + StdError + Send + Sync + 'static {
    /// What an answer means that only this operation has.
    fn special(&self, _table: &str) -> Option<Failed> {
        None
    }
}

macro_rules! conditional {
    ($($error:ident)*) => {$(
        impl OperationError for $error {
            fn special(&self, _table: &str) -> Option<Failed> {
                match self {
                    Self::ConditionalCheckFailedException(refusal) => {
                        Some(Failed::Refused(Refusal::Condition(refusal.item.clone())))
                    }
                    _ => None,
                }
            }
        }
    )*};
}

conditional! { DeleteItemError PutItemError UpdateItemError }

macro_rules! unconditional {
    ($($operation:ident :: $error:ident)*) => {$(
        impl OperationError for aws_sdk_dynamodb::operation::$operation::$error {}
    )*};
}

unconditional! {
    batch_get_item::BatchGetItemError
    batch_write_item::BatchWriteItemError
    create_table::CreateTableError
    describe_table::DescribeTableError
    describe_time_to_live::DescribeTimeToLiveError
    get_item::GetItemError
    query::QueryError
    update_time_to_live::UpdateTimeToLiveError
}

impl OperationError for TransactWriteItemsError {
    fn special(&self, table: &str) -> Option<Failed> {
        match self {
            Self::TransactionCanceledException(cancelled) => Some(of_reasons(cancelled.cancellation_reasons(), table)),
            _ => None,
        }
    }
}

/// A cancelled transaction: a failed condition is an answer, everything else that went wrong with an item is a failure.
fn of_reasons(reasons: &[CancellationReason], table: &str) -> Failed {
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or("None")).collect();
    if codes.contains(&"ConditionalCheckFailed") {
        let failed = codes.iter().map(|code| *code == "ConditionalCheckFailed").collect();
        return Failed::Refused(Refusal::Transaction(failed));
    }
    let code = codes
        .into_iter()
        .find(|code| *code != "None")
        .unwrap_or("TransactionCanceled");
    let failure = of_code(code, 400, table);
    let message = reasons.iter().find_map(CancellationReason::message);
    Failed::Error(failure.with_source(Fault::new(code, message, None)))
}

/// Tells what an error of the SDK means.
pub(crate) fn translate<E: OperationError>(error: SdkError<E>, table: &str) -> Failed {
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    match error {
        SdkError::ServiceError(fault) => {
            let fault = fault.into_err();
            fault.special(table).unwrap_or_else(|| {
                let code = fault.code().unwrap_or("no code");
                let request = fault.meta().extra("aws_request_id");
                Failed::Error(of_code(code, status, table).with_source(Fault::new(code, fault.message(), request)))
            })
        }
        SdkError::TimeoutError(_) => Failed::Error(timed_out()),
        other => Failed::Error(of_transport(other, status)),
    }
}

/// An attempt that was given up.
pub(crate) fn timed_out() -> Failure {
    Failure::lost(Error::timeout(
        "DynamoDB did not answer in time; try again, or raise `attempt_timeout` or `operation_timeout`",
    ))
}

/// The meaning of the codes of <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>.
fn of_code(code: &str, status: u16, table: &str) -> Failure {
    match code {
        "ProvisionedThroughputExceededException"
        | "ProvisionedThroughputExceeded"
        | "ThrottlingException"
        | "ThrottlingError"
        | "Throttling"
        | "RequestLimitExceeded"
        | "LimitExceededException" => Failure::busy(Error::unavailable(
            "DynamoDB throttles the table or a hot part of it; try again later, or give it more capacity or shards",
        )),
        "TransactionConflictException" | "TransactionConflict" | "ReplicatedWriteConflictException" => {
            Failure::busy(Error::unavailable("other requests hold the items; try again"))
        }
        "ResourceInUseException" => Failure::busy(Error::unavailable("the table is being changed; try again")),
        // An earlier attempt of the same transaction is under way.
        "TransactionInProgressException" => Failure::lost(Error::unavailable("the transaction is still under way")),
        "ResourceNotFoundException" => Failure::refused(Error::config(format!(
            "there is no table `{table}` in this region and account; create it, or open with `create_table`"
        ))),
        "AccessDeniedException" | "NotAuthorized" | "AccessDenied" => Failure::refused(Error::permission_denied(
            "the credentials do not allow this; the README of kvs-dynamodb has the policy that is needed",
        )),
        "ExpiredTokenException" | "ExpiredToken" => {
            Failure::refused(Error::permission_denied("the credentials have expired; renew them"))
        }
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignatureException"
        | "IncompleteSignature"
        | "RequestExpired"
        | "MissingAuthenticationTokenException"
        | "MissingAuthenticationToken"
        | "InvalidClientTokenId"
        | "RequestTimeTooSkewed"
        | "OptInRequired" => Failure::refused(Error::permission_denied(
            "DynamoDB does not accept the credentials; check them, the region and the clock of this host",
        )),
        "ItemCollectionSizeLimitExceededException" | "ItemCollectionSizeLimitExceeded" => Failure::refused(
            Error::full("a local secondary index limits the partition to 10 GB; use a table without one"),
        ),
        // The SDK could not read the answer of a request that was, it seems, executed.
        _ if (200..400).contains(&status) => Failure::lost(not_an_answer()),
        _ if status >= 500 => Failure::lost(Error::unavailable("DynamoDB failed inside; try again")),
        _ => Failure::refused(Error::backend(
            "DynamoDB refused the request; `kvs doctor` checks the table, and the cause says more",
        )),
    }
}

/// No answer of the service at all: the request was not sent, or its answer did not arrive whole.
fn of_transport<E: OperationError>(error: SdkError<E>, status: u16) -> Failure {
    let built = !matches!(error, SdkError::ConstructionFailure(_));
    let answered = status != 0;
    let other = matches!(&error, SdkError::DispatchFailure(failure) if failure.is_other());
    let Ok(source) = error.into_source() else {
        return Failure::lost(Error::backend("the SDK failed without a reason"));
    };
    let failure = if let Some(failure) = of_credentials(source.as_ref()) {
        failure
    } else if !built || (other && !met_the_network(source.as_ref())) {
        // Without the cause, which quotes the URL and the request. A client of the caller's own may have sent something.
        let error = Error::config("the request could not be made; check the region, the endpoint and the HTTP client");
        return Failure {
            error,
            transient: false,
            ambiguous: built,
        };
    } else if answered {
        Failure::lost(not_an_answer())
    } else if never_sent(source.as_ref()) {
        Failure::busy(Error::unavailable(
            "DynamoDB cannot be reached; check the endpoint and the network",
        ))
    } else {
        Failure::lost(Error::unavailable("the connection to DynamoDB broke; try again"))
    };
    failure.with_source(source)
}

/// What came back lacks what every answer has.
pub(crate) fn not_an_answer() -> Error {
    Error::unavailable("what came back is no answer of DynamoDB; is a proxy in between?")
}

fn of_credentials(source: &(dyn StdError + 'static)) -> Option<Failure> {
    let error = causes(source).find_map(|cause| cause.downcast_ref::<CredentialsError>())?;
    Some(match error {
        CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_) => {
            Failure::busy(Error::unavailable(
                "the credentials cannot be fetched; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or check profile and role",
            ))
        }
        _ => Failure::refused(Error::permission_denied(
            "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role",
        )),
    })
}

/// Did the connection never come about, so that the server cannot have seen the request?
fn never_sent(source: &(dyn StdError + 'static)) -> bool {
    causes(source).any(|cause| {
        let refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        cause.downcast_ref::<io::Error>().is_some_and(refused)
            || cause
                .downcast_ref::<hyper_util::client::legacy::Error>()
                .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}

/// Did the client of HTTP begin?
fn met_the_network(source: &(dyn StdError + 'static)) -> bool {
    causes(source).any(|cause| cause.is::<io::Error>() || cause.is::<hyper_util::client::legacy::Error>())
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

/// What DynamoDB said. The SDK's own error holds the whole answer, values included, and shows it in `Debug`.
#[derive(Debug)]
struct Fault {
    code: String,
    message: Option<String>,
    request: Option<String>,
}

impl Fault {
    fn new(code: &str, message: Option<&str>, request: Option<&str>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.filter(|_| quotes_nothing(code)).map(str::to_owned),
            request: request.map(str::to_owned),
        }
    }
}

/// Whether what DynamoDB says with a code is known to quote nothing of the request. Of a signature it quotes the headers,
/// the session token among them; of an expression the values, which are keys.
fn quotes_nothing(code: &str) -> bool {
    code.starts_with("AccessDenied") || code.starts_with("Throttling") || code.starts_with("Resource")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        match &self.request {
            Some(request) => write!(f, " (request {request})"),
            None => Ok(()),
        }
    }
}

impl StdError for Fault {}

#[cfg(test)]
mod tests;
