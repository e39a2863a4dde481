//! The suite against the emulator in a container: an image is built, and the test target `containers` starts it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::engine::Engine;
use super::{Selection, server, suites};
use crate::sh;
use crate::workspace::Workspace;

/// The one test of the target.
pub(super) const TEST: &str = "every_case_passes_in_a_container";

const SUITE: (&str, &str) = ("kvs-dynamodb", "containers");
const TARGET: &[&str] = &["--test", SUITE.1];

/// What the target reads.
const IMAGE_VARIABLE: &str = "KVS_DYNAMODB_IMAGE";
const IMAGE: &str = "kvs-dynamodb-emulator:local";

/// What clients of any DynamoDB have to send. An address of a container is not the loopback, where our backend would
/// make them up.
const CREDENTIALS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
    ("AWS_REGION", "us-east-1"),
];

/// What needs no engine: one of ours need not wait for a compiler. Gives the folder of all that belongs to the containers.
pub(super) fn prepare(selection: &Selection) -> Result<PathBuf, String> {
    suites::check(TARGET, selection, &[SUITE])?;
    let folder = PathBuf::from(Workspace::load()?.target_directory).join("containers");
    fill(&folder.join("image"))?;
    Ok(folder)
}

pub(super) fn run(selection: &Selection, engine: &Engine, folder: &Path) -> Result<(), String> {
    build(engine, &folder.join("image"))?;
    let environment = [&engine.environment(), CREDENTIALS, &[(IMAGE_VARIABLE, IMAGE)]].concat();
    let command = [&["test"], selection.args, TARGET, &["--", "--nocapture"]].concat();
    sh::run("cargo", &command, &environment)
}

/// Puts together what the image holds: the emulator that the other tests use, and the libraries that it loads.
///
/// A static program would need none of them, and a second build of everything.
fn fill(context: &Path) -> Result<(), String> {
    if env::consts::OS != "linux" {
        return Err("the image holds a program for Linux, which is built on Linux alone".to_owned());
    }
    let program = server::build_emulator()?;
    let _ = fs::remove_dir_all(context);
    let root = context.join("root");
    copy(&program, &root.join("kvs-dynamodb-emulator"))?;
    let libraries = sh::output("ldd", &[&program.display().to_string()])?;
    for library in paths(&libraries) {
        copy(Path::new(library), &root.join(library.trim_start_matches('/')))?;
    }
    Ok(())
}

/// The paths in what `ldd` prints: `libc.so.6 => /lib/libc.so.6 (0x…)`, and the loader, which has no arrow.
fn paths(libraries: &str) -> impl Iterator<Item = &str> {
    let words = libraries.lines().flat_map(str::split_whitespace);
    words.filter(|word| word.starts_with('/'))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder)
        .and_then(|()| fs::copy(from, to))
        .map(|_| ())
        .map_err(|error| format!("cannot copy {} to {}: {error}", from.display(), to.display()))
}

fn build(engine: &Engine, context: &Path) -> Result<(), String> {
    let context = context.display().to_string();
    let file = ["--file", "kvs-dynamodb/emulator/Dockerfile"];
    let args = [&["build", "--tag", IMAGE], &file[..], &[&context]].concat();
    // The builder that every engine has, new and old.
    let environment = [&engine.environment()[..], &[("DOCKER_BUILDKIT", "0")]].concat();
    sh::run("docker", &args, &environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_of_a_program_are_found() {
        let libraries = "\tlinux-vdso.so.1 (0x00007ffd)\n\
                         \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f66)\n\
                         \t/lib64/ld-linux-x86-64.so.2 (0x00007f67)\n";
        let found: Vec<_> = paths(libraries).collect();
        assert_eq!(
            found,
            ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]
        );
        assert_eq!(paths("\tstatically linked\n").count(), 0);
    }
}
