//! What every package of a kind has.

use super::Finding;
use super::tree::Tree;

/// A backend, and whether it speaks through a driver, whose errors it then has to translate.
struct Backend {
    package: &'static str,
    has_driver: bool,
}

const BACKENDS: &[Backend] = &[
    Backend {
        package: "kvs-memory",
        has_driver: false,
    },
    Backend {
        package: "kvs-sqlite",
        has_driver: true,
    },
    Backend {
        package: "kvs-dynamodb",
        has_driver: true,
    },
];

/// The same question is answered in the same file of each backend.
pub(super) fn backends_have_the_same_files(tree: &Tree) -> Vec<Finding> {
    let why = "who knows one backend finds the way in each";
    let mut findings = Vec::new();
    for Backend { package, has_driver } in BACKENDS {
        let always = ["src/lib.rs", "src/config.rs", "src/store.rs", "README.md"];
        let driver = has_driver.then_some("src/error.rs");
        for name in always.into_iter().chain(driver) {
            let path = format!("{package}/{name}");
            if tree.file(&path).is_none() {
                findings.push(Finding::new(&path, 1, "the file is missing", why));
            }
        }
    }
    findings
}

/// A package lies in a folder of its name and has the lints of the workspace.
pub(super) fn packages_follow_the_workspace(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.workspace.packages {
        let path = format!("{}/Cargo.toml", package.folder);
        if package.folder != package.name {
            let message = format!("`{}` lies in the folder `{}`", package.name, package.folder);
            let why = "the tree is the architecture";
            findings.push(Finding::new(&path, 1, message, why));
        }
        let manifest = tree.file(&path).map_or("", |file| file.text.as_str());
        if !manifest.contains("[lints]\nworkspace = true") {
            let message = "the package does not inherit the lints of the workspace";
            findings.push(Finding::new(&path, 1, message, "there is one lint policy"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Package, Workspace};

    #[test]
    fn a_backend_without_its_files_is_found() {
        let tree = Tree::of(&[
            ("kvs-memory/src/lib.rs", ""),
            ("kvs-memory/src/config.rs", ""),
            ("kvs-memory/src/store.rs", ""),
            ("kvs-memory/README.md", ""),
            ("kvs-sqlite/src/lib.rs", ""),
            ("kvs-sqlite/src/store.rs", ""),
            ("kvs-sqlite/README.md", ""),
            ("kvs-dynamodb/src/lib.rs", ""),
            ("kvs-dynamodb/src/config.rs", ""),
            ("kvs-dynamodb/src/store.rs", ""),
            ("kvs-dynamodb/src/error.rs", ""),
            ("kvs-dynamodb/README.md", ""),
        ]);
        let findings = backends_have_the_same_files(&tree);
        let files: Vec<_> = findings.iter().map(|f| f.file.as_str()).collect();
        assert_eq!(files, ["kvs-sqlite/src/config.rs", "kvs-sqlite/src/error.rs"]);
    }

    #[test]
    fn a_package_with_its_own_ways_is_found() {
        let package = |name: &str, folder: &str| Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            ..Package::default()
        };
        let mut tree = Tree::of(&[("kvs/Cargo.toml", "[lints]\nworkspace = true\n")]);
        tree.workspace = Workspace {
            packages: vec![package("kvs", "kvs"), package("kvs-core", "core")],
            ..Workspace::default()
        };
        assert_eq!(packages_follow_the_workspace(&tree).len(), 2);
    }
}
