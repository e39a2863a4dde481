//! What filters mean, through the public interface alone.

mod form;
mod hostile;
mod laws;
mod table;

use kvs_core::{Filter, Map, Value};
use serde_json::json;

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else {
        unreachable!("the test passes an object")
    };
    map
}

fn parse(filter: &Value) -> Filter {
    Filter::from_json(filter).unwrap_or_else(|error| unreachable!("{filter}: {error}"))
}

/// One document with a field of every kind, which all truth tables question.
fn document() -> Map<String, Value> {
    object(json!({
        "null": null, "true": true, "false": false,
        "one": 1, "one_float": 1.0, "minus_two": -2, "half": 0.5, "negative_zero": -0.0,
        "u64_max": u64::MAX, "i64_min": i64::MIN, "above_2_53": 9_007_199_254_740_993_i64,
        "text": "héllo 100%_*", "empty": "", "digit": "1", "z": "z",
        "array": ["a", 1, null, [2], { "k": 1.0 }], "empty_array": [],
        "object": { "b": { "c": 1 }, "x.y": 2, "": 3, "$gte": 4, "list": [{ "n": 1 }] }, "empty_object": {},
        "a.b": "dotted", "a'b\"c\\d #:": "odd", "$dollar": "money", "": { "": "nameless" }, "1st": 1, "naïve": true,
    }))
}
