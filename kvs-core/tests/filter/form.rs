//! The forms of a filter: JSON, maps, constructors; and what they show.

use std::collections::{BTreeMap, HashMap};

use kvs_core::{ErrorKind, Expr, FieldPath, Filter, Map, Operator};
use serde_json::json;

use crate::{document, object, parse};

#[test]
fn the_json_form_and_the_constructors_build_the_same_filter() {
    for (form, built) in [
        (json!({}), Filter::all()),
        (json!({ "a.b": 1 }), Filter::eq(FieldPath::new(["a", "b"]), 1)),
        (
            json!({ "a": { "$gte": 1, "$lt": 5 } }),
            Filter::gte("a", 1) & Filter::lt("a", 5),
        ),
        (
            json!({ "a": { "$gt": 1, "$lte": 5 } }),
            Filter::gt("a", 1) & Filter::lte("a", 5),
        ),
        (json!({ "a": { "$ne": [1] } }), Filter::ne("a", json!([1]))),
        (
            json!({ "a": { "$eq": { "$gte": 1 } } }),
            Filter::eq("a", json!({ "$gte": 1 })),
        ),
        (
            json!({ "a": { "$in": [1, "x"] } }),
            Filter::is_in("a", [json!(1), json!("x")]),
        ),
        (json!({ "a": { "$exists": false } }), Filter::exists("a", false)),
        (json!({ "a": { "$starts_with": "x" } }), Filter::starts_with("a", "x")),
        (json!({ "a": { "$contains": "x" } }), Filter::contains("a", "x")),
        (
            json!({ "$or": [{ "a": 1 }, { "b": 2 }] }),
            Filter::eq("a", 1) | Filter::eq("b", 2),
        ),
        (json!({ "$not": { "a": 1 } }), !Filter::eq("a", 1)),
        (
            json!({ "$not": { "$not": { "a": 1 } } }),
            Filter::not(Filter::not(Filter::eq("a", 1))),
        ),
    ] {
        assert_eq!(parse(&form), built, "{form}");
        assert_eq!(form.to_string().parse::<Filter>().unwrap(), built, "{form}");
        assert_eq!(serde_json::from_value::<Filter>(form).unwrap(), built);
    }
}

#[test]
fn a_map_of_fields_is_equality_of_literal_top_level_names() {
    let fields = [
        ("a.b".to_owned(), json!("dotted")),
        ("$dollar".to_owned(), json!("money")),
    ];
    let filters = [
        Filter::from(Map::from_iter(fields.clone())),
        Filter::from(BTreeMap::from_iter(fields.clone())),
        Filter::from(HashMap::from(fields.clone())),
    ];
    for filter in filters {
        assert!(filter.matches(&document()));
        assert!(!filter.matches(&object(json!({ "a": { "b": "dotted" }, "$dollar": "money" }))));
    }
    assert_eq!(Filter::from(Map::new()), Filter::all());
    // A value that looks like operators is a value.
    let filter = Filter::from(object(json!({ "a": { "$gte": 1 } })));
    assert!(filter.matches(&object(json!({ "a": { "$gte": 1 } }))));
    assert!(!filter.matches(&object(json!({ "a": 2 }))));
}

