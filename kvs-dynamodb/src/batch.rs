//! Batches: in chunks, side by side, and what DynamoDB leaves undone again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use futures_util::StreamExt as _;
use futures_util::stream;
use kvs_core::{Error, Result, SetEntry, Ttl};
use tokio::task::JoinSet;

use crate::call::{Effect, Retry};
use crate::error;
use crate::handle::{DynamoStore, Table};
use crate::schema::{self, Item};

/// The most that one request may read and write.
const MOST_READ: usize = 100;
const MOST_WRITTEN: usize = 25;

/// More bytes in one request would only make it longer, and slow networks repeat it more often.
const MOST_BYTES: usize = 1 << 20;

/// An answer of so many bytes was cut short by its size.
const FULL_ANSWER: usize = 8 << 20;

/// How many requests of a batch are under way at the same time.
pub(crate) const SIDE_BY_SIDE: usize = 16;

/// How far a batch of writes came.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) applied: usize,
    pub(crate) error: Option<Error>,
    /// More may have been applied.
    doubtful: bool,
}

impl Table {
    /// Reads items, in any order. Keys must differ.
    pub(crate) async fn read_many(&self, keys: Vec<Item>) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(keys.len());
        let mut chunks = Vec::with_capacity(keys.len().div_ceil(MOST_READ));
        let mut keys = keys.into_iter();
        while keys.len() > 0 {
            chunks.push(self.read_chunk(keys.by_ref().take(MOST_READ).collect()));
        }
        let mut reads = stream::iter(chunks).buffer_unordered(SIDE_BY_SIDE);
        while let Some(read) = reads.next().await {
            items.extend(read?);
        }
        Ok(items)
    }

    async fn read_chunk(&self, mut keys: Vec<Item>) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(keys.len());
        let mut retry = Retry::new(self.patience);
        loop {
            let asked = keys.len();
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(self.consistent)
                .build()
                .map_err(Self::incomplete)?;
            let request = self.client.batch_get_item().request_items(&self.name, wanted);
            let output = self.ask(Effect::Nothing, || request.clone().send()).await?;
            let responses = output.responses.ok_or_else(error::not_an_answer)?;
            let found: Vec<Item> = responses.into_values().flatten().collect();
            let bytes: usize = found.iter().map(schema::size).sum();
            items.extend(found);
            let left = output.unprocessed_keys.into_iter().flatten();
            keys = left.flat_map(|(_, left)| left.keys).collect();
            if keys.is_empty() {
                return Ok(items);
            }
            if keys.len() < asked {
                retry = Retry::new(self.patience);
            }
            // DynamoDB gives at most 16 MB at once; a full answer is no reason to wait.
            if bytes < FULL_ANSWER && !retry.again().await {
                return Err(left_undone());
            }
        }
    }

    /// Writes and deletes, each of which may be repeated. Keys must differ.
    ///
    /// Each chunk is a task on the store's own runtime, so that encoding megabytes does not hold up the caller's.
    pub(crate) async fn write_many(&self, writes: Vec<WriteRequest>) -> Progress {
        let stopped = Arc::new(AtomicBool::new(false));
        let mut progress = Progress::default();
        let mut under_way = JoinSet::new();
        for chunk in chunks(writes) {
            if under_way.len() == SIDE_BY_SIDE {
                progress.add_one_of(&mut under_way).await;
            }
            let (table, stopped) = (self.clone(), Arc::clone(&stopped));
            under_way.spawn(async move { table.write_chunk(chunk, &stopped).await });
        }
        while !under_way.is_empty() {
            progress.add_one_of(&mut under_way).await;
        }
        progress
    }

    async fn write_chunk(&self, mut writes: Vec<WriteRequest>, stopped: &AtomicBool) -> Progress {
        let total = writes.len();
        let mut retry = Retry::new(self.patience);
        loop {
            if stopped.load(Ordering::Relaxed) {
                break Progress::stopped(total - writes.len(), None);
            }
            let left = writes.len();
            let request = self.client.batch_write_item().request_items(&self.name, writes.clone());
            let output = match self.ask(Effect::Repeatable, || request.clone().send()).await {
                Ok(output) => output,
                Err(error) => {
                    stopped.store(true, Ordering::Relaxed);
                    break Progress::stopped(total - left, Some(error));
                }
            };
            writes = output
                .unprocessed_items
                .into_iter()
                .flatten()
                .flat_map(|(_, left)| left)
                .collect();
            if writes.is_empty() {
                break Progress::stopped(total, None);
            }
            if writes.len() < left {
                retry = Retry::new(self.patience);
            }
            // What was left was throttled, so a pause does good in any case.
            if !retry.again().await {
                stopped.store(true, Ordering::Relaxed);
                break Progress::stopped(total - writes.len(), Some(left_undone()));
            }
        }
    }
}

