//! Truth tables: each row is asked as it stands and negated.

use kvs_core::{FieldPath, Filter, Value};
use serde_json::json;

use crate::{document, object, parse};

fn assert_table(rows: &[(Value, bool)]) {
    let data = document();
    for (filter, expected) in rows {
        assert_eq!(parse(filter).matches(&data), *expected, "{filter}");
        assert_eq!(
            parse(&json!({ "$not": filter })).matches(&data),
            !expected,
            "not {filter}"
        );
    }
}

#[test]
fn equality() {
    assert_table(&[
        (json!({}), true),
        (json!({ "text": "héllo 100%_*" }), true),
        (json!({ "text": "Héllo 100%_*" }), false),
        (json!({ "text": " héllo 100%_*" }), false),
        (json!({ "text": "he\u{301}llo 100%_*" }), false),
        (json!({ "text": "%" }), false),
        (json!({ "empty": "" }), true),
        (json!({ "empty": null }), false),
        (json!({ "one": 1.0 }), true),
        (json!({ "one_float": 1 }), true),
        (json!({ "one": true }), false),
        (json!({ "true": 1 }), false),
        (json!({ "true": "true" }), false),
        (json!({ "digit": 1 }), false),
        (json!({ "one": "1" }), false),
        (json!({ "negative_zero": 0 }), true),
        (json!({ "u64_max": u64::MAX }), true),
        (json!({ "u64_max": 18_446_744_073_709_551_616.0 }), false),
        (json!({ "above_2_53": 9_007_199_254_740_992.0 }), false),
        (json!({ "null": null }), true),
        (json!({ "null": false }), false),
        (json!({ "missing": null }), false),
        (json!({ "array": ["a", 1.0, null, [2], { "k": 1 }] }), true),
        (json!({ "array": [1, "a", null, [2], { "k": 1 }] }), false),
        (json!({ "empty_array": [] }), true),
        (json!({ "empty_array": {} }), false),
        (json!({ "empty_object": {} }), true),
        (json!({ "one": {} }), false),
        (json!({ "object.b": { "c": 1.0 } }), true),
        (json!({ "object.b": { "c": 1, "d": null } }), false),
        (json!({ "empty_object": { "$eq": {} } }), true),
        (json!({ "one": 1, "z": "z" }), true),
        (json!({ "one": 1, "z": "y" }), false),
    ]);
}

#[test]
fn inequality_is_not_equality_so_a_missing_field_matches() {
    assert_table(&[
        (json!({ "one": { "$ne": 1.0 } }), false),
        (json!({ "one": { "$ne": 2 } }), true),
        (json!({ "one": { "$ne": "1" } }), true),
        (json!({ "missing": { "$ne": 1 } }), true),
        (json!({ "missing": { "$ne": null } }), true),
        (json!({ "null": { "$ne": null } }), false),
        (json!({ "$not": { "missing": 1 } }), true),
    ]);
}

#[test]
fn order_exists_between_two_numbers_and_between_two_strings_only() {
    assert_table(&[
        (json!({ "one": { "$gt": 0.5, "$lt": 1.5 } }), true),
        (json!({ "one": { "$gte": 1.0, "$lte": 1 } }), true),
        (json!({ "one": { "$gt": 1 } }), false),
        (json!({ "one": { "$lt": 1.0 } }), false),
        (json!({ "minus_two": { "$lt": -1 } }), true),
        (json!({ "i64_min": { "$lt": -9.3e18 } }), false),
        (json!({ "u64_max": { "$gt": u64::MAX - 1 } }), true),
        (json!({ "u64_max": { "$lt": 18_446_744_073_709_551_616.0 } }), true),
        (json!({ "above_2_53": { "$gt": 9_007_199_254_740_992.0 } }), true),
        (json!({ "above_2_53": { "$gte": 9_007_199_254_740_994_i64 } }), false),
        (json!({ "z": { "$gt": "Z" } }), true),
        (json!({ "z": { "$lt": "é" } }), true),
        // By UTF-8 bytes, not by UTF-16 units: U+1F600 comes after U+FFFD.
        (json!({ "z": { "$lt": "\u{fffd}" } }), true),
        (json!({ "empty": { "$lt": "\u{0}" } }), true),
        (json!({ "digit": { "$gt": 0 } }), false),
        (json!({ "one": { "$lt": "2" } }), false),
        (json!({ "text": { "$gt": 5 } }), false),
        (json!({ "missing": { "$lt": 1 } }), false),
        (json!({ "null": { "$lte": null } }), false),
        (json!({ "true": { "$gte": true } }), false),
        (json!({ "true": { "$gt": false } }), false),
        (json!({ "array": { "$gte": ["a"] } }), false),
        (json!({ "empty_object": { "$lte": {} } }), false),
        (json!({ "one": { "$gte": 2, "$lte": 0 } }), false),
    ]);
    let emoji = object(json!({ "s": "\u{1f600}" }));
    assert!(Filter::gt("s", "\u{fffd}").matches(&emoji));
}

