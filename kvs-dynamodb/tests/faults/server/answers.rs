//! Answers that the emulator did not give.

use std::fmt;

use serde_json::{Value, json};

/// A whole answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content_type: "application/x-amz-json-1.0",
            body: body.into(),
        }
    }

    /// An error as the service words it.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
        Self::new(status, json!({"__type": kind, "message": message}).to_string())
    }

    /// A cancelled transaction, with a reason for each of its actions.
    pub(crate) fn cancelled(reasons: &[&str]) -> Self {
        let list: Vec<Value> = reasons
            .iter()
            .map(|code| json!({"Code": code, "Message": "why"}))
            .collect();
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": format!("Transaction cancelled, please refer cancellation reasons [{}]", reasons.join(", ")),
            "CancellationReasons": list,
        });
        Self::new(400, body.to_string())
    }

    /// The page of a captive portal.
    pub(crate) fn html() -> Self {
        Self {
            status: 200,
            content_type: "text/html",
            body: b"<!DOCTYPE html><html><body>Please sign in to the network.</body></html>".to_vec(),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}
