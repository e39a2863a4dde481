//! get, set, delete, take, incr, stat, touch.

use serde_json::json;

use crate::support::Place;

#[test]
fn a_value_comes_back_byte_for_byte() {
    let place = Place::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    assert_eq!(place.feed(&["set", "k"], bytes.clone()).ok(), "");
    assert_eq!(place.run(&["get", "k"]).out, bytes);
    place.feed(&["set", "k", "-"], "\n").ok();
    assert_eq!(place.ok(&["get", "k"]), "\n");
    place.ok(&["set", "k", ""]);
    assert_eq!(place.ok(&["get", "k"]), "");
    place.ok(&["set", "k", "-5"]);
    assert_eq!(place.ok(&["get", "k"]), "-5");
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf8_is_a_value_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let output = place
        .command(&["set", "k"])
        .arg(OsStr::from_bytes(b"a\xFFb"))
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(place.run(&["get", "k"]).out, b"a\xFFb");
    assert_eq!(place.json(&["get", "k"]), json!({ "key": "k", "value_base64": "Yf9i" }));
}

#[test]
fn any_string_is_a_key() {
    let place = Place::new();
    let longest = "é".repeat(512);
    let keys = [
        "user_1", "userX1", "USER_1", "100%", "100x", "a\nb", "🦀", "--", "-x", " ", &longest,
    ];
    for key in keys {
        place.ok(&["set", "--", key, key]);
    }
    for key in keys {
        assert_eq!(place.ok(&["get", "--", key]), key);
    }
    assert_eq!(place.ok(&["list", "user_"]), "user_1\n");
    assert_eq!(place.ok(&["list", "100%"]), "100%\n");
}

#[test]
fn what_is_absent_is_exit_1() {
    let place = Place::new();
    place.ok(&["set", "other", "x"]);
    for args in [
        &["get", "k"][..],
        &["take", "k"],
        &["stat", "k"],
        &["touch", "k", "--ttl", "1s"],
    ] {
        assert!(place.fails(1, args).contains("not found"), "{args:?}");
    }
    assert_eq!(place.json_error(&["get", "k"])["kind"], "NotFound");
    assert_eq!(place.ok(&["delete", "k", "k2"]), "");
}

#[test]
fn take_gives_the_value_once() {
    let place = Place::new();
    place.ok(&["set", "ticket", "17"]);
    assert_eq!(place.ok(&["take", "ticket"]), "17");
    place.fails(1, &["take", "ticket"]);
}

#[test]
fn counters_count_in_both_directions_and_refuse_the_rest() {
    let place = Place::new();
    assert_eq!(place.ok(&["incr", "n"]), "1\n");
    assert_eq!(place.ok(&["incr", "n", "41"]), "42\n");
    assert_eq!(place.ok(&["incr", "n", "-50"]), "-8\n");
    assert_eq!(place.json(&["incr", "n", "0"]), json!({ "key": "n", "value": -8 }));
    place.fails(2, &["incr", "n", "-9223372036854775808"]);
    place.fails(2, &["incr", "n", "1.5"]);
    place.ok(&["set", "n", "text"]);
    place.fails(2, &["incr", "n"]);
    assert_eq!(place.ok(&["get", "n"]), "text");
}

#[test]
fn conditions_hold_or_are_exit_3() {
    let place = Place::new();
    let first = place.json(&["set", "k", "a", "--if-absent"])["version"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        place
            .fails(3, &["set", "k", "b", "--if-absent"])
            .contains("condition failed")
    );
    let second = place.json(&["set", "k", "b", "--if-version", &first])["version"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(first, second);
    assert_eq!(
        place.json_error(&["set", "k", "c", "--if-version", &first])["kind"],
        "Conflict"
    );
    assert_eq!(place.ok(&["get", "k"]), "b");
    assert_eq!(place.json(&["stat", "k"])["version"], second.as_str());
    // An unconditional write gives its version too.
    let third = place.json(&["set", "k", "c"])["version"].clone();
    assert_eq!(place.json(&["stat", "k"])["version"], third);
}

#[test]
fn stat_tells_all_but_the_value_and_touch_changes_the_expiry_alone() {
    let place = Place::new();
    place.ok(&["set", "k", "secret"]);
    let shown = place.ok(&["stat", "k"]);
    assert!(
        shown.starts_with("length: 6\nversion: ") && shown.ends_with("\nexpires: never\n"),
        "{shown}"
    );
    assert!(!shown.contains("secret"));
    assert!(place.ok(&["touch", "k", "--ttl", "12h"]).starts_with("version: "));
    let shown = place.ok(&["stat", "k"]);
    assert!(
        shown.contains("Z, in 11h 59m") || shown.contains("Z, in 12h"),
        "{shown}"
    );
    let expires_at = place.json(&["stat", "k"])["expires_at"].as_i64().unwrap();
    place.ok(&["set", "k", "other", "--ttl", "keep"]);
    assert_eq!(place.json(&["stat", "k"])["expires_at"], expires_at);
    assert_eq!(place.ok(&["get", "k"]), "other");
    place.ok(&["touch", "k", "--ttl", "never"]);
    assert_eq!(place.json(&["stat", "k"])["expires_at"], json!(null));
}

#[test]
fn an_expired_value_is_absent() {
    let place = Place::new();
    place.ok(&["set", "k", "x", "--ttl", "1ms"]);
    // Starting a process takes longer than a millisecond.
    place.fails(1, &["get", "k"]);
    place.ok(&["set", "k", "y", "--if-absent"]);
}

#[test]
fn a_prefix_is_deleted_without_a_question_where_nobody_can_answer() {
    let place = Place::new();
    for key in ["a:1", "a:2", "b:1"] {
        place.ok(&["set", key, "x"]);
    }
    assert_eq!(
        place.json(&["delete", "--prefix", "a:"]),
        json!({ "done": true, "keys": 2 })
    );
    assert_eq!(place.ok(&["list"]), "b:1\n");
    assert_eq!(place.ok(&["delete", "--prefix", "", "--yes"]), "");
    assert_eq!(place.ok(&["list"]), "");
}
