//! What `Debug` of a store must not show: keys and values are secrets.

use std::fmt::Debug;

use kvs_core::Ttl;
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
