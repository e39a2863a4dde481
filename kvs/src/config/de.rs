//! A configuration from what serde reads, in errors that name the field and never quote a value.

use std::fmt;

use kvs_core::{Limits, Namespace};
use serde::de::value::{Error as ValueError, MapDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Config;
use super::raw::Raw;
use crate::names::{quoted, suggestion};
use crate::options::Options;

const FIELDS: [&str; 7] = ["type", "path", "table_name", "region", "namespace", "limits", "options"];

const NOT_A_MAPPING: &str = "a configuration is a mapping of names to values, such as `type` and `path`";

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConfigVisitor)
    }
}

struct ConfigVisitor;

/// The default of these methods quotes the value.
macro_rules! refuse {
    ($($method:ident($type:ty);)*) => {
        $(fn $method<E: Error>(self, _: $type) -> Result<Config, E> {
            Err(E::custom(NOT_A_MAPPING))
        })*
    };
}

impl<'de> Visitor<'de> for ConfigVisitor {
    type Value = Config;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a configuration")
    }

    refuse! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
        visit_bytes(&[u8]);
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Config, A::Error> {
        Err(A::Error::custom(NOT_A_MAPPING))
    }

    /// What an empty YAML file is.
    fn visit_unit<E: Error>(self) -> Result<Config, E> {
        Ok(Config::default())
    }

    /// Judges each value as soon as it is read, so that the format can tell its line.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Config, A::Error> {
        let mut config = Config::default();
        let mut seen: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value()?;
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("the field {} is given twice", quoted(&name))));
            }
            assign(&mut config, &name, value).map_err(A::Error::custom)?;
            seen.push(name);
        }
        Ok(config)
    }
}

/// Sets one field.
pub(super) fn assign(config: &mut Config, name: &str, value: Raw) -> Result<(), String> {
    match name {
        "type" => config.kind = Config::new(text(name, value)?.unwrap_or_default()).kind,
        "path" => config.path = text(name, value)?.map(Into::into),
        "table_name" => config.table_name = text(name, value)?,
        "region" => config.region = text(name, value)?,
        "namespace" => config.namespace = text(name, value)?.map(namespace).transpose()?,
        "limits" => config.limits = limits(value)?,
        "options" => config.options = Options::from_raw(value)?,
        unknown => {
            return Err(format!(
                "there is no field {}; {}the fields are {}; what only one type has stands under `options`",
                quoted(unknown),
                suggestion(unknown, FIELDS),
                FIELDS.join(", ")
            ));
        }
    }
    Ok(())
}

fn text(name: &str, value: Raw) -> Result<Option<String>, String> {
    match value {
        Raw::Null => Ok(None),
        Raw::Text(text) => Ok(Some(text)),
        _ => Err(format!("`{name}` must be text; put it in quotes")),
    }
}

fn namespace(name: String) -> Result<Namespace, String> {
    Namespace::try_from(name).map_err(|error| error.to_string())
}

fn limits(value: Raw) -> Result<Option<Limits>, String> {
    let entries = match value {
        Raw::Null => return Ok(None),
        Raw::Map(entries) => entries,
        _ => return Err("`limits` must be a mapping of names to numbers".to_owned()),
    };
    let mut numbers = Vec::new();
    for (name, value) in entries {
        let number = match value {
            Raw::Integer(number) => u64::try_from(number).ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| format!("the limit {} must be a whole number", quoted(&name)))?;
        numbers.push((name, number));
    }
    named_limits(numbers).map(Some)
}

/// The portable limits but for those that are named; `kvs-core` knows the names.
pub(crate) fn named_limits(numbers: Vec<(String, u64)>) -> Result<Limits, String> {
    let limits = Limits::deserialize(MapDeserializer::new(numbers.into_iter()));
    limits.map_err(|error: ValueError| format!("`limits`: {error}"))
}
