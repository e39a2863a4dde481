//! conformance: the suite on a live store, which it leaves as it was.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use kvs::sqlite::sqlx::sqlite::SqliteConnectOptions;
use kvs::sqlite::sqlx::{self, ConnectOptions as _, Connection as _, Row as _, SqliteConnection};
use serde_json::Value;

use crate::support::{Answer, Place};

/// A file with data of everybody: of an application, of a store without a namespace, of two with one.
fn inhabited() -> Place {
    let place = Place::with_media_types();
    place.ok(&["set", "session", "ada", "--ttl", "30m"]);
    // They begin as those of a run do.
    for namespace in ["conformance", "conformance-1"] {
        place.ok(&["--namespace", namespace, "set", "k", namespace]);
        place.ok(&["--namespace", namespace, "doc", "put", "c", "1", "{}"]);
    }
    in_database(&place, async |app| {
        for statement in ["CREATE TABLE app (id INTEGER)", "INSERT INTO app VALUES (7)"] {
            sqlx::query(statement).execute(&mut *app).await.unwrap();
        }
    });
    place
}

/// Everything that the file holds, at one instant: the statements of its schema, and the rows of its tables.
fn dump(place: &Place) -> Vec<String> {
    in_database(place, async |connection| {
        sqlx::query("BEGIN").execute(&mut *connection).await.unwrap();
        let objects = "SELECT type, name, ifnull(sql, '') FROM sqlite_schema ORDER BY name";
        let objects = sqlx::query(objects).fetch_all(&mut *connection).await.unwrap();
        let mut dump = Vec::new();
        for object in objects {
            let [kind, name, sql] = [0, 1, 2].map(|column| object.get::<String, _>(column));
            dump.push(format!("{kind} {name}: {sql}"));
            if kind == "table" {
                dump.extend(rows(connection, &name).await);
            }
        }
        dump
    })
}

async fn rows(connection: &mut SqliteConnection, table: &str) -> Vec<String> {
    let columns = sqlx::query_scalar("SELECT name FROM pragma_table_info(?) ORDER BY cid").bind(table.to_owned());
    let columns: Vec<String> = columns.fetch_all(&mut *connection).await.unwrap();
    let quoted: Vec<String> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
    let statement = format!("SELECT {} FROM \"{table}\" ORDER BY 1", quoted.join(" || ',' || "));
    let query = sqlx::query_scalar(sqlx::AssertSqlSafe(statement));
    query.fetch_all(connection).await.unwrap()
}

fn in_database<T>(place: &Place, work: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(place.path("kvs.db"));
        let mut connection = options.connect().await.unwrap();
        let done = work(&mut connection).await;
        connection.close().await.unwrap();
        done
    })
}

