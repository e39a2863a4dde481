//! Filters on real data, against plain loops.

use serde_json::Value;

use crate::support::{MEDIA_TYPES, Place};

type Rule = fn(&Value) -> bool;

/// The ids that the rule selects from the file, in byte order.
fn expected(rule: Rule) -> Vec<String> {
    let text = std::fs::read_to_string(MEDIA_TYPES).unwrap();
    let types: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut ids: Vec<String> = types
        .iter()
        .filter(|data| rule(data))
        .map(|data| data["type"].as_str().unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    ids
}

fn found(place: &Place, filter: &str) -> Vec<String> {
    let lines = place.ok(&["doc", "query", "types", filter]);
    let id = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    lines.lines().map(id).collect()
}

fn has_extension(data: &Value, wanted: &str) -> bool {
    data["extensions"]
        .as_array()
        .is_some_and(|all| all.iter().any(|extension| extension == wanted))
}

#[test]
fn each_filter_finds_what_a_plain_loop_finds() {
    let rules: [(&str, Rule); 14] = [
        ("{}", |_| true),
        (r#"{"compressible":true,"source":"iana"}"#, |d| {
            d["compressible"] == true && d["source"] == "iana"
        }),
        (r#"{"charset":"UTF-8"}"#, |d| d["charset"] == "UTF-8"),
        (r#"{"missing":1}"#, |_| false),
        (r#"{"missing":null}"#, |_| false),
        (r#"{"source":{"$ne":"iana"}}"#, |d| d["source"] != "iana"),
        (r#"{"source":{"$in":["apache","nginx"]}}"#, |d| {
            d["source"] == "apache" || d["source"] == "nginx"
        }),
        (r#"{"extensions":{"$exists":true}}"#, |d| d.get("extensions").is_some()),
        (r#"{"extensions":{"$exists":false}}"#, |d| d.get("extensions").is_none()),
        (r#"{"extensions":{"$contains":"js"}}"#, |d| has_extension(d, "js")),
        (r#"{"type":{"$contains":"xml"}}"#, |d| {
            d["type"].as_str().unwrap().contains("xml")
        }),
        (r#"{"$not":{"compressible":true}}"#, |d| d["compressible"] != true),
        (
            r#"{"$or":[{"source":"nginx"},{"$and":[{"compressible":false},{"extensions":{"$exists":true}}]}]}"#,
            |d| d["source"] == "nginx" || d["compressible"] == false && d.get("extensions").is_some(),
        ),
        (
            r#"{"type":{"$starts_with":"text/","$gte":"text/v","$lt":"text/x"}}"#,
            |d| {
                let id = d["type"].as_str().unwrap();
                ("text/v".."text/x").contains(&id)
            },
        ),
    ];
    let place = Place::with_media_types();
    for (filter, rule) in rules {
        let expected = expected(rule);
        assert_eq!(found(&place, filter), expected, "{filter}");
    }
    // The rules above are worth something only if they select some and not all.
    let some = rules
        .iter()
        .filter(|(_, rule)| (1..282).contains(&expected(*rule).len()))
        .count();
    assert_eq!(some, 11);
}

#[test]
fn a_limit_counts_matches() {
    let place = Place::with_media_types();
    let all = found(&place, r#"{"source":"nginx"}"#);
    assert_eq!(all.len(), 13);
    let lines = place.ok(&[
        "doc",
        "query",
        "types",
        r#"{"source":"nginx"}"#,
        "--limit",
        "5",
        "--after",
        &all[3],
    ]);
    assert_eq!(lines.lines().count(), 5);
    assert!(lines.contains(&format!("\"{}\"", all[4])));
}

#[test]
fn a_wrong_filter_is_exit_2_and_says_why() {
    let place = Place::with_media_types();
    let table = [
        ("{", "not JSON"),
        ("[]", "JSON object"),
        (r#"{"a":{"$above":1}}"#, "$above"),
        (r#"{"$near":1}"#, "$near"),
        (r#"{"a":{"$gt":1,"b":2}}"#, "$gt"),
        (r#"{"$or":{}}"#, "array"),
        (r#"{"a":{"$in":1}}"#, "array"),
        (r#"{"a":{"$exists":1}}"#, "true or false"),
    ];
    for (filter, told) in table {
        let error = place.fails(2, &["doc", "query", "types", filter]);
        assert!(error.contains(told), "{filter}: {error}");
    }
    assert_eq!(
        place.json_error(&["doc", "query", "types", "{"])["kind"],
        "InvalidArgument"
    );
}
