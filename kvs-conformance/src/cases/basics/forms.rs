//! The forms in which a store is used: as each trait, and typed.

use std::collections::BTreeMap;
use std::sync::Arc;

use kvs_core::{AtomicStore, DocumentStore, ErrorKind, FullStore, ListableStore, Store, StoreExt, Ttl};

use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "basics";
    "The full store works as each of its traits."
        => the_store_works_as_each_of_its_traits [listable, documents, atomic];
    "Values written as JSON come back as what they were."
        => json_values_round_trip [];
    "Text comes back as it was; a value that is not UTF-8 is InvalidDocument."
        => text_values_round_trip [];
}

async fn the_store_works_as_each_of_its_traits(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let plain: Arc<dyn Store> = Arc::clone(&store) as _;
    let listable: Arc<dyn ListableStore> = Arc::clone(&store) as _;
    let documents: Arc<dyn DocumentStore> = Arc::clone(&store) as _;
    let atomic: Arc<dyn AtomicStore> = Arc::clone(&store) as _;
    plain.set("k", "value".into(), Ttl::Never).await?;
    ensure_eq!(
        store.get("k").await?,
        "value",
        "the full store sees what the plain one set"
    );
    ensure_eq!(listable.list("").await?, ["k"], "the listable store sees it");
    ensure_eq!(
        atomic.get_versioned("k").await?.value,
        "value",
        "the atomic store sees it"
    );
    ensure_kind!(
        documents.get_doc("k", "k").await,
        ErrorKind::NotFound,
        "the key is no document"
    );
    // A wrapper of the wrapper: the traits are implemented for pointers too.
    let boxed: Box<dyn FullStore> = Box::new(Arc::clone(&store));
    boxed.delete("k").await?;
    ensure_eq!(
        plain.get_opt("k").await?,
        None,
        "a delete through a pointer to a pointer is one"
    );
    Ok(())
}

async fn json_values_round_trip(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let value = BTreeMap::from([("name".to_owned(), vec![1_u64, u64::MAX]), (String::new(), vec![])]);
    store.set_json("k", &value, Ttl::Never).await?;
    ensure_eq!(
        store.get_json::<BTreeMap<String, Vec<u64>>>("k").await?,
        value,
        "the value is what it was"
    );
    ensure_kind!(
        store.get_json::<u8>("nobody").await,
        ErrorKind::NotFound,
        "nothing was set"
    );
    Ok(())
}

async fn text_values_round_trip(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set_text("k", "naïve 😀\r\n", Ttl::Never).await?;
    ensure_eq!(store.get_text("k").await?, "naïve 😀\r\n", "the text is what it was");
    store.set_bytes("k", vec![0xFF, 0xFE], Ttl::Never).await?;
    ensure_kind!(
        store.get_text("k").await,
        ErrorKind::InvalidDocument,
        "the value is not UTF-8"
    );
    Ok(())
}
