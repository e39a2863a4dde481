//! The forms a filter is given in: JSON, text, maps.

use std::collections::{BTreeMap, HashMap};

use kvs_core::{ErrorKind, Filter, Map, Value};
use serde_json::json;

use super::{ensure_finds, with};
use crate::cases::support::{discard, ids, nested_arrays, nested_objects};
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
    "Text that is no JSON object is InvalidArgument."
        => what_is_no_object_is_refused [documents];
    "An unknown operator is InvalidArgument, and the message names it."
        => an_unknown_operator_is_refused [documents];
    "An operator among fields, or with an operand of the wrong type, is InvalidArgument."
        => misplaced_operators_are_refused [documents];
    "A number that no document can hold is InvalidArgument in a filter."
        => numbers_beyond_64_bits_are_refused [documents];
    "JSON of 100,000 levels is InvalidArgument in every form of a filter, and overflows no stack."
        => deep_json_is_refused [documents];
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
    let pairs = [
        (json!({"age": 36}), Filter::eq("age", 36)),
        (json!({"age": {"$ne": 36}}), Filter::ne("age", 36)),
        (
            json!({"age": {"$gte": 18, "$lt": 65}}),
            Filter::gte("age", 18) & Filter::lt("age", 65),
        ),
        (json!({"age": {"$gt": 17}}), Filter::gt("age", 17)),
        (json!({"age": {"$lte": 36}}), Filter::lte("age", 36)),
        (json!({"age": {"$in": [17, 65]}}), Filter::is_in("age", [17, 65])),
        (json!({"tags": {"$exists": false}}), Filter::exists("tags", false)),
        (json!({"name": {"$starts_with": "B"}}), Filter::starts_with("name", "B")),
        (json!({"tags": {"$contains": "x"}}), Filter::contains("tags", "x")),
        (json!({"address.city": "Paris"}), Filter::eq("address.city", "Paris")),
        (
            json!({"$or": [{"age": 17}, {"name": null}]}),
            Filter::eq("age", 17) | Filter::eq("name", Value::Null),
        ),
        (json!({"$not": {"age": 17}}), !Filter::eq("age", 17)),
    ];
    for (form, filter) in pairs {
        let found = store.query("c", &Filter::from_json(&form)?).await?;
        let expected = store.query("c", &filter).await?;
        ensure!(
            !expected.is_empty() && expected.len() < 3,
            "the row tells something apart: {form}"
        );
        ensure_eq!(ids(&found), ids(&expected), "what {form} finds");
        let read: Filter = form.to_string().parse()?;
        ensure_eq!(
            ids(&store.query("c", &read).await?),
            ids(&expected),
            "what the text of {form} finds"
        );
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

fn ensure_refused(texts: &[&str], rule: &str) -> Outcome {
    for text in texts {
        ensure_kind!(text.parse::<Filter>(), ErrorKind::InvalidArgument, "{rule}: {text}");
    }
    Ok(())
}

async fn what_is_no_object_is_refused(cx: Context) -> Outcome {
    cx.open().await?;
    let texts = [
        "",
        " ",
        "null",
        "1",
        "\"a\"",
        "[]",
        "[{}]",
        "true",
        "{",
        "{\"a\":}",
        "{} {}",
        "{'a': 1}",
        "{a: 1}",
        "\0",
        "{\"a\": NaN}",
    ];
    ensure_refused(&texts, "a filter is a JSON object")
}

async fn an_unknown_operator_is_refused(cx: Context) -> Outcome {
    cx.open().await?;
    for name in ["$above", "$GT", "$regex", "$where", "$", "$eq ", "$nor", "$and"] {
        let form = json!({"age": {name: 18}});
        match Filter::from_json(&form) {
            Err(error) => {
                ensure_eq!(
                    error.kind(),
                    ErrorKind::InvalidArgument,
                    "the kind of the error about {name}"
                );
                ensure!(error.to_string().contains(name), "the message names {name}: {error}");
            }
            Ok(_) => return Err(format!("{form} was taken for a filter").into()),
        }
    }
    Ok(())
}

async fn misplaced_operators_are_refused(cx: Context) -> Outcome {
    cx.open().await?;
    let texts = [
        r#"{"$gt": 1}"#,
        r#"{"$eq": {}}"#,
        r#"{"$unknown": []}"#,
        r#"{"a": {"$gt": 1, "b": 2}}"#,
        r#"{"a": {"b": 2, "$gt": 1}}"#,
        r#"{"$and": {}}"#,
        r#"{"$or": {"a": 1}}"#,
        r#"{"$or": [1]}"#,
        r#"{"$and": [[]]}"#,
        r#"{"$not": []}"#,
        r#"{"$not": null}"#,
        r#"{"a": {"$in": 1}}"#,
        r#"{"a": {"$in": {"b": 1}}}"#,
        r#"{"a": {"$exists": 1}}"#,
        r#"{"a": {"$exists": null}}"#,
        r#"{"a": {"$exists": "true"}}"#,
        r#"{"a": {"$starts_with": 1}}"#,
        r#"{"a": {"$starts_with": null}}"#,
    ];
    ensure_refused(&texts, "an operator in the wrong place, or with the wrong operand")
}

async fn numbers_beyond_64_bits_are_refused(cx: Context) -> Outcome {
    cx.open().await?;
    ensure_refused(
        &[r#"{"a": 1e400}"#, r#"{"a": {"$lt": -1e999}}"#],
        "a number beyond f64 fits no document",
    )
}

async fn deep_json_is_refused(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"a": 1}))]).await?;
    for text in [
        format!("{{\"a\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{}{{}}{}", "{\"$not\": ".repeat(100_000), "}".repeat(100_000)),
        format!("{}{{}}{}", "{\"$and\": [".repeat(100_000), "]}".repeat(100_000)),
        "[".repeat(100_000),
    ] {
        ensure_kind!(
            text.parse::<Filter>(),
            ErrorKind::InvalidArgument,
            "the text is too deep"
        );
    }
    for deep in [nested_arrays(100_000), nested_objects(100_000)] {
        let outcome = Filter::from_json(&deep);
        discard(deep);
        // The objects are a filter on the field `a`, the arrays are none at all.
        ensure_kind!(outcome, ErrorKind::InvalidArgument, "the JSON is too deep");
    }
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
