//! The options of a backend, as a configuration carries them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::config::raw::Raw;
use crate::names::quoted;

/// The options of a [`Config`](crate::Config): name and value. Which there are is up to the backend, which refuses
/// those that it does not know.
///
/// `Debug` shows the names, never the values, which may be secrets.
///
/// ```
/// use kvs::Options;
/// let mut options = Options::default();
/// options.set("busy_timeout", "5s");
/// options.set("create", false);
/// assert_eq!(options.names().collect::<Vec<_>>(), ["busy_timeout", "create"]);
/// ```
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Options(BTreeMap<String, OptionValue>);

impl Options {
    /// Sets an option; gives its former value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Option<OptionValue> {
        self.0.insert(name.into(), value.into())
    }

    /// The value of an option.
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        self.0.get(name)
    }

    /// Removes an option; gives its value.
    pub fn remove(&mut self, name: &str) -> Option<OptionValue> {
        self.0.remove(name)
    }

    /// The names, ascending.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From what a file holds, or what is wrong with it.
    pub(crate) fn from_raw(raw: Raw) -> Result<Self, String> {
        let entries = match raw {
            Raw::Null => return Ok(Self::default()),
            Raw::Map(entries) => entries,
            _ => return Err("`options` must be a mapping of names to values".to_owned()),
        };
        let mut options = Self::default();
        for (name, raw) in entries {
            let value = OptionValue::from_raw(raw)
                .ok_or_else(|| format!("the option {} must be text, an integer, true or false", quoted(&name)))?;
            if options.set(name.clone(), value).is_some() {
                return Err(format!("the option {} is given twice", quoted(&name)));
            }
        }
        Ok(options)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_raw(Raw::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The value of an option. A backend that wants a number or a truth value also takes its text, since a URL has nothing
/// else.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// Text; also durations and enumerations.
    Text(String),
    /// An integer.
    Integer(i64),
    /// True or false.
    Bool(bool),
}

impl OptionValue {
    fn from_raw(raw: Raw) -> Option<Self> {
        match raw {
            Raw::Text(text) => Some(Self::Text(text)),
            Raw::Integer(integer) => Some(Self::Integer(integer)),
            Raw::Bool(bool) => Some(Self::Bool(bool)),
            Raw::Null | Raw::Map(_) | Raw::Other => None,
        }
    }
}

impl fmt::Debug for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Integer(_) => "Integer(…)",
            Self::Bool(_) => "Bool(…)",
        })
    }
}

impl From<&str> for OptionValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for OptionValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for OptionValue {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<bool> for OptionValue {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}
