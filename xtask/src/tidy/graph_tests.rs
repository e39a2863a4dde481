//! The rules of `graph.rs` on dependencies that one could be tempted to add.

use super::*;
use crate::workspace::Workspace;

type Rule = fn(&Tree) -> Vec<Finding>;

/// Findings of a rule for one package with one dependency.
fn count(rule: Rule, package: &str, dep: Dependency) -> usize {
    let package = Package {
        name: package.to_owned(),
        folder: package.to_owned(),
        dependencies: vec![dep],
        ..Package::default()
    };
    rule(&Tree {
        workspace: Workspace {
            packages: vec![package],
            ..Workspace::default()
        },
        ..Tree::default()
    })
    .len()
}

fn dep(name: &str, kind: Kind) -> Dependency {
    Dependency {
        name: name.to_owned(),
        kind,
        requirement: "*".to_owned(),
        ..Dependency::default()
    }
}

#[test]
fn the_allowed_edges_pass() {
    let edges = [
        ("kvs-memory", dep("kvs-core", Kind::Normal)),
        ("kvs-sqlite", dep("kvs-conformance", Kind::Dev)),
        ("kvs-conformance", dep("kvs-memory", Kind::Dev)),
        ("kvs-core", dep("kvs-memory", Kind::Dev)),
        ("kvs-core", dep("tokio", Kind::Normal)),
        ("kvs-dynamodb", dep("kvs-conformance", Kind::Dev)),
        ("kvs-dynamodb", dep("aws-config", Kind::Normal)),
        ("kvs", dep("kvs-sqlite", Kind::Dev)),
    ];
    for (package, dep) in edges {
        assert_eq!(count(edges_match_table, package, dep), 0, "{package}");
    }
}

#[test]
fn other_edges_are_found() {
    let edges = [
        ("kvs-core", dep("kvs-memory", Kind::Normal)),
        ("kvs-core", dep("kvs-sqlite", Kind::Dev)),
        ("kvs-memory", dep("kvs-sqlite", Kind::Dev)),
        ("kvs-sqlite", dep("kvs-memory", Kind::Normal)),
        ("kvs-sqlite", dep("kvs-conformance", Kind::Normal)),
        ("kvs-conformance", dep("kvs-memory", Kind::Normal)),
        ("kvs", dep("kvs-conformance", Kind::Build)),
        ("kvs-redis", dep("kvs-core", Kind::Normal)),
    ];
    for (package, dep) in edges {
        assert_eq!(count(edges_match_table, package, dep), 1, "{package}");
    }
}

#[test]
fn the_facade_has_its_backends_behind_features() {
    let mut memory = dep("kvs-memory", Kind::Normal);
    memory.optional = true;
    assert_eq!(count(edges_match_table, "kvs", memory), 0);
    let always = dep("kvs-memory", Kind::Normal);
    assert_eq!(count(edges_match_table, "kvs", always), 1);
}

#[test]
fn a_dev_dependency_with_a_version_is_found() {
    let mut suite = dep("kvs-conformance", Kind::Dev);
    let rule: Rule = own_dev_dependencies_have_no_version;
    assert_eq!(count(rule, "kvs-memory", dep("kvs-conformance", Kind::Dev)), 0);
    suite.requirement = "^0.1.0".to_owned();
    assert_eq!(count(rule, "kvs-memory", suite), 1);
}

#[test]
fn core_gets_no_runtime() {
    let with = |feature: &str, kind| {
        let mut tokio = dep("tokio", kind);
        tokio.features = vec!["time".to_owned(), feature.to_owned()];
        count(core_asks_little_of_tokio, "kvs-core", tokio)
    };
    assert_eq!(with("sync", Kind::Normal), 0);
    assert_eq!(with("rt", Kind::Normal), 1);
    assert_eq!(with("rt", Kind::Dev), 0);
}

#[test]
fn a_driver_elsewhere_is_found() {
    let rule: Rule = drivers_stay_in_their_backend;
    assert_eq!(count(rule, "kvs-sqlite", dep("sqlx", Kind::Normal)), 0);
    assert_eq!(count(rule, "kvs", dep("sqlx-sqlite", Kind::Dev)), 1);
    assert_eq!(count(rule, "kvs-memory", dep("aws-config", Kind::Normal)), 1);
}
