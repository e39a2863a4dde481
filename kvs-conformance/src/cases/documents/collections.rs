//! Collections: their names, and that they never see each other.

use std::sync::Arc;

use kvs_core::{ErrorKind, Filter, Query, StoreExt, Ttl};
use serde_json::json;

use crate::cases::support::{HOSTILE, Shared, all, document, ids};
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "documents";
    "Two collections hold documents of the same id apart: get, query and delete see one only."
        => collections_are_apart [documents];
    "Documents and keys of the same name are apart: neither get, set, delete nor take sees the other."
        => documents_and_keys_are_apart [documents];
    "A listing never shows documents, and delete_prefix never removes them."
        => listings_do_not_see_documents [documents, listable];
    "An unknown collection is empty."
        => an_unknown_collection_is_empty [documents];
    "A name of 1 and of 255 bytes works, counted in bytes, with the longest id, too."
        => the_limits_of_names_work [documents];
    "An empty name or one of 256 bytes is InvalidArgument in every method."
        => other_names_are_refused [documents];
    "Every string is a name: nothing is interpreted, trimmed, folded or cut."
        => hostile_names_are_names [documents];
    "Names that differ in case, composition, spaces or a NUL are different collections."
        => similar_names_are_different_collections [documents];
    "Name and id are not glued together: (a, bc) is not (ab, c)."
        => name_and_id_do_not_run_together [documents];
    "delete_collection removes every document of its collection and of no other."
        => delete_collection_removes_only_its_own [documents];
    "delete_collection of an unknown collection succeeds."
        => deleting_an_unknown_collection_is_fine [documents];
    "delete_collection removes more documents than a page holds, and the collection works again."
        => delete_collection_goes_beyond_a_page [documents, lasting];
}

async fn collections_are_apart(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("a", document("d", json!({"in": "a"}))?).await?;
    store.put("b", document("d", json!({"in": "b"}))?).await?;
    ensure_eq!(
        store.get_doc("a", "d").await?.data.get("in"),
        Some(&json!("a")),
        "a has its own"
    );
    ensure_eq!(
        store.query("b", &Filter::eq("in", "b")).await?.len(),
        1,
        "b has its own"
    );
    ensure_eq!(
        store.query("a", &Filter::eq("in", "b")).await?.len(),
        0,
        "a does not see that of b"
    );
    store.delete_doc("a", "d").await?;
    ensure_eq!(
        ids(&store.query("b", &Filter::all()).await?),
        ["d"],
        "a delete in a leaves b alone"
    );
    Ok(())
}

async fn documents_and_keys_are_apart(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("name", json!({}))?).await?;
    for key in ["name", "c", "c/name", "c:name", "c\0name"] {
        ensure_eq!(store.get_opt(key).await?, None, "a document is no entry");
        store.set(key, "value".into(), Ttl::Never).await?;
        store.delete(key).await?;
    }
    ensure_eq!(
        ids(&store.query("c", &Filter::all()).await?),
        ["name"],
        "the document is unharmed"
    );
    store.set("name", "value".into(), Ttl::Never).await?;
    store.delete_doc("c", "name").await?;
    ensure_eq!(
        store.get_opt("name").await?,
        Some("value".into()),
        "the entry is unharmed"
    );
    Ok(())
}

async fn listings_do_not_see_documents(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({}))?).await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    ensure_eq!(store.list("").await?, ["k"], "a listing shows keys only");
    store.delete_prefix("").await?;
    ensure_eq!(store.list("").await?, Vec::<String>::new(), "all keys are gone");
    ensure_eq!(
        ids(&store.query("c", &Filter::all()).await?),
        ["d"],
        "the document is there"
    );
    store.set("k", "v".into(), Ttl::Never).await?;
    store.delete_collection("c").await?;
    ensure_eq!(store.list("").await?, ["k"], "delete_collection leaves keys alone");
    Ok(())
}

async fn an_unknown_collection_is_empty(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("known", document("d", json!({}))?).await?;
    let page = store.query_page("unknown", &Query::default()).await?;
    ensure!(
        page.documents.is_empty() && page.next.is_none(),
        "one empty page, and the end"
    );
    ensure!(
        store.query("unknown", &Filter::eq("a", 1)).await?.is_empty(),
        "no matches"
    );
    Ok(())
}

async fn the_limits_of_names_work(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for name in [
        "c".to_owned(),
        "c".repeat(255),
        format!("{}a", "é".repeat(127)),
        "\0".repeat(255),
    ] {
        store.put(&name, document("d", json!({}))?).await?;
        ensure_eq!(
            store.get_doc(&name, "d").await?.id,
            "d",
            "a name of {} bytes",
            name.len()
        );
        let longest = "k".repeat(1_024);
        store.put(&name, document(&longest, json!({}))?).await?;
        ensure_eq!(
            store.get_doc(&name, &longest).await?.id,
            longest,
            "the longest id in it"
        );
        ensure_eq!(store.query(&name, &Filter::all()).await?.len(), 2, "a query in it");
    }
    Ok(())
}

