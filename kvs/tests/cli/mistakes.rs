//! Bad input: the right exit status, one clear line, nothing lost, no panic, no secret.

use crate::support::Place;

#[test]
fn a_mistake_in_the_arguments_is_exit_2() {
    let place = Place::new();
    place.ok(&["set", "k", "old"]);
    let long = "k".repeat(1_025);
    let long_collection = "c".repeat(256);
    let table = [
        (&["get", ""][..], "the key is empty"),
        (&["set", "", "x"], "the key is empty"),
        (&["delete", "k", ""], "the key is empty"),
        (&["doc", "get", "c", ""], "the key is empty"),
        (&["get", &long], "1025 bytes"),
        (&["set", &long, "x"], "1025 bytes"),
        (&["doc", "put", "c", &long, "{}"], "1025 bytes"),
        (&["doc", "query", ""], "collection"),
        (&["doc", "query", &long_collection], "256 bytes"),
        (&["list", "--limit", "0"], "at least 1"),
        (&["doc", "query", "c", "--limit", "x"], "whole number"),
        (&["set", "k", "x", "--if-version", "12"], "32 hexadecimal digits"),
        (
            &["set", "k", "x", "--if-version", "12", "--if-absent"],
            "cannot be used with",
        ),
        (&["touch", "k", "--ttl", "5 seconds"], "250ms"),
        (&["touch", "k"], "--ttl"),
        (&["--timeout", "0s", "list"], "zero"),
        (&["set", "k", "x", "--ttl", "-5s"], "a duration is not negative"),
        (&["--timeout", "-1s", "list"], "a duration is not negative"),
        (&["incr", "k", "hunter2"], "whole number of 64 bits"),
        (&["gett", "k"], "'get'"),
        (&["get"], "<KEY>"),
        (&["get", "k", "hunter2"], "an argument too many"),
        (&["delete"], "KEY"),
        (&["delete", "k", "--prefix", "k"], "--prefix"),
        (&["list", "-0", "--long"], "--long"),
    ];
    for (args, told) in table {
        let error = place.fails(2, args);
        assert!(error.contains(told) && !error.contains("hunter2"), "{args:?}: {error}");
    }
    assert_eq!(place.ok(&["get", "k"]), "old");
    assert_eq!(place.json_error(&["get", ""])["kind"], "InvalidKey");
    assert_eq!(place.json_error(&["gett"])["kind"], "Usage");
}

#[test]
fn a_mistake_in_the_configuration_is_exit_2_and_names_it() {
    let place = Place::new();
    place.write("type.yaml", "type: sqlit\n");
    place.write(
        "option.yaml",
        "type: sqlite\npath: a.db\noptions: {bussy_timeout: 5s}\n",
    );
    place.write("field.toml", "type = 'sqlite'\npaht = 'a.db'\n");
    place.write("broken.json", "{");
    place.write("kvs.ini", "");
    let table = [
        (&["--url", "redis://user:hunter2@host/0"][..], "credentials"),
        (&["--url", "redis://host/0?password=hunter2"], "redis"),
        (&["--url", "sqlite:a.db?bussy_timeout=5s"], "bussy_timeout"),
        (&["--url", "sqlite:a.db?busy_timeout=soon"], "busy_timeout"),
        (&["--url", "sqlite:"], "path"),
        (&["--url", "dynamodb:?region=eu-west-1"], "dynamodb"),
        (&["--url", ""], "kvs: "),
        (&["--config", "type.yaml"], "sqlit"),
        (&["--config", "option.yaml"], "bussy_timeout"),
        (&["--config", "field.toml"], "paht"),
        (&["--config", "broken.json"], "broken.json"),
        (&["--config", "kvs.ini"], "kvs.ini"),
        (
            &["--config", "missing.yaml"],
            "`missing.yaml` does not exist; check the path",
        ),
        (&["--namespace", "a/b"], "namespace"),
    ];
    for (args, told) in table {
        let error = place.fails(2, &[args, &["set", "k", "x"]].concat());
        assert!(error.contains(told) && !error.contains("hunter2"), "{args:?}: {error}");
    }
    assert!(!place.path("a.db").exists());
}

#[test]
fn a_value_over_the_limit_is_exit_2_with_both_lengths() {
    let place = Place::new();
    place.ok(&["set", "k", "old"]);
    let error = place.feed(&["set", "k"], vec![b'x'; 1_000_000]).fails(2);
    assert!(error.contains("1000000 bytes") && error.contains("393216"), "{error}");
    assert_eq!(place.ok(&["get", "k"]), "old");
    place.feed(&["set", "k"], vec![b'x'; 393_216]).ok();
}

#[test]
fn what_is_no_store_is_refused_and_left_as_it_is() {
    let place = Place::new();
    std::fs::create_dir(place.path("dir")).unwrap();
    let text = "this is no database, and long enough to be looked at as one ".repeat(20);
    place.write("text.db", &text);
    for command in [&["get", "k"][..], &["set", "k", "x"]] {
        for url in ["sqlite:dir", "sqlite:text.db", "sqlite:missing/a.db"] {
            let answer = place.run(&[&["--url", url], command].concat());
            assert!(
                matches!(answer.code, 2 | 4) && answer.err.lines().count() == 1,
                "{url}: {answer:?}"
            );
            assert!(answer.err.starts_with("kvs: "), "{answer:?}");
        }
    }
    assert_eq!(std::fs::read_to_string(place.path("text.db")).unwrap(), text);
    assert!(!place.path("missing").exists());
}

#[test]
fn causes_are_told_with_v_only() {
    let place = Place::new();
    place.fails(2, &["--config", "missing.yaml", "list"]);
    let answer = place.run(&["-v", "--config", "missing.yaml", "list"]);
    assert!(answer.code == 2 && answer.err.contains("\n  caused by: "), "{answer:?}");
    let error = place.json_error(&["-v", "--config", "missing.yaml", "list"]);
    assert!(!error["causes"].as_array().unwrap().is_empty(), "{error}");
}

#[test]
fn no_error_shows_a_whole_key_or_a_value() {
    let place = Place::new();
    let key = "session:9f86d081884c7d659a2feaa0c55ad015";
    place.ok(&["set", key, "hunter2"]);
    let runs = [
        &["-v", "set", key, "hunter3", "--if-absent"][..],
        &["-v", "incr", key],
        &["-v", "doc", "put", "c", key, "[\"hunter2\"]"],
    ];
    for args in runs {
        let answer = place.run(args);
        assert!(
            answer.code != 0 && !answer.err.contains("hunter") && !answer.err.contains("9f86d081884c"),
            "{answer:?}"
        );
    }
}
