//! The emulator of the tests, optimised.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::server::Server;

/// A DynamoDB on this machine.
#[derive(Debug)]
pub(crate) enum Emulator {
    Own(Server),
    /// Named by `KVS_DYNAMODB_ENDPOINT`.
    Given(String),
}

impl Emulator {
    pub(crate) fn start() -> anyhow::Result<Self> {
        if let Some(url) = std::env::var("KVS_DYNAMODB_ENDPOINT")
            .ok()
            .filter(|url| !url.is_empty())
        {
            return Ok(Self::Given(url));
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let target = root.join("target/emulator");
        let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--quiet", "--locked", "--manifest-path"])
            .arg(root.join("kvs-dynamodb/emulator/Cargo.toml"))
            .env("CARGO_TARGET_DIR", &target)
            // The toolchain is the one that the root asks for.
            .current_dir(&root)
            .status()
            .context("starting cargo")?;
        ensure!(built.success(), "the emulator does not build; what cargo said is above");
        let program = format!("release/kvs-dynamodb-emulator{}", std::env::consts::EXE_SUFFIX);
        Server::start(&mut Command::new(target.join(program))).map(Self::Own)
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Own(server) => server.url(),
            Self::Given(url) => url,
        }
    }
}
