//! `ARCHITECTURE.md` against the workspace.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

const FILE: &str = "ARCHITECTURE.md";
const MAX_LINES: usize = 150;

/// Each package is in the map, each package in the map exists, and the page can be read in one go.
pub(super) fn map_matches_workspace(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.file(FILE) else {
        let why = "a newcomer starts there";
        return vec![Finding::new(FILE, 1, "the file is missing", why)];
    };
    let packages: BTreeSet<_> = tree
        .workspace
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut findings = Vec::new();
    let length = file.text.lines().count();
    if length > MAX_LINES {
        let message = format!("{length} lines, at most {MAX_LINES} are allowed");
        let why = "a long page is not read, and not kept true";
        findings.push(Finding::new(FILE, MAX_LINES + 1, message, why));
    }
    let map = named_in_map(&file.text);
    for (line, name) in &map {
        if !packages.contains(name) {
            let message = format!("the map names `{name}`, which is no package here");
            findings.push(Finding::new(FILE, *line, message, "a map shows what is there"));
        }
    }
    let mapped: BTreeSet<_> = map.iter().map(|(_, name)| *name).collect();
    for name in packages.difference(&mapped) {
        let message = format!("`{name}` is not named in the section \"## Map\"");
        findings.push(Finding::new(FILE, 1, message, "a map shows what is there"));
    }
    findings
}

/// The packages in backticks in the section "## Map"; a path in a package names the package.
fn named_in_map(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate();
    let section = lines
        .skip_while(|(_, line)| line.trim_end() != "## Map")
        .skip(1)
        .take_while(|(_, line)| !line.starts_with("## "));
    section
        .flat_map(|(index, line)| {
            let quoted = line.split('`').skip(1).step_by(2);
            quoted.map(move |code| (index + 1, code.split('/').next().unwrap_or(code)))
        })
        .filter(|(_, name)| is_package_name(name))
        .collect()
}

fn is_package_name(name: &str) -> bool {
    let is_ours = name == "kvs" || name == "xtask" || name.starts_with("kvs-");
    is_ours && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Package, Workspace};

    fn tree(text: &str) -> Tree {
        let package = |name: &str| Package {
            name: name.to_owned(),
            ..Package::default()
        };
        Tree {
            workspace: Workspace {
                packages: vec![package("kvs"), package("kvs-core")],
                ..Workspace::default()
            },
            ..Tree::of(&[(FILE, text)])
        }
    }

    #[test]
    fn a_true_map_passes() {
        let text =
            "# A\n## Map\n- `kvs`: the facade, `kvs doc import` and `kvs::open`\n- `kvs-core/src/`\n## B\n`kvs-x`\n";
        assert_eq!(map_matches_workspace(&tree(text)), []);
    }

    #[test]
    fn a_package_that_is_missing_on_either_side_is_found() {
        let findings = map_matches_workspace(&tree("## Map\n\n`kvs-core` `kvs-redis`\n"));
        let found: Vec<_> = findings.iter().map(|f| (f.line, f.message.as_str())).collect();
        assert_eq!(
            found,
            [
                (3, "the map names `kvs-redis`, which is no package here"),
                (1, "`kvs` is not named in the section \"## Map\""),
            ]
        );
    }

    #[test]
    fn a_long_page_is_found() {
        let text = format!("## Map\n`kvs` `kvs-core`\n{}", "x\n".repeat(149));
        let findings = map_matches_workspace(&tree(&text));
        assert_eq!(findings.len(), 1, "{findings:?}");
    }
}
