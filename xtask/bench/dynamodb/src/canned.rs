//! A DynamoDB that costs nothing: it gives back the item that was last put into a table, whatever is asked for.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// The item of each table.
type Items = Arc<Mutex<HashMap<String, Value>>>;

/// Prints the address and answers until stdin ends, each request after this delay.
pub(crate) fn serve(delay: Duration) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    thread::spawn(end_with_stdin);
    let items = Items::default();
    for stream in listener.incoming() {
        let (stream, items) = (stream?, Arc::clone(&items));
        // A client that hangs up ends its connection, and nothing else.
        thread::spawn(move || connection(&stream, &items, delay));
    }
    Ok(())
}

fn end_with_stdin() {
    let mut buffer = [0; 64];
    while io::stdin().read(&mut buffer).is_ok_and(|count| count > 0) {}
    std::process::exit(0);
}

fn connection(stream: &TcpStream, items: &Items, delay: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    loop {
        let (mut operation, mut length) = (String::new(), 0);
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().unwrap_or(0);
            } else if name.eq_ignore_ascii_case("x-amz-target") {
                value.rsplit('.').next().unwrap_or_default().clone_into(&mut operation);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let answer = answer(&operation, &serde_json::from_slice(&body)?, items).to_string();
        thread::sleep(delay);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-requestid: CANNED\r\n";
        let message = format!("{head}content-length: {}\r\n\r\n{answer}", answer.len());
        (&mut &*stream).write_all(message.as_bytes())?;
    }
}

fn answer(operation: &str, request: &Value, items: &Items) -> Value {
    let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
    let table = request["TableName"].as_str().unwrap_or_default();
    match operation {
        // The record of the namespace, which tells a store how it is laid out.
        "GetItem" if request["Key"]["sk"]["S"] == "kvs" => {
            json!({"Item": {"pk": {"S": "kvs/"}, "sk": {"S": "kvs"}, "format": {"N": "1"}, "shards": {"N": "1"}}})
        }
        "GetItem" => json!({"Item": items.get(table)}),
        "PutItem" => {
            items.insert(table.to_owned(), request["Item"].clone());
            json!({})
        }
        "BatchGetItem" => {
            let mut responses = json!({});
            for (table, wanted) in request["RequestItems"].as_object().into_iter().flatten() {
                let item = items.get(table).cloned().unwrap_or_default();
                let keys = wanted["Keys"].as_array().into_iter().flatten();
                responses[table] = keys.map(|key| with_key(&item, key)).collect();
            }
            json!({"Responses": responses, "UnprocessedKeys": {}})
        }
        "Query" => {
            let item = items.get(table).cloned().unwrap_or_default();
            let keys = 0..request["Limit"].as_u64().unwrap_or_default();
            let found = keys.map(|n| with_key(&item, &json!({"sk": {"S": format!("session:{n:032x}")}})));
            json!({"Items": found.collect::<Vec<_>>()})
        }
        "BatchWriteItem" => json!({"UnprocessedItems": {}}),
        _ => json!({}),
    }
}

/// The item, but with the primary key that was asked for.
fn with_key(item: &Value, key: &Value) -> Value {
    let mut item = item.clone();
    for (name, value) in key.as_object().into_iter().flatten() {
        item[name] = value.clone();
    }
    item
}
