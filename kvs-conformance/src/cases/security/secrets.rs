//! What `Debug` must not show: keys and values are secrets.

use std::fmt::Debug;

use kvs_core::{Filter, KeyName, ListOptions, Query, SetEntry, Transaction, Ttl};
use serde_json::json;

use crate::cases::support::{Shared, document};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

/// Stands in keys, ids and values, behind as much as is shown of a key.
const SECRET: &str = "secret-91b7ee04";

cases! {
    "security";
    "Debug of a store shows no key, value, document or label, before, during and after use."
        => debug_of_a_store_shows_no_content [];
    "Debug of what is read shows no key and no value."
        => debug_of_entries_shows_no_content [];
    "Debug of what a listing gives and asks shows no key and no value."
        => debug_of_listings_shows_no_content [listable];
    "Debug of documents, queries and their pages shows no id, content, label or operand."
        => debug_of_documents_shows_no_content [documents];
    "Debug of a transaction and its outcome shows no key and no value."
        => debug_of_transactions_shows_no_content [atomic];
    "Debug of a profile shows no content of the store."
        => debug_of_a_profile_shows_no_content [];
}

fn key() -> String {
    format!("session:{SECRET}")
}

fn ensure_silent(what: &str, value: &dyn Debug) -> Outcome {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        ensure!(!shown.contains(SECRET), "Debug of {what} keeps secrets: {shown}");
    }
    Ok(())
}

async fn filled(cx: &Context) -> Result<Shared, Failed> {
    let store = cx.open().await?;
    store.set(&key(), SECRET.into(), Ttl::Never).await?;
    if store.profile().traits.documents {
        let put = document(&key(), json!({SECRET: [SECRET]}))?;
        store.put(&key(), put.with_metadata(SECRET, SECRET)).await?;
    }
    Ok(store)
}

async fn debug_of_a_store_shows_no_content(cx: Context) -> Outcome {
    let store = filled(&cx).await?;
    ensure_silent("an open store", &store)?;
    let key = key();
    let write = store.set(&key, SECRET.into(), Ttl::Never);
    let (outcome, shown) = tokio::join!(write, async { ensure_silent("a busy store", &store) });
    outcome?;
    shown?;
    store.close().await?;
    ensure_silent("a closed store", &store)
}

async fn debug_of_entries_shows_no_content(cx: Context) -> Outcome {
    let store = filled(&cx).await?;
    ensure_silent("an entry of a batch", &SetEntry::new(key(), SECRET))?;
    ensure_silent("the name of a key", &KeyName::from(key()))?;
    if store.profile().traits.atomic {
        ensure_silent("a value with its version", &store.get_versioned(&key()).await?)?;
    }
    Ok(())
}

async fn debug_of_listings_shows_no_content(cx: Context) -> Outcome {
    let store = filled(&cx).await?;
    store
        .set(&format!("{} and more", key()), SECRET.into(), Ttl::Never)
        .await?;
    let options = ListOptions::new(key()).values(true).limit(1);
    let page = store.list_page(&options).await?;
    ensure!(page.next.is_some(), "there is more behind the first entry");
    ensure_silent("the options of a listing", &options.after(key()))?;
    ensure_silent("a page", &page)
}

async fn debug_of_documents_shows_no_content(cx: Context) -> Outcome {
    let store = filled(&cx).await?;
    store
        .put(&key(), document(&format!("{} and more", key()), json!({}))?)
        .await?;
    let filter = Filter::eq("a", SECRET) | Filter::starts_with("b", SECRET) | Filter::exists("c", false);
    let query = Query::new(filter).limit(1);
    let page = store.query_page(&key(), &query).await?;
    ensure!(page.next.is_some(), "there is more behind the first document");
    ensure_silent("a document", &store.get_doc(&key(), &key()).await?)?;
    ensure_silent("a page of documents", &page)?;
    ensure_silent("a query", &query.after(key()))
}

async fn debug_of_transactions_shows_no_content(cx: Context) -> Outcome {
    let store = filled(&cx).await?;
    let transaction = Transaction::new()
        .check_exists(key())
        .set(key(), SECRET, Ttl::Never)
        .set(format!("another:{SECRET}"), SECRET, Ttl::Never);
    ensure_silent("a transaction", &transaction)?;
    ensure_silent("an outcome", &store.commit(transaction).await?)
}

async fn debug_of_a_profile_shows_no_content(cx: Context) -> Outcome {
    let store = filled(&cx).await?;
    ensure_silent("a profile", store.profile())
}
