//! What several groups need: filling a store, and walking one with an eye on the rules of pages.

use std::ops::Range;
use std::time::Duration;

use kvs_core::{Bytes, Document, Entry, FullStore, ListOptions, MAX_PAGE, Query, SetEntry, StoreExt};
use proptest::collection::vec;
use proptest::sample::select;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::task::JoinSet;

use crate::failed::{Failed, Outcome};

/// More pages than any walk of a case has: a walk that goes on does not end.
const MOST_PAGES: usize = 50_000;

/// Milliseconds, short.
pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Seconds, short.
pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Sets each key to its own text, without expiry.
pub(crate) async fn fill<K: AsRef<str>>(store: &dyn FullStore, keys: impl IntoIterator<Item = K>) -> Outcome {
    let entries = keys
        .into_iter()
        .map(|key| SetEntry::new(key.as_ref(), key.as_ref().to_owned()));
    Ok(store.set_many(entries.collect()).await?)
}

/// Every key is there with its own text, as [`fill`] sets it, and reads of all of them agree.
pub(crate) async fn filled<K: AsRef<str>>(store: &dyn FullStore, keys: impl IntoIterator<Item = K>) -> Outcome {
    for key in keys {
        let key = key.as_ref();
        let expected = Some(Bytes::copy_from_slice(key.as_bytes()));
        ensure_eq!(
            store.get_opt(key).await?,
            expected,
            "the key {key:?} holds what was set"
        );
    }
    Ok(())
}

/// All entries of a walk that begins with these options, page after page.
///
/// Fails if a page breaks a rule: too long, out of order, outside of the prefix, back to what was listed already.
pub(crate) async fn walk(store: &dyn FullStore, mut options: ListOptions) -> Result<Vec<Entry>, Failed> {
    let mut entries: Vec<Entry> = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = store.list_page(&options).await?;
        let limit = options.limit.min(MAX_PAGE);
        ensure!(
            page.entries.len() <= limit,
            "a page has at most {limit} entries, not {}",
            page.entries.len()
        );
        for entry in page.entries {
            in_order(&options, entries.last(), &entry)?;
            entries.push(entry);
        }
        match page.next {
            Some(next) => options.after = Some(next),
            None => return Ok(entries),
        }
    }
    Err(format!("a walk ends; this one goes on after {MOST_PAGES} pages").into())
}

/// What the tasks answer, or the first failure.
pub(crate) async fn finish<T: 'static>(mut tasks: JoinSet<Result<T, Failed>>) -> Result<Vec<T>, Failed> {
    let mut answers = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

/// All documents of a walk that begins with this query, page after page, held to the rules of pages.
pub(crate) async fn walk_query(
    store: &dyn FullStore,
    collection: &str,
    mut query: Query,
) -> Result<Vec<Document>, Failed> {
    let mut documents: Vec<Document> = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = store.query_page(collection, &query).await?;
        let (seen, limit) = (page.documents.len(), query.limit.min(MAX_PAGE));
        ensure!(seen <= limit, "a page has at most {limit} matches, not {seen}");
        for document in page.documents {
            let bounds = [documents.last().map(|last| &last.id), query.after.as_ref()];
            let ascending = bounds.into_iter().flatten().all(|bound| document.id > *bound);
            ensure!(
                ascending,
                "ids come in byte order, beyond what came before: {:?}",
                document.id
            );
            documents.push(document);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(documents),
        }
    }
    Err(format!("a query ends; this one goes on after {MOST_PAGES} pages").into())
}

/// The keys of the entries.
pub(crate) fn keys(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

fn in_order(options: &ListOptions, last: Option<&Entry>, entry: &Entry) -> Outcome {
    let key = &entry.key;
    ensure!(
        key.starts_with(&options.prefix),
        "a listed key starts with {:?}: {key:?}",
        options.prefix
    );
    let bounds = [last.map(|last| &last.key), options.after.as_ref()];
    for bound in bounds.into_iter().flatten() {
        let beyond = if options.reverse { key < bound } else { key > bound };
        ensure!(
            beyond,
            "keys come in byte order, beyond what came before: {key:?} after {bound:?}"
        );
    }
    ensure_eq!(
        entry.value.is_some(),
        options.values,
        "values come if they are asked for"
    );
    Ok(())
}

/// Strings of these characters.
pub(crate) fn text(alphabet: &str, length: Range<usize>) -> impl Strategy<Value = String> + use<> {
    let characters: Vec<char> = alphabet.chars().collect();
    vec(select(characters), length).prop_map(String::from_iter)
}

/// Values of a strategy, the same for the same seed.
pub(crate) struct Sampler(TestRunner);

impl Sampler {
    /// Begins at the seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self(TestRunner::new_with_rng(Config::default(), rng))
    }

    /// The next value, able to become simpler.
    pub(crate) fn tree<S: Strategy>(&mut self, strategy: &S) -> Result<S::Tree, Failed> {
        let tree = strategy.new_tree(&mut self.0);
        tree.map_err(|reason| Failed::from(format!("the strategy gives no value: {}", reason.message())))
    }

    /// The next value.
    pub(crate) fn next<S: Strategy>(&mut self, strategy: &S) -> Result<S::Value, Failed> {
        Ok(self.tree(strategy)?.current())
    }
}
