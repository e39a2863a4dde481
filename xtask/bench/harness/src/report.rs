//! What is published.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::{Curve, Outcome, Plan};

/// Everything about one run of the benchmarks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// The day.
    pub date: String,
    /// Of the repository; ends in `-dirty` if there was more than the commit.
    pub commit: String,
    /// Of everything that was compared.
    pub versions: Vec<Version>,
    /// Each backend.
    pub sections: Vec<Section>,
}

/// What one backend's benchmark found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Section {
    /// The backend: `memory`.
    pub backend: String,
    /// Whether it was `--quick`, which is for trying.
    pub quick: bool,
    /// The names of the packages that took part, to find their versions.
    pub packages: Vec<String>,
    /// The rows of the table.
    pub outcomes: Vec<Outcome>,
    /// The names of the rows that the chart shows, in its order; all of them if it names none.
    #[serde(default)]
    pub charted: Vec<String>,
    /// How costs grow.
    pub curves: Vec<Curve>,
    /// What a reader must know beside the figures.
    pub notes: Vec<String>,
}

impl Section {
    /// An empty one.
    pub fn new(backend: &str, plan: &Plan) -> Self {
        Self {
            backend: backend.to_owned(),
            quick: plan.quick,
            ..Self::default()
        }
    }
}

/// What the benchmarks ran on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// The model of the processor.
    pub cpu: String,
    /// Its logical cores.
    pub cores: usize,
    /// The kernel and its release.
    pub kernel: String,
    /// What the compiler calls itself.
    pub rustc: String,
}

/// A package and its version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Version {
    /// The package.
    pub package: String,
    /// As the lock file has it.
    pub version: String,
}

impl Machine {
    /// This one. What it does not tell is `unknown`.
    pub fn here() -> Self {
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Self {
            cpu: model.map_or("unknown", |(_, name)| name.trim()).to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: said("uname", &["-sr"]),
            rustc: said("rustc", &["--version"]),
        }
    }
}

impl Report {
    /// A report on the sections, of this machine and this moment.
    pub fn of(sections: Vec<Section>, lock_file: &Path) -> anyhow::Result<Self> {
        let lock = std::fs::read_to_string(lock_file)?;
        let mut wanted: Vec<_> = sections.iter().flat_map(|section| section.packages.clone()).collect();
        wanted.sort();
        wanted.dedup();
        Ok(Self {
            machine: Machine::here(),
            date: said("date", &["-u", "+%F"]),
            commit: said("git", &["describe", "--always", "--dirty", "--exclude=*"]),
            versions: locked(&lock, &wanted),
            sections,
        })
    }
}

/// The versions that a lock file has of these packages.
fn locked(lock: &str, wanted: &[String]) -> Vec<Version> {
    let quoted = |line: Option<&str>, key: &str| {
        let value = line?.strip_prefix(key)?.trim().strip_prefix("= ")?;
        Some(value.trim_matches('"').to_owned())
    };
    let mut lines = lock.lines();
    let mut versions = Vec::new();
    while let Some(line) = lines.next() {
        let Some(package) = quoted(Some(line), "name ") else {
            continue;
        };
        if let Some(version) = quoted(lines.next(), "version ").filter(|_| wanted.contains(&package)) {
            versions.push(Version { package, version });
        }
    }
    versions
}

/// What a program prints, without the line's end.
fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output
        .ok()
        .filter(|output| output.status.success())
        .map(|output| output.stdout);
    text.map_or_else(
        || "unknown".to_owned(),
        |text| String::from_utf8_lossy(&text).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_the_lock_file() {
        let lock = "[[package]]\nname = \"moka\"\nversion = \"0.12.16\"\nsource = \"x\"\n\n[[package]]\nname = \"other\"\nversion = \"1.0.0\"\n";
        let versions = locked(lock, &["moka".to_owned()]);
        assert_eq!(versions.len(), 1);
        assert_eq!(
            (versions[0].package.as_str(), versions[0].version.as_str()),
            ("moka", "0.12.16")
        );
    }
}
