//! How a filter names a field.

use kvs_core::{ErrorKind, FieldPath, Filter, Map, Value};
use serde_json::json;

use super::{ensure_finds, with, with_documents};
use crate::cases::support::{HOSTILE, ids};
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "filters";
    "A dotted name is a path into nested objects, not a field with a dot in its name."
        => a_dotted_name_is_a_path [documents];
    "A literal path names the field with that name, dots included."
        => a_literal_path_names_a_dotted_field [documents];
    "A path leads into objects at any depth, with dots in its segments where it is given by segments."
        => a_path_has_any_number_of_segments [documents];
    "A path never leads into arrays, neither by index nor into their elements."
        => a_path_does_not_enter_arrays [documents];
    "Where anything on the way is missing or no object, the field is missing."
        => a_broken_path_is_a_missing_field [documents];
    "Every string names a field, literally: quotes, brackets, NUL, placeholders, statements."
        => hostile_names_are_names [documents];
    "Every string is a segment of a path, literally."
        => hostile_segments_are_segments [documents];
    "A field named like a column (id, data, version, collection, created_at) is the content's own."
        => names_of_columns_are_fields [documents];
    "The empty name is a name, alone, first, last and in the middle of a path."
        => the_empty_name_is_a_name [documents];
    "Names are case-sensitive and not trimmed."
        => names_are_exact [documents];
    "A name that begins with a dollar is a field in the API."
        => a_dollar_is_no_operator_in_the_api [documents];
    "A path without segments is InvalidArgument."
        => a_path_without_segments_is_refused [documents];
    "A field with a name of 10,000 bytes is found by it."
        => long_names_are_names [documents];
    "A path of 40 segments and a name of 10,000 bytes find nothing, and fail nothing."
        => long_paths_find_nothing [documents];
}

