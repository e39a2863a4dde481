//! A configuration means the same in JSON, YAML, TOML, as a URL and in code; a mistake is named, a value never.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::fs;

use kvs::{Config, ErrorKind, Limits};

type Read = fn(&str) -> kvs::Result<Config>;

const FORMATS: [(&str, Read); 3] = [
    ("JSON", Config::from_json),
    ("YAML", Config::from_yaml),
    ("TOML", Config::from_toml),
];

/// The same in the order of `FORMATS`.
const SAME: [&str; 3] = [
    r#"{
  "type": "sqlite",
  "path": "data/app.db",
  "namespace": "tenant-1",
  "limits": { "value_bytes": 8388608 },
  "options": { "busy_timeout": "5s", "readers": 4, "create": false }
}"#,
    "
type: sqlite
path: data/app.db
namespace: tenant-1
limits:
  value_bytes: 8388608
options:
  busy_timeout: 5s
  readers: 4
  create: false
",
    r#"
type = "sqlite"
path = "data/app.db"
namespace = "tenant-1"

[limits]
value_bytes = 8388608

[options]
busy_timeout = "5s"
readers = 4
create = false
"#,
];

fn in_code() -> Config {
    let limits = Limits {
        value_bytes: 8 << 20,
        ..Limits::PORTABLE
    };
    Config::sqlite("data/app.db")
        .namespace("tenant-1".parse().unwrap())
        .limits(limits)
        .option("busy_timeout", "5s")
        .option("readers", 4)
        .option("create", false)
}

#[test]
fn the_formats_agree_with_each_other_and_with_code() {
    for ((format, read), text) in FORMATS.into_iter().zip(SAME) {
        assert_eq!(read(text).unwrap(), in_code(), "{format}");
    }
}

