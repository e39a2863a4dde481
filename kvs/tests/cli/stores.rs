//! Which store a command works on, and what it says of it.

use serde_json::json;

use crate::support::{Answer, Place};

#[test]
fn the_store_is_of_url_else_config_else_environment_else_the_default() {
    let place = Place::new();
    place.write("kvs.yaml", "type: sqlite\npath: config.db\n");
    let put = |args: &[&str], env: Option<&str>| {
        let mut command = place.command(&[args, &["set", "k", "x"]].concat());
        command.envs(env.map(|url| ("KVS_URL", url)));
        Answer::from(command.output().unwrap()).ok();
    };
    put(&[], None);
    assert!(place.path("kvs.db").exists());
    put(&[], Some("sqlite:env.db"));
    assert!(place.path("env.db").exists());
    put(&["--config", "kvs.yaml"], Some("sqlite:no.db"));
    assert!(place.path("config.db").exists());
    put(&["--config", "no.yaml", "--url", "sqlite:url.db"], Some("sqlite:no.db"));
    assert!(place.path("url.db").exists() && !place.path("no.db").exists());
}

#[test]
fn the_same_configuration_in_three_formats_opens_the_same_store() {
    let place = Place::new();
    place.write(
        "c.yaml",
        "type: sqlite\npath: app.db\nnamespace: n\noptions: {busy_timeout: 5s}\n",
    );
    place.write(
        "c.toml",
        "type = 'sqlite'\npath = 'app.db'\nnamespace = 'n'\n[options]\nbusy_timeout = '5s'\n",
    );
    place.write(
        "c.json",
        r#"{"type":"sqlite","path":"app.db","namespace":"n","options":{"busy_timeout":"5s"}}"#,
    );
    place.ok(&["--config", "c.yaml", "set", "k", "x"]);
    assert_eq!(place.ok(&["--config", "c.toml", "get", "k"]), "x");
    assert_eq!(place.ok(&["--config", "c.json", "get", "k"]), "x");
    assert_eq!(
        place.ok(&["--url", "sqlite:app.db", "--namespace", "n", "get", "k"]),
        "x"
    );
    // Reading creates no namespace either.
    place.fails(2, &["--url", "sqlite:app.db", "get", "k"]);
    // The option goes before the file.
    place.fails(2, &["--config", "c.json", "--namespace", "m", "get", "k"]);
}

#[test]
fn only_what_writes_something_new_creates_a_store() {
    let place = Place::new();
    let reading = [
        &["get", "k"][..],
        &["stat", "k"],
        &["list"],
        &["info"],
        &["doc", "get", "c", "1"],
        &["doc", "query", "c"],
        &["take", "k"],
        &["touch", "k", "--ttl", "1s"],
        &["delete", "k"],
        &["delete", "--prefix", "k"],
        &["doc", "delete", "c", "1"],
    ];
    for args in reading {
        let error = place.fails(2, args);
        assert!(error.contains("kvs.db"), "{args:?}: {error}");
        assert_eq!(place.json_error(args)["kind"], "Config");
        assert!(!place.path("kvs.db").exists(), "{args:?}");
    }
    // Nor does a mistake in what writes.
    place.fails(2, &["set", "", "x"]);
    place.fails(2, &["set", "k", "x", "--if-version", "12"]);
    place.fails(2, &["doc", "put", "", "1", "{}"]);
    assert!(!place.path("kvs.db").exists());
    place.ok(&["incr", "k"]);
    assert!(place.path("kvs.db").exists());
}

#[test]
fn a_memory_store_begins_empty_each_time() {
    let place = Place::new();
    place.ok(&["--url", "memory:", "set", "k", "x"]);
    place.fails(1, &["--url", "memory:", "get", "k"]);
    assert_eq!(place.ok(&["--url", "memory:", "list"]), "");
}

#[test]
fn info_tells_backend_limits_and_promises() {
    let place = Place::new();
    place.ok(&["set", "k", "secret"]);
    let info = place.json(&["info"]);
    assert_eq!(
        (&info["backend"], &info["path"], &info["value_bytes"]),
        (&json!("sqlite"), &json!("kvs.db"), &json!(393_216))
    );
    let shown = place.ok(&["info"]);
    assert!(shown.starts_with("backend: sqlite\npath: kvs.db\n"), "{shown}");
    assert!(
        shown.contains("durability: power\n") && !shown.contains("secret"),
        "{shown}"
    );
}
