//! The URL form of a configuration.

use std::path::Path;

use kvs::{Config, ErrorKind, Limits};

#[test]
fn each_form_is_read() {
    let in_region = Config::dynamodb("sessions")
        .region("eu-west-1")
        .option("endpoint_url", "http://localhost:8000")
        .option("create_table", "true");
    let limits = Limits {
        value_bytes: 8_388_608,
        ..Limits::PORTABLE
    };
    let forms = [
        ("memory:", Config::memory()),
        ("memory://", Config::memory()),
        (
            "memory:?sweep_interval=5s",
            Config::memory().option("sweep_interval", "5s"),
        ),
        ("sqlite:app.db", Config::sqlite("app.db")),
        ("sqlite:data/app.db", Config::sqlite("data/app.db")),
        ("sqlite:/var/app.db", Config::sqlite("/var/app.db")),
        ("sqlite:///var/app.db", Config::sqlite("/var/app.db")),
        ("sqlite::memory:", Config::sqlite(":memory:")),
        (r"sqlite:C:\app.db", Config::sqlite(r"C:\app.db")),
        ("sqlite:my app@home.db", Config::sqlite("my app@home.db")),
        ("sqlite:50%25%3F%23%c3%a9.db", Config::sqlite("50%?#é.db")),
        ("sqlite:a+b.db?", Config::sqlite("a+b.db")),
        (
            "sqlite:///app.db?busy_timeout=5s&create=false",
            Config::sqlite("/app.db")
                .option("busy_timeout", "5s")
                .option("create", "false"),
        ),
        (
            "sqlite:a.db?namespace=tenant-1",
            Config::sqlite("a.db").namespace("tenant-1".parse().unwrap()),
        ),
        (
            "sqlite:a.db?limits.value_bytes=8388608",
            Config::sqlite("a.db").limits(limits),
        ),
        (
            "sqlite:a.db?x%3Dy=%26&z=a=b",
            Config::sqlite("a.db").option("x=y", "&").option("z", "a=b"),
        ),
        ("dynamodb://sessions", Config::dynamodb("sessions")),
        ("dynamodb://sessions/", Config::dynamodb("sessions")),
        (
            "dynamodb://sessions?region=eu-west-1&endpoint_url=http://localhost:8000&create_table=true",
            in_region,
        ),
        (
            "dynamodb://a?namespace=n&shards=16&reads=eventual&attempt_timeout=2s",
            Config::dynamodb("a")
                .namespace("n".parse().unwrap())
                .option("shards", "16")
                .option("reads", "eventual")
                .option("attempt_timeout", "2s"),
        ),
    ];
    for (url, expected) in forms {
        let config: Config = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
        assert!(config == expected, "{url}: {config:?}");
    }
}

#[test]
fn a_mistake_is_named_and_nothing_else_is_quoted() {
    let wrong = [
        ("", "begins with the type"),
        ("hunter2", "begins with the type"),
        (":hunter2", "begins with the type"),
        ("/hunter2/app.db", "begins with the type"),
        ("hunter2 x:y", "begins with the type"),
        ("sqlite://app/hunter2", "sqlite:///"),
        ("sqlite://user:hunter2@host/app.db", "credentials"),
        ("postgres://user:hunter2@host/app.db", "credentials"),
        ("dynamodb://key:hunter2@table?region=eu-west-1", "credentials"),
        ("sqlite:hunter2#x", "%23"),
        ("sqlite:hunter2%", "%25"),
        ("sqlite:hunter2%4", "%25"),
        ("sqlite:hunter2%zz", "%25"),
        ("sqlite:hunter2%+1", "%25"),
        ("sqlite:hunter2%ff", "UTF-8"),
        ("sqlite:a.db?hunter2", "name=value"),
        ("sqlite:a.db?=hunter2", "name=value"),
        ("sqlite:a.db?a=hunter2&", "name=value"),
        ("sqlite:a.db?a=hunter2&a=3", "the parameter `a` is given twice"),
        ("sqlite:a.db?namespace=hunter2/x", "namespace"),
        ("sqlite:a.db?limits.value_byte=1", "value_bytes"),
        (
            "sqlite:a.db?limits.value_bytes=hunter2",
            "`limits.value_bytes` must be a whole number",
        ),
        (
            "sqlite:a.db?limits.value_bytes=-1",
            "`limits.value_bytes` must be a whole number",
        ),
    ];
    for (url, says) in wrong {
        let error = url.parse::<Config>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
        let message = error.to_string();
        assert!(message.contains(says), "{url}: {message}");
        assert!(!format!("{message} {error:?}").contains("hunter2"), "{url}: {error:?}");
    }
}

#[test]
fn every_way_to_convert_one_reads_the_same() {
    let url = "sqlite:app.db".to_owned();
    let config = Config::try_from(url.as_str()).unwrap();
    assert_eq!(config, Config::try_from(url).unwrap());
    assert_eq!(config.path.as_deref(), Some(Path::new("app.db")));
}
