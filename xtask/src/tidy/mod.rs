//! `cargo xtask tidy`: the rules of `ARCHITECTURE.md` that the compiler cannot see.
//!
//! A rule is a function from the [`Tree`] to its findings, so that a test can hand it a tree of a few lines.

mod architecture;
mod code;
mod example;
mod graph;
mod lock;
mod shape;
mod source;
mod style;
mod text;
mod tree;

use std::fmt;

use tree::Tree;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: String,
    line: usize,
    message: String,
    why: &'static str,
}

impl Finding {
    fn new(file: &str, line: usize, message: impl Into<String>, why: &'static str) -> Self {
        Self {
            file: file.to_owned(),
            line,
            message: message.into(),
            why,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            message,
            why,
        } = self;
        write!(f, "{file}:{line}: {message} — {why}")
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    architecture::map_matches_workspace,
    graph::edges_match_table,
    graph::own_dev_dependencies_have_no_version,
    graph::core_asks_little_of_tokio,
    graph::drivers_stay_in_their_backend,
    lock::sqlite_is_one_and_recent,
    example::the_example_is_what_it_says,
    example::the_tutorial_quotes_the_example,
    shape::backends_have_the_same_files,
    shape::packages_follow_the_workspace,
    code::sql_text_is_in_one_place,
    code::driver_errors_are_matched_in_one_file,
    code::unsafe_stands_in_one_file,
    code::time_is_read_through_the_clock,
    code::nothing_is_left_undone,
    style::modules_open_with_docs,
    style::files_are_short,
    text::lines_end_cleanly,
    text::nothing_names_a_machine,
];

/// Runs every rule on the work tree and prints what each found.
pub(crate) fn main() -> Result<(), String> {
    let (tree, mut findings) = Tree::load()?;
    findings.extend(RULES.iter().flat_map(|rule| rule(&tree)));
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            let (rules, files) = (RULES.len(), tree.files.len());
            println!("tidy: {rules} rules, {files} files, nothing to report");
            Ok(())
        }
        count => Err(format!("tidy: {count} findings")),
    }
}
