//! Finds the cargo tools that `ci --full` needs, and installs a missing one below the target folder.

use std::path::Path;

use crate::sh;
use crate::workspace::Workspace;

/// A cargo subcommand that is not part of the Rust toolchain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    /// The package, which is the program's name, too.
    package: &'static str,
    /// What is installed where it is missing; an installed one of any version is used as it is.
    version: &'static str,
}

pub(crate) const DENY: Tool = Tool {
    package: "cargo-deny",
    version: "0.20.2",
};

pub(crate) const SEMVER_CHECKS: Tool = Tool {
    package: "cargo-semver-checks",
    version: "0.51.0",
};

/// The program's path, after an installation if need be.
pub(crate) fn find_or_install(tool: Tool) -> Result<String, String> {
    if sh::works(tool.package, &["--version"]) {
        return Ok(tool.package.to_owned());
    }
    let folder = Path::new(&Workspace::load()?.target_directory).join("tools");
    let program = folder.join("bin").join(tool.package).display().to_string();
    if sh::works(&program, &["--version"]) {
        return Ok(program);
    }
    let by_hand = format!("cargo install {} --locked", tool.package);
    println!(
        "{} is not installed; it goes to {} now, which takes minutes. `{by_hand}` keeps it for good.",
        tool.package,
        folder.display()
    );
    let folder = folder.display().to_string();
    let source = [tool.package, "--version", tool.version, "--locked"];
    sh::run(
        "cargo",
        &[&["install"], &source[..], &["--root", &folder]].concat(),
        &[],
    )
    .map_err(|error| format!("{error}; install it by hand: `{by_hand}`"))?;
    Ok(program)
}
