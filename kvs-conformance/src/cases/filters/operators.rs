//! The operators that are no comparison, and what is special about null and missing fields.

use kvs_core::{Filter, Value};
use serde_json::json;

use super::{ensure_finds, with, with_documents};
use crate::cases::support::ids;
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "filters";
    "eq null finds an explicit null, and no missing field."
        => eq_null_finds_explicit_nulls_only [documents];
    "ne finds missing fields too: it is exactly not(eq)."
        => ne_finds_missing_fields [documents];
    "exists true finds present fields, null included; exists false finds missing ones."
        => exists_tells_presence [documents];
    "true is not 1, false is not 0, \"1\" is not 1, \"true\" is not true."
        => types_are_not_mixed [documents];
    "1 equals 1.0, and 0 equals -0.0."
        => numbers_are_equal_by_value [documents];
    "Neighbours of 2^53 and the ends of 64 bits are told apart."
        => large_integers_are_told_apart [documents];
    "in finds a field that equals one of the values, null and mixed types included; with no values it finds nothing."
        => in_finds_one_of_the_values [documents];
    "in takes 500 values."
        => in_takes_many_values [documents];
    "Several operators on one field all hold together."
        => operators_on_a_field_hold_together [documents];
    "A lower bound above the upper one finds nothing."
        => an_empty_range_finds_nothing [documents];
    "Metadata, stamps, version and id are no fields: filters do not see them."
        => filters_see_content_only [documents];
}

