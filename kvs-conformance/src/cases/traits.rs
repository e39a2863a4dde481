//! A store implements exactly the traits that it declares.

use kvs_core::{
    Bytes, Document, ErrorKind, Expect, Filter, FullStore, ListOptions, PutOptions, Query, StoreExt, Transaction, Ttl,
    Version,
};
use serde_json::json;

use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "traits";
    "An opened store's profile is the declared one."
        => the_profile_is_the_declared_one [];
    "The profile can be read after close too."
        => the_profile_outlives_close [];
    "The methods of ListableStore work if it is declared, and are Unsupported and change nothing if not."
        => listing_is_declared_or_refused [];
    "The methods of DocumentStore work if it is declared, and are Unsupported and change nothing if not."
        => documents_are_declared_or_refused [];
    "The methods of AtomicStore work if it is declared, and are Unsupported and change nothing if not."
        => atomic_operations_are_declared_or_refused [];
}

async fn the_profile_is_the_declared_one(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(
        *store.profile(),
        *cx.profile(),
        "the opened store says what the subject declares"
    );
    Ok(())
}

async fn the_profile_outlives_close(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.close().await?;
    ensure_eq!(
        *store.profile(),
        *cx.profile(),
        "the closed store still says what it is"
    );
    Ok(())
}

async fn listing_is_declared_or_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    if cx.profile().traits.listable {
        ensure_eq!(store.list("").await?, ["k"], "a declared trait works");
        return Ok(());
    }
    let refused = ErrorKind::Unsupported;
    ensure_kind!(
        store.list_page(&ListOptions::default()).await,
        refused,
        "list_page is not declared"
    );
    ensure_kind!(store.list("").await, refused, "list is not declared");
    ensure_kind!(store.delete_prefix("k").await, refused, "delete_prefix is not declared");
    unchanged(&*store).await
}

async fn documents_are_declared_or_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let document = Document::new("k", json!({}))?;
    if cx.profile().traits.documents {
        store.put("c", document).await?;
        ensure_eq!(store.get_doc("c", "k").await?.id, "k", "a declared trait works");
        return Ok(());
    }
    store.set("k", "v".into(), Ttl::Never).await?;
    let refused = ErrorKind::Unsupported;
    let options = PutOptions::default();
    ensure_eq!(options.expect, Expect::Any, "the default expects nothing");
    ensure_kind!(
        store.put_with("c", document.clone(), options).await,
        refused,
        "put_with is not declared"
    );
    ensure_kind!(store.put("c", document).await, refused, "put is not declared");
    ensure_kind!(store.get_doc("c", "k").await, refused, "get_doc is not declared");
    ensure_kind!(
        store.query_page("c", &Query::default()).await,
        refused,
        "query_page is not declared"
    );
    ensure_kind!(store.query("c", &Filter::all()).await, refused, "query is not declared");
    ensure_kind!(store.delete_doc("c", "k").await, refused, "delete_doc is not declared");
    ensure_kind!(
        store.delete_collection("c").await,
        refused,
        "delete_collection is not declared"
    );
    unchanged(&*store).await
}

async fn atomic_operations_are_declared_or_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    if cx.profile().traits.atomic {
        ensure_eq!(store.get_versioned("k").await?.value, "v", "a declared trait works");
        return Ok(());
    }
    let (refused, version) = (ErrorKind::Unsupported, Version::from_bytes([7; 16]));
    let new = || Bytes::from("new");
    ensure_kind!(store.get_versioned("k").await, refused, "get_versioned is not declared");
    let transaction = Transaction::new().set("k", "new", Ttl::Never);
    ensure_kind!(store.commit(transaction).await, refused, "commit is not declared");
    ensure_kind!(
        store.set_if_absent("a", new(), Ttl::Never).await,
        refused,
        "set_if_absent is not declared"
    );
    let set = store.compare_and_set("k", version, new(), Ttl::Never).await;
    ensure_kind!(set, refused, "compare_and_set is not declared");
    ensure_kind!(
        store.compare_and_delete("k", version).await,
        refused,
        "compare_and_delete is not declared"
    );
    ensure_kind!(store.take("k").await, refused, "take is not declared");
    ensure_kind!(store.touch("k", Ttl::Never).await, refused, "touch is not declared");
    ensure_kind!(
        store.update("k", &mut |_| Ok(new())).await,
        refused,
        "update is not declared"
    );
    ensure_kind!(store.increment("k", 1).await, refused, "increment is not declared");
    ensure_eq!(store.get_opt("a").await?, None, "what is refused writes nothing");
    unchanged(&*store).await
}

async fn unchanged(store: &dyn FullStore) -> Outcome {
    ensure_eq!(store.get("k").await?, "v", "what is refused changes nothing");
    Ok(())
}
