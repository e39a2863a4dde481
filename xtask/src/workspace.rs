//! What cargo knows about the packages of this workspace.

use serde_json::Value;

use crate::sh;

/// The workspace as `cargo metadata` describes it.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: String,
}

/// One package of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder of the package, relative to the root.
    pub(crate) folder: String,
    pub(crate) manifest_path: String,
    pub(crate) rust_version: Option<String>,
    /// Each feature with what it turns on.
    pub(crate) features: Vec<(String, Vec<String>)>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One dependency as a manifest declares it.
#[derive(Debug, Default)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    /// The version requirement; `*` if the manifest names none.
    pub(crate) requirement: String,
    pub(crate) features: Vec<String>,
}

/// What a dependency is for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Normal,
    Dev,
    Build,
}

impl Workspace {
    /// Asks cargo. Reads the manifests only: no network, no lock file, no build.
    pub(crate) fn load() -> Result<Self, String> {
        let text = sh::output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?;
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text)
            .map_err(|error| format!("cannot read the output of `cargo metadata`: {error}"))?;
        let root = string(&json["workspace_root"]);
        Ok(Self {
            packages: array(&json["packages"])
                .map(|package| Package::parse(package, &root))
                .collect(),
            target_directory: string(&json["target_directory"]),
        })
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl Package {
    fn parse(json: &Value, root: &str) -> Self {
        let manifest_path = string(&json["manifest_path"]);
        let folder = manifest_path
            .strip_prefix(root)
            .and_then(|path| path.strip_suffix("Cargo.toml"))
            .unwrap_or(&manifest_path)
            .trim_matches(['/', '\\'])
            .to_owned();
        let features = json["features"].as_object().into_iter().flatten();
        Self {
            name: string(&json["name"]),
            folder,
            rust_version: json["rust_version"].as_str().map(str::to_owned),
            features: features
                .map(|(name, on)| (name.clone(), array(on).map(string).collect()))
                .collect(),
            dependencies: array(&json["dependencies"]).map(Dependency::parse).collect(),
            manifest_path,
        }
    }
}

impl Dependency {
    fn parse(json: &Value) -> Self {
        Self {
            name: string(&json["name"]),
            kind: match json["kind"].as_str() {
                Some("dev") => Kind::Dev,
                Some("build") => Kind::Build,
                _ => Kind::Normal,
            },
            optional: json["optional"].as_bool().unwrap_or(false),
            requirement: string(&json["req"]),
            features: array(&json["features"]).map(string).collect(),
        }
    }
}

fn string(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn array(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_cargo_prints() {
        let workspace = Workspace::parse(
            r#"{"workspace_root": "/r", "target_directory": "/r/target", "packages": [{
                "name": "kvs", "manifest_path": "/r/kvs/Cargo.toml", "rust_version": "1.95",
                "features": {"default": ["memory"], "memory": ["dep:kvs-memory"]},
                "dependencies": [{"name": "kvs-memory", "kind": null, "optional": true, "req": "^0.1", "features": []},
                                 {"name": "kvs-conformance", "kind": "dev", "req": "*", "features": ["x"]}]}]}"#,
        )
        .unwrap();
        let kvs = workspace.package("kvs").unwrap();
        assert_eq!((kvs.folder.as_str(), kvs.features.len()), ("kvs", 2));
        let [memory, conformance] = &kvs.dependencies[..] else {
            panic!("two dependencies: {kvs:?}")
        };
        assert!(memory.optional && memory.kind == Kind::Normal);
        assert_eq!((conformance.kind, conformance.requirement.as_str()), (Kind::Dev, "*"));
    }
}
