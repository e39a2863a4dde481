//! What happens on a connection, and the state that all of them share.

use std::io::Result;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::answers::Answer;
use super::batch;
use super::http::Message;
use super::plan::{Fault, Forward, Reply, Request, Rule};
use super::upstream::Upstream;

pub(super) struct State {
    upstream: Upstream,
    pub(super) rules: Mutex<Vec<Rule>>,
    pub(super) requests: Mutex<Vec<Request>>,
    pub(super) measures: AtomicBool,
    pub(super) closes: AtomicBool,
}

/// Answers the requests of a connection until it ends.
pub(super) async fn serve(stream: TcpStream, state: Arc<State>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(message) = Message::read(&mut stream).await? {
        let target = message.header("x-amz-target").unwrap_or_default();
        let request = Request {
            operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
            body: serde_json::from_slice(&message.body).unwrap_or_default(),
            capacity: Value::Null,
        };
        if !state.answer(&mut stream, request).await? {
            return Ok(());
        }
    }
    Ok(())
}

impl State {
    pub(super) fn new(upstream: Upstream) -> Self {
        Self {
            upstream,
            rules: Mutex::default(),
            requests: Mutex::default(),
            measures: AtomicBool::new(false),
            closes: AtomicBool::new(false),
        }
    }

    /// Does with one request what is planned; tells whether the connection goes on.
    async fn answer(&self, stream: &mut BufReader<TcpStream>, request: Request) -> Result<bool> {
        let index = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        let fault = self
            .rules
            .lock()
            .unwrap()
            .iter_mut()
            .find_map(|rule| rule.meets(&request));
        let fault = fault.unwrap_or_else(|| Fault::applied(Reply::Unharmed));
        tokio::time::sleep(fault.delay).await;
        if let Some(before) = &fault.before {
            before().await;
        }
        let answer = self.forward(&request, &fault.forward).await?;
        if self.measures.load(Ordering::Relaxed) {
            self.note_capacity(index, &answer);
        }
        if let Some(after) = &fault.after {
            after().await;
        }
        self.reply(stream, &request, fault.reply, answer).await
    }

    async fn forward(&self, request: &Request, forward: &Forward) -> Result<Answer> {
        let mut body = request.body.clone();
        if self.measures.load(Ordering::Relaxed) {
            body["ReturnConsumedCapacity"] = json!("TOTAL");
        }
        let send = async |body: &Value| {
            let (status, body) = self.upstream.send(&request.operation, body).await?;
            Ok(Answer::new(status, body))
        };
        match forward {
            Forward::Never => Ok(Answer::new(200, "{}")),
            Forward::Once => send(&body).await,
            Forward::Twice => {
                let first = send(&body).await;
                send(&body).await?;
                first
            }
            Forward::Partly(leave) => {
                let left = batch::take_out(&mut body, &**leave);
                let is_empty = body["RequestItems"].as_object().is_none_or(serde_json::Map::is_empty);
                let done = if is_empty { None } else { Some(send(&body).await?) };
                let done = done.map(|answer| serde_json::from_slice(&answer.body).unwrap_or_default());
                let answer = batch::give_back(&request.operation, done, left);
                Ok(Answer::new(200, answer.to_string()))
            }
        }
    }

    fn note_capacity(&self, index: usize, answer: &Answer) {
        let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if let Some(request) = self.requests.lock().unwrap().get_mut(index) {
            request.capacity = answer["ConsumedCapacity"].clone();
        }
    }

    async fn reply(
        &self,
        stream: &mut BufReader<TcpStream>,
        request: &Request,
        reply: Reply,
        mut answer: Answer,
    ) -> Result<bool> {
        match reply {
            Reply::Unharmed => {}
            Reply::Instead(other) => answer = other,
            Reply::Edited(edit) => {
                let mut body = serde_json::from_slice(&answer.body).unwrap_or_default();
                edit(request, &mut body);
                answer.body = body.to_string().into_bytes();
            }
            Reply::Truncated => answer.body.truncate(answer.body.len() / 2),
            Reply::Closed => return Ok(false),
            Reply::Silence => std::future::pending().await,
            Reply::Reset => return reset(stream),
            Reply::Cut => {
                stream.write_all(self.head(&answer).as_bytes()).await?;
                stream.write_all(&answer.body[..answer.body.len() / 2]).await?;
                return reset(stream);
            }
            Reply::Trickle(pause) => {
                stream.write_all(self.head(&answer).as_bytes()).await?;
                for byte in &answer.body {
                    stream.write_all(&[*byte]).await?;
                    stream.flush().await?;
                    tokio::time::sleep(pause).await;
                }
                return Ok(true);
            }
        }
        stream.write_all(self.head(&answer).as_bytes()).await?;
        stream.write_all(&answer.body).await?;
        stream.flush().await?;
        Ok(!self.closes.load(Ordering::Relaxed))
    }

    fn head(&self, answer: &Answer) -> String {
        let connection = if self.closes.load(Ordering::Relaxed) {
            "close"
        } else {
            "keep-alive"
        };
        format!(
            "HTTP/1.1 {} -\r\ncontent-type: {}\r\nx-amzn-requestid: FAULT\r\nconnection: {connection}\r\n\
             content-length: {}\r\n\r\n",
            answer.status,
            answer.content_type,
            answer.body.len()
        )
    }
}

/// Makes the end of the connection a reset instead of a close in good order.
fn reset(stream: &BufReader<TcpStream>) -> Result<bool> {
    stream.get_ref().set_zero_linger()?;
    Ok(false)
}
