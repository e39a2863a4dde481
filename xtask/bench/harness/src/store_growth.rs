//! The growth of any store of kvs: get, set, a listing of 1,000, a query.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use kvs_core::{Document, Filter, FullStore, ListOptions, SetEntry, Ttl, Value};
use tokio::runtime::Runtime;

use crate::{Distribution, Growth, Keys, Sample, Sequence, Values};

const VALUE_BYTES: usize = 100;
const COLLECTION: &str = "people";
/// The documents that the query finds, however many there are: what grows is the search, not the result.
const FOUND: usize = 10;
const BATCH: usize = 100;
const PAGE: usize = 1000;

/// How many operations a round has.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Gets and sets.
    pub entries: usize,
    /// Listings of 1,000.
    pub listings: usize,
    /// Queries.
    pub queries: usize,
    /// There are never more documents than this; queries are not measured beyond it.
    pub most_documents: usize,
}

/// A store that is filled step by step.
#[derive(Debug)]
pub struct StoreGrowth {
    runtime: Arc<Runtime>,
    store: Arc<dyn FullStore>,
    keys: Keys,
    values: Values,
    documents: usize,
    effort: Effort,
}

impl StoreGrowth {
    /// An empty store, which `open` opens.
    pub fn open<O>(runtime: &Arc<Runtime>, effort: Effort, open: O) -> anyhow::Result<Self>
    where
        O: AsyncFnOnce() -> anyhow::Result<Arc<dyn FullStore>>,
    {
        Ok(Self {
            runtime: Arc::clone(runtime),
            store: runtime.block_on(open())?,
            keys: Keys::new(0),
            values: Values::new(VALUE_BYTES, 1),
            documents: 0,
            effort,
        })
    }

    async fn add_documents(&mut self, until: usize) -> anyhow::Result<()> {
        while self.documents < until {
            let index = self.documents;
            let city = if index < FOUND { "Ulm" } else { "Rome" };
            let data = Value::from_iter([
                ("city", Value::from(city)),
                ("age", Value::from(index % 90)),
                ("name", Value::from(format!("Person number {index}"))),
            ]);
            self.store
                .put(COLLECTION, Document::new(format!("{index:09}"), data)?)
                .await?;
            self.documents += 1;
        }
        Ok(())
    }

    async fn gets(&self, drawn: &Sequence) -> anyhow::Result<()> {
        for index in drawn.iter() {
            let value = self.store.get(self.keys.at(index)).await?;
            ensure!(value.len() == VALUE_BYTES, "a value of another size");
        }
        Ok(())
    }

    async fn sets(&mut self, drawn: &Sequence) -> anyhow::Result<()> {
        for (index, value) in drawn.iter().zip(&mut self.values) {
            self.store.set(self.keys.at(index), value.into(), Ttl::Never).await?;
        }
        Ok(())
    }

    async fn lists(&self, drawn: &Sequence) -> anyhow::Result<()> {
        // A page that the end of the store does not cut.
        let last_start = self.keys.len().saturating_sub(PAGE) as u32;
        for index in drawn.iter() {
            let options = ListOptions::new("key:").limit(PAGE).values(true);
            let start = index.min(last_start).checked_sub(1);
            let options = start.map_or(options.clone(), |start| options.after(self.keys.at(start)));
            let page = self.store.list_page(&options).await?;
            ensure!(
                page.entries.len() == PAGE.min(self.keys.len()),
                "a page of another length"
            );
        }
        Ok(())
    }

    async fn queries(&self, count: usize) -> anyhow::Result<()> {
        for _ in 0..count {
            let found = self.store.query(COLLECTION, &Filter::eq("city", "Ulm")).await?;
            ensure!(
                found.len() == FOUND.min(self.documents),
                "a query that found {}",
                found.len()
            );
        }
        Ok(())
    }
}

impl Growth for StoreGrowth {
    fn grow_to(&mut self, entries: usize) -> anyhow::Result<()> {
        let runtime = Arc::clone(&self.runtime);
        let already = self.keys.len();
        self.keys = Keys::new(entries);
        runtime.block_on(async {
            let new: Vec<_> = self.keys.iter().skip(already).collect();
            for batch in new.chunks(BATCH) {
                let entries = batch
                    .iter()
                    .zip(&mut self.values)
                    .map(|(key, value)| SetEntry::new(*key, value));
                self.store.set_many(entries.collect()).await?;
            }
            self.add_documents(entries.min(self.effort.most_documents)).await
        })
    }

    fn operations(&self) -> Vec<String> {
        ["get", "set", "list 1,000", "query"].map(str::to_owned).to_vec()
    }

    fn measure(&mut self, operation: &str, round: usize) -> anyhow::Result<Option<Sample>> {
        let Effort {
            entries,
            listings,
            queries,
            most_documents,
        } = self.effort;
        let count = match operation {
            "get" | "set" => entries,
            "list 1,000" => listings,
            "query" if self.keys.len() > most_documents => return Ok(None),
            "query" => queries,
            _ => bail!("no such operation: {operation}"),
        };
        let drawn = Sequence::draw(Distribution::Uniform, self.keys.len(), count, round as u64)?;
        let runtime = Arc::clone(&self.runtime);
        let start = Instant::now();
        runtime
            .block_on(async {
                match operation {
                    "get" => self.gets(&drawn).await,
                    "set" => self.sets(&drawn).await,
                    "query" => self.queries(count).await,
                    _ => self.lists(&drawn).await,
                }
            })
            .with_context(|| operation.to_owned())?;
        Ok(Some(Sample::new(count as u64, start.elapsed())))
    }
}
