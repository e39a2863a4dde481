//! Opening, closing, dropping, and the runtimes in between.

pub(crate) mod close;
pub(crate) mod closed;
pub(crate) mod runtimes;

use kvs_core::{Filter, Transaction, Ttl};
use serde_json::json;

use crate::cases::support::{Shared, document};
use crate::failed::Outcome;

/// A little of everything that the store can do.
async fn exercise(store: &Shared) -> Outcome {
    store.set("k", "v".into(), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?, "v", "get gives what was set");
    let traits = store.profile().traits;
    if traits.listable {
        ensure_eq!(store.list("k").await?, ["k"], "the listing shows the key");
    }
    if traits.documents {
        store.put("c", document("d", json!({"a": 1}))?).await?;
        ensure_eq!(
            store.query("c", &Filter::eq("a", 1)).await?.len(),
            1,
            "the query finds the document"
        );
        store.delete_doc("c", "d").await?;
    }
    if traits.atomic {
        store
            .commit(Transaction::new().check_exists("k").set("l", "v", Ttl::Never))
            .await?;
        ensure_eq!(store.increment("n", 1).await?, 1, "the counter counts");
        ensure_eq!(store.take("n").await?, "1", "take gives the counter");
        store.delete("l").await?;
    }
    store.sweep().await?;
    store.delete("k").await?;
    ensure!(!store.contains("k").await?, "the key is gone");
    Ok(())
}