async fn other_names_are_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for name in [String::new(), "c".repeat(256), "é".repeat(128)] {
        let refused = ErrorKind::InvalidArgument;
        ensure_kind!(store.put(&name, document("d", json!({}))?).await, refused, "put");
        let put_with = store.put_with(&name, document("d", json!({}))?, kvs_core::PutOptions::if_absent());
        ensure_kind!(put_with.await, refused, "put_with");
        ensure_kind!(store.get_doc(&name, "d").await, refused, "get_doc");
        ensure_kind!(store.query_page(&name, &Query::default()).await, refused, "query_page");
        ensure_kind!(store.query(&name, &Filter::all()).await, refused, "query");
        ensure_kind!(store.delete_doc(&name, "d").await, refused, "delete_doc");
        ensure_kind!(store.delete_collection(&name).await, refused, "delete_collection");
    }
    Ok(())
}

async fn hostile_names_are_names(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (n, name) in HOSTILE.iter().enumerate() {
        store.put(name, document("d", json!({"n": n}))?).await?;
    }
    for (n, name) in HOSTILE.iter().enumerate() {
        let found = store.query(name, &Filter::all()).await?;
        ensure_eq!(ids(&found), ["d"], "the collection {name:?} holds its one document");
        ensure_eq!(found[0].data.get("n"), Some(&json!(n)), "the document is its own");
    }
    for (n, name) in HOSTILE.iter().enumerate().step_by(2) {
        store.delete_collection(name).await?;
        ensure!(
            store.query(name, &Filter::all()).await?.is_empty(),
            "{n}: {name:?} was emptied"
        );
    }
    for name in HOSTILE.iter().skip(1).step_by(2) {
        ensure_eq!(
            store.query(name, &Filter::all()).await?.len(),
            1,
            "{name:?} was left alone"
        );
    }
    Ok(())
}

async fn similar_names_are_different_collections(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let similar = [
        "c", "C", "c ", " c", "c\0", "cc", "é", "e\u{301}", "c/", "c.", "c%", "c_",
    ];
    for (n, name) in similar.iter().enumerate() {
        store.put(name, document(&n.to_string(), json!({}))?).await?;
    }
    for (n, name) in similar.iter().enumerate() {
        ensure_eq!(
            ids(&store.query(name, &Filter::all()).await?),
            [n.to_string()],
            "the collection {name:?}"
        );
    }
    Ok(())
}

async fn name_and_id_do_not_run_together(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let pairs = [
        ("a", "bc"),
        ("ab", "c"),
        ("a/b", "c"),
        ("a", "b/c"),
        ("a:b", "c"),
        ("a", "b:c"),
        ("a#b", "c"),
        ("a", "b#c"),
        ("a|b", "c"),
        ("a", "b|c"),
        ("a\0b", "c"),
        ("a", "b\0c"),
        ("a\0", "b"),
        ("a", "\0b"),
        ("a.b", "c"),
        ("a", "b.c"),
    ];
    for (n, (name, id)) in pairs.iter().enumerate() {
        store.put(name, document(id, json!({"n": n}))?).await?;
    }
    for (n, (name, id)) in pairs.iter().enumerate() {
        ensure_eq!(
            store.get_doc(name, id).await?.data.get("n"),
            Some(&json!(n)),
            "the document {id:?} in {name:?}"
        );
    }
    Ok(())
}

async fn delete_collection_removes_only_its_own(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let others = ["b", "cc", "c ", "C", "c\0", "d"];
    for name in others.into_iter().chain(["c"]) {
        for id in ["1", "2", "3"] {
            store.put(name, document(id, json!({}))?).await?;
        }
    }
    store.delete_collection("c").await?;
    ensure!(
        store.query("c", &Filter::all()).await?.is_empty(),
        "the collection is empty"
    );
    for name in others {
        ensure_eq!(
            store.query(name, &Filter::all()).await?.len(),
            3,
            "{name:?} is another collection"
        );
    }
    Ok(())
}

async fn deleting_an_unknown_collection_is_fine(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.delete_collection("unknown").await?;
    store.delete_collection("unknown").await?;
    Ok(())
}

async fn put_range(store: Shared, from: usize) -> Outcome {
    for n in from..from + 100 {
        store.put("c", document(&format!("{n:04}"), json!({}))?).await?;
    }
    Ok(())
}

async fn delete_collection_goes_beyond_a_page(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..11).map(|part| put_range(Arc::clone(&store), part * 100))).await?;
    store.delete_collection("c").await?;
    ensure!(
        store.query("c", &Filter::all()).await?.is_empty(),
        "all 1,100 documents are gone"
    );
    store.put("c", document("again", json!({}))?).await?;
    ensure_eq!(
        ids(&store.query("c", &Filter::all()).await?),
        ["again"],
        "the collection works again"
    );
    Ok(())
}
