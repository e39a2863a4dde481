//! Pipes that close, inputs that never end, time that runs out.

use std::process::Stdio;

use crate::support::{Answer, Place};

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let place = Place::with_media_types();
    for args in [
        &["doc", "query", "types"][..],
        &["completions", "bash"],
        &["--help"],
        &["--json", "demo"],
    ] {
        let mut child = place.command(args).spawn().unwrap();
        drop(child.stdout.take());
        let answer: Answer = child.wait_with_output().unwrap().into();
        assert!(answer.code == 0 && answer.err.is_empty(), "{args:?}: {answer:?}");
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let full = std::path::Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let place = Place::new();
    place.ok(&["set", "k", "x"]);
    let out = std::fs::File::create(full).unwrap();
    let answer: Answer = place
        .command(&["get", "k"])
        .stdout(Stdio::from(out))
        .output()
        .unwrap()
        .into();
    assert!(answer.fails(4).contains("standard output"));
}

#[cfg(unix)]
#[test]
fn a_standard_input_that_is_not_there_is_no_value() {
    let place = Place::new();
    place.ok(&["set", "k", "old"]);
    let commands: [&[&str]; 4] = [
        &["set", "k"],
        &["set", "k", "-"],
        &["doc", "put", "c", "1"],
        &["doc", "import", "c", "-"],
    ];
    for args in commands {
        assert!(
            place.fails(2, args).contains("standard input is closed or /dev/null"),
            "{args:?}"
        );
    }
    let line = format!("{} set k <&-", env!("CARGO_BIN_EXE_kvs"));
    let mut shell = std::process::Command::new("sh");
    let answer: Answer = shell
        .args(["-c", &line])
        .current_dir(place.path("."))
        .output()
        .unwrap()
        .into();
    answer.fails(2);
    assert_eq!(place.ok(&["get", "k"]), "old");
    assert_eq!(place.feed(&["set", "k"], "").ok(), "");
    assert_eq!(place.ok(&["get", "k"]), "");
}

#[test]
fn the_timeout_holds_while_standard_input_says_nothing() {
    let place = Place::new();
    place.ok(&["set", "other", "x"]);
    let mut child = place
        .command(&["--timeout", "50ms", "set", "k"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take();
    let answer: Answer = child.wait_with_output().unwrap().into();
    assert!(answer.fails(4).contains("--timeout"));
    drop(stdin);
    place.fails(1, &["get", "k"]);
    assert_eq!(place.ok(&["--timeout", "1m", "set", "k", "x"]), "");
}

#[test]
fn lines_of_an_import_are_stored_before_its_pipe_ends() {
    use std::io::Write;
    let place = Place::new();
    let mut child = place
        .command(&["doc", "import", "c", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"id\":\"1\"}\n").unwrap();
    // It waits for more lines meanwhile; as long as it takes for the first to be there.
    let arrived = (0..1_000).any(|_| place.run(&["doc", "get", "c", "1"]).code == 0);
    assert!(arrived, "the first line is stored while the import waits for more");
    drop(stdin);
    let answer: Answer = child.wait_with_output().unwrap().into();
    assert_eq!(answer.ok(), "imported: 1\n");
}
