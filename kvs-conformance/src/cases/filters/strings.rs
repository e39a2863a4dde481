//! Strings and arrays: what begins with, contains and equals what.

use kvs_core::Filter;
use serde_json::json;

use super::{ensure_finds, with, with_documents};
use crate::cases::support::ids;
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "filters";
    "Strings are equal byte for byte: case, spaces and composition matter."
        => strings_are_equal_byte_for_byte [documents];
    "Strings that differ behind their first 10,000 bytes are told apart."
        => long_strings_are_told_apart [documents];
    "starts_with compares bytes: nothing in the prefix is a wildcard, and case matters."
        => starts_with_is_literal [documents];
    "starts_with the empty string finds every string, and nothing else."
        => starts_with_nothing_finds_all_strings [documents];
    "contains of a string finds a part of a string, literally."
        => contains_finds_a_part_of_a_string [documents];
    "contains finds an element of an array, of exactly that type and deeply equal."
        => contains_finds_an_element [documents];
    "contains finds the last of 1,000 elements."
        => contains_searches_a_long_array [documents];
    "contains of a number in a string, and of anything in an object, finds nothing."
        => contains_does_not_convert [documents];
}

async fn strings_are_equal_byte_for_byte(cx: Context) -> Outcome {
    let texts = ["a", "A", " a", "a ", "é", "e\u{301}", "a\0", ""];
    let documents = texts.iter().map(|text| (format!("id {text}"), json!({ "f": text })));
    let store = with_documents(&cx, documents.collect()).await?;
    for text in texts {
        let found = store.query("c", &Filter::eq("f", text)).await?;
        ensure_eq!(ids(&found), [format!("id {text}")], "only {text:?} equals {text:?}");
    }
    Ok(())
}

async fn long_strings_are_told_apart(cx: Context) -> Outcome {
    let text = |last: &str| format!("{}{last}", "x".repeat(10_000));
    let documents = [("a", json!({"f": text("a")})), ("b", json!({"f": text("b")}))];
    let store = with(&cx, &documents).await?;
    let filters = [
        Filter::eq("f", text("b")),
        Filter::gt("f", text("a")),
        Filter::is_in("f", [text("c"), text("b")]),
        Filter::starts_with("f", text("b")),
        Filter::contains("f", "xb"),
    ];
    for filter in filters {
        ensure_eq!(ids(&store.query("c", &filter).await?), ["b"], "what {filter:?} finds");
    }
    Ok(())
}

async fn starts_with_is_literal(cx: Context) -> Outcome {
    let texts = [
        "abc",
        "ABC",
        "a%c",
        "a_c",
        "a*c",
        "a\\c",
        "é1",
        "e\u{301}1",
        "a\0b",
        "a",
    ];
    let documents = texts.iter().map(|text| ((*text).to_owned(), json!({ "f": text })));
    let store = with_documents(&cx, documents.collect()).await?;
    for prefix in [
        "ab", "AB", "a%", "a_", "a*", "a\\", "é", "e", "a\0", "a", "%", "_", "abcd",
    ] {
        let mut expected: Vec<&str> = texts.into_iter().filter(|text| text.starts_with(prefix)).collect();
        expected.sort_unstable();
        let found = store.query("c", &Filter::starts_with("f", prefix)).await?;
        ensure_eq!(ids(&found), expected, "what begins with {prefix:?}");
    }
    Ok(())
}

async fn starts_with_nothing_finds_all_strings(cx: Context) -> Outcome {
    let documents = [
        ("empty", json!({"f": ""})),
        ("list", json!({"f": ["a"]})),
        ("missing", json!({})),
        ("null", json!({"f": null})),
        ("number", json!({"f": 12})),
        ("text", json!({"f": "a"})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$starts_with": ""}}"#, &["empty", "text"]),
            (r#"{"f": {"$starts_with": "1"}}"#, &[]),
            (
                r#"{"$not": {"f": {"$starts_with": ""}}}"#,
                &["list", "missing", "null", "number"],
            ),
        ],
    )
    .await
}

async fn contains_finds_a_part_of_a_string(cx: Context) -> Outcome {
    let texts = ["xaby", "xABy", "x%y", "x_y", "x*y", "x'y", "x\\y", "é", "x\0y", ""];
    let documents = texts.iter().map(|text| (format!("id {text}"), json!({ "f": text })));
    let store = with_documents(&cx, documents.collect()).await?;
    for part in [
        "ab", "AB", "%", "_", "*", "'", "\\", "é", "e", "\0", "x", "", "xaby", "xabyz",
    ] {
        let matching = texts.iter().filter(|text| text.contains(part));
        let mut expected: Vec<String> = matching.map(|text| format!("id {text}")).collect();
        expected.sort_unstable();
        let found = store.query("c", &Filter::contains("f", part)).await?;
        ensure_eq!(ids(&found), expected, "what contains {part:?}");
    }
    Ok(())
}

async fn contains_finds_an_element(cx: Context) -> Outcome {
    let documents = [
        ("bool", json!({"f": [true]})),
        ("empty", json!({"f": []})),
        ("nested", json!({"f": [[1], {"a": 1}]})),
        ("null", json!({"f": [null]})),
        ("number", json!({"f": [3, 1, 2]})),
        ("text", json!({"f": ["1", "abc"]})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$contains": 1}}"#, &["number"]),
            (r#"{"f": {"$contains": 1.0}}"#, &["number"]),
            (r#"{"f": {"$contains": "1"}}"#, &["text"]),
            (r#"{"f": {"$contains": "ab"}}"#, &[]),
            (r#"{"f": {"$contains": "abc"}}"#, &["text"]),
            (r#"{"f": {"$contains": true}}"#, &["bool"]),
            (r#"{"f": {"$contains": null}}"#, &["null"]),
            (r#"{"f": {"$contains": [1]}}"#, &["nested"]),
            (r#"{"f": {"$contains": {"a": 1.0}}}"#, &["nested"]),
            (r#"{"f": {"$contains": []}}"#, &[]),
        ],
    )
    .await
}

async fn contains_searches_a_long_array(cx: Context) -> Outcome {
    let numbers = |count: i32| json!({"f": (0..count).collect::<Vec<_>>()});
    let store = with(&cx, &[("long", numbers(1_000)), ("short", numbers(999))]).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$contains": 999}}"#, &["long"]),
            (r#"{"f": {"$contains": 998}}"#, &["long", "short"]),
        ],
    )
    .await
}

async fn contains_does_not_convert(cx: Context) -> Outcome {
    let documents = [
        ("number", json!({"f": 123})),
        ("object", json!({"f": {"a": "b"}})),
        ("text", json!({"f": "1 true null a b"})),
        ("missing", json!({})),
    ];
    let store = with(&cx, &documents).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"f": {"$contains": 1}}"#, &[]),
            (r#"{"f": {"$contains": true}}"#, &[]),
            (r#"{"f": {"$contains": null}}"#, &[]),
            (r#"{"f": {"$contains": "a"}}"#, &["text"]),
            (r#"{"f": {"$contains": {}}}"#, &[]),
        ],
    )
    .await
}