#[test]
fn lists_presence_prefixes_and_parts() {
    assert_table(&[
        (json!({ "one": { "$in": [] } }), false),
        (json!({ "one": { "$in": ["1", true, 1.0] } }), true),
        (json!({ "one": { "$in": ["1", true, null, [1]] } }), false),
        (json!({ "null": { "$in": [null] } }), true),
        (json!({ "missing": { "$in": [null] } }), false),
        (json!({ "array": { "$in": ["a"] } }), false),
        (json!({ "empty_object": { "$in": [{}] } }), true),
        (json!({ "null": { "$exists": true } }), true),
        (json!({ "missing": { "$exists": true } }), false),
        (json!({ "missing": { "$exists": false } }), true),
        (json!({ "null": { "$exists": false } }), false),
        (json!({ "text": { "$starts_with": "hé" } }), true),
        (json!({ "text": { "$starts_with": "%" } }), false),
        (json!({ "text": { "$starts_with": "H" } }), false),
        (json!({ "text": { "$starts_with": "" } }), true),
        (json!({ "one": { "$starts_with": "" } }), false),
        (json!({ "array": { "$starts_with": "a" } }), false),
        (json!({ "missing": { "$starts_with": "" } }), false),
        (json!({ "text": { "$contains": "100%_*" } }), true),
        (json!({ "text": { "$contains": "1%0" } }), false),
        (json!({ "text": { "$contains": "" } }), true),
        (json!({ "digit": { "$contains": 1 } }), false),
        (json!({ "one": { "$contains": 1 } }), false),
        (json!({ "array": { "$contains": 1.0 } }), true),
        (json!({ "array": { "$contains": null } }), true),
        (json!({ "array": { "$contains": [2.0] } }), true),
        (json!({ "array": { "$contains": { "k": 1 } } }), true),
        (json!({ "array": { "$contains": 2 } }), false),
        (json!({ "array": { "$contains": "" } }), false),
        (json!({ "empty_array": { "$contains": null } }), false),
        (json!({ "object": { "$contains": "b" } }), false),
    ]);
}

#[test]
fn paths_lead_into_objects_only_and_names_are_data() {
    assert_table(&[
        (json!({ "object.b.c": 1 }), true),
        (json!({ "object.b.c.d": { "$exists": true } }), false),
        (json!({ "object.missing.c": { "$exists": false } }), true),
        (json!({ "null.a": { "$exists": true } }), false),
        (json!({ "array.0": "a" }), false),
        (json!({ "object.list.n": 1 }), false),
        (json!({ "object.": 3 }), true),
        (json!({ "object.$gte": 4 }), true),
        (json!({ ".": "nameless" }), true),
        (json!({ "": { "": "nameless" } }), true),
        (json!({ "a.b": "dotted" }), false),
        (json!({ "a'b\"c\\d #:": "odd" }), true),
        (json!({ "1st": 1 }), true),
        (json!({ "naïve": true }), true),
        (json!({ "nai\u{308}ve": { "$exists": true } }), false),
    ]);
    let data = document();
    assert!(Filter::eq(FieldPath::literal("a.b"), "dotted").matches(&data));
    assert!(Filter::eq(FieldPath::new(["object", "x.y"]), 2).matches(&data));
    assert!(Filter::eq("$dollar", "money").matches(&data));
}

#[test]
fn combinators() {
    assert_table(&[
        (json!({ "$and": [] }), true),
        (json!({ "$or": [] }), false),
        (json!({ "$not": {} }), false),
        (json!({ "$and": [{ "one": 1 }, { "z": "z" }] }), true),
        (json!({ "$and": [{ "one": 1 }, { "z": "y" }] }), false),
        (json!({ "$or": [{ "one": 2 }, { "z": "z" }] }), true),
        (json!({ "$or": [{ "one": 2 }, { "z": "y" }] }), false),
        (json!({ "$or": [{ "one": 2 }, {}] }), true),
        (json!({ "$and": [{ "one": 1 }, { "$or": [] }] }), false),
        // Members hold together, combinators among them.
        (
            json!({ "one": 1, "$or": [{ "z": "z" }, { "z": "y" }], "$not": { "one": 2 } }),
            true,
        ),
        (json!({ "one": 2, "$or": [{ "z": "z" }] }), false),
    ]);
}
