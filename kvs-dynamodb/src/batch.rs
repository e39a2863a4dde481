//! Batches: in chunks, side by side, and what DynamoDB leaves undone again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use futures_util::StreamExt as _;
use futures_util::stream;
use kvs_core::{Error, Result, SetEntry, Ttl};

use crate::call::{Effect, Retry};
use crate::handle::{DynamoStore, Table};
use crate::schema::{self, Item};

/// The most that one request may read and write.
const MOST_READ: usize = 100;
const MOST_WRITTEN: usize = 25;

/// How many requests of a batch are under way at the same time.
const SIDE_BY_SIDE: usize = 16;

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
        let chunks: Vec<Vec<Item>> = keys.chunks(MOST_READ).map(<[Item]>::to_vec).collect();
        let mut reads =
            stream::iter(chunks.into_iter().map(|chunk| self.read_chunk(chunk))).buffer_unordered(SIDE_BY_SIDE);
        let mut items = Vec::with_capacity(keys.len());
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
            items.extend(output.responses.into_iter().flatten().flat_map(|(_, items)| items));
            let left = output.unprocessed_keys.into_iter().flatten();
            keys = left.flat_map(|(_, left)| left.keys).collect();
            if keys.is_empty() {
                return Ok(items);
            }
            if keys.len() < asked {
                // DynamoDB gives at most 16 MB at once: that is no reason to wait.
                retry = Retry::new(self.patience);
            } else if !retry.again().await {
                return Err(left_undone());
            }
        }
    }

    /// Writes and deletes, each of which may be repeated. Keys must differ.
    pub(crate) async fn write_many(&self, writes: Vec<WriteRequest>) -> Progress {
        let stopped = AtomicBool::new(false);
        let chunks: Vec<Vec<WriteRequest>> = writes.chunks(MOST_WRITTEN).map(<[WriteRequest]>::to_vec).collect();
        let chunks = chunks.into_iter().map(|chunk| self.write_chunk(chunk, &stopped));
        let mut done = stream::iter(chunks).buffer_unordered(SIDE_BY_SIDE);
        let mut progress = Progress::default();
        while let Some(chunk) = done.next().await {
            progress.add(chunk);
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

/// Items by their sort keys.
pub(crate) fn by_key(items: Vec<Item>) -> Result<HashMap<String, Item>> {
    let keyed = items
        .into_iter()
        .map(|mut item| Ok((schema::take_sort_key(&mut item)?, item)));
    keyed.collect()
}

fn left_undone() -> Error {
    Error::unavailable(
        "DynamoDB left a part of the batch undone for too long; try again, or give the table more capacity",
    )
}