#[test]
fn the_formats_agree_on_a_table() {
    let texts = [
        r#"{"type":"dynamodb","table_name":"app","region":"eu-west-1","options":{"create_table":true,"shards":16}}"#,
        "{type: dynamodb, table_name: app, region: eu-west-1, options: {create_table: true, shards: 16}}",
        "type = 'dynamodb'\ntable_name = 'app'\nregion = 'eu-west-1'\noptions = {create_table = true, shards = 16}",
    ];
    let expected = Config::dynamodb("app")
        .region("eu-west-1")
        .option("create_table", true)
        .option("shards", 16);
    for ((format, read), text) in FORMATS.into_iter().zip(texts) {
        assert_eq!(read(text).unwrap(), expected, "{format}");
        assert_eq!(
            read(&format!("\u{FEFF}{text}")).unwrap(),
            expected,
            "{format} after a byte order mark"
        );
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut all = in_code();
    all.table_name = Some("t".to_owned());
    all.region = Some("eu-west-1".to_owned());
    for config in [
        Config::memory(),
        Config::sqlite("a b.db"),
        Config::dynamodb("t"),
        in_code(),
        all,
    ] {
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(Config::from_json(&json).unwrap(), config, "{json}");
    }
}

#[test]
fn a_missing_an_empty_and_a_null_type_are_memory() {
    let texts = [
        ["{}", "{}", ""],
        [r#"{"type": ""}"#, "type: ''", "type = ''"],
        [r#"{"type": null}"#, "type: null", "[options]"],
        [r#"{"path": null, "limits": null, "options": null}"#, "", "# nothing"],
    ];
    for texts in texts {
        for ((format, read), text) in FORMATS.into_iter().zip(texts) {
            assert_eq!(read(text).unwrap(), Config::memory(), "{format}: {text}");
        }
    }
}

/// What is wrong, what the message says of it, the line in each format, and the texts, which may hold the secret `hunter2`.
const WRONG: &[(&[&str], [usize; 3], [&str; 3])] = &[
    (
        &["no field `pth`", "did you mean `path`?", "table_name"],
        [2, 1, 1],
        ["{\n\"pth\": \"hunter2\"}", "pth: hunter2", "pth = 'hunter2'"],
    ),
    (
        &["no field `busy_timeout`", "under `options`"],
        [1, 2, 2],
        [
            r#"{"busy_timeout": "hunter2"}"#,
            "type: sqlite\nbusy_timeout: hunter2",
            "type = 'sqlite'\nbusy_timeout = 'hunter2'",
        ],
    ),
    (
        &["`path` must be text"],
        [2, 2, 2],
        ["{\n\"path\": 17}", "\npath: 17", "\npath = 17"],
    ),
    (
        &["`region` must be text"],
        [1, 1, 1],
        [
            r#"{"region": ["hunter2"]}"#,
            "region: [hunter2]",
            "region = ['hunter2']",
        ],
    ),
    (
        &["the option `password` must be text, an integer, true or false"],
        [1, 2, 2],
        [
            r#"{"options": {"password": ["hunter2"]}}"#,
            "options:\n  password: [hunter2]",
            "[options]\npassword = ['hunter2']",
        ],
    ),
    (
        &["`options` must be a mapping"],
        [1, 1, 1],
        [r#"{"options": "hunter2"}"#, "options: hunter2", "options = 'hunter2'"],
    ),
    (
        &["value_byte", "value_bytes"],
        [1, 2, 2],
        [
            r#"{"limits": {"value_byte": 1}}"#,
            "limits:\n  value_byte: 1",
            "[limits]\nvalue_byte = 1",
        ],
    ),
    (
        &["the limit `value_bytes` must be a whole number"],
        [1, 2, 2],
        [
            r#"{"limits": {"value_bytes": "hunter2"}}"#,
            "limits:\n  value_bytes: hunter2",
            "[limits]\nvalue_bytes = 'hunter2'",
        ],
    ),
    (
        &["namespace", "A-Z a-z 0-9 _ -"],
        [1, 1, 1],
        [
            r#"{"namespace": "hunter2/x"}"#,
            "namespace: hunter2/x",
            "namespace = 'hunter2/x'",
        ],
    ),
];

#[test]
fn a_mistake_is_named_with_its_line_and_without_the_value() {
    for (says, lines, texts) in WRONG {
        for (((format, read), line), text) in FORMATS.into_iter().zip(lines).zip(texts) {
            let error = read(text).unwrap_err();
            let message = error.to_string();
            assert_eq!(error.kind(), ErrorKind::Config);
            for part in *says {
                assert!(message.contains(part), "{format}: {message:?} does not say {part:?}");
            }
            // A mapping is judged when all of it is read, so that the line may be its first or its last.
            let begins = format!("{format}, line ");
            assert!(message.starts_with(&begins), "{message}");
            let seen: usize = message[begins.len()..].split(':').next().unwrap().parse().unwrap();
            assert!(seen.abs_diff(*line) <= 1, "{format}: line {line} expected: {message}");
            assert!(!format!("{message} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}

#[test]
fn what_is_no_configuration_is_refused_without_being_quoted() {
    let texts = [
        ["\"hunter2\"", "hunter2", "hunter2"],
        ["[\"hunter2\"]", "- hunter2", "[[hunter2]]"],
        ["{\"path\": \"hunter2", "path: 'hunter2", "path = 'hunter2"],
        ["{\"path\": hunter2}", "path: *hunter2", "path = hunter2"],
        ["hunter2", "path: [hunter2", "= hunter2"],
    ];
    for texts in texts {
        for ((format, read), text) in FORMATS.into_iter().zip(texts) {
            let error = read(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let shown = format!("{error} {error:?}");
            let is_name = format == "TOML" && text.starts_with("[[");
            assert!(is_name || !shown.contains("hunter2"), "{format}: {shown}");
        }
    }
}

#[test]
fn a_field_that_is_given_twice_is_refused() {
    let texts = [
        "{\"path\": \"a\", \"path\": \"b\"}",
        "path: a\npath: b",
        "path = 'a'\npath = 'b'",
    ];
    for ((format, read), text) in FORMATS.into_iter().zip(texts) {
        let message = read(text).unwrap_err().to_string();
        assert!(
            message.contains("twice") || message.contains("duplicate"),
            "{format}: {message}"
        );
    }
    let message = Config::from_json(r#"{"options": {"a": 1, "a": 2}}"#)
        .unwrap_err()
        .to_string();
    assert!(message.contains("the option `a` is given twice"), "{message}");
}

#[test]
fn hostile_depth_is_an_error() {
    let deep = 100_000;
    let texts = [
        format!("{{\"options\": {}{}}}", "[".repeat(deep), "]".repeat(deep)),
        format!("options: {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("options = {}{}", "[".repeat(deep), "]".repeat(deep)),
    ];
    for ((format, read), text) in FORMATS.into_iter().zip(texts) {
        assert_eq!(read(&text).unwrap_err().kind(), ErrorKind::Config, "{format}");
    }
}

#[test]
fn a_file_is_read_by_its_extension() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in ["a.json", "a.yaml", "a.toml"].into_iter().zip(SAME) {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        assert_eq!(Config::from_file(&path).unwrap(), in_code(), "{name}");
    }
    let path = dir.path().join("b.yml");
    fs::write(&path, "type: memory\npth: x").unwrap();
    let message = Config::from_file(&path).unwrap_err().to_string();
    assert!(
        message.contains("b.yml") && message.contains("YAML, line 2"),
        "{message}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("utf16.json"), b"\xFF\xFE{\0}\0").unwrap();
    fs::create_dir(dir.path().join("dir.json")).unwrap();
    for (name, says) in [
        ("c.ini", ".json, .yaml, .yml or .toml"),
        ("none", ".json, .yaml, .yml or .toml"),
        ("missing.json", "does not exist; check the path"),
        ("utf16.json", "is not UTF-8; save it as UTF-8"),
        ("dir.json", "is a directory"),
    ] {
        let error = Config::from_file(dir.path().join(name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(says), "{name}: {error}");
    }
}
