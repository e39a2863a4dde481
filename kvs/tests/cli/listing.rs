//! list.

use serde_json::{Value, json};

use crate::support::Place;

fn filled(keys: &[&str]) -> Place {
    let place = Place::new();
    for key in keys {
        place.ok(&["set", "--", key, "x"]);
    }
    place
}

#[test]
fn keys_come_in_byte_order_from_either_end_and_from_any_point() {
    let place = filled(&["b", "a", "é", "B", "c:2", "c:1", "c:10"]);
    assert_eq!(place.ok(&["list"]), "B\na\nb\nc:1\nc:10\nc:2\né\n");
    assert_eq!(place.ok(&["list", "c:", "--reverse"]), "c:2\nc:10\nc:1\n");
    assert_eq!(place.ok(&["list", "--limit", "2", "--after", "a"]), "b\nc:1\n");
    assert_eq!(place.ok(&["list", "--reverse", "--after", "b"]), "a\nB\n");
    assert_eq!(place.ok(&["list", "nothing"]), "");
}

#[test]
fn odd_keys_are_quoted_in_lines_and_raw_with_nul() {
    let keys = ["a\nb", "tab\there", "\"quoted\"", "plain \"inside\"", "\u{7f}"];
    let place = filled(&keys);
    let shown: Vec<String> = place.ok(&["list"]).lines().map(str::to_owned).collect();
    let read: Vec<String> = shown
        .iter()
        .map(|line| {
            if line.starts_with('"') {
                serde_json::from_str(line).unwrap()
            } else {
                line.clone()
            }
        })
        .collect();
    let mut sorted = keys.map(str::to_owned).to_vec();
    sorted.sort_unstable();
    assert_eq!(read, sorted);
    assert!(shown.contains(&"plain \"inside\"".to_owned()));
    let raw = place.ok(&["list", "-0"]);
    assert_eq!(raw.split_terminator('\0').collect::<Vec<_>>(), sorted);
}

#[test]
fn the_expiry_is_shown_on_demand() {
    let place = filled(&["a"]);
    place.ok(&["set", "b", "x", "--ttl", "1d"]);
    let shown = place.ok(&["list", "--long"]);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "never                     a");
    assert!(lines[1].ends_with("Z  b") && lines[1].starts_with("20"), "{shown}");
    let lines: Vec<Value> = place
        .ok(&["list", "--json"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0], json!({ "key": "a", "expires_at": null }));
    assert!(lines[1]["expires_at"].as_i64().unwrap() > 1_577_836_800_000);
}

#[test]
fn listings_longer_than_a_page_are_whole() {
    let place = Place::new();
    // Documents are the quick way to write many; ids are listed like keys, and pages are walked alike.
    let lines: Vec<_> = (0..2_500).map(|n| format!("{{\"id\":\"{n:05}\"}}\n")).collect();
    place.feed(&["doc", "import", "c", "-"], lines.concat()).ok();
    let ids = |args: &[&str]| place.ok(args).lines().count();
    assert_eq!(ids(&["doc", "query", "c"]), 2_500);
    assert_eq!(ids(&["doc", "query", "c", "--limit", "1234"]), 1_234);
    assert_eq!(ids(&["doc", "query", "c", "--after", "02000"]), 499);
}
