//! What the backend of a stranger promises, and the tutorial that explains it.

use super::Finding;
use super::tree::{File, Tree};

const FOLDER: &str = "kvs-conformance/examples/kvs-redb/";
const TUTORIAL: &str = "kvs-conformance/README.md";
const MOST_CODE: usize = 300;
const MOST_TEST: usize = 25;

/// The example is short, stands alone, and knows no more of ours than a stranger can.
pub(super) fn the_example_is_what_it_says(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in ["Cargo.toml", "Cargo.lock", "README.md", "tests/conformance.rs"] {
        let path = format!("{FOLDER}{name}");
        if tree.file(&path).is_none() {
            findings.push(Finding::new(
                &path,
                1,
                "the file is missing",
                "the tutorial explains it",
            ));
        }
    }
    let sources = files(tree).filter(|(name, _)| name.starts_with("src/"));
    let code: usize = sources.map(|(_, file)| lines_of_code(&file.text)).sum();
    if code >= MOST_CODE {
        let message = format!("{code} lines of code, less than {MOST_CODE} are promised");
        let why = "a model that is long is not read";
        findings.push(Finding::new(&format!("{FOLDER}src"), 1, message, why));
    }
    for (name, file) in files(tree) {
        let length = file.text.lines().count();
        if name == "tests/conformance.rs" && length >= MOST_TEST {
            let message = format!("{length} lines, less than {MOST_TEST} are promised");
            findings.push(Finding::new(
                &file.path,
                MOST_TEST,
                message,
                "proving a backend is little work",
            ));
        }
        if name == "Cargo.toml" {
            findings.extend(wrong_dependencies(file));
        }
    }
    findings
}

/// Each block of the tutorial that is marked as Rust or TOML of the example is found there, line by line.
pub(super) fn the_tutorial_quotes_the_example(tree: &Tree) -> Vec<Finding> {
    let why = "a tutorial that differs from the code teaches what does not work";
    let Some(tutorial) = tree.file(TUTORIAL) else {
        return vec![Finding::new(TUTORIAL, 1, "the file is missing", why)];
    };
    let lines: Vec<&str> = tutorial.text.lines().collect();
    let mut findings = Vec::new();
    let mut quotes = 0;
    for (index, fence) in lines.iter().enumerate() {
        let Some(name) = fence.strip_prefix("```rs of ").or(fence.strip_prefix("```toml of ")) else {
            continue;
        };
        quotes += 1;
        let quote: Vec<&str> = lines[index + 1..]
            .iter()
            .copied()
            .take_while(|line| *line != "```")
            .collect();
        let found = files(tree).find(|(file, _)| *file == name);
        let problem = match found {
            None => Some("quotes a file that the example does not have"),
            Some((_, file)) if !holds(&file.text, &quote) => Some("is not what the file of the example says"),
            Some(_) => None,
        };
        findings.extend(problem.map(|problem| {
            let message = format!("the block of `{name}` {problem}");
            Finding::new(TUTORIAL, index + 1, message, why)
        }));
    }
    if quotes == 0 {
        findings.push(Finding::new(TUTORIAL, 1, "no block quotes the example", why));
    }
    findings
}

/// The files of the example, by their path in it.
fn files(tree: &Tree) -> impl Iterator<Item = (&str, &File)> {
    let files = tree.files.iter();
    files.filter_map(|file| Some((file.path.strip_prefix(FOLDER)?, file)))
}

/// The lines that are neither blank nor comments alone.
fn lines_of_code(text: &str) -> usize {
    let lines = text.lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// Does the text hold these lines, one after the other?
fn holds(text: &str, quote: &[&str]) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    !quote.is_empty() && lines.windows(quote.len()).any(|window| window == quote)
}

/// A workspace of its own, with `kvs-core` to build on and `kvs-conformance` to be tested by.
fn wrong_dependencies(manifest: &File) -> Vec<Finding> {
    let why = "what a stranger cannot do proves nothing";
    let mut findings = Vec::new();
    let mut section = "";
    for (index, line) in manifest.text.lines().enumerate() {
        if line.starts_with('[') {
            section = line;
        }
        let name = line.split([' ', '=', '.']).next().unwrap_or_default();
        let is_ours = section.contains("dependencies") && (name == "kvs" || name.starts_with("kvs-"));
        let allowed = match section {
            "[dependencies]" => "kvs-core",
            "[dev-dependencies]" => "kvs-conformance",
            _ => "",
        };
        if is_ours && name != allowed {
            let message = format!("`{name}` in {section}");
            findings.push(Finding::new(&manifest.path, index + 1, message, why));
        }
    }
    if !manifest.text.lines().any(|line| line == "[workspace]") {
        findings.push(Finding::new(&manifest.path, 1, "no workspace of its own", why));
    }
    findings
}

#[cfg(test)]
#[path = "example_tests.rs"]
mod tests;
