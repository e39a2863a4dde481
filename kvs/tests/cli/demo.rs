//! demo, completions, man, help.

use crate::support::Place;

#[test]
fn the_demo_shows_what_it_says() {
    let place = Place::new();
    let shown = place.ok(&["demo"]);
    let lines = [
        "1. Sessions that expire, and slide while they are used",
        r#"   > store.get_json::<Session>("session:9f86").await?"#,
        r#"     Session { user: "ada", cart: 3 }"#,
        "2. A cache that computes once, however many ask",
        "     20 answers, all the same",
        "3. Preferences as documents, and a query",
        r#"     ada {"font":{"size":16},"theme":"dark"}"#,
        r"   $ kvs --url sqlite:demo.db --namespace kvs-demo \",
        r#"       doc query preferences '{"theme":"dark","font.size":{"$gte":14}}'"#,
        "4. Real data as documents: 282 media types of mime-db",
        "     text/parameters",
        "5. The last turns of a conversation, by prefix, in reverse",
        r#"   kvs::open("memory:").await?"#,
    ];
    let mut rest = shown.lines();
    for line in lines {
        assert!(rest.any(|shown| shown.starts_with(line)), "{line}\n{shown}");
    }
    // The line with the path is as wide as the path.
    let widest = shown
        .lines()
        .filter(|line| !line.contains("demo.db"))
        .map(|line| line.chars().count())
        .max();
    assert!(widest <= Some(100), "{widest:?}\n{shown}");
    assert!(!place.path("kvs.db").exists());
}

#[test]
fn the_demo_on_a_store_keeps_to_its_namespace_and_may_be_repeated() {
    let place = Place::new();
    place.ok(&["set", "session:9f86", "mine"]);
    for _ in 0..2 {
        let shown = place.ok(&["--url", "sqlite:kvs.db", "demo"]);
        assert!(shown.contains("20 answers, all the same"), "{shown}");
    }
    assert_eq!(place.ok(&["list"]), "session:9f86\n");
    assert_eq!(place.ok(&["get", "session:9f86"]), "mine");
    assert_eq!(
        place
            .ok(&["--namespace", "kvs-demo", "list", "chat:computers:0004:"])
            .lines()
            .count(),
        6
    );
    // What is only in this process cannot be asked by another.
    assert!(!place.ok(&["--url", "memory:", "demo"]).contains("$ kvs"));
    place.fails(2, &["--namespace", "mine", "demo"]);
}

#[cfg(unix)]
#[test]
fn the_commands_that_the_demo_shows_work() {
    let place = Place::new();
    let shown = place.ok(&["--url", "sqlite:it's here.db", "--json", "demo"]);
    let lines = shown
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let commands: Vec<String> = lines
        .filter_map(|line| line["shell"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(commands.len(), 2, "{shown}");
    for command in commands {
        let command = command.replacen("kvs", env!("CARGO_BIN_EXE_kvs"), 1);
        let mut shell = std::process::Command::new("sh");
        let output = shell
            .args(["-c", &command])
            .current_dir(place.path("."))
            .output()
            .unwrap();
        assert!(
            output.status.success() && !output.stdout.is_empty(),
            "{command}: {output:?}"
        );
    }
}

#[test]
fn the_demo_in_json_is_json() {
    for line in Place::new().ok(&["--json", "demo"]).lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).unwrap().is_object(),
            "{line}"
        );
    }
}

#[test]
fn completions_and_manual_pages_are_there() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(place.ok(&["completions", shell]).contains("if-absent"), "{shell}");
    }
    assert!(place.ok(&["man"]).contains(".TH kvs 1"));
    assert!(place.ok(&["man", "doc", "query"]).contains("$exists"));
    place.fails(2, &["man", "nothing"]);
    assert!(!place.path("kvs.db").exists());
}

#[test]
fn the_help_tells_the_exit_statuses_and_each_command_has_an_example() {
    let place = Place::new();
    let help = place.ok(&["--help"]);
    assert!(
        help.contains("Exit status:") && help.contains("  3  conflict"),
        "{help}"
    );
    let commands = "get set delete take incr stat touch list doctor info demo completions man";
    for command in commands.split(' ') {
        assert!(
            place.ok(&[command, "--help"]).contains(&format!("kvs {command}")),
            "{command}"
        );
        assert!(place.ok(&[command, "--help"]).contains("Example"), "{command}");
    }
    for command in ["put", "get", "delete", "query", "import"] {
        assert!(place.ok(&["doc", command, "--help"]).contains("Example"), "{command}");
    }
    assert!(place.ok(&["--version"]).starts_with("kvs "));
}
