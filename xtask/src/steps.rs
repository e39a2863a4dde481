//! The steps of `cargo xtask ci`.
//!
//! Clippy, the tests and the docs use the same features, so that dependencies are compiled once for all of them.

use std::fs;

use crate::ci::Outcome;
use crate::workspace::{Package, Workspace};
use crate::{bench, sh, test, tidy, tools};

type StepResult = Result<Outcome, String>;

pub(crate) fn fmt() -> StepResult {
    cargo(&["fmt", "--all", "--check"])?;
    for package in [test::EMULATOR, test::EXAMPLE] {
        cargo(&[&["fmt", "--check"], &package[..2]].concat())?;
    }
    for manifest in bench::MANIFESTS {
        cargo(&["fmt", "--all", "--check", "--manifest-path", manifest])?;
    }
    Ok(Outcome::Passed)
}

pub(crate) fn tidy() -> StepResult {
    tidy::main().map(|()| Outcome::Passed)
}

pub(crate) fn clippy() -> StepResult {
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ])?;
    let tail = ["--all-targets", "--", "-D", "warnings"];
    for package in [test::EMULATOR, test::EXAMPLE] {
        cargo(&[&["clippy"], package, &tail].concat())?;
    }
    Ok(Outcome::Passed)
}

pub(crate) fn test() -> StepResult {
    test::run_ci()
}

pub(crate) fn docs() -> StepResult {
    let args = ["doc", "--workspace", "--all-features", "--no-deps"];
    sh::run("cargo", &args, &[("RUSTDOCFLAGS", "-D warnings")]).map(|()| Outcome::Passed)
}

/// The tests of the one module with `unsafe`, in valgrind, which sees what reads or frees memory wrongly.
pub(crate) fn memcheck() -> StepResult {
    if !bench::has_valgrind() {
        return Ok(Outcome::Skipped("valgrind is not installed".to_owned()));
    }
    let runner = "target.'cfg(all())'.runner = ['valgrind', '-q', '--error-exitcode=9', '--fair-sched=yes']";
    // With the features of the other steps nothing is compiled again.
    let test = ["test", "--workspace", "--all-features", "--lib", "--config", runner];
    cargo(&[&test[..], &["--", "inline::tests", "--test-threads=1"]].concat())
}

/// The metrics of the benchmarks that are the same on every run.
pub(crate) fn bench() -> StepResult {
    bench::check()?;
    if bench::has_valgrind() {
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::PassedWith(
        "bytes only; instructions were NOT counted, valgrind is not installed".to_owned(),
    ))
}

/// Each crate alone, with its default features and with none; the facade with each of its features alone, too.
///
/// In the workspace, cargo unites the features of all crates, so that one can lean on what only another asks for.
pub(crate) fn check_each() -> StepResult {
    let workspace = Workspace::load()?;
    for package in &workspace.packages {
        check_alone(package, &[])?;
        if !package.features.is_empty() {
            check_alone(package, &["--no-default-features"])?;
        }
    }
    match workspace.package("kvs") {
        Some(facade) => check_features(facade).map(|()| Outcome::Passed),
        None => Err("the workspace has no package `kvs`".to_owned()),
    }
}

/// Each feature of each crate alone.
pub(crate) fn features() -> StepResult {
    for package in &Workspace::load()?.packages {
        check_features(package)?;
    }
    Ok(Outcome::Passed)
}

fn check_features(package: &Package) -> Result<(), String> {
    for (feature, _) in &package.features {
        if feature != "default" {
            check_alone(package, &["--no-default-features", "--features", feature])?;
        }
    }
    Ok(())
}

/// Clippy instead of `cargo check`: the same analysis, and warnings of a lean build become errors
/// without `RUSTFLAGS`, which would recompile every dependency.
fn check_alone(package: &Package, features: &[&str]) -> Result<(), String> {
    let head = ["clippy", "--quiet", "--package", &package.name];
    let tail = ["--", "-D", "warnings"];
    sh::run("cargo", &[&head, features, &tail].concat(), &[])
}

/// The oldest Rust that the manifests promise to work with.
pub(crate) fn msrv() -> StepResult {
    let workspace = Workspace::load()?;
    let declared = workspace
        .package("kvs-core")
        .and_then(|package| package.rust_version.clone())
        .ok_or("kvs-core states no rust-version")?;
    let check = ["check", "--workspace", "--all-features"];
    if is_release_of(&pinned_toolchain()?, &declared) {
        cargo(&check)?;
        return Ok(Outcome::PassedWith(format!(
            "the MSRV {declared} is the pinned toolchain, which runs every step"
        )));
    }
    let toolchain = format!("+{declared}");
    if !sh::works("cargo", &[&toolchain, "--version"]) {
        return Err(format!(
            "Rust {declared} is missing: `rustup toolchain install {declared} --profile minimal`"
        ));
    }
    cargo(&[&[toolchain.as_str()][..], &check].concat())
}

/// Licences, bans, sources and advisories, as `deny.toml` wants them.
pub(crate) fn deny() -> StepResult {
    let deny = tools::find_or_install(tools::DENY)?;
    let check = ["--all-features", "check"];
    sh::run(&deny, &[&check[..], &["bans", "licenses", "sources"]].concat(), &[])?;
    if sh::run(&deny, &["fetch", "db"], &[]).is_err() {
        return Ok(Outcome::PassedWith(
            "licences, bans and sources only; advisories were NOT checked, \
             their database cannot be fetched from here"
                .to_owned(),
        ));
    }
    sh::run(&deny, &[&check[..], &["advisories"]].concat(), &[]).map(|()| Outcome::Passed)
}

/// The public API against the last release.
pub(crate) fn semver() -> StepResult {
    let tags = sh::output("git", &["tag", "--list", "v*", "--sort=-version:refname"])?;
    let Some(tag) = tags.lines().next() else {
        return Ok(Outcome::Skipped(
            "no release tag `v*`, so there is nothing to compare the API with \
             (a shallow clone has no tags: `git fetch --tags`)"
                .to_owned(),
        ));
    };
    let semver = tools::find_or_install(tools::SEMVER_CHECKS)?;
    let args = ["semver-checks", "--workspace", "--baseline-rev", tag];
    sh::run(&semver, &args, &[]).map(|()| Outcome::PassedWith(format!("compared with the release {tag}")))
}

fn cargo(args: &[&str]) -> StepResult {
    sh::run("cargo", args, &[]).map(|()| Outcome::Passed)
}

fn pinned_toolchain() -> Result<String, String> {
    let path = sh::root().join("rust-toolchain.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("rust-toolchain.toml: {error}"))?;
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("channel"))
        .find_map(|rest| rest.split('"').nth(1))
        .map(str::to_owned)
        .ok_or_else(|| "rust-toolchain.toml names no channel".to_owned())
}

/// `1.95.0` is a release of `1.95` and of `1.95.0`, not of `1.9`.
fn is_release_of(toolchain: &str, version: &str) -> bool {
    toolchain
        .strip_prefix(version)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_release_belongs_to_its_minor_version() {
        assert!(is_release_of("1.95.0", "1.95"));
        assert!(is_release_of("1.95.0", "1.95.0"));
        assert!(!is_release_of("1.95.0", "1.9"));
        assert!(!is_release_of("1.95.0", "1.85"));
    }

    #[test]
    fn the_pinned_toolchain_is_found() {
        assert!(pinned_toolchain().unwrap().starts_with("1."));
    }
}