#[test]
fn a_wrong_form_is_an_invalid_argument_that_says_what_to_do() {
    for (form, message) in [
        (json!([]), "a filter is a JSON object"),
        (json!(null), "a filter is a JSON object"),
        (json!("secret"), "a filter is a JSON object"),
        (
            json!({ "$nor": [{ "a": "secret" }] }),
            "`$nor` cannot stand beside fields",
        ),
        (json!({ "$eq": "secret" }), "`$eq` cannot stand beside fields"),
        (json!({ "$gte.x": "secret" }), "`$gte.x` cannot stand beside fields"),
        (json!({ "a": { "$above": "secret" } }), "`$above` is no operator"),
        (json!({ "a": { "$not": { "$eq": "secret" } } }), "`$not` is no operator"),
        (json!({ "a": { "$or": [] } }), "`$or` is no operator"),
        (json!({ "a": { "$gte": 1, "secret": "secret" } }), "`$gte` stands among"),
        (json!({ "a": { "$and": {}, "b": 1 } }), "`$and` stands among"),
        (json!({ "$and": { "a": "secret" } }), "take an array of filters"),
        (json!({ "$or": "secret" }), "take an array of filters"),
        (json!({ "$or": [{}, "secret"] }), "take an array of filters"),
        (json!({ "$not": ["secret"] }), "`$not` takes a filter"),
        (json!({ "a": { "$in": "secret" } }), "`$in` takes an array"),
        (json!({ "a": { "$in": { "$eq": 1 } } }), "`$in` takes an array"),
        (json!({ "a": { "$exists": "secret" } }), "`$exists` takes true or false"),
        (json!({ "a": { "$exists": 1 } }), "`$exists` takes true or false"),
        (json!({ "a": { "$starts_with": 7 } }), "`$starts_with` takes a string"),
        (
            json!({ "a": { "$\n1234567890123456789012345": 1 } }),
            "`$\\n1234567890123456789012…`",
        ),
    ] {
        let error = Filter::from_json(&form).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{form}");
        let text = error.to_string();
        assert!(text.contains(message), "{form}: {text}");
        assert!(!text.contains("secret") && !text.contains('\n'), "{form}: {text}");
    }
}

#[test]
fn text_that_is_not_json_is_refused_with_its_place_but_not_its_content() {
    let error = "{\n \"password\": hunter2 }".parse::<Filter>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let text = error.to_string();
    assert!(text.contains("line 2, column"), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("password"), "{text}");
    for text in ["", "{", "{} {}", "{\"a\": \"\\ud800\"}", "{\"a\": 1e400}"] {
        assert_eq!(
            text.parse::<Filter>().unwrap_err().kind(),
            ErrorKind::InvalidArgument,
            "{text}"
        );
    }
}

#[test]
fn debug_shows_structure_but_no_values() {
    let filter = parse(&json!({
        "a": { "$eq": "secret", "$ne": "secret", "$lt": "secret", "$lte": "secret", "$gt": "secret", "$gte": "secret",
               "$in": ["secret", 41], "$exists": true, "$starts_with": "secret", "$contains": "secret" },
        "b.c": { "x": "secret" },
        "$or": [{ "d": 41 }, { "$not": { "e\n": "secret" } }],
    }));
    let text = format!("{filter:?} {:?}", filter.expr());
    assert!(
        !text.contains("secret") && !text.contains("41") && !text.contains('\n'),
        "{text}"
    );
    for part in [
        "Filter(and(",
        "a eq _",
        "a in [_; 2]",
        "a exists true",
        "b.c eq _",
        "or(d eq _, not(\"e\\n\" eq _))",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(format!("{:?}", Filter::all()), "Filter(all)");
}

#[test]
fn paths_show_unambiguously() {
    assert_eq!(FieldPath::from("a.b").to_string(), "a.b");
    assert_eq!(FieldPath::literal("a.b").to_string(), "\"a.b\"");
    assert_eq!(FieldPath::from("a..b").to_string(), "a.\"\".b");
    assert_eq!(FieldPath::from("a..b").segments(), ["a", "", "b"]);
    assert_eq!(
        FieldPath::from(String::from("a.b")),
        FieldPath::from(&String::from("a.b"))
    );
}

#[test]
fn the_structure_is_flat_and_free_of_constants() {
    let three = (Filter::eq("a", 1) & Filter::eq("b", 2)) & Filter::and([Filter::eq("c", 3), Filter::all()]);
    assert!(matches!(three.expr(), Expr::And(parts) if parts.len() == 3));
    assert_eq!(three & Filter::or([]), Filter::or([]));
    let either = Filter::eq("a", 1) | (Filter::eq("b", 2) | Filter::or([]));
    assert!(matches!(either.expr(), Expr::Or(parts) if parts.len() == 2));
    assert_eq!(either | Filter::all(), Filter::all());
    assert!(matches!((!Filter::exists("a", true)).expr(), Expr::Not(_)));
    assert!(matches!(
        Filter::and([Filter::ne("a", 1)]).expr(),
        Expr::Field { op: Operator::Ne(value), .. } if *value == 1
    ));
}
