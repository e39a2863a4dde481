//! doc put, doc get, doc delete.

use serde_json::{Value, json};

use crate::support::Place;

fn data(place: &Place, id: &str) -> Value {
    place.json(&["doc", "get", "c", id])["data"].take()
}

#[test]
fn a_document_comes_back_as_it_went_in() {
    let place = Place::new();
    let content =
        r#"{"a":null,"b":18446744073709551615,"c":-9223372036854775808,"d":1e-300,"e":[1,1.0,""],"é":{"x.y":true}}"#;
    assert_eq!(place.ok(&["doc", "put", "c", "1", content]), "");
    assert_eq!(data(&place, "1"), serde_json::from_str::<Value>(content).unwrap());
    place.feed(&["doc", "put", "c", "2"], content).ok();
    place.feed(&["doc", "put", "c", "3", "-"], content).ok();
    assert_eq!(data(&place, "2"), data(&place, "3"));
}

#[test]
fn a_document_has_its_times_and_keeps_the_first() {
    let place = Place::new();
    let version = place.json(&["doc", "put", "c", "1", "{}"])["version"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(version.len(), 32);
    let first = place.json(&["doc", "get", "c", "1"]);
    place.ok(&["doc", "put", "c", "1", r#"{"a":1}"#]);
    let second = place.json(&["doc", "get", "c", "1"]);
    assert_eq!(first["created_at"], second["created_at"]);
    assert!(first["updated_at"].as_i64() <= second["updated_at"].as_i64());
    assert_eq!(second["metadata"], json!({}));
}

#[test]
fn a_deleted_document_is_gone_and_keys_never_see_documents() {
    let place = Place::new();
    place.ok(&["doc", "put", "c", "1", "{}"]);
    place.fails(1, &["get", "1"]);
    assert_eq!(place.ok(&["list"]), "");
    assert_eq!(place.ok(&["doc", "query", "other"]), "");
    place.ok(&["doc", "delete", "c", "1"]);
    place.ok(&["doc", "delete", "c", "1"]);
    place.fails(1, &["doc", "get", "c", "1"]);
}

#[test]
fn what_is_no_document_is_refused_with_the_place_of_the_mistake() {
    let place = Place::new();
    place.ok(&["doc", "put", "c", "1", "{}"]);
    let table = [
        ("{\"a\":\n secret}", "line 2, column 2"),
        ("[1]", "not a JSON object"),
        ("\"secret\"", "not a JSON object"),
        ("{\"a\":1e999}", "line 1"),
        ("", "not JSON"),
        ("{} x", "column 4"),
    ];
    for (text, told) in table {
        let error = place.feed(&["doc", "put", "c", "1"], text).fails(2);
        assert!(error.contains(told) && !error.contains("secret"), "{text}: {error}");
    }
    assert_eq!(
        place.json_error(&["doc", "put", "c", "1", "[]"])["kind"],
        "InvalidDocument"
    );
    assert_eq!(data(&place, "1"), json!({}));
}

#[test]
fn hostile_depth_is_an_error_and_no_crash() {
    let place = Place::new();
    place.ok(&["doc", "put", "c", "1", "{}"]);
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"a\":{}1{}}}", open.repeat(100_000), close.repeat(100_000));
        let error = place.feed(&["doc", "put", "c", "1"], deep).fails(2);
        assert!(error.contains("nests more than 32 levels"), "{error}");
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(32), "]".repeat(32));
    assert!(
        place
            .fails(2, &["doc", "put", "c", "1", &deep])
            .contains("nests more than 32 levels")
    );
    let fits = format!("{{\"a\":{}1{}}}", "[".repeat(31), "]".repeat(31));
    place.ok(&["doc", "put", "c", "1", &fits]);
    // An argument has at most 128 KiB on Linux.
    let filter = format!("{{\"a\":{}1{}}}", "[".repeat(60_000), "]".repeat(60_000));
    assert!(place.fails(2, &["doc", "query", "c", &filter]).contains("filter"));
}
