//! Put, get, delete.

use kvs_core::{DocumentStoreExt, ErrorKind, Filter};
use serde_json::json;

use crate::cases::support::{HOSTILE, document, ids};
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "documents";
    "What was put is what get_doc gives: id, content and metadata."
        => put_then_get_gives_the_document [documents];
    "get_doc of an id that was never put is NotFound, in a known and in an unknown collection."
        => get_of_a_missing_document_is_not_found [documents];
    "put replaces the whole document: no field and no label of the old one remains."
        => put_replaces_and_does_not_merge [documents];
    "put returns the version that get_doc and query show."
        => put_returns_the_stored_version [documents];
    "A document that was deleted is NotFound, and no query finds it."
        => a_deleted_document_is_gone [documents];
    "Deleting a document that is not there succeeds, in a known and in an unknown collection."
        => deleting_a_missing_document_is_fine [documents];
    "A document may be put again after it was deleted."
        => a_deleted_document_can_be_put_again [documents];
    "A document without fields is a document."
        => an_empty_document_is_a_document [documents];
    "Fields named like internals (id, _id, data, version, collection, created_at) are content like any other."
        => fields_named_like_internals_are_content [documents];
    "An id is 1 to 1024 bytes of UTF-8; others are InvalidKey in every method."
        => ids_follow_the_rules_of_keys [documents];
    "The longest id works, counted in bytes."
        => the_longest_ids_work [documents];
    "Every string is an id: nothing is interpreted, trimmed, folded or cut."
        => hostile_ids_are_ids [documents];
    "Ids that differ in case, composition or length are different documents."
        => similar_ids_are_different_documents [documents];
    "A read changes nothing: version and stamps stay."
        => reading_a_document_changes_nothing [documents];
}

async fn put_then_get_gives_the_document(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let put = document("ada", json!({"age": 36, "lang": {"ui": "en"}}))?.with_metadata("source", "import");
    store.put("users", put.clone()).await?;
    let got = store.get_doc("users", "ada").await?;
    ensure_eq!(got.id, "ada", "the id");
    ensure_eq!(got.data, put.data, "the content");
    ensure_eq!(got.metadata, put.metadata, "the metadata");
    Ok(())
}

async fn get_of_a_missing_document_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("users", document("ada", json!({}))?).await?;
    ensure_kind!(store.get_doc("users", "kim").await, ErrorKind::NotFound, "no such id");
    ensure_kind!(
        store.get_doc("others", "ada").await,
        ErrorKind::NotFound,
        "no such collection"
    );
    ensure!(
        store.get_doc_opt("users", "kim").await?.is_none(),
        "the Option form gives None"
    );
    Ok(())
}

async fn put_replaces_and_does_not_merge(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let old = document("d", json!({"a": 1, "b": {"c": 2}}))?.with_metadata("old", "1");
    store.put("c", old).await?;
    store
        .put("c", document("d", json!({"b": {"d": 3}}))?.with_metadata("new", "2"))
        .await?;
    let got = store.get_doc("c", "d").await?;
    ensure_eq!(
        serde_json::Value::from(got.data),
        json!({"b": {"d": 3}}),
        "only the new content remains"
    );
    ensure_eq!(
        got.metadata.into_keys().collect::<Vec<_>>(),
        ["new"],
        "only the new labels remain"
    );
    Ok(())
}

async fn put_returns_the_stored_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.put("c", document("d", json!({}))?).await?;
    ensure_eq!(
        store.get_doc("c", "d").await?.version,
        Some(version),
        "get_doc shows the version"
    );
    let found = store.query("c", &Filter::all()).await?;
    ensure_eq!(found[0].version, Some(version), "query shows the version");
    Ok(())
}

async fn a_deleted_document_is_gone(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({"a": 1}))?).await?;
    store.put("c", document("e", json!({"a": 1}))?).await?;
    store.delete_doc("c", "d").await?;
    ensure_kind!(store.get_doc("c", "d").await, ErrorKind::NotFound, "it was deleted");
    ensure_eq!(
        ids(&store.query("c", &Filter::all()).await?),
        ["e"],
        "a query finds the other only"
    );
    Ok(())
}

async fn deleting_a_missing_document_is_fine(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.delete_doc("unknown", "d").await?;
    store.put("c", document("d", json!({}))?).await?;
    store.delete_doc("c", "e").await?;
    store.delete_doc("c", "d").await?;
    store.delete_doc("c", "d").await?;
    Ok(())
}

