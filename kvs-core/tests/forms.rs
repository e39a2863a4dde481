//! What holds for every store, whatever it does: the types of the contract keep secrets, and move between threads.

use std::fmt::Debug;
use std::sync::Arc;

use kvs_core::{
    AtomicStore, Document, DocumentStore, Error, ErrorKind, Filter, FullStore, KeyName, ListOptions, ListableStore,
    Query, SetEntry, Store, StoreExt, Transaction, Ttl, Versioned,
};
use kvs_memory::MemoryStore;
use serde_json::json;

/// Stands in keys, ids and values, behind as much as is shown of a key.
const SECRET: &str = "secret-91b7ee04";

fn key() -> String {
    format!("session:{SECRET}")
}

fn is_silent(value: &dyn Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test]
async fn debug_of_entries_and_listings_shows_no_content() {
    let store = MemoryStore::new();
    for key in [key(), format!("{} and more", key())] {
        store.set(&key, SECRET.into(), Ttl::Never).await.unwrap();
    }
    is_silent(&SetEntry::new(key(), SECRET));
    is_silent(&KeyName::from(key()));
    is_silent(&store.get_versioned(&key()).await.unwrap());
    let options = ListOptions::new(key()).values(true).limit(1);
    let page = store.list_page(&options).await.unwrap();
    assert!(page.next.is_some());
    is_silent(&options.after(key()));
    is_silent(&page);
}

#[tokio::test]
async fn debug_of_transactions_shows_no_content() {
    let store = MemoryStore::new();
    let transaction = Transaction::new()
        .check_absent(key())
        .set(key(), SECRET, Ttl::Never)
        .set(format!("another:{SECRET}"), SECRET, Ttl::Never);
    is_silent(&transaction);
    is_silent(&store.commit(transaction).await.unwrap());
}

#[tokio::test]
async fn debug_of_documents_and_queries_shows_no_content() {
    let store = MemoryStore::new();
    for id in [key(), format!("{} and more", key())] {
        let document = Document::new(id, json!({SECRET: [SECRET]})).unwrap();
        store.put(&key(), document.with_metadata(SECRET, SECRET)).await.unwrap();
    }
    let filter = Filter::eq("a", SECRET) | Filter::starts_with("b", SECRET) | Filter::exists("c", false);
    let query = Query::new(filter).limit(1);
    let page = store.query_page(&key(), &query).await.unwrap();
    assert!(page.next.is_some());
    is_silent(&store.get_doc(&key(), &key()).await.unwrap());
    is_silent(&page);
    is_silent(&query.after(key()));
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_and_not_shown() {
    let store = MemoryStore::new();
    store.set_text("k", &format!("{SECRET:?}"), Ttl::Never).await.unwrap();
    let error = store.get_json::<u64>("k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidDocument);
    is_silent(&error);
    assert!(!error.to_string().contains(SECRET), "{error}");
}

#[test]
fn stores_their_futures_and_their_errors_move_between_threads() {
    fn moves<T: Send + 'static>(value: T) -> T {
        value
    }
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Arc<dyn FullStore>>();
    is_shared::<Error>();
    is_shared::<Versioned>();
    let store: Arc<dyn FullStore> = Arc::new(MemoryStore::new());
    drop(moves(async move { store.get("k").await }));
}
