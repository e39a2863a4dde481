//! doc import.

use serde_json::json;

use crate::support::{MEDIA_TYPES, Place};

#[test]
fn every_line_becomes_the_content_of_a_document_unchanged() {
    let place = Place::new();
    let answer = place.run(&["doc", "import", "types", MEDIA_TYPES, "--id", "type"]);
    assert_eq!(answer.ok(), "imported: 282\n");
    let text = std::fs::read_to_string(MEDIA_TYPES).unwrap();
    for line in text.lines().step_by(40) {
        let data: serde_json::Value = serde_json::from_str(line).unwrap();
        let stored = place.json(&["doc", "get", "types", data["type"].as_str().unwrap()]);
        assert_eq!(stored["data"], data);
    }
    // Again changes nothing.
    assert_eq!(
        place.json(&["doc", "import", "types", MEDIA_TYPES, "--id", "type"]),
        json!({ "imported": 282 })
    );
    assert_eq!(place.ok(&["doc", "query", "types"]).lines().count(), 282);
}

#[test]
fn ids_may_be_integers_and_lines_blank_or_unended() {
    let place = Place::new();
    let lines = "{\"id\":7,\"a\":1}\n\n  \r\n{\"id\":\"x\"}\r\n{\"id\":-1}";
    assert_eq!(place.feed(&["doc", "import", "c", "-"], lines).ok(), "imported: 3\n");
    assert_eq!(
        place.json(&["doc", "get", "c", "7"])["data"],
        json!({ "id": 7, "a": 1 })
    );
    place.ok(&["doc", "get", "c", "--", "-1"]);
    assert_eq!(place.feed(&["doc", "import", "c", "-"], "").ok(), "imported: 0\n");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_line_and_utf_16_is_told() {
    let place = Place::new();
    let lines = "\u{FEFF}{\"id\":\"1\"}\n{\"id\":\"2\"}\n";
    assert_eq!(place.feed(&["doc", "import", "c", "-"], lines).ok(), "imported: 2\n");
    assert_eq!(
        place.feed(&["doc", "import", "c", "-"], "\u{FEFF}").ok(),
        "imported: 0\n"
    );
    place.feed(&["doc", "put", "c", "3"], "\u{FEFF}{}").ok();
    let utf16 = b"\xFF\xFE{\0}\0\n\0".to_vec();
    let error = place.feed(&["doc", "import", "c", "-"], utf16).fails(2);
    assert!(error.contains("the line is UTF-16; save it as UTF-8"), "{error}");
}

#[test]
fn of_two_lines_with_one_id_the_later_wins() {
    let place = Place::new();
    let lines: Vec<_> = (0..500)
        .map(|n| format!("{{\"id\":\"{}\",\"n\":{n}}}\n", n % 3))
        .collect();
    let lines = lines.concat();
    place.feed(&["doc", "import", "c", "-"], lines).ok();
    for (id, last) in [("0", 498), ("1", 499), ("2", 497)] {
        assert_eq!(place.json(&["doc", "get", "c", id])["data"]["n"], last);
    }
}

#[test]
fn a_bad_line_is_named_and_all_before_it_is_stored_and_nothing_after() {
    let deep = format!("{{\"id\":\"x\",\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("{{\"id\":\"x\",\"a\":\"{}\"}}", "a".repeat(400_000));
    let long_id = format!("{{\"id\":\"{}\"}}", "i".repeat(1_025));
    let table = [
        ("{\"id\":\"x\",", "not JSON", "InvalidDocument"),
        ("[1]", "not a JSON object", "InvalidDocument"),
        ("{\"name\":\"x\"}", "no field `id`", "InvalidDocument"),
        ("{\"id\":1.5}", "neither a string nor an integer", "InvalidDocument"),
        ("{\"id\":\"\"}", "the key is empty", "InvalidKey"),
        (&long_id, "1025 bytes", "InvalidKey"),
        (&deep, "nests more than 32 levels", "InvalidDocument"),
        (&long, "the limit is 393216", "TooLarge"),
    ];
    let place = Place::new();
    for (number, (bad, told, kind)) in table.into_iter().enumerate() {
        let collection = format!("c{number}");
        let good = |range: std::ops::Range<u32>| {
            range
                .map(|n| format!("{{\"id\":\"{n:03}\"}}\n"))
                .collect::<Vec<_>>()
                .concat()
        };
        let lines = format!("{}{bad}\n{}", good(0..100), good(100..200));
        let error = place.feed(&["doc", "import", &collection, "-"], lines.clone()).fails(2);
        assert!(error.starts_with("kvs: line 101: ") && error.contains(told), "{error}");
        assert!(
            error.contains("100 documents before it are stored, none after it"),
            "{error}"
        );
        assert_eq!(place.ok(&["doc", "query", &collection]).lines().count(), 100);
        let answer = place.feed(&["--json", "doc", "import", &collection, "-"], lines);
        let told: serde_json::Value = serde_json::from_str(&answer.err).unwrap();
        assert_eq!(
            (&told["error"]["line"], &told["error"]["imported"]),
            (&json!(101), &json!(100))
        );
        assert_eq!(told["error"]["kind"], kind);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_exit_2_and_creates_nothing() {
    let place = Place::new();
    assert!(
        place
            .fails(2, &["doc", "import", "c", "missing.ndjson"])
            .contains("missing.ndjson")
    );
    place.fails(2, &["doc", "import", "c", "."]);
    assert!(!place.path("kvs.db").exists());
}
