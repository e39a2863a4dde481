//! What holds for the text of any file.

use super::Finding;
use super::tree::{File, Tree};

/// The files that people write, whose white space is ours to keep clean.
const WRITTEN: &[&str] = &["rs", "md", "toml", "sql", "yml", "yaml"];

/// Paths of one machine or one author. Put together here, so that this file does not name them itself.
const MACHINE_PATHS: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("../sh", "ared"),
];

/// No white space at the end of a line, one line break at the end of a file.
pub(super) fn lines_end_cleanly(tree: &Tree) -> Vec<Finding> {
    let why = "editors disagree about it, and diffs then show what nobody changed";
    let mut findings = Vec::new();
    let written = |file: &&File| WRITTEN.iter().any(|extension| file.has_extension(extension));
    for file in tree.files.iter().filter(written) {
        for (index, line) in file.text.split('\n').enumerate() {
            if line.ends_with(char::is_whitespace) {
                let message = "white space at the end of the line";
                findings.push(Finding::new(&file.path, index + 1, message, why));
            }
        }
        let end = &file.text[file.text.trim_end_matches('\n').len()..];
        if !file.text.is_empty() && end.len() != 1 {
            let message = format!("the file ends with {} line breaks, not one", end.len());
            let line = file.text.lines().count();
            findings.push(Finding::new(&file.path, line, message, why));
        }
    }
    findings
}

/// No file depends on where it was written.
pub(super) fn nothing_names_a_machine(tree: &Tree) -> Vec<Finding> {
    let why = "the repository works wherever it is cloned";
    let mut findings = Vec::new();
    for file in &tree.files {
        for path in MACHINE_PATHS {
            let found = file.text.match_indices(path);
            let absolute = found.filter(|(offset, _)| !follows_a_name(&file.text[..*offset]));
            findings.extend(absolute.map(|(offset, _)| {
                let message = format!("names `{path}`");
                Finding::new(&file.path, file.line_at(offset), message, why)
            }));
        }
    }
    findings
}

/// In `example.org/x` or `$DIR/x` the path goes on from a name and so is not absolute.
fn follows_a_name(before: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || "_-.})".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untidy_line_ends_are_found() {
        let tree = Tree::of(&[
            ("clean.rs", "a\n\nb\n"),
            ("empty.rs", ""),
            ("space.md", "a \nb\n"),
            ("open.toml", "a"),
            ("blank.sql", "a\n\n"),
            ("data.ndjson", "a "),
        ]);
        let findings = lines_end_cleanly(&tree);
        let found: Vec<_> = findings.iter().map(|f| (f.file.as_str(), f.line)).collect();
        assert_eq!(found, [("space.md", 1), ("open.toml", 1), ("blank.sql", 2)]);
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        let home = MACHINE_PATHS[1];
        let text = format!("fine\nsee {home}me\nhttps://example.org{home}x\n$DIR{home}\n");
        let findings = nothing_names_a_machine(&Tree::of(&[("a.md", &text)]));
        let found: Vec<_> = findings.iter().map(|f| f.line).collect();
        assert_eq!(found, [2]);
    }
}