/// The files of the directory. A log means that somebody did not close.
fn files(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.path(".")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What it printed, where it did run the cases: the name of the run is on standard error.
#[track_caller]
fn report(answer: Answer, code: i32) -> String {
    assert_eq!(answer.code, code, "{answer:?}");
    assert!(
        answer.err.starts_with("kvs: works in the namespaces conformance-"),
        "{answer:?}"
    );
    assert_eq!(answer.err.lines().count(), 1, "{answer:?}");
    String::from_utf8(answer.out).unwrap()
}

#[test]
fn a_store_in_memory_passes_and_leaves_nothing_to_tell() {
    let place = Place::new();
    let shown = place.ok(&[
        "--url",
        "memory:",
        "conformance",
        "--group",
        "keys",
        "--group",
        "basics",
    ]);
    assert!(
        shown.starts_with("kvs-conformance ") && shown.contains("\nkeys "),
        "{shown}"
    );
    assert!(
        shown.ends_with("result: passed\n") && !shown.contains("filters"),
        "{shown}"
    );
    assert_eq!(files(&place), [""; 0]);
}

#[test]
fn a_file_is_the_same_before_and_after() {
    let place = inhabited();
    let before = dump(&place);
    for store in [&[][..], &["--namespace", "conformance"]] {
        let groups = ["--group", "basics", "--group", "metadata", "--group", "durability"];
        let shown = report(place.run(&[store, &["conformance"], &groups].concat()), 0);
        assert!(
            shown.ends_with("result: passed\n") && shown.contains("Durable "),
            "{shown}"
        );
        assert_eq!(dump(&place), before);
        assert_eq!(files(&place), ["kvs.db"]);
    }
}

#[test]
fn reports_are_for_programs_and_for_people() {
    let place = inhabited();
    let case = "basics::set_then_get_gives_the_value";
    let files = ["--report", "store.md", "--report", "store.json"];
    let answer = place.run(&[&["--json", "conformance", "--case", case][..], &files].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    let told: Value = serde_json::from_slice(&answer.out).unwrap();
    assert_eq!(
        (&told["passed"], &told["totals"]["passed"]),
        (&Value::Bool(true), &1.into())
    );
    assert_eq!(told["cases"][0]["case"], case);
    let noted: Value = serde_json::from_str(&answer.err).unwrap();
    let clean = noted["clean"].as_str().unwrap();
    assert!(clean.ends_with(noted["run"].as_str().unwrap()) && clean.starts_with("kvs conformance --clean "));
    let page = std::fs::read_to_string(place.path("store.md")).unwrap();
    assert!(page.starts_with("# Conformance of sqlite"), "{page}");
    let written: Value = serde_json::from_slice(&std::fs::read(place.path("store.json")).unwrap()).unwrap();
    assert_eq!(written["cases"], told["cases"]);
}

/// Where files may not grow, the largest value finds no room, and nothing else fails.
#[cfg(unix)]
#[test]
fn a_rule_that_does_not_hold_is_exit_4_with_what_was_seen() {
    let place = Place::new();
    place.ok(&["set", "k", "x"]);
    let before = dump(&place);
    let names = [
        "values::the_largest_value_comes_back",
        "basics::set_then_get_gives_the_value",
    ];
    let line = format!(
        "trap '' XFSZ; ulimit -f 780; exec {} conformance --case {} --case {}",
        env!("CARGO_BIN_EXE_kvs"),
        names[0],
        names[1]
    );
    let mut limited = Command::new("sh");
    limited
        .args(["-c", &line])
        .current_dir(place.path("."))
        .env_remove("KVS_URL");
    let shown = report(limited.output().unwrap().into(), 4);
    assert!(
        shown.contains("\nrule: ") && shown.contains("expected success, seen "),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("alone: kvs conformance --case {}\n", names[0])),
        "{shown}"
    );
    assert!(
        shown.ends_with("result: failed\n") && !shown.contains(names[1]),
        "{shown}"
    );
    assert_eq!(dump(&place), before);
}

#[test]
fn a_mistake_runs_nothing_and_makes_nothing() {
    let place = Place::new();
    assert!(place.fails(2, &["conformance"]).contains("there is no store kvs.db"));
    for (args, says) in [
        (
            &["--group", "hunter2"][..],
            "there is no such group; there are traits, basics",
        ),
        (&["--case", "keys"], "there is no case of that name"),
        (
            &["--case", "basics::the_second_set_wins", "--group", "keys"],
            "cannot be used with",
        ),
        (&["--report", "store.txt"], ".md or .json"),
        (&["--report", "no/such/store.md"], "cannot be written"),
        (&["--clean", "hunter2"], "12 of 0-9 a-f"),
        (&["--clean", "0123456789ab", "--group", "keys"], "cannot be used with"),
    ] {
        let error = place.fails(2, &[&["--url", "memory:", "conformance"], args].concat());
        assert!(error.contains(says) && !error.contains("hunter2"), "{args:?}: {error}");
    }
    assert_eq!(files(&place), [""; 0]);
    place.ok(&["set", "k", "x"]);
    let before = dump(&place);
    let error = place.fails(4, &["--url", "sqlite:kvs.db?read_only=true", "conformance"]);
    assert!(error.contains("open the store for writing"), "{error}");
    assert_eq!(place.ok(&["conformance", "--clean", "0123456789ab"]), "removed: 0\n");
    assert_eq!(dump(&place), before);
}

/// A run of all cases that is in the middle of them, and its name.
fn begun(place: &Place) -> (Child, String) {
    let mut child = place.command(&["conformance"]).spawn().unwrap();
    let mut told = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut told)
        .unwrap();
    let name = told.trim_end().rsplit(' ').next().unwrap().to_owned();
    let of_a_case = format!("kvs_entries.conformance-{name}-%");
    while !has_table(place, &of_a_case) {
        thread::sleep(Duration::from_millis(5));
    }
    (child, name)
}

fn has_table(place: &Place, pattern: &str) -> bool {
    in_database(place, async |connection| {
        let query = sqlx::query("SELECT 1 FROM sqlite_schema WHERE name LIKE ?").bind(pattern.to_owned());
        query.fetch_optional(connection).await.unwrap().is_some()
    })
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_removes_what_it_has_made() {
    for signal in ["-INT", "-TERM"] {
        let place = inhabited();
        let before = dump(&place);
        let (child, _) = begun(&place);
        let mut kill = Command::new("kill");
        assert!(kill.args([signal, &child.id().to_string()]).status().unwrap().success());
        let answer: Answer = child.wait_with_output().unwrap().into();
        assert!(answer.code == 4 && answer.out.is_empty(), "{answer:?}");
        assert_eq!(dump(&place), before);
    }
}

#[test]
fn what_a_killed_run_has_left_can_be_removed() {
    let place = inhabited();
    let before = dump(&place);
    let (mut child, name) = begun(&place);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_ne!(dump(&place), before);
    let told = place.ok(&["conformance", "--clean", &name]);
    assert!(told.starts_with("removed: ") && told != "removed: 0\n", "{told}");
    assert_eq!(dump(&place), before);
    assert_eq!(place.ok(&["conformance", "--clean", &name]), "removed: 0\n");
}

#[test]
fn a_list_that_no_run_made_removes_nothing() {
    let place = inhabited();
    place.ok(&["--namespace", "conformance-0123456789ab", "set", "conformance", "[]"]);
    let before = dump(&place);
    let error = place.fails(2, &["conformance", "--clean", "0123456789ab"]);
    assert!(error.contains("nothing was removed"), "{error}");
    let error = place.fails(
        2,
        &[
            "--url",
            "sqlite:kvs.db?bogus=1",
            "conformance",
            "--clean",
            "0123456789ab",
        ],
    );
    assert!(error.contains("bogus"), "{error}");
    assert_eq!(dump(&place), before);
}

#[test]
fn the_time_of_the_command_line_ends_it_too() {
    let place = inhabited();
    let mut command = place.command(&["--timeout", "200ms", "conformance"]);
    let answer: Answer = command.stdout(Stdio::piped()).output().unwrap().into();
    assert!(
        answer.code == 4 && answer.err.contains("--timeout is over"),
        "{answer:?}"
    );
    let name = answer
        .err
        .lines()
        .next()
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap()
        .to_owned();
    place.ok(&["conformance", "--clean", &name]);
}
