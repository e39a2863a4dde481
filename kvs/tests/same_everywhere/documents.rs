//! Documents and queries.

use std::sync::Arc;
use std::time::Duration;

use kvs::{Document, DocumentStoreExt, Filter, FullStore, ManualClock, PutOptions, Query};
use serde_json::json;

use crate::printer::Printer;

pub(crate) async fn documents(store: &Arc<dyn FullStore>, clock: &ManualClock, out: &mut Printer) {
    let data = json!({
        "int": i64::MIN, "uint": u64::MAX, "float": 0.1, "big": 1e300, "tiny": 5e-324, "zero": -0.0, "one": 1.0,
        "null": null, "empty": "", "list": [1, [2, {"a": {}}]], "text": "é🦀\u{0}\"\\", "": 1,
    });
    let document = Document::new("d", data).unwrap().with_metadata("é", "🦀");
    out.version("put", store.put("docs", document.clone()).await);
    out.document("get", store.get_doc("docs", "d").await);
    clock.advance(Duration::from_millis(7));
    let first = store.get_doc("docs", "d").await.unwrap();
    out.version(
        "replace",
        store.put("docs", Document::new("d", json!({})).unwrap()).await,
    );
    out.document("replaced", store.get_doc("docs", "d").await);
    out.version(
        "absent",
        store.put_with("docs", document.clone(), PutOptions::if_absent()).await,
    );
    let stale = PutOptions::if_version(first.version.unwrap());
    out.version("stale", store.put_with("docs", document.clone(), stale).await);
    let restore = PutOptions::default().carried_stamps();
    out.version("restore", store.put_with("docs", first, restore).await);
    out.document("restored", store.get_doc("docs", "d").await);
    out.answer("other collection", store.get_doc("doc", "d").await.map(drop));
    out.answer("no key", store.get("d").await);
    out.answer("collection", store.put("", document.clone()).await.map(drop));
    out.answer(
        "collection",
        store.put(&"c".repeat(256), document.clone()).await.map(drop),
    );
    out.answer(
        "id",
        store.put("docs", Document::new("", json!({})).unwrap()).await.map(drop),
    );
    let deep = (0..40).fold(json!(1), |inner, _| json!({ "a": inner }));
    out.answer(
        "deep",
        store.put("docs", Document::new("deep", deep).unwrap()).await.map(drop),
    );
    let large = json!({ "a": "x".repeat(400_000) });
    out.answer(
        "large",
        store
            .put("docs", Document::new("large", large).unwrap())
            .await
            .map(drop),
    );
    out.answer("delete", store.delete_doc("docs", "d").await);
    out.answer("delete again", store.delete_doc("docs", "d").await);
    out.answer(
        "gone",
        store.get_doc_opt("docs", "d").await.map(|found| found.is_some()),
    );
}

pub(crate) async fn queries(store: &Arc<dyn FullStore>, out: &mut Printer) {
    let values = [
        json!({"a": 1}),
        json!({"a": 1.0}),
        json!({"a": "1"}),
        json!({"a": true}),
        json!({"a": null}),
        json!({}),
        json!({"a": [1, "x"]}),
        json!({"a": {"b": {"c": 5}}}),
        json!({"a": u64::MAX}),
        json!({"a": 9_007_199_254_740_993_u64}),
        json!({"a": "Zebra"}),
        json!({"a": "zebra"}),
        json!({"a": "é"}),
        json!({"a.b": 2}),
        json!({"a": -0.5, "s": "on"}),
        json!({"a": "", "s": "on"}),
        json!({"a": [], "s": "off"}),
        json!({"a": {}, "s": "off"}),
        json!({"a": 0, "s": null}),
    ];
    for (i, data) in values.into_iter().enumerate() {
        store
            .put("q", Document::new(format!("{i:02}"), data).unwrap())
            .await
            .unwrap();
    }
    let filters = [
        json!({}),
        json!({"a": 1}),
        json!({"a": null}),
        json!({"a": true}),
        json!({"a": [1, "x"]}),
        json!({"a": {"$eq": {}}}),
        json!({"a": {"$ne": 1}}),
        json!({"a": {"$gt": 0}}),
        json!({"a": {"$gte": 9_007_199_254_740_993_u64}}),
        json!({"a": {"$lt": "a"}}),
        json!({"a": {"$lte": "zebra"}}),
        json!({"a": {"$in": [1, "é", null]}}),
        json!({"a": {"$in": []}}),
        json!({"a": {"$exists": true}}),
        json!({"a": {"$exists": false}}),
        json!({"a": {"$starts_with": "Z"}}),
        json!({"a": {"$contains": "x"}}),
        json!({"a": {"$contains": "bra"}}),
        json!({"a.b.c": 5}),
        json!({"a.b": {"$exists": true}}),
        json!({"$or": [{"a": 1}, {"$and": [{"s": "on"}, {"a": {"$lt": 0}}]}]}),
        json!({"$not": {"s": {"$exists": true}}}),
        json!({"$and": []}),
        json!({"$or": []}),
        json!({"a": {"$gt": 0, "$lt": 5}, "s": {"$ne": "on"}}),
    ];
    for filter in filters {
        let filter = Filter::from_json(&filter).unwrap();
        let found = store.query("q", &filter).await;
        out.answer(&format!("{filter:?}"), found.map(ids));
    }
    out.answer("refused", Filter::from_json(&json!({"a": {"$above": 1}})).map(drop));
    let page = store
        .query_page("q", &Query::new(Filter::gte("a", 0)).after("01").limit(2))
        .await;
    out.answer("page", page.map(|page| ids(page.documents)));
    out.answer(
        "limit",
        store.query_page("q", &Query::default().limit(0)).await.map(drop),
    );
    out.answer("unknown", store.query("nothing", &Filter::all()).await.map(ids));
    out.answer("delete_collection", store.delete_collection("q").await);
    out.answer("left", store.query("q", &Filter::all()).await.map(ids));
}

fn ids(documents: Vec<Document>) -> Vec<String> {
    documents.into_iter().map(|document| document.id).collect()
}
