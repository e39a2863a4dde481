//! The commands on a table of DynamoDB.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::dynamodb;
use crate::support::{Answer, MEDIA_TYPES, Place};

/// A directory, and a store in a table.
struct Table {
    place: Place,
    url: String,
    namespace: String,
}

impl Table {
    fn new() -> Self {
        let config = dynamodb::store();
        Self {
            place: Place::new(),
            url: format!(
                "dynamodb://{}?endpoint_url={}",
                config.table_name.unwrap(),
                dynamodb::endpoint()
            ),
            namespace: config.namespace.unwrap().to_string(),
        }
    }

    /// Runs a command that may make the table.
    fn run(&self, args: &[&str]) -> Answer {
        let url = format!("{}&create_table=true", self.url);
        self.place
            .run(&[&["--url", &url, "--namespace", &self.namespace], args].concat())
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        self.run(args).ok()
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[&["--json"], args].concat())).unwrap()
    }
}

#[test]
fn values_counters_and_listings_work_on_a_table() {
    let table = Table::new();
    assert_eq!(table.ok(&["set", "greeting", "hello", "--ttl", "15m"]), "");
    assert_eq!(table.ok(&["get", "greeting"]), "hello");
    assert!(table.ok(&["stat", "greeting"]).contains("Z, in 14m"));
    table.run(&["set", "greeting", "again", "--if-absent"]).fails(3);
    assert_eq!(table.ok(&["incr", "n", "41"]), "41\n");
    assert_eq!(table.ok(&["incr", "n"]), "42\n");
    for key in ["user_1", "userX1", "100%", "é"] {
        table.ok(&["set", key, "x"]);
    }
    assert_eq!(table.ok(&["list"]), "100%\ngreeting\nn\nuserX1\nuser_1\né\n");
    assert_eq!(table.ok(&["list", "user_"]), "user_1\n");
    assert_eq!(table.ok(&["list", "--reverse", "--limit", "2"]), "é\nuser_1\n");
    assert_eq!(table.ok(&["take", "user_1"]), "x");
    table.run(&["get", "user_1"]).fails(1);
    assert_eq!(
        table.json(&["delete", "--prefix", "user"]),
        json!({ "done": true, "keys": 1 })
    );
    table.ok(&["delete", "greeting", "n", "100%", "é"]);
    assert_eq!(table.ok(&["list"]), "");
}

#[test]
fn documents_are_imported_into_a_table_and_found() {
    let table = Table::new();
    assert_eq!(
        table.ok(&["doc", "import", "types", MEDIA_TYPES, "--id", "type"]),
        "imported: 282\n"
    );
    let filter = r#"{"compressible":true,"extensions":{"$contains":"mjs"}}"#;
    let found: Value = serde_json::from_str(&table.ok(&["doc", "query", "types", filter])).unwrap();
    assert_eq!(found["id"], "text/javascript");
    assert_eq!(
        table.json(&["doc", "get", "types", "text/javascript"])["data"],
        found["data"]
    );
    assert_eq!(table.ok(&["doc", "query", "types", "--limit", "5"]).lines().count(), 5);
    table.ok(&["doc", "delete", "types", "text/javascript"]);
    assert_eq!(table.ok(&["doc", "query", "types", filter]), "");
}

#[test]
fn the_doctor_and_info_tell_of_a_table() {
    let table = Table::new();
    table.ok(&["set", "k", "secret"]);
    let shown = table.ok(&["doctor"]);
    assert!(shown.starts_with("ok  ") && !shown.contains("secret"), "{shown}");
    let info = table.json(&["info"]);
    assert_eq!(
        (&info["backend"], &info["table_name"]),
        (&json!("dynamodb"), &json!("kvs-facade-tests"))
    );
    assert_eq!(
        (&info["value_bytes"], &info["durability"]),
        (&json!(393_216), &json!("power"))
    );
}

#[test]
fn the_demo_runs_on_a_table() {
    let table = Table::new();
    table.ok(&["set", "k", "to make the table"]);
    let shown = table.place.ok(&["--url", &table.url, "demo"]);
    assert!(
        shown.contains("20 answers, all the same") && shown.contains("     text/parameters"),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("kvs --url '{}' --namespace kvs-demo list", table.url)),
        "{shown}"
    );
}

/// Everything in the table, by a Scan, which no store is ever allowed.
fn items(table: &str) -> Vec<String> {
    let endpoint = dynamodb::endpoint();
    let address = endpoint.strip_prefix("http://").unwrap().trim_end_matches('/');
    let body = json!({ "TableName": table, "ConsistentRead": true }).to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\n\
         X-Amz-Target: DynamoDB_20120810.Scan\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let answer: Value = serde_json::from_str(body).unwrap();
    assert!(answer["LastEvaluatedKey"].is_null(), "the table is small");
    let items = answer["Items"].as_array().unwrap();
    let mut items: Vec<String> = items.iter().map(Value::to_string).collect();
    items.sort();
    items
}

