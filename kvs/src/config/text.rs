//! Configurations in JSON, YAML and TOML.

use std::fs;
use std::io;
use std::path::Path;

use kvs_core::{Error, Result};

use super::Config;
use crate::names::quoted;

/// What is wrong with a text, and in which line.
pub(super) struct Problem {
    pub(super) line: Option<usize>,
    pub(super) message: String,
}

/// Reads a format, or is the name of the feature that does.
type Reader = std::result::Result<fn(&str) -> std::result::Result<Config, Problem>, &'static str>;

struct Format {
    name: &'static str,
    extensions: &'static [&'static str],
    reader: Reader,
}

const JSON: Format = Format {
    name: "JSON",
    extensions: &["json"],
    reader: Ok(json),
};

const YAML: Format = Format {
    name: "YAML",
    extensions: &["yaml", "yml"],
    #[cfg(feature = "yaml")]
    reader: Ok(super::yaml::read),
    #[cfg(not(feature = "yaml"))]
    reader: Err("yaml"),
};

const TOML: Format = Format {
    name: "TOML",
    extensions: &["toml"],
    #[cfg(feature = "toml")]
    reader: Ok(toml),
    #[cfg(not(feature = "toml"))]
    reader: Err("toml"),
};

/// Errors name line and field, and never quote a value.
impl Config {
    /// Reads JSON.
    ///
    /// # Errors
    ///
    /// `Config` for a syntax error, an unknown or repeated field, and a value of the wrong type.
    pub fn from_json(text: &str) -> Result<Self> {
        JSON.read(text).map_err(Error::config)
    }

    /// Reads YAML 1.2. An empty document is the default.
    ///
    /// # Errors
    ///
    /// Those of [`from_json`](Self::from_json).
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self> {
        YAML.read(text).map_err(Error::config)
    }

    /// Reads TOML.
    ///
    /// # Errors
    ///
    /// Those of [`from_json`](Self::from_json).
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Self> {
        TOML.read(text).map_err(Error::config)
    }

    /// Reads a file whose name ends in `.json`, `.yaml`, `.yml` or `.toml`; it blocks while it reads.
    ///
    /// YAML needs the feature `yaml` of this crate, TOML the feature `toml`. A relative `path` in the file starts at the working
    /// directory, not at the file.
    ///
    /// # Errors
    ///
    /// `Config` for another extension, a file that cannot be read, and those of [`from_json`](Self::from_json).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = quoted(&path.display().to_string());
        let format = format_of(path).ok_or_else(|| {
            Error::config(format!(
                "the configuration file {file} has no known extension; it must end in .json, .yaml, .yml or .toml"
            ))
        })?;
        let text = fs::read_to_string(path).map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::NotFound => "does not exist; check the path".to_owned(),
                io::ErrorKind::PermissionDenied => "may not be read; check its rights".to_owned(),
                io::ErrorKind::IsADirectory => "is a directory; name a file in it".to_owned(),
                io::ErrorKind::InvalidData => "is not UTF-8; save it as UTF-8".to_owned(),
                other => format!("cannot be read: {other}"),
            };
            Error::config(format!("the configuration file {file} {why}")).with_source(error)
        })?;
        format
            .read(&text)
            .map_err(|message| Error::config(format!("the configuration file {file}: {message}")))
    }
}

fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?;
    let is_format = |format: &Format| {
        format
            .extensions
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    };
    [JSON, YAML, TOML].into_iter().find(is_format)
}

impl Format {
    fn read(&self, text: &str) -> std::result::Result<Config, String> {
        let name = self.name;
        let read = self
            .reader
            .map_err(|feature| format!("reading {name} needs the feature `{feature}` of the crate `kvs`; add it"))?;
        // Some editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        read(text).map_err(|Problem { line, message }| match line {
            Some(line) => format!("{name}, line {line}: {message}"),
            None => format!("{name}: {message}"),
        })
    }
}

fn json(text: &str) -> std::result::Result<Config, Problem> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        Problem {
            line: (error.line() > 0).then(|| error.line()),
            message: message.strip_suffix(&place).unwrap_or(&message).to_owned(),
        }
    })
}

#[cfg(feature = "toml")]
fn toml(text: &str) -> std::result::Result<Config, Problem> {
    ::toml::from_str(text).map_err(|error| {
        // Not its `Display`, which shows the line with its values.
        let before = error.span().and_then(|span| text.get(..span.start));
        Problem {
            line: before.map(|before| before.matches('\n').count() + 1),
            message: error.message().to_owned(),
        }
    })
}
