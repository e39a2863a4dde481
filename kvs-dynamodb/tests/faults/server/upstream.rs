//! The way to the emulator, past every fault.

use std::io::{Error, Result};

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::http::Message;

/// Emulators do not verify signatures, but DynamoDB Local tells tables apart by the access key and the region in them.
pub(crate) const ACCESS_KEY: &str = "kvstests";
pub(crate) const REGION: &str = "us-east-1";

/// An endpoint that is known to work.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    address: String,
}

impl Upstream {
    pub(crate) fn new(url: &str) -> Self {
        let address = url
            .strip_prefix("http://")
            .expect("the endpoint under test speaks plain HTTP");
        Self {
            address: address.trim_end_matches('/').to_owned(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One request over a connection of its own; status and body.
    pub(crate) async fn send(&self, operation: &str, body: &Value) -> Result<(u16, Vec<u8>)> {
        let body = body.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.0\r\n\
             x-amz-target: DynamoDB_20120810.{operation}\r\nx-amz-date: 20260101T000000Z\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/{REGION}/dynamodb/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-target, Signature=00\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let mut stream = BufReader::new(TcpStream::connect(&self.address).await?);
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.flush().await?;
        let answer = Message::read(&mut stream)
            .await?
            .ok_or_else(|| Error::other("no answer"))?;
        let status = answer.start.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or_else(|| Error::other("no status"))?, answer.body))
    }

    /// A request that must succeed.
    pub(crate) async fn call(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.send(operation, &body).await.unwrap();
        let answer = serde_json::from_slice(&answer).unwrap_or(Value::Null);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Makes a table as the backend's documentation describes it.
    pub(crate) async fn create_table(&self, name: &str) {
        let table = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        });
        self.call("CreateTable", table).await;
        loop {
            let described = self.call("DescribeTable", json!({"TableName": name})).await;
            if described["Table"]["TableStatus"] == "ACTIVE" {
                return;
            }
        }
    }
}
