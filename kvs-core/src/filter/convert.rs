//! Filters from maps of field to value, from JSON text, and through serde.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value};

use super::{FieldPath, Filter, Problem};
use crate::error::{Error, Result};
use crate::json;

/// Every field equals its value. Names are literal: dots and `$` have no meaning in them.
///
/// ```
/// use kvs_core::{FieldPath, Filter};
/// let map = serde_json::Map::from_iter([("example.com".to_owned(), true.into())]);
/// assert_eq!(Filter::from(map), Filter::eq(FieldPath::literal("example.com"), true));
/// ```
impl From<Map<String, Value>> for Filter {
    fn from(fields: Map<String, Value>) -> Self {
        all_equal(fields)
    }
}

/// Every field equals its value. Names are literal: dots and `$` have no meaning in them.
impl From<BTreeMap<String, Value>> for Filter {
    fn from(fields: BTreeMap<String, Value>) -> Self {
        all_equal(fields)
    }
}

/// Every field equals its value. Names are literal: dots and `$` have no meaning in them.
impl<S> From<HashMap<String, Value, S>> for Filter {
    fn from(fields: HashMap<String, Value, S>) -> Self {
        // In order of the names, so that equal maps give equal filters.
        all_equal(fields.into_iter().collect::<BTreeMap<_, _>>())
    }
}

/// Reads the text of the JSON form; see [`Filter::from_json`]. Of a repeated member the last one counts.
///
/// # Errors
///
/// As `from_json`; text that is not JSON is [`InvalidArgument`](Error::InvalidArgument) with line and column.
impl FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // The message of `serde_json` is left out: it may quote the text, and a filter's values are not to be shown.
        let filter = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Error::invalid_argument(format!(
                "the filter is not JSON; correct it at line {line}, column {column}"
            ))
        })?;
        if json::json_rounds_an_integer(text.as_bytes()) {
            return Err(Error::invalid_argument(Problem::Value(json::Problem::Number).advice()));
        }
        Self::from_json(&filter)
    }
}

/// Reads the JSON form; see [`Filter::from_json`]. A deserializer that does not bound how deep its input nests, such as a
/// `serde_json::Value` made in code, overflows the stack by itself; give such a value to `from_json`.
impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Value::deserialize(deserializer)?;
        let filter = Self::from_json(&form).map_err(D::Error::custom);
        json::dismantle(form);
        filter
    }
}

fn all_equal(fields: impl IntoIterator<Item = (String, Value)>) -> Filter {
    Filter::and(
        fields
            .into_iter()
            .map(|(name, value)| Filter::eq(FieldPath::literal(name), value)),
    )
}
