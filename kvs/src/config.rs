//! What to open, and how.

mod de;
pub(crate) mod raw;
mod text;
#[cfg(feature = "yaml")]
mod yaml;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use kvs_core::{Error, Limits, Namespace, Result};
use serde::Serialize;

pub(crate) use self::de::named_limits;
use crate::options::{OptionValue, Options};
use crate::url;

/// The type of a configuration that names none.
pub(crate) const DEFAULT_KIND: &str = "memory";

/// Which store to open, and how. [`open`](crate::open) takes it, and the URL form of it.
///
/// The same in YAML, JSON and TOML (it implements serde's traits), as a string, and in code:
///
/// ```
/// use kvs::Config;
/// let json = r#"{ "type": "sqlite", "path": "app.db", "options": { "busy_timeout": "5s" } }"#;
/// let from_json = Config::from_json(json)?;
/// let from_url: Config = "sqlite:app.db?busy_timeout=5s".parse()?;
/// let from_code = Config::sqlite("app.db").option("busy_timeout", "5s");
/// assert!(from_json == from_url && from_url == from_code);
/// # Ok::<(), kvs::Error>(())
/// ```
///
/// Nothing in it is ignored: a field that the type does not use and an option that it does not know are `Config` errors
/// which name it. Fields that are absent, or null, have their default.
///
/// # The URL form
///
/// `type:path?name=value&name=value`, and `type://table_name` for a type that keeps its entries in a named table.
///
/// | URL | opens |
/// |---|---|
/// | `memory:` | a store in memory |
/// | `sqlite:app.db` | a file, from the working directory |
/// | `sqlite:///var/lib/app.db?busy_timeout=5s` | a file by its absolute path, with an option |
/// | `sqlite::memory:` | an SQLite database in memory, of its own |
/// | `dynamodb://app?region=eu-west-1` | a table of DynamoDB |
/// | `dynamodb://app?endpoint_url=http://127.0.0.1:8000&create_table=true` | one in an emulator, which is made if it is not there |
/// | `sqlite:app.db?namespace=tenant-1` | what the file holds for that namespace |
/// | `sqlite:app.db?limits.value_bytes=8388608` | with a higher limit |
///
/// The parameters `namespace`, `region` and `limits.…` are the fields of the same names; any other one is an option. A
/// `%` begins two hexadecimal digits, which stand for a byte of UTF-8; `?`, `#`, `%`, and in a parameter `&` and `=`, have to be
/// written so (`%3F`, `%23`, `%25`, `%26`, `%3D`). A `+` is a plus. Credentials have no place in a URL and are refused.
///
/// `Debug` hides what may be a secret: the values of options, and the path where the type is not one of ours.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Config {
    /// The type of the store; `type` in files. Empty means `memory`, as a missing one does.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where the store is, for a type that keeps it in a file. A relative path starts at the working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// The table, for a type that keeps its entries in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_name: Option<String>,
    /// The region, for a type that has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Keeps the entries of several programs apart in one storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Namespace>,
    /// Higher limits than [`Limits::PORTABLE`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// What only this type has.
    #[serde(skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

impl Config {
    /// A store of that type.
    pub fn new(kind: impl Into<String>) -> Self {
        let mut config = Self {
            kind: kind.into(),
            path: None,
            table_name: None,
            region: None,
            namespace: None,
            limits: None,
            options: Options::default(),
        };
        if config.kind.is_empty() {
            DEFAULT_KIND.clone_into(&mut config.kind);
        }
        config
    }

    /// A store in memory.
    pub fn memory() -> Self {
        Self::new(DEFAULT_KIND)
    }

    /// A store in an SQLite file; `:memory:` is a database in memory, of its own.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        let mut config = Self::new("sqlite");
        config.path = Some(path.into());
        config
    }

    /// A store in a table of DynamoDB.
    pub fn dynamodb(table_name: impl Into<String>) -> Self {
        let mut config = Self::new("dynamodb");
        config.table_name = Some(table_name.into());
        config
    }

    /// Sets [`region`](Self::region).
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets [`namespace`](Self::namespace).
    #[must_use]
    pub fn namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets one of the [`options`](Self::options).
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.options.set(name, value);
        self
    }
}

impl Default for Config {
    /// A store in memory.
    fn default() -> Self {
        Self::memory()
    }
}

impl FromStr for Config {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        url::parse(url)
    }
}

impl TryFrom<&str> for Config {
    type Error = Error;

    fn try_from(url: &str) -> Result<Self> {
        url.parse()
    }
}

impl TryFrom<String> for Config {
    type Error = Error;

    fn try_from(url: String) -> Result<Self> {
        url.parse()
    }
}

/// What can be opened: a [`Config`], or the URL form of one.
pub trait IntoConfig {
    /// The configuration.
    ///
    /// # Errors
    ///
    /// `Config` for a URL that cannot be read.
    fn into_config(self) -> Result<Config>;
}

impl IntoConfig for Config {
    fn into_config(self) -> Result<Config> {
        Ok(self)
    }
}

impl IntoConfig for &Config {
    fn into_config(self) -> Result<Config> {
        Ok(self.clone())
    }
}

impl IntoConfig for &str {
    fn into_config(self) -> Result<Config> {
        self.parse()
    }
}

impl IntoConfig for String {
    fn into_config(self) -> Result<Config> {
        self.parse()
    }
}

impl IntoConfig for &String {
    fn into_config(self) -> Result<Config> {
        self.parse()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_file = matches!(self.kind.as_str(), "memory" | "sqlite");
        let hidden = self.path.as_ref().map(|_| PathBuf::from("…"));
        f.debug_struct("Config")
            .field("kind", &self.kind)
            .field("path", if is_file { &self.path } else { &hidden })
            .field("table_name", &self.table_name.as_deref().map(plain_or_hidden))
            .field("region", &self.region)
            .field("namespace", &self.namespace)
            .field("limits", &self.limits)
            .field("options", &self.options)
            .finish()
    }
}

/// A name of a table, or nothing of what was put in its place: the URL of another kind of store may hold a password.
fn plain_or_hidden(name: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if name.bytes().all(plain) { name } else { "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_what_may_be_a_secret() {
        let config = Config::sqlite("app.db").option("key", "hunter2");
        let shown = format!("{config:?}");
        assert!(
            shown.contains("app.db") && shown.contains("key") && !shown.contains("hunter2"),
            "{shown}"
        );
        let mut third = Config::new("postgres");
        third.path = Some("user:hunter2@host".into());
        assert!(!format!("{third:?}").contains("hunter2"));
    }

    #[test]
    fn no_type_is_memory() {
        assert_eq!(Config::new(""), Config::memory());
        assert_eq!(Config::default(), Config::memory());
    }
}
