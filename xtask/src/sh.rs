//! Runs other programs from the root of the workspace, showing each command before it runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace: the folder that holds `xtask/`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Runs a program, its output going straight to ours, and fails if it fails.
pub(crate) fn run(program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<(), String> {
    let line = show(program, args);
    println!("$ {line}");
    let status = command(program, args)
        .envs(env.iter().copied())
        .status()
        .map_err(|error| format!("cannot start `{line}`: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{line}` failed ({status})"))
    }
}

/// Runs a program and returns what it wrote to stdout; its stderr goes to ours.
pub(crate) fn output(program: &str, args: &[&str]) -> Result<String, String> {
    let line = show(program, args);
    let output = command(program, args)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start `{line}`: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{line}` failed ({})", output.status))
    }
}

/// Whether a program starts and succeeds; all it prints is dropped.
pub(crate) fn works(program: &str, args: &[&str]) -> bool {
    command(program, args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).stdin(Stdio::null());
    // `cargo run` tells us about our own package. A build script that watches these variables would be run again
    // each time someone changes from `cargo build` to `cargo xtask` and back.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

fn show(program: &str, args: &[&str]) -> String {
    std::iter::once(program)
        .chain(args.iter().copied())
        .collect::<Vec<_>>()
        .join(" ")
}
