//! The rules of `code.rs` on what they must find and what they must let pass.

use super::*;

type Rule = fn(&Tree) -> Vec<Finding>;

fn lines(rule: Rule, path: &str, text: &str) -> Vec<usize> {
    let findings = rule(&Tree::of(&[(path, text)]));
    findings.into_iter().map(|finding| finding.line).collect()
}

#[test]
fn sql_outside_of_its_file_is_found() {
    let rule: Rule = sql_text_is_in_one_place;
    let text = "let a = \"SELECT 1\";\nlet b = r#\"\n  PRAGMA wal\"#;\nlet c = \"\\\n  BEGIN\";\n";
    assert_eq!(lines(rule, "kvs-sqlite/src/store.rs", text), [1, 2, 4]);
    for elsewhere in [
        "kvs-sqlite/src/sql.rs",
        "kvs-sqlite/src/sql/keys.rs",
        "kvs-sqlite/src/store/tests.rs",
        "kvs-sqlite/tests/open.rs",
        "kvs-memory/src/store.rs",
    ] {
        assert_eq!(lines(rule, elsewhere, text), [] as [usize; 0], "{elsewhere}");
    }
}

#[test]
fn words_that_are_no_sql_pass() {
    let text = "// \"SELECT 1\"\nlet a = \"delete\"; let b = \"UPDATES\"; let c = \"not SELECT\";\n\
                #[cfg(test)]\nmod tests { const S: &str = \"DROP TABLE x\"; }\n";
    let found = lines(sql_text_is_in_one_place, "kvs-sqlite/src/store.rs", text);
    assert_eq!(found, [] as [usize; 0]);
}

#[test]
fn a_driver_error_outside_of_its_file_is_found() {
    let rule: Rule = driver_errors_are_matched_in_one_file;
    let text = "match e {\n  sqlx::Error::RowNotFound => 1,\n}\nlet x: sqlx::Error;\n";
    assert_eq!(lines(rule, "kvs-sqlite/src/store.rs", text), [2]);
    assert_eq!(lines(rule, "kvs-sqlite/src/error.rs", text), [] as [usize; 0]);
}

#[test]
fn unsafe_and_its_driver_elsewhere_are_found() {
    let rule: Rule = unsafe_stands_in_one_file;
    let text = "#![expect(unsafe_code)]\n// unsafe\nlet c = unsafe { f() };\nlet d = \"unsafe {}\";\nrusqlite::f();\n";
    assert_eq!(lines(rule, "kvs-sqlite/src/store.rs", text), [3, 5]);
    assert_eq!(lines(rule, "kvs-memory/tests/count.rs", text), [3]);
    for home in ["kvs-sqlite/src/inline/raw.rs", "xtask/bench/sqlite/src/main.rs"] {
        assert_eq!(lines(rule, home, text), [] as [usize; 0], "{home}");
    }
}

#[test]
fn reading_the_time_is_found() {
    let rule: Rule = time_is_read_through_the_clock;
    let text = "// SystemTime::now\nlet t = std::time::SystemTime::now();\n";
    assert_eq!(lines(rule, "kvs/tests/a.rs", text), [2]);
    assert_eq!(lines(rule, "kvs-core/src/clock.rs", text), [] as [usize; 0]);
}

#[test]
fn unfinished_code_is_found() {
    let rule: Rule = nothing_is_left_undone;
    let text = "//! todo! in prose\n/// ```ignore\nfn f() { todo!() }\n#[ignore = \"x\"]\nfn g() { \"dbg!\" }\n";
    let mut found = lines(rule, "kvs/src/a.rs", text);
    found.sort_unstable();
    assert_eq!(found, [2, 3, 4]);
}
