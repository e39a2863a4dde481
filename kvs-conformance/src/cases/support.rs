//! What several groups of cases need.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use kvs_core::{Bytes, Document, Error, FullStore, KeyName, Result, Value};
use tokio::sync::Barrier;

use crate::failed::Failed;

/// A store as the cases share it between tasks.
pub(crate) type Shared = Arc<dyn FullStore>;

/// Strings that break stores which interpret, escape, trim, fold or truncate. Each is a valid key, document id and
/// collection name, and no two are equal.
pub(crate) const HOSTILE: &[&str] = &[
    "'",
    "\"",
    "`",
    ";",
    "--",
    "/*",
    "*/",
    "%",
    "_",
    "\\",
    "*",
    "?",
    "[a-z]",
    " ",
    " a ",
    "' OR '1'='1",
    "'; DROP TABLE kvs_entries; --",
    "\"; DROP TABLE kvs_documents; --",
    "a') OR 1=1 --",
    "x' UNION SELECT 1, 2, 3 --",
    "$",
    "$.a",
    "$.\"a\"b\"",
    "#n",
    ":v",
    "?1",
    "@p",
    "a.b",
    "a..b",
    ".",
    "..",
    "../../etc/passwd",
    "/",
    "//",
    "C:\\CON",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "%s%n%x",
    "<script>alert(1)</script>",
    "\0",
    "a\0b",
    "\u{1b}[31mred\u{1b}[0m",
    "\r\nSet-Cookie: a=b",
    "\t",
    "\n",
    "\u{7f}",
    "\u{feff}",
    "\u{202e}abc",
    "\u{200d}",
    "\u{ffff}",
    "\u{10ffff}",
    "é",
    "e\u{301}",
    "😀",
    "null",
    "true",
    "NaN",
    "1",
    "01",
    "1.0",
    "select",
    "id",
    "ID",
    "data",
    "metadata",
    "version",
    "collection",
    "key",
    "value",
    "created_at",
    "updated_at",
    "expires_at",
    "pk",
    "sk",
    "ttl",
    "__proto__",
];

/// A document from its id and content.
pub(crate) fn document(id: &str, data: Value) -> Result<Document> {
    Document::new(id, data)
}

/// The ids, in the order in which they came.
pub(crate) fn ids(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.id.as_str()).collect()
}

/// The keys that a conflict names; none for any other error.
pub(crate) fn failed_keys(error: &Error) -> Vec<&str> {
    match error {
        Error::Conflict { failed, .. } => failed.iter().map(KeyName::as_str).collect(),
        _ => Vec::new(),
    }
}

/// That many bytes.
pub(crate) fn bytes(length: usize) -> Bytes {
    vec![b'v'; length].into()
}

/// Arrays in arrays, to any depth, built without recursion.
pub(crate) fn nested_arrays(levels: usize) -> Value {
    (1..levels).fold(Value::Array(Vec::new()), |inner, _| Value::Array(vec![inner]))
}

/// Objects in objects, to any depth, built without recursion.
pub(crate) fn nested_objects(levels: usize) -> Value {
    let object = |inner| Value::Object([("a".to_owned(), inner)].into_iter().collect());
    (1..levels).fold(Value::Object(kvs_core::Map::new()), |inner, _| object(inner))
}

/// Polls a future that many times, each time when it asked to be, then drops it. `None` if it had not ended by then.
pub(crate) async fn poll_times<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Runs the tasks at once: none begins before all are there, so that the first does not end before the last begins.
/// Their results, in the order of the tasks; the first failure, if there is one.
pub(crate) async fn all<T, F>(tasks: impl IntoIterator<Item = F>) -> Result<Vec<T>, Failed>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failed>> + Send + 'static,
{
    let tasks: Vec<F> = tasks.into_iter().collect();
    let start = Arc::new(Barrier::new(tasks.len()));
    let begun = tasks.into_iter().map(|task| {
        let start = Arc::clone(&start);
        tokio::spawn(async move {
            start.wait().await;
            task.await
        })
    });
    let tasks: Vec<_> = begun.collect();
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await??);
    }
    Ok(results)
}

/// Random numbers that are the same in every run (xorshift).
pub(crate) struct Random(u64);

impl Random {
    /// Another seed gives other numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`, which is at least 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % bound
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