#[test]
fn the_suite_leaves_a_table_as_it_was() {
    let place = Place::new();
    let name = format!("kvs-{}", dynamodb::store().namespace.unwrap());
    let url = format!("dynamodb://{name}?endpoint_url={}", dynamodb::endpoint());
    place.ok(&["--url", &format!("{url}&create_table=true"), "set", "k", "x"]);
    // They begin as those of a run do.
    for namespace in ["conformance", "conformance-1"] {
        place.ok(&["--url", &url, "--namespace", namespace, "set", "k", "x"]);
        place.ok(&["--url", &url, "--namespace", namespace, "doc", "put", "c", "1", "{}"]);
    }
    let before = items(&name);
    assert_eq!(before.len(), 8);
    let names = [
        "basics::namespaces_do_not_share_documents",
        "basics::sites_share_nothing",
        "documents::put_then_get_gives_the_document",
        "listing::the_empty_prefix_finds_every_key",
    ];
    let cases = names.iter().flat_map(|name| ["--case", name]);
    let args: Vec<&str> = ["--url", &url, "conformance"].into_iter().chain(cases).collect();
    let answer = place.run(&args);
    let shown = String::from_utf8(answer.out.clone()).unwrap();
    assert!(answer.code == 0 && shown.ends_with("result: passed\n"), "{answer:?}");
    assert_eq!(items(&name), before);
}

#[test]
fn what_only_reads_makes_neither_table_nor_namespace() {
    let table = Table::new();
    table.ok(&["set", "k", "x"]);
    let other = format!("{}x", table.namespace);
    for args in [
        &["get", "k"][..],
        &["list"],
        &["info"],
        &["delete", "k"],
        &["doc", "query", "c"],
    ] {
        let missing = format!("{}&create_table=true", table.url.replace("kvs-facade-tests", &other));
        for args in [
            [&["--url", &missing][..], args].concat(),
            [&["--url", &table.url, "--namespace", &other], args].concat(),
        ] {
            let error = table.place.fails(2, &args);
            assert!(error.starts_with("kvs: dynamodb: open: "), "{args:?}: {error}");
        }
    }
    let answer = table.place.run(&["--url", &table.url, "--namespace", &other, "doctor"]);
    assert!(matches!(answer.code, 0 | 4) && answer.err.is_empty(), "{answer:?}");
    table
        .place
        .fails(2, &["--url", &table.url, "--namespace", &other, "list"]);
}

#[test]
fn away_from_this_host_region_and_credentials_are_those_of_the_environment() {
    let place = Place::new();
    // Not an address at which an emulator is expected, and yet nobody else's.
    let url = "dynamodb://app?endpoint_url=http://127.0.0.2:1&attempt_timeout=200ms&operation_timeout=300ms";
    let run = |url: &str, env: &[(&str, &str)]| -> Answer {
        let mut command = place.command(&["--url", url, "get", "k"]);
        let set_elsewhere = std::env::vars_os().map(|(name, _)| name);
        for name in set_elsewhere.filter(|name| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
            .env("AWS_CONFIG_FILE", place.path("none"))
            .env("AWS_SHARED_CREDENTIALS_FILE", place.path("none"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(env.iter().copied())
            .output()
            .unwrap()
            .into()
    };
    assert!(run(url, &[]).fails(2).contains("no region is set"));
    let in_region = format!("{url}&region=eu-west-1");
    assert!(run(&in_region, &[]).fails(4).contains("no credentials were found"));
    let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
    for (url, env) in [
        (&*in_region, keys.to_vec()),
        (url, [&keys[..], &[("AWS_REGION", "eu-west-1")]].concat()),
    ] {
        let error = run(url, &env).fails(4);
        assert!(
            error.contains("cannot be reached") && !error.contains("hunter2"),
            "{error}"
        );
    }
}

#[test]
fn a_mistake_in_the_url_of_a_table_is_exit_2_and_names_it() {
    let place = Place::new();
    let nowhere = "endpoint_url=http://127.0.0.1:1";
    let table = [
        (format!("dynamodb:?{nowhere}"), "needs a table"),
        (format!("dynamodb://app?{nowhere}&shard=8"), "did you mean `shards`?"),
        (format!("dynamodb://app?{nowhere}&shards=0"), "1 to 256"),
        (format!("dynamodb://app?{nowhere}&reads=dirty"), "consistent, eventual"),
        (
            format!("dynamodb://app?{nowhere}&limits.value_bytes=500000"),
            "leave `limits` out",
        ),
        ("dynamodb://app?endpoint_url=hunter2".to_owned(), "endpoint_url"),
        ("dynamodb://key:hunter2@app".to_owned(), "credentials"),
    ];
    for (url, told) in table {
        let error = place.fails(2, &["--url", &url, "set", "k", "x"]);
        assert!(error.contains(told) && !error.contains("hunter2"), "{url}: {error}");
    }
    let url = format!("dynamodb://app?{nowhere}&operation_timeout=200ms");
    let error = place.fails(4, &["--url", &url, "get", "k"]);
    assert!(error.starts_with("kvs: dynamodb: open: "), "{error}");
}
