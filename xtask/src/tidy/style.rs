//! How a Rust file begins and how long it may be.

use super::Finding;
use super::tree::Tree;

const MAX_LINES: usize = 400;

/// Longer files, each with the reason why it stays whole.
const LONG_FILES: &[(&str, &str)] = &[];

/// Each file says first what it is for; a crate may say it with its README.
pub(super) fn modules_open_with_docs(tree: &Tree) -> Vec<Finding> {
    let why = "the first line tells what the file is for";
    let bare = tree.rust_files().filter(|file| {
        let opens = ["//!", "#![doc = include_str!"];
        !opens.iter().any(|open| file.text.starts_with(open))
    });
    bare.map(|file| Finding::new(&file.path, 1, "the file does not begin with `//!`", why))
        .collect()
}

/// A long file has a reason, and a reason has a long file.
pub(super) fn files_are_short(tree: &Tree) -> Vec<Finding> {
    check_lengths(tree, LONG_FILES)
}

fn check_lengths(tree: &Tree, reasons: &[(&str, &str)]) -> Vec<Finding> {
    let long: Vec<_> = tree
        .rust_files()
        .map(|file| (file.path.as_str(), file.text.lines().count()))
        .filter(|(_, length)| *length > MAX_LINES)
        .collect();
    let mut findings = Vec::new();
    for (path, length) in &long {
        if !reasons.iter().any(|(listed, _)| listed == path) {
            let message = format!("{length} lines, more than {MAX_LINES}");
            let why = "split it, or give the reason in LONG_FILES of tidy/style.rs";
            findings.push(Finding::new(path, MAX_LINES + 1, message, why));
        }
    }
    for (listed, _) in reasons {
        if !long.iter().any(|(path, _)| path == listed) {
            let message = "LONG_FILES of tidy/style.rs lists a file that is not long";
            findings.push(Finding::new(listed, 1, message, "an old excuse hides a new case"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_docs_is_found() {
        let tree = Tree::of(&[
            ("a.rs", "//! A.\n"),
            ("b.rs", "#![doc = include_str!(\"../README.md\")]\n"),
            ("c.rs", "use std::fmt;\n"),
            ("d.txt", "no Rust\n"),
        ]);
        let findings = modules_open_with_docs(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].file, "c.rs");
    }

    #[test]
    fn a_long_file_needs_a_reason_and_a_reason_a_long_file() {
        let tree = Tree::of(&[("long.rs", &"x\n".repeat(401)), ("short.rs", &"x\n".repeat(400))]);
        assert_eq!(check_lengths(&tree, &[("long.rs", "a table")]), []);
        let findings = check_lengths(&tree, &[("short.rs", "no longer")]);
        let files: Vec<_> = findings.iter().map(|f| f.file.as_str()).collect();
        assert_eq!(files, ["long.rs", "short.rs"]);
    }
}
