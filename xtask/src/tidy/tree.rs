//! What the rules look at: the text files of the work tree and the packages of the workspace.

use std::fs;

use super::Finding;
use super::source::Source;
use crate::sh;
use crate::workspace::Workspace;

#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) workspace: Workspace,
    pub(super) files: Vec<File>,
}

/// A text file, its path relative to the root and with `/` between the parts.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl Tree {
    /// Reads every file that git tracks or would add, so that a finding comes before the commit.
    ///
    /// A workspace that cargo cannot read is a finding, so that the other rules still run.
    pub(super) fn load() -> Result<(Self, Vec<Finding>), String> {
        let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
        let mut paths: Vec<_> = sh::output("git", &list)?
            .split_terminator('\0')
            .map(str::to_owned)
            .collect();
        paths.sort();
        paths.dedup();
        let files = paths.into_iter().filter_map(|path| {
            // Not text, or deleted and not yet committed as such: nothing for these rules.
            let text = fs::read_to_string(sh::root().join(&path)).ok()?;
            Some(File { path, text })
        });
        let files = files.collect();
        match Workspace::load() {
            Ok(workspace) => Ok((Self { workspace, files }, Vec::new())),
            Err(error) => {
                let why = "the rules about crates were checked against nothing";
                let workspace = Workspace::default();
                let finding = Finding::new("Cargo.toml", 1, error, why);
                Ok((Self { workspace, files }, vec![finding]))
            }
        }
    }

    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust files, taken apart into code, literals and tests.
    pub(super) fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        self.rust_files().map(Source::parse)
    }

    pub(super) fn rust_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.has_extension("rs"))
    }

    /// The line of a package's manifest that mentions `needle`; 1 if none does.
    pub(super) fn manifest_line(&self, manifest: &str, needle: &str) -> usize {
        self.file(manifest)
            .and_then(|file| file.text.lines().position(|line| line.contains(needle)))
            .map_or(1, |index| index + 1)
    }
}

impl File {
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
    }

    /// The number of the line that holds the byte at `offset`.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|byte| **byte == b'\n').count() + 1
    }
}

#[cfg(test)]
impl Tree {
    /// A tree of the given files, and of no package.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
        Self {
            files: files.collect(),
            ..Self::default()
        }
    }
}
