//! What a query finds, and in which pages.
//!
//! Every row of every table is executed by the store, not only by the evaluator that all stores share: what a backend
//! leaves to its engine must not change the outcome.

pub(crate) mod combine;
pub(crate) mod compare;
pub(crate) mod form;
pub(crate) mod operators;
pub(crate) mod paging;
pub(crate) mod paths;
pub(crate) mod random;
pub(crate) mod strings;

use std::sync::Arc;

use kvs_core::{Filter, Value};

use crate::cases::support::{Shared, all, document, ids};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

/// How many tasks put documents at a time.
const WRITERS: usize = 64;

/// A store with these documents in the collection `c`.
async fn with_documents(cx: &Context, documents: Vec<(String, Value)>) -> Result<Shared, Failed> {
    let store = cx.open().await?;
    let documents = Arc::new(documents);
    all((0..WRITERS).map(|task| put_share(Arc::clone(&store), Arc::clone(&documents), task))).await?;
    Ok(store)
}

async fn put_share(store: Shared, documents: Arc<Vec<(String, Value)>>, task: usize) -> Outcome {
    for (id, data) in documents.iter().skip(task).step_by(WRITERS) {
        store.put("c", document(id, data.clone())?).await?;
    }
    Ok(())
}

/// The same, from literals.
async fn with(cx: &Context, documents: &[(&str, Value)]) -> Result<Shared, Failed> {
    let owned = documents.iter().map(|(id, data)| ((*id).to_owned(), data.clone()));
    with_documents(cx, owned.collect()).await
}

/// A table: each filter, as JSON text, finds exactly these documents.
async fn ensure_finds(store: &Shared, table: &[(&str, &[&str])]) -> Outcome {
    for (text, expected) in table {
        let filter: Filter = text.parse().map_err(|error| format!("{text} is a filter: {error}"))?;
        let found = store.query("c", &filter).await?;
        ensure_eq!(ids(&found), *expected, "what {text} finds");
    }
    Ok(())
}