async fn a_dotted_name_is_a_path(cx: Context) -> Outcome {
    let documents = [
        ("dotted", json!({"a.b": 1})),
        ("nested", json!({"a": {"b": 1}})),
        ("both", json!({"a.b": 1, "a": {"b": 2}})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"a.b": 1}"#, &["nested"]),
            (r#"{"a.b": 2}"#, &["both"]),
            (r#"{"a": {"b": 1}}"#, &["nested"]),
            (r#"{"a.b": {"$exists": false}}"#, &["dotted"]),
        ],
    )
    .await
}

async fn a_literal_path_names_a_dotted_field(cx: Context) -> Outcome {
    let documents = [
        ("dotted", json!({"a.b": 1})),
        ("nested", json!({"a": {"b": 1}})),
        ("dots", json!({"..": 1})),
    ];
    let store = with(&cx, &documents).await?;
    let found = store.query("c", &Filter::eq(FieldPath::literal("a.b"), 1)).await?;
    ensure_eq!(ids(&found), ["dotted"], "the field with a dot in its name");
    let found = store
        .query("c", &Filter::exists(FieldPath::literal(".."), true))
        .await?;
    ensure_eq!(ids(&found), ["dots"], "the field whose name is two dots");
    Ok(())
}

async fn a_path_has_any_number_of_segments(cx: Context) -> Outcome {
    let deep = (0..31).fold(json!(1), |inner, _| json!({ "a": inner }));
    let store = with(
        &cx,
        &[
            ("deep", json!({ "a": deep["a"] })),
            ("dotted", json!({"h": {"x.y": {"p": 2}}})),
        ],
    )
    .await?;
    let path = ["a"; 31].join(".");
    ensure_eq!(
        ids(&store.query("c", &Filter::eq(path, 1)).await?),
        ["deep"],
        "31 segments"
    );
    let path = FieldPath::new(["h", "x.y", "p"]);
    ensure_eq!(
        ids(&store.query("c", &Filter::eq(path, 2)).await?),
        ["dotted"],
        "a dot within a segment"
    );
    Ok(())
}

async fn a_path_does_not_enter_arrays(cx: Context) -> Outcome {
    let documents = [
        ("array", json!({"a": [{"b": 1}, 1]})),
        ("indexed", json!({"a": {"0": {"b": 1}}})),
        ("text", json!({"a": "b"})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"a.b": 1}"#, &[]),
            (r#"{"a.0": {"b": 1}}"#, &["indexed"]),
            (r#"{"a.0.b": 1}"#, &["indexed"]),
            (r#"{"a.1": 1}"#, &[]),
            (r#"{"a[0].b": 1}"#, &[]),
            (r#"{"a.length": 2}"#, &[]),
            (r#"{"a.*": 1}"#, &[]),
            (r#"{"a.$": 1}"#, &[]),
        ],
    )
    .await
}

async fn a_broken_path_is_a_missing_field(cx: Context) -> Outcome {
    let documents = [
        ("array", json!({"a": [1]})),
        ("missing", json!({})),
        ("null", json!({"a": null})),
        ("number", json!({"a": 1})),
        ("object", json!({"a": {}})),
        ("text", json!({"a": "b"})),
        ("there", json!({"a": {"b": null}})),
    ];
    let store = with(&cx, &documents).await?;
    let broken: &[&str] = &["array", "missing", "null", "number", "object", "text"];
    ensure_finds(
        &store,
        &[
            (r#"{"a.b": {"$exists": true}}"#, &["there"]),
            (r#"{"a.b": null}"#, &["there"]),
            (r#"{"a.b": {"$exists": false}}"#, broken),
            (r#"{"a.b": {"$ne": null}}"#, broken),
            (r#"{"a.b.c": {"$exists": true}}"#, &[]),
        ],
    )
    .await
}

async fn hostile_names_are_names(cx: Context) -> Outcome {
    let documents = HOSTILE
        .iter()
        .map(|name| ((*name).to_owned(), named(&[*name], json!(1))));
    let store = with_documents(&cx, documents.collect()).await?;
    for name in HOSTILE {
        let filter = Filter::from(Map::from_iter([((*name).to_owned(), json!(1))]));
        ensure_eq!(
            ids(&store.query("c", &filter).await?),
            [*name],
            "the document with the field {name:?}"
        );
        let present = Filter::exists(FieldPath::literal(*name), true) & Filter::gt(FieldPath::literal(*name), 0);
        ensure_eq!(
            ids(&store.query("c", &present).await?),
            [*name],
            "its field is present, and positive"
        );
    }
    Ok(())
}

async fn hostile_segments_are_segments(cx: Context) -> Outcome {
    let documents = HOSTILE
        .iter()
        .map(|name| ((*name).to_owned(), named(&["outer", *name, "inner"], json!("x"))));
    let store = with_documents(&cx, documents.collect()).await?;
    for name in HOSTILE {
        let filter = Filter::eq(FieldPath::new(["outer", *name, "inner"]), "x");
        ensure_eq!(
            ids(&store.query("c", &filter).await?),
            [*name],
            "the document with the segment {name:?}"
        );
    }
    Ok(())
}

/// An object with the value at that path.
fn named(path: &[&str], value: Value) -> Value {
    path.iter().rev().fold(value, |inner, name| {
        Map::from_iter([((*name).to_owned(), inner)]).into()
    })
}

async fn names_of_columns_are_fields(cx: Context) -> Outcome {
    let names = [
        "id",
        "data",
        "version",
        "collection",
        "metadata",
        "created_at",
        "updated_at",
        "expires_at",
        "rowid",
        "oid",
        "key",
        "value",
    ];
    let documents = names
        .iter()
        .map(|name| (format!("has {name}"), named(&[*name], json!("x"))));
    let store = with_documents(&cx, documents.collect()).await?;
    for name in names {
        let expected = [format!("has {name}")];
        ensure_eq!(
            ids(&store.query("c", &Filter::eq(name, "x")).await?),
            expected,
            "the field {name}"
        );
        ensure_eq!(
            ids(&store.query("c", &Filter::exists(name, true)).await?),
            expected,
            "the field {name} exists"
        );
    }
    Ok(())
}

async fn the_empty_name_is_a_name(cx: Context) -> Outcome {
    let documents = [
        ("alone", json!({"": 1})),
        ("first", json!({"": {"a": 1}})),
        ("last", json!({"a": {"": 1}})),
        ("middle", json!({"a": {"": {"b": 1}}})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"": 1}"#, &["alone"]),
            (r#"{".a": 1}"#, &["first"]),
            (r#"{"a.": 1}"#, &["last"]),
            (r#"{"a..b": 1}"#, &["middle"]),
            (r#"{"..": {"$exists": true}}"#, &[]),
        ],
    )
    .await
}

async fn names_are_exact(cx: Context) -> Outcome {
    let names = ["a", "A", " a", "a ", "é", "e\u{301}", "a\0"];
    let documents = names
        .iter()
        .map(|name| (format!("has {name}"), named(&[*name], json!(1))));
    let store = with_documents(&cx, documents.collect()).await?;
    for name in names {
        ensure_eq!(
            ids(&store.query("c", &Filter::eq(name, 1)).await?),
            [format!("has {name}")],
            "the field {name:?}"
        );
    }
    Ok(())
}

async fn a_dollar_is_no_operator_in_the_api(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"$and": 1, "$eq": {"$in": 2}})), ("e", json!({}))]).await?;
    ensure_eq!(
        ids(&store.query("c", &Filter::eq("$and", 1)).await?),
        ["d"],
        "a field named $and"
    );
    ensure_eq!(
        ids(&store.query("c", &Filter::eq("$eq.$in", 2)).await?),
        ["d"],
        "a path of such fields"
    );
    ensure_eq!(
        ids(&store.query("c", &Filter::eq("$eq", json!({"$in": 2}))).await?),
        ["d"],
        "an object of such fields"
    );
    Ok(())
}

async fn a_path_without_segments_is_refused(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({}))]).await?;
    let nothing = || FieldPath::new(Vec::<String>::new());
    for filter in [
        Filter::eq(nothing(), 1),
        Filter::exists(nothing(), false),
        !Filter::ne(nothing(), 1),
    ] {
        ensure_kind!(
            store.query("c", &filter).await,
            ErrorKind::InvalidArgument,
            "a path names a field"
        );
    }
    Ok(())
}

async fn long_names_are_names(cx: Context) -> Outcome {
    let names = ["a", "b"].map(|last| format!("{}{last}", "é".repeat(5_000)));
    let documents = names
        .iter()
        .map(|name| (name[10_000..].to_owned(), named(&[name], json!(1))));
    let store = with_documents(&cx, documents.collect()).await?;
    for (name, id) in names.iter().zip(["a", "b"]) {
        ensure_eq!(
            ids(&store.query("c", &Filter::eq(name, 1)).await?),
            [id],
            "the document with the field that ends with {id}"
        );
    }
    Ok(())
}

async fn long_paths_find_nothing(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"a": {"a": 1}}))]).await?;
    let long = [
        ["a"; 40].join("."),
        "a".repeat(10_000),
        "'".repeat(10_000),
        ".".repeat(1_000),
    ];
    for path in long {
        ensure!(
            store.query("c", &Filter::exists(&path, true)).await?.is_empty(),
            "no document has such a field"
        );
        ensure_eq!(
            ids(&store.query("c", &Filter::exists(&path, false)).await?),
            ["d"],
            "in every document it is missing"
        );
    }
    Ok(())
}
