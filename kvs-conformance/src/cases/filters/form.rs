//! The forms a filter is given in: JSON, text, maps.

use std::collections::{BTreeMap, HashMap};

use kvs_core::{ErrorKind, Filter, Map, Value};
use serde_json::json;

use super::{ensure_finds, with};
use crate::cases::support::{ids, nested_arrays, nested_objects};
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "filters";
    "The JSON form finds what the same filter from the API finds, operator by operator."
        => the_json_form_means_the_api [documents];
    "A map of field to value finds documents in which every field equals its value; names are literal."
        => a_map_is_a_filter [documents];
    "A value that is an object without operators is compared as a whole."
        => an_object_without_operators_is_a_value [documents];
    "The empty object as a value is compared, and is no list of operators."
        => an_empty_object_is_a_value [documents];
    "$eq compares with an object whose members look like operators."
        => eq_compares_with_any_object [documents];
    "A filter read through serde is the filter read from its text."
        => serde_reads_filters [documents];
    "A value of 100,000 levels is InvalidArgument in every operator, and overflows no stack."
        => deep_values_are_refused [documents];
    "A value of 32 levels is compared; one of 33 is InvalidArgument."
        => the_limit_of_a_value_is_exact [documents];
}

async fn the_json_form_means_the_api(cx: Context) -> Outcome {
    let documents = [
        ("a", json!({"age": 17, "name": "Ada", "tags": ["x"]})),
        (
            "b",
            json!({"age": 36, "name": "Bea", "tags": ["y", "x"], "address": {"city": "Paris"}}),
        ),
        ("c", json!({"age": 65, "name": null})),
    ];
    let store = with(&cx, &documents).await?;
    let rows: [(_, _, &[&str]); 12] = [
        (json!({"age": 36}), Filter::eq("age", 36), &["b"]),
        (json!({"age": {"$ne": 36}}), Filter::ne("age", 36), &["a", "c"]),
        (
            json!({"age": {"$gte": 18, "$lt": 65}}),
            Filter::gte("age", 18) & Filter::lt("age", 65),
            &["b"],
        ),
        (json!({"age": {"$gt": 17}}), Filter::gt("age", 17), &["b", "c"]),
        (json!({"age": {"$lte": 36}}), Filter::lte("age", 36), &["a", "b"]),
        (
            json!({"age": {"$in": [17, 65]}}),
            Filter::is_in("age", [17, 65]),
            &["a", "c"],
        ),
        (
            json!({"tags": {"$exists": false}}),
            Filter::exists("tags", false),
            &["c"],
        ),
        (
            json!({"name": {"$starts_with": "B"}}),
            Filter::starts_with("name", "B"),
            &["b"],
        ),
        (
            json!({"tags": {"$contains": "x"}}),
            Filter::contains("tags", "x"),
            &["a", "b"],
        ),
        (
            json!({"address.city": "Paris"}),
            Filter::eq("address.city", "Paris"),
            &["b"],
        ),
        (
            json!({"$or": [{"age": 17}, {"name": null}]}),
            Filter::eq("age", 17) | Filter::eq("name", Value::Null),
            &["a", "c"],
        ),
        (json!({"$not": {"age": 17}}), !Filter::eq("age", 17), &["b", "c"]),
    ];
    for (form, filter, expected) in rows {
        let read: Filter = form.to_string().parse()?;
        for filter in [filter, Filter::from_json(&form)?, read] {
            ensure_eq!(ids(&store.query("c", &filter).await?), expected, "what {form} finds");
        }
    }
    Ok(())
}

async fn a_map_is_a_filter(cx: Context) -> Outcome {
    let documents = [
        ("both", json!({"a": 1, "b.c": "x", "$d": null})),
        ("nested", json!({"a": 1, "b": {"c": "x"}, "$d": null})),
        ("one", json!({"a": 1})),
    ];
    let store = with(&cx, &documents).await?;
    let fields =
        [("a", json!(1)), ("b.c", json!("x")), ("$d", json!(null))].map(|(name, value)| (name.to_owned(), value));
    let maps = [
        Filter::from(Map::from_iter(fields.clone())),
        Filter::from(BTreeMap::from(fields.clone())),
        Filter::from(HashMap::from(fields)),
    ];
    for filter in maps {
        ensure_eq!(
            ids(&store.query("c", &filter).await?),
            ["both"],
            "every field equals its value, by literal name"
        );
    }
    let operators = Map::from_iter([("a".to_owned(), json!({"$gt": 0}))]);
    ensure!(
        store.query("c", &operators.into()).await?.is_empty(),
        "in a map of values there are no operators"
    );
    Ok(())
}

async fn an_object_without_operators_is_a_value(cx: Context) -> Outcome {
    let documents = [
        ("equal", json!({"f": {"a": 1, "b": 2}})),
        ("more", json!({"f": {"a": 1, "b": 2, "c": 3}})),
        ("less", json!({"f": {"a": 1}})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"b": 2, "a": 1}}"#, &["equal"]),
            (r#"{"f": {"a": 1}}"#, &["less"]),
            (r#"{"f.a": 1}"#, &["equal", "less", "more"]),
        ],
    )
    .await
}

async fn an_empty_object_is_a_value(cx: Context) -> Outcome {
    let documents = [
        ("empty", json!({"f": {}})),
        ("full", json!({"f": {"a": 1}})),
        ("list", json!({"f": []})),
        ("none", json!({})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(&store, &[(r#"{"f": {}}"#, &["empty"]), (r#"{"f": []}"#, &["list"])]).await
}

async fn eq_compares_with_any_object(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"f": {"$gt": 1}})), ("e", json!({"f": 2}))]).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$eq": {"$gt": 1}}}"#, &["d"]),
            (r#"{"f": {"$gt": 1}}"#, &["e"]),
            (r#"{"f": {"$in": [{"$gt": 1}]}}"#, &["d"]),
        ],
    )
    .await
}

async fn serde_reads_filters(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"n": 1})), ("e", json!({"n": 2}))]).await?;
    let filter: Filter = serde_json::from_str(r#"{"n": {"$gt": 1}}"#)?;
    ensure_eq!(ids(&store.query("c", &filter).await?), ["e"], "serde gives the filter");
    ensure!(
        serde_json::from_str::<Filter>(r#"{"n": {"$above": 1}}"#).is_err(),
        "serde refuses an unknown operator"
    );
    Ok(())
}

async fn deep_values_are_refused(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"a": 1}))]).await?;
    let filters = [
        Filter::eq("a", nested_arrays(100_000)),
        Filter::contains("a", nested_objects(100_000)),
        Filter::is_in("a", [json!(1), nested_arrays(100_000)]),
    ];
    for filter in filters {
        ensure_kind!(
            store.query("c", &filter).await,
            ErrorKind::InvalidArgument,
            "the value is too deep"
        );
    }
    Ok(())
}

async fn the_limit_of_a_value_is_exact(cx: Context) -> Outcome {
    let store = with(
        &cx,
        &[
            ("d", json!({"a": nested_arrays(31)})),
            ("e", json!({"a": nested_arrays(30)})),
        ],
    )
    .await?;
    ensure_eq!(
        ids(&store.query("c", &Filter::eq("a", nested_arrays(31))).await?),
        ["d"],
        "deep values are equal"
    );
    ensure!(
        store.query("c", &Filter::eq("a", nested_arrays(32))).await?.is_empty(),
        "32 levels may be asked for"
    );
    let outcome = store.query("c", &Filter::eq("a", nested_arrays(33))).await;
    ensure_kind!(outcome, ErrorKind::InvalidArgument, "33 levels are in no document");
    Ok(())
}
