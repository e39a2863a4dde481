//! What stays as it is while something else changes: documents amid inserts, and the instant that an operation read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use kvs_sqlite::{
    Clock, Document, DocumentStore, Filter, ListOptions, ListableStore, SetEntry, SqliteConfig, SqliteStore, Store,
    Timestamp, Ttl,
};
use serde_json::json;

use crate::common::Site;

fn document(id: &str) -> Document {
    Document::new(id, json!({"n": 1})).unwrap()
}

/// Documents that come and go within the windows in which a query reads.
async fn come_and_go(store: SqliteStore, task: usize, done: Arc<AtomicBool>) {
    for n in (0_usize..).step_by(7) {
        if done.load(Ordering::Acquire) {
            return;
        }
        let id = format!("{:06}", (n * 10 + task + 1) % 30_000);
        store.put("c", document(&id)).await.unwrap();
        store.delete_doc("c", &id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_over_several_windows_misses_nothing_that_stays() {
    let site = Site::new();
    let store = site.open().await.unwrap();
    let ids: Vec<String> = (0..3_000).map(|n| format!("{:06}", n * 10)).collect();
    for chunk in ids.chunks(500) {
        let puts = chunk.iter().map(|id| store.put("c", document(id)));
        futures_util::future::try_join_all(puts).await.unwrap();
    }
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|task| tokio::spawn(come_and_go(store.clone(), task, Arc::clone(&done))))
        .collect();
    for _ in 0..20 {
        let found = store.query("c", &Filter::all()).await.unwrap();
        let stayed: Vec<String> = found
            .into_iter()
            .map(|document| document.id)
            .filter(|id| id.ends_with('0'))
            .collect();
        assert_eq!(stayed.len(), ids.len());
        assert!(stayed == ids, "every document that stays comes once, in order");
    }
    done.store(true, Ordering::Release);
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Moves on with every look.
#[derive(Debug, Default)]
struct Restless(AtomicI64);

impl Clock for Restless {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[tokio::test]
async fn a_batch_reads_the_time_once() {
    let clock = Arc::new(Restless::default());
    let store = SqliteStore::open(SqliteConfig::in_memory().clock(Arc::clone(&clock)))
        .await
        .unwrap();
    let keys: Vec<String> = (0..10_000).map(|n| format!("{n:04}")).collect();
    let ttl = Duration::from_secs(1);
    let entries = keys.iter().map(|key| SetEntry::new(key, "v").ttl(ttl)).collect();
    store.set_many(entries).await.unwrap();

    let page = store.list_page(&ListOptions::new("").limit(10_000)).await.unwrap();
    let expires_at = page.entries[0].expires_at.unwrap();
    assert!(page.entries.iter().all(|entry| entry.expires_at == Some(expires_at)));

    // One millisecond before the end: a second look would find the rest expired.
    clock.0.store(expires_at.as_millis() - 1, Ordering::Relaxed);
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    let values = store.get_many(&names).await.unwrap();
    assert_eq!(values.iter().flatten().count(), keys.len());
    store.set("later", "v".into(), Ttl::Never).await.unwrap();
}
