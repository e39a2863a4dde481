//! The rules of `example.rs` on an example that broke its word.

use super::*;

const MANIFEST: &str = "[workspace]\n[dependencies]\nkvs-core = {}\n[dev-dependencies]\nkvs-conformance = {}\n";

fn example(manifest: &str, source: &str, test: &str) -> Tree {
    let path = |name: &str| format!("{FOLDER}{name}");
    Tree::of(&[
        (&path("Cargo.toml"), manifest),
        (&path("Cargo.lock"), ""),
        (&path("README.md"), ""),
        (&path("src/lib.rs"), source),
        (&path("tests/conformance.rs"), test),
    ])
}

fn findings(manifest: &str, source: &str, test: &str) -> Vec<(usize, String)> {
    let findings = the_example_is_what_it_says(&example(manifest, source, test));
    findings
        .into_iter()
        .map(|finding| (finding.line, finding.message))
        .collect()
}

#[test]
fn a_short_example_passes() {
    let source = format!("{}{}", "code\n".repeat(299), "\n    // A comment.\n".repeat(9));
    assert_eq!(findings(MANIFEST, &source, &"x\n".repeat(24)), []);
}

#[test]
fn a_long_one_is_found() {
    let found = findings(MANIFEST, &"code\n".repeat(300), &"x\n".repeat(25));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn crates_that_a_stranger_does_not_need_are_found() {
    let manifest = "[dependencies]\nkvs-core = {}\nkvs-memory = {}\n[dev-dependencies]\nkvs.workspace = true\n";
    let found = findings(manifest, "", "");
    let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 5, 1], "{found:?}");
}

#[test]
fn an_example_that_is_not_there_is_found() {
    assert_eq!(the_example_is_what_it_says(&Tree::default()).len(), 4);
}

#[test]
fn a_quote_is_found_line_by_line() {
    let source = "//! A.\nfn a() {\n    b();\n}\n";
    let quoting = |quote: &str| {
        let mut tree = example(MANIFEST, source, "");
        let text = format!("# A\n\n{quote}");
        let tutorial = (TUTORIAL, text.as_str());
        tree.files.extend(Tree::of(&[tutorial]).files);
        the_tutorial_quotes_the_example(&tree)
    };
    assert_eq!(quoting("```rs of src/lib.rs\nfn a() {\n    b();\n```\n"), []);
    for wrong in [
        "no quote at all\n",
        "```rs of src/lib.rs\n```\n",
        "```rs of src/lib.rs\nfn a() {\n}\n```\n",
        "```rs of src/lib.rs\nfn a()\n```\n",
        "```rs of src/main.rs\nfn a() {\n```\n",
        "```toml of Cargo.toml\nfn a() {\n```\n",
    ] {
        assert_eq!(quoting(wrong).len(), 1, "{wrong}");
    }
}
