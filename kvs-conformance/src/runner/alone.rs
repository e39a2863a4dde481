//! The command that runs one case alone.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How many hexadecimal digits cargo appends to the name of a test target.
const HASH: usize = 16;

/// How to run a case again, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alone {
    /// By a command, which ends before the name of the case.
    Command(String),
    /// By a program that calls [`Validation`](crate::Validation).
    Validation,
}

impl Alone {
    /// For the program that runs.
    pub(crate) fn this_program() -> Self {
        let executable = env::args_os().next().map(PathBuf::from).unwrap_or_default();
        let package = env::var_os("CARGO_PKG_NAME");
        Self::Command(format!("{} --exact", command(&executable, package.as_ref())))
    }

    /// What to do for the case of that name.
    pub(crate) fn of(&self, name: &str) -> String {
        match self {
            Self::Command(command) => format!("{command} {name}"),
            Self::Validation => format!("Validation::new(subject).cases(|case| case.name() == {name:?}).run().await"),
        }
    }
}

/// Cargo names its package to what it runs; anything else is run by its path.
fn command(executable: &Path, package: Option<&OsString>) -> String {
    let Some(package) = package else {
        return executable.display().to_string();
    };
    let stem = executable.file_stem().unwrap_or_default().to_string_lossy();
    let target = without_hash(&stem);
    let folder = executable.parent().and_then(Path::file_name).unwrap_or_default();
    let kind = match folder.to_str() {
        Some("examples") => "run --example",
        Some("deps") => "test --test",
        _ => "run --bin",
    };
    let (verb, kind) = kind.split_once(' ').unwrap_or((kind, ""));
    format!("cargo {verb} -p {} {kind} {target} --", package.display())
}

fn without_hash(stem: &str) -> &str {
    match stem.rsplit_once('-') {
        Some((target, hash)) if hash.len() == HASH && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => target,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(executable: &str, package: Option<&str>) -> String {
        command(Path::new(executable), package.map(OsString::from).as_ref())
    }

    #[test]
    fn the_command_fits_the_kind_of_target() {
        let deps = "/t/debug/deps/conformance_memory-0123456789abcdef";
        assert_eq!(
            told(deps, Some("kvs-x")),
            "cargo test -p kvs-x --test conformance_memory --"
        );
        let example = "/t/debug/examples/smallest";
        assert_eq!(told(example, Some("kvs-x")), "cargo run -p kvs-x --example smallest --");
        let tested = "/t/debug/examples/smallest-0123456789abcdef";
        assert_eq!(told(tested, Some("kvs-x")), "cargo run -p kvs-x --example smallest --");
        assert_eq!(
            told("/t/debug/prove-it", Some("kvs-x")),
            "cargo run -p kvs-x --bin prove-it --"
        );
        assert_eq!(told("/opt/prove", None), "/opt/prove");
    }

    #[test]
    fn a_program_is_told_what_to_write() {
        let told = Alone::Validation.of("ttl::x");
        assert_eq!(
            told,
            r#"Validation::new(subject).cases(|case| case.name() == "ttl::x").run().await"#
        );
    }
}