impl Progress {
    fn stopped(applied: usize, error: Option<Error>) -> Self {
        Self {
            applied,
            doubtful: error.as_ref().is_some_and(Error::may_have_applied),
            error,
        }
    }

    async fn add_one_of(&mut self, under_way: &mut JoinSet<Self>) {
        let broken = |_| {
            Self::stopped(
                0,
                Some(Error::backend("a part of the batch broke down").outcome_unknown()),
            )
        };
        if let Some(done) = under_way.join_next().await {
            self.add(done.unwrap_or_else(broken));
        }
    }

    fn add(&mut self, other: Self) {
        self.applied += other.applied;
        self.doubtful |= other.doubtful;
        if self.error.is_none() {
            self.error = other.error;
        }
    }

    /// The answer of a batch of `total` entries: the plain error where nothing can have been applied.
    pub(crate) fn finish(self, total: usize) -> Result<()> {
        match self.error {
            None => Ok(()),
            Some(error) if self.applied == 0 && !self.doubtful => Err(error),
            Some(error) => Err(Error::incomplete(self.applied, total, error)),
        }
    }
}

impl DynamoStore {
    /// Writes entries with different keys. Those that keep their expiry go one by one: a batch cannot look at what is there.
    pub(crate) async fn put_entries(&self, entries: Vec<SetEntry>) -> Progress {
        let now = self.now();
        let (kept, plain): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.ttl == Ttl::Keep);
        let writes: Result<Vec<WriteRequest>, _> = plain
            .into_iter()
            .map(|entry| {
                let expiry = self.expiry(entry.ttl, now);
                let item = schema::entry_item(self.layout().entry(&entry.key), entry.value, self.version(), expiry);
                let put = PutRequest::builder().set_item(Some(item)).build();
                put.map(|put| WriteRequest::builder().put_request(put).build())
            })
            .collect();
        let mut progress = match writes {
            Ok(writes) => self.table().write_many(writes).await,
            Err(error) => Progress::stopped(0, Some(Table::incomplete(error))),
        };
        // What is under way when one fails is waited for: it may have been applied.
        let stopped = &AtomicBool::new(progress.error.is_some());
        let puts = kept.into_iter().map(|entry| async move {
            if stopped.load(Ordering::Relaxed) {
                return Progress::default();
            }
            let put = self.put_entry(&entry.key, entry.value, Ttl::Keep).await;
            stopped.fetch_or(put.is_err(), Ordering::Relaxed);
            Progress::stopped(usize::from(put.is_ok()), put.err())
        });
        let mut puts = stream::iter(puts).buffer_unordered(SIDE_BY_SIDE);
        while let Some(put) = puts.next().await {
            progress.add(put);
        }
        progress
    }
}

/// The deletion of an item, as part of a batch.
pub(crate) fn deletion(key: Item) -> Result<WriteRequest> {
    let delete = DeleteRequest::builder().set_key(Some(key)).build();
    let delete = delete.map_err(Table::incomplete)?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

/// Cuts a batch into what one request takes.
fn chunks(writes: Vec<WriteRequest>) -> Vec<Vec<WriteRequest>> {
    let mut chunks: Vec<Vec<WriteRequest>> = Vec::new();
    let mut bytes = 0;
    for write in writes {
        let size = write.put_request().map_or(0, |put| schema::size(put.item()));
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < MOST_WRITTEN && bytes + size <= MOST_BYTES => chunk.push(write),
            _ => {
                bytes = 0;
                chunks.push(vec![write]);
            }
        }
        bytes += size;
    }
    chunks
}

fn left_undone() -> Error {
    Error::unavailable(
        "DynamoDB left a part of the batch undone for too long; try again, or give the table more capacity",
    )
}

#[cfg(test)]
mod tests {
    use kvs_core::Bytes;

    use super::*;
    use crate::schema::Layout;

    fn put(bytes: usize) -> WriteRequest {
        let mut item = Layout::new(None, 1).entry("k");
        item.insert("val".to_owned(), schema::binary(Bytes::from(vec![0; bytes])));
        let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    }

    #[test]
    fn a_chunk_has_at_most_25_writes_and_a_megabyte() {
        let lengths = |writes: Vec<WriteRequest>| chunks(writes).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(vec![put(1); 60]), [25, 25, 10]);
        assert_eq!(lengths(vec![put(393_216); 5]), [2, 2, 1]);
        assert_eq!(lengths(vec![put(2 << 20), put(1)]), [1, 1]);
        assert_eq!(lengths(Vec::new()), [0; 0]);
    }
}
