//! Just enough HTTP/1.1: messages with a length or in chunks.

use std::io::{Error, Result};

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// A request or a response.
pub(crate) struct Message {
    /// The first line.
    pub(crate) start: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The next message of a connection; `None` where it ended before one began.
    pub(crate) async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Self>> {
        let start = line(stream).await?;
        if start.is_empty() {
            return Ok(None);
        }
        let mut message = Self {
            start,
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let header = line(stream).await?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').ok_or_else(|| broken("a header has no colon"))?;
            message
                .headers
                .push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        message.body = message.read_body(stream).await?;
        Ok(Some(message))
    }

    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    async fn read_body(&self, stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        if self.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = line(stream).await?;
                let size = u64::from_str_radix(&size, 16).map_err(|_| broken("a chunk has no size"))?;
                stream.take(size).read_to_end(&mut body).await?;
                line(stream).await?;
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        let length = self.header("content-length").map_or(Ok(0), str::parse);
        let length: u64 = length.map_err(|_| broken("the length is no number"))?;
        let read = stream.take(length).read_to_end(&mut body).await?;
        if read as u64 == length {
            Ok(body)
        } else {
            Err(broken("the body ended early"))
        }
    }
}

async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    line.truncate(line.trim_end().len());
    Ok(line)
}

fn broken(what: &'static str) -> Error {
    Error::other(what)
}