async fn a_deleted_document_can_be_put_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let old = store.put("c", document("d", json!({"a": 1}))?).await?;
    store.delete_doc("c", "d").await?;
    let new = store.put("c", document("d", json!({"a": 2}))?).await?;
    ensure!(old != new, "the new document has a version never used before");
    ensure_eq!(
        store.get_doc("c", "d").await?.data.get("a"),
        Some(&json!(2)),
        "the new content"
    );
    Ok(())
}

async fn an_empty_document_is_a_document(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({}))?).await?;
    ensure!(store.get_doc("c", "d").await?.data.is_empty(), "it has no fields");
    ensure_eq!(ids(&store.query("c", &Filter::all()).await?), ["d"], "a query finds it");
    Ok(())
}

async fn fields_named_like_internals_are_content(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let content = json!({
        "id": "x", "_id": 1, "data": {"data": 2}, "version": "v", "collection": "other", "metadata": {"m": 3},
        "created_at": 4, "updated_at": null, "expires_at": 5, "key": 6, "value": 7, "pk": 8, "sk": 9, "rowid": 10,
    });
    store.put("c", document("d", content.clone())?).await?;
    let got = store.get_doc("c", "d").await?;
    ensure_eq!(got.id, "d", "the id is the document's own");
    ensure_eq!(serde_json::Value::from(got.data), content, "the content is unharmed");
    ensure!(got.metadata.is_empty(), "a field is not a label");
    Ok(())
}

async fn ids_follow_the_rules_of_keys(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for id in [String::new(), "k".repeat(1025), "é".repeat(513)] {
        ensure_kind!(
            store.put("c", document(&id, json!({}))?).await,
            ErrorKind::InvalidKey,
            "put refuses the id"
        );
        ensure_kind!(
            store.get_doc("c", &id).await,
            ErrorKind::InvalidKey,
            "get_doc refuses the id"
        );
        ensure_kind!(
            store.delete_doc("c", &id).await,
            ErrorKind::InvalidKey,
            "delete_doc refuses the id"
        );
    }
    ensure!(store.query("c", &Filter::all()).await?.is_empty(), "nothing was put");
    Ok(())
}

async fn the_longest_ids_work(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let ids = ["k".repeat(1024), "é".repeat(512), "😀".repeat(256)];
    for id in &ids {
        store.put("c", document(id, json!({}))?).await?;
        ensure_eq!(store.get_doc("c", id).await?.id, *id, "an id of 1024 bytes");
    }
    ensure_eq!(store.query("c", &Filter::all()).await?.len(), 3, "a query finds them");
    Ok(())
}

async fn hostile_ids_are_ids(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (n, id) in HOSTILE.iter().enumerate() {
        store.put("c", document(id, json!({"n": n}))?).await?;
    }
    for (n, id) in HOSTILE.iter().enumerate() {
        let got = store.get_doc("c", id).await?;
        ensure_eq!(
            (got.id.as_str(), got.data.get("n")),
            (*id, Some(&json!(n))),
            "the document {id:?}"
        );
    }
    let mut expected = HOSTILE.to_vec();
    expected.sort_unstable();
    ensure_eq!(
        ids(&store.query("c", &Filter::all()).await?),
        expected,
        "a query gives all, by the bytes of their ids"
    );
    for id in HOSTILE {
        store.delete_doc("c", id).await?;
    }
    ensure!(store.query("c", &Filter::all()).await?.is_empty(), "each was deleted");
    Ok(())
}

async fn similar_ids_are_different_documents(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let similar = [
        "a", "A", "a ", " a", "aa", "a\0", "é", "e\u{301}", "1", "01", "1.0", "ﬁ", "fi",
    ];
    for (n, id) in similar.iter().enumerate() {
        store.put("c", document(id, json!({"n": n}))?).await?;
    }
    for (n, id) in similar.iter().enumerate() {
        ensure_eq!(
            store.get_doc("c", id).await?.data.get("n"),
            Some(&json!(n)),
            "the document {id:?}"
        );
    }
    Ok(())
}

async fn reading_a_document_changes_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({"a": 1}))?).await?;
    let first = store.get_doc("c", "d").await?;
    store.query("c", &Filter::eq("a", 1)).await?;
    ensure!(
        store.get_doc("c", "d").await? == first,
        "two reads give the same document, stamps and version too"
    );
    Ok(())
}