async fn eq_null_finds_explicit_nulls_only(cx: Context) -> Outcome {
    let store = with(
        &cx,
        &[
            ("missing", json!({})),
            ("null", json!({"f": null})),
            ("zero", json!({"f": 0})),
        ],
    )
    .await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": null}"#, &["null"]),
            (r#"{"f": {"$eq": null}}"#, &["null"]),
            (r#"{"f": {"$in": [null]}}"#, &["null"]),
            (r#"{"f.g": null}"#, &[]),
        ],
    )
    .await
}

async fn ne_finds_missing_fields(cx: Context) -> Outcome {
    let documents = [
        ("missing", json!({})),
        ("null", json!({"f": null})),
        ("one", json!({"f": 1})),
        ("two", json!({"f": 2})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$ne": 1}}"#, &["missing", "null", "two"]),
            (r#"{"$not": {"f": 1}}"#, &["missing", "null", "two"]),
            (r#"{"f": {"$ne": null}}"#, &["missing", "one", "two"]),
            (r#"{"f": {"$ne": "1"}}"#, &["missing", "null", "one", "two"]),
            (r#"{"f.g": {"$ne": 1}}"#, &["missing", "null", "one", "two"]),
        ],
    )
    .await
}

async fn exists_tells_presence(cx: Context) -> Outcome {
    let documents = [
        ("missing", json!({"g": 1})),
        ("null", json!({"f": null})),
        ("empty", json!({"f": ""})),
        ("false", json!({"f": false})),
        ("list", json!({"f": []})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$exists": true}}"#, &["empty", "false", "list", "null"]),
            (r#"{"f": {"$exists": false}}"#, &["missing"]),
            (r#"{"$not": {"f": {"$exists": true}}}"#, &["missing"]),
        ],
    )
    .await
}

async fn types_are_not_mixed(cx: Context) -> Outcome {
    let documents = [
        ("0", json!({"f": 0})),
        ("1", json!({"f": 1})),
        ("false", json!({"f": false})),
        ("text 1", json!({"f": "1"})),
        ("text true", json!({"f": "true"})),
        ("true", json!({"f": true})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": 0}"#, &["0"]),
            (r#"{"f": 1}"#, &["1"]),
            (r#"{"f": false}"#, &["false"]),
            (r#"{"f": "1"}"#, &["text 1"]),
            (r#"{"f": "true"}"#, &["text true"]),
            (r#"{"f": true}"#, &["true"]),
            (r#"{"f": {"$gte": 0}}"#, &["0", "1"]),
            (r#"{"f": {"$gt": ""}}"#, &["text 1", "text true"]),
            (r#"{"f": {"$gte": true}}"#, &[]),
        ],
    )
    .await
}

async fn numbers_are_equal_by_value(cx: Context) -> Outcome {
    let documents = [
        ("float 0", json!({"f": -0.0})),
        ("float 1", json!({"f": 1.0})),
        ("int 0", json!({"f": 0})),
        ("int 1", json!({"f": 1})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": 1}"#, &["float 1", "int 1"]),
            (r#"{"f": 1.0}"#, &["float 1", "int 1"]),
            (r#"{"f": 0}"#, &["float 0", "int 0"]),
            (r#"{"f": -0.0}"#, &["float 0", "int 0"]),
            (r#"{"f": 1e0}"#, &["float 1", "int 1"]),
            (r#"{"f": {"$lt": 1.5, "$gt": 0.5}}"#, &["float 1", "int 1"]),
        ],
    )
    .await
}

async fn large_integers_are_told_apart(cx: Context) -> Outcome {
    let documents = [
        ("a", json!({"f": (1_u64 << 53) - 1})),
        ("b", json!({"f": 1_u64 << 53})),
        ("c", json!({"f": (1_u64 << 53) + 1})),
        ("d", json!({"f": i64::MAX})),
        ("e", json!({"f": u64::MAX - 1})),
        ("f", json!({"f": u64::MAX})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": 9007199254740992}"#, &["b"]),
            (r#"{"f": 9007199254740993}"#, &["c"]),
            (r#"{"f": {"$gt": 9007199254740992}}"#, &["c", "d", "e", "f"]),
            (r#"{"f": {"$lt": 9007199254740993}}"#, &["a", "b"]),
            (r#"{"f": {"$gt": 9007199254740992.0}}"#, &["c", "d", "e", "f"]),
            (r#"{"f": 9223372036854775807}"#, &["d"]),
            (r#"{"f": {"$gt": 9223372036854775807}}"#, &["e", "f"]),
            (r#"{"f": 18446744073709551615}"#, &["f"]),
            (r#"{"f": {"$lt": 18446744073709551615}}"#, &["a", "b", "c", "d", "e"]),
            (r#"{"f": 18446744073709551616.0}"#, &[]),
        ],
    )
    .await
}

async fn in_finds_one_of_the_values(cx: Context) -> Outcome {
    let documents = [
        ("1", json!({"f": 1})),
        ("2", json!({"f": 2})),
        ("list", json!({"f": [1]})),
        ("missing", json!({})),
        ("null", json!({"f": null})),
        ("text", json!({"f": "1"})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$in": []}}"#, &[]),
            (r#"{"f": {"$in": [1]}}"#, &["1"]),
            (r#"{"f": {"$in": [2, "1", 2]}}"#, &["2", "text"]),
            (r#"{"f": {"$in": [null, 1.0]}}"#, &["1", "null"]),
            (r#"{"f": {"$in": [[1]]}}"#, &["list"]),
            (
                r#"{"$not": {"f": {"$in": [1, null]}}}"#,
                &["2", "list", "missing", "text"],
            ),
            (
                r#"{"$not": {"f": {"$in": []}}}"#,
                &["1", "2", "list", "missing", "null", "text"],
            ),
        ],
    )
    .await
}

async fn in_takes_many_values(cx: Context) -> Outcome {
    let store = with(&cx, &[("in", json!({"f": 499})), ("out", json!({"f": 500}))]).await?;
    let found = store.query("c", &Filter::is_in("f", 0..500)).await?;
    ensure_eq!(ids(&found), ["in"], "the last of 500 values counts like the first");
    let texts = (0..500)
        .map(|n| format!("text {n}"))
        .map(Value::from)
        .chain([json!(500)]);
    ensure_eq!(
        ids(&store.query("c", &Filter::is_in("f", texts)).await?),
        ["out"],
        "values of two types"
    );
    Ok(())
}

async fn operators_on_a_field_hold_together(cx: Context) -> Outcome {
    let documents = (0..10).map(|n| (n.to_string(), json!({ "f": n })));
    let store = with_documents(&cx, documents.collect()).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$gte": 3, "$lt": 6}}"#, &["3", "4", "5"]),
            (r#"{"f": {"$gt": 3, "$lte": 6, "$ne": 5}}"#, &["4", "6"]),
            (r#"{"f": {"$in": [1, 2, 3], "$gt": 1, "$exists": true}}"#, &["2", "3"]),
            (r#"{"f": {"$eq": 1, "$ne": 1}}"#, &[]),
        ],
    )
    .await
}

async fn an_empty_range_finds_nothing(cx: Context) -> Outcome {
    let documents = (0..5).map(|n| (n.to_string(), json!({"f": n, "g": n.to_string()})));
    let store = with_documents(&cx, documents.collect()).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$gt": 3, "$lt": 2}}"#, &[]),
            (r#"{"f": {"$gt": 3, "$lt": 3}}"#, &[]),
            (r#"{"f": {"$gte": 3, "$lte": 3}}"#, &["3"]),
            (r#"{"g": {"$gt": "3", "$lt": "2"}}"#, &[]),
            (r#"{"g": {"$gte": "1", "$lte": 3}}"#, &[]),
            (r#"{"g": {"$gte": 1, "$lte": "3"}}"#, &[]),
        ],
    )
    .await
}

async fn filters_see_content_only(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let labelled = crate::cases::support::document("d", json!({"a": 1}))?.with_metadata("label", "x");
    store.put("c", labelled).await?;
    for field in [
        "id",
        "_id",
        "label",
        "metadata",
        "metadata.label",
        "created_at",
        "updated_at",
        "version",
        "collection",
        "data",
    ] {
        let found = store.query("c", &Filter::exists(field, true)).await?;
        ensure!(found.is_empty(), "{field} is no field of the content");
    }
    ensure!(
        store.query("c", &Filter::eq("data.a", 1)).await?.is_empty(),
        "a path begins in the content"
    );
    Ok(())
}
