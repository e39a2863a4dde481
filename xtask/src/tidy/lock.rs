//! What `Cargo.lock` must hold.

use super::Finding;
use super::tree::Tree;

const FILE: &str = "Cargo.lock";
const LIBRARY: &str = "libsqlite3-sys";
/// The first release that bundles `SQLite` 3.51.3.
const OLDEST: (u32, u32, u32) = (0, 37, 0);
const WHY: &str = "SQLite before 3.51.3 can corrupt a database when it resets the WAL";

/// One `SQLite`, and not one that another dependency pulled down.
pub(super) fn sqlite_is_one_and_recent(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.file(FILE) else {
        return vec![Finding::new(FILE, 1, "the file is missing", WHY)];
    };
    let found = versions(&file.text, LIBRARY);
    let mut findings = Vec::new();
    if found.len() != 1 {
        let message = format!("{} versions of {LIBRARY}, there must be one", found.len());
        findings.push(Finding::new(FILE, 1, message, WHY));
    }
    for (line, version) in found {
        if parse(version).is_none_or(|version| version < OLDEST) {
            let (major, minor, patch) = OLDEST;
            let message = format!("{LIBRARY} {version}, at least {major}.{minor}.{patch} is needed");
            findings.push(Finding::new(FILE, line, message, WHY));
        }
    }
    findings
}

/// The versions of a package, each with the line that names it. Cargo writes name and version in that order.
fn versions<'t>(text: &'t str, package: &str) -> Vec<(usize, &'t str)> {
    let name = format!("name = \"{package}\"");
    let lines: Vec<_> = text.lines().collect();
    let pairs = lines.windows(2).enumerate();
    pairs
        .filter(|(_, pair)| pair[0] == name)
        .filter_map(|(index, pair)| {
            let version = pair[1].strip_prefix("version = \"")?.strip_suffix('"')?;
            Some((index + 2, version))
        })
        .collect()
}

fn parse(version: &str) -> Option<(u32, u32, u32)> {
    let release = version.split(['-', '+']).next()?;
    let mut parts = release.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(versions: &[&str]) -> Vec<String> {
        let packages = versions
            .iter()
            .map(|version| format!("[[package]]\nname = \"{LIBRARY}\"\nversion = \"{version}\"\n\n"));
        let text: String = packages.collect();
        let findings = sqlite_is_one_and_recent(&Tree::of(&[(FILE, &text)]));
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn one_recent_version_passes() {
        assert_eq!(messages(&["0.37.0"]), Vec::<String>::new());
        assert_eq!(messages(&["0.40.0"]), Vec::<String>::new());
        assert_eq!(messages(&["1.0.0"]), Vec::<String>::new());
    }

    #[test]
    fn none_two_and_old_ones_are_found() {
        assert_eq!(messages(&[]), ["0 versions of libsqlite3-sys, there must be one"]);
        assert_eq!(
            messages(&["0.36.9", "0.37.1"]),
            [
                "2 versions of libsqlite3-sys, there must be one",
                "libsqlite3-sys 0.36.9, at least 0.37.0 is needed"
            ]
        );
    }
}
