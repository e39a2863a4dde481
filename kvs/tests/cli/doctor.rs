//! doctor.

use serde_json::{Value, json};

use crate::support::Place;

fn findings(out: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(out).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_healthy_store_is_exit_0_and_a_line_for_each_finding() {
    let place = Place::new();
    place.ok(&["set", "k", "secret"]);
    let shown = place.ok(&["doctor"]);
    assert!(
        shown.contains("ok       integrity: ") && shown.contains("ok       entries: 1 live"),
        "{shown}"
    );
    assert!(!shown.contains("secret") && !shown.contains("bad  "), "{shown}");
    let told = findings(&place.run(&["doctor", "--json"]).out);
    assert_eq!(told.len(), shown.lines().count());
    let tables = told.iter().find(|finding| finding["name"] == "tables").unwrap();
    assert_eq!((&tables["level"], &tables["advice"]), (&json!("ok"), &Value::Null));
    place.ok(&["--url", "memory:", "doctor"]);
}

#[test]
fn a_bad_finding_is_exit_4_with_advice_on_standard_output() {
    let place = Place::new();
    place.write("text.db", "no database");
    place.write(
        "option.yaml",
        "type: sqlite\npath: a.db\noptions: {bussy_timeout: 5s}\n",
    );
    let table = [
        (
            &["--url", "sqlite:no.db"][..],
            "bad      file: no.db does not exist; check the path",
        ),
        (
            &["--url", "sqlite:text.db"],
            "bad      database: the file is not a SQLite database",
        ),
        (
            &["--url", "sqlite:a.db?create=maybe"],
            "bad      configuration: the option `create`",
        ),
        (
            &["--url", "redis://host/0?password=hunter2"],
            "bad      configuration: there is no type `redis`",
        ),
        (&["--url", "hunter2"], "bad      configuration: the URL"),
        (&["--config", "option.yaml"], "did you mean `busy_timeout`?"),
        (&["--config", "missing.yaml"], "does not exist; check the path"),
        (&["--namespace", "a/b"], "bad      configuration: the namespace"),
    ];
    for (args, told) in table {
        let answer = place.run(&[args, &["doctor"]].concat());
        let shown = String::from_utf8(answer.out.clone()).unwrap();
        assert!(answer.code == 4 && answer.err.is_empty(), "{args:?}: {answer:?}");
        assert!(shown.contains(told) && !shown.contains("hunter2"), "{args:?}: {shown}");
        let answer = place.run(&[&["--json"], args, &["doctor"]].concat());
        assert_eq!(answer.code, 4);
        assert!(
            findings(&answer.out).iter().any(|finding| finding["level"] == "bad"),
            "{answer:?}"
        );
    }
    assert!(!place.path("no.db").exists() && !place.path("a.db").exists());
    place.fails(2, &["doctor", "hunter2"]);
}
