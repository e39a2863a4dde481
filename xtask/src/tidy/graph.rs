//! Which package may depend on which.

use super::Finding;
use super::tree::Tree;
use crate::workspace::{Dependency, Kind, Package};

/// The packages of ours that one package may depend on.
struct Edges {
    package: &'static str,
    always: &'static [&'static str],
    /// Only behind a feature.
    optional: &'static [&'static str],
    /// For its tests, beside the ones above.
    dev: &'static [&'static str],
}

/// The direction of dependency; a new edge is a decision and comes with a change here.
const EDGES: &[Edges] = &[
    Edges {
        package: "kvs-core",
        always: &[],
        optional: &[],
        // Its examples call the traits on a store.
        dev: &["kvs-memory"],
    },
    Edges {
        package: "kvs-memory",
        always: &["kvs-core"],
        optional: &[],
        dev: &["kvs-conformance"],
    },
    Edges {
        package: "kvs-sqlite",
        always: &["kvs-core"],
        optional: &[],
        dev: &["kvs-conformance"],
    },
    Edges {
        package: "kvs-dynamodb",
        always: &["kvs-core"],
        optional: &[],
        dev: &["kvs-conformance"],
    },
    Edges {
        package: "kvs-conformance",
        always: &["kvs-core"],
        optional: &[],
        dev: &["kvs-memory"],
    },
    Edges {
        package: "kvs",
        always: &["kvs-core"],
        // The suite for the command line, which runs it.
        optional: &["kvs-memory", "kvs-sqlite", "kvs-dynamodb", "kvs-conformance"],
        dev: &[],
    },
    Edges {
        package: "xtask",
        always: &[],
        optional: &[],
        dev: &[],
    },
];

/// Drivers, by the start of their names, and the one package that may name them.
const DRIVERS: &[(&str, &str)] = &[
    ("sqlx", "kvs-sqlite"),
    ("libsqlite3-sys", "kvs-sqlite"),
    ("rusqlite", "kvs-sqlite"),
    ("aws-", "kvs-dynamodb"),
];

/// What `kvs-core` may ask of tokio: no runtime, no I/O.
const CORE_TOKIO_FEATURES: &[&str] = &["time", "sync"];

/// Own dependencies are those of the table above.
pub(super) fn edges_match_table(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.workspace.packages {
        let Some(edges) = EDGES.iter().find(|edges| edges.package == package.name) else {
            let message = format!("`{}` has no row in EDGES of tidy/graph.rs", package.name);
            let why = "the direction of dependency is decided, not found";
            findings.push(Finding::new(&manifest(package), 1, message, why));
            continue;
        };
        let own = package.dependencies.iter().filter(|dep| is_own(&dep.name));
        let wrong = own.filter_map(|dep| Some((dep, edges.objection(dep)?)));
        findings.extend(wrong.map(|(dep, objection)| {
            let why = "backends know core alone, and core knows nobody";
            report(tree, package, dep, objection, why)
        }));
    }
    findings
}

impl Edges {
    fn objection(&self, dep: &Dependency) -> Option<&'static str> {
        let name = dep.name.as_str();
        let allowed = self.always.contains(&name);
        match dep.kind {
            Kind::Dev if allowed || self.optional.contains(&name) || self.dev.contains(&name) => None,
            Kind::Normal if allowed => None,
            Kind::Normal if self.optional.contains(&name) && dep.optional => None,
            Kind::Normal if self.optional.contains(&name) => Some("must be optional"),
            _ => Some("is not in the table of allowed edges (tidy/graph.rs)"),
        }
    }
}

/// A dev-dependency on an own package is a path without a version, so not `workspace = true`, which has one.
pub(super) fn own_dev_dependencies_have_no_version(tree: &Tree) -> Vec<Finding> {
    let why = "the suite and the backends test each other; with versions, none could be published first";
    report_each(tree, why, |_, dep| {
        let wrong = dep.kind == Kind::Dev && is_own(&dep.name) && dep.requirement != "*";
        wrong.then_some("must be a `path` without a version")
    })
}

/// `kvs-core` uses the timers and locks of tokio, at most.
pub(super) fn core_asks_little_of_tokio(tree: &Tree) -> Vec<Finding> {
    let why = "whoever uses the traits chooses the runtime";
    let allowed = |feature: &String| CORE_TOKIO_FEATURES.contains(&feature.as_str());
    let mut findings = report_each(tree, why, |package, dep| {
        let is_concerned = package.name == "kvs-core" && dep.name == "tokio" && dep.kind != Kind::Dev;
        (is_concerned && !dep.features.iter().all(allowed)).then_some("may have only the features `time` and `sync`")
    });
    let core = tree.workspace.package("kvs-core");
    for (name, on) in core.into_iter().flat_map(|core| &core.features) {
        let of_tokio = |item: &str| {
            let feature = item.strip_prefix("tokio/").or(item.strip_prefix("tokio?/"));
            feature.is_some_and(|feature| !CORE_TOKIO_FEATURES.contains(&feature))
        };
        if on.iter().any(|item| of_tokio(item)) {
            let message = format!("the feature `{name}` turns on more of tokio than time and sync");
            findings.push(Finding::new("kvs-core/Cargo.toml", 1, message, why));
        }
    }
    findings
}

/// Each driver is named by the manifest of its backend alone.
pub(super) fn drivers_stay_in_their_backend(tree: &Tree) -> Vec<Finding> {
    let why = "a driver type outside of its backend would make it part of everybody's API";
    report_each(tree, why, |package, dep| {
        let driver = DRIVERS.iter().find(|(driver, _)| dep.name.starts_with(driver));
        let misplaced = driver.is_some_and(|(_, owner)| package.name != *owner);
        misplaced.then_some("is the driver of another package")
    })
}

fn report_each(
    tree: &Tree,
    why: &'static str,
    objection: impl Fn(&Package, &Dependency) -> Option<&'static str>,
) -> Vec<Finding> {
    let packages = tree.workspace.packages.iter();
    packages
        .flat_map(|package| package.dependencies.iter().map(move |dep| (package, dep)))
        .filter_map(|(package, dep)| {
            let objection = objection(package, dep)?;
            Some(report(tree, package, dep, objection, why))
        })
        .collect()
}

fn report(tree: &Tree, package: &Package, dep: &Dependency, objection: &str, why: &'static str) -> Finding {
    let manifest = manifest(package);
    let line = tree.manifest_line(&manifest, &dep.name);
    let message = format!("{:?} dependency `{}` {objection}", dep.kind, dep.name);
    Finding::new(&manifest, line, message, why)
}

fn manifest(package: &Package) -> String {
    format!("{}/Cargo.toml", package.folder)
}

fn is_own(name: &str) -> bool {
    EDGES.iter().any(|edges| edges.package == name)
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
