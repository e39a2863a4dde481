//! Configurations in YAML.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, Location, Options, Spanned, from_str_with_options};

use super::Config;
use super::de::assign;
use super::raw::Raw;
use super::text::Problem;
use crate::names::quoted;

pub(super) fn read(text: &str) -> Result<Config, Problem> {
    from_str_with_options(text, options()).map_err(|error| {
        let line = error.location().and_then(line_of).or_else(|| line_of_mistake(text));
        let message = match error {
            // Ours.
            Error::Message { msg, .. } => msg,
            Error::DuplicateMappingKey { key: Some(key), .. } => format!("{} is given twice", quoted(&key)),
            // The others may quote what they stumbled over.
            _ => "this is not valid YAML".to_owned(),
        };
        Problem { line, message }
    })
}

fn options() -> Options {
    // A snippet would show the values around the mistake. And `yes` is text in YAML 1.2.
    serde_saphyr::options! { with_snippet: false, strict_booleans: true }
}

fn line_of(location: Location) -> Option<usize> {
    usize::try_from(location.line()).ok().filter(|line| *line > 0)
}

/// The line of the first field that has a mistake: of our own errors the parser does not tell it.
fn line_of_mistake(text: &str) -> Option<usize> {
    let Fields(fields) = from_str_with_options(text, options()).ok()?;
    let mut config = Config::default();
    let mistake = fields.into_iter().find_map(|(name, value)| {
        let outcome = assign(&mut config, &name.value, value);
        outcome.err().map(|_| name.referenced)
    });
    mistake.and_then(line_of)
}

struct Fields(Vec<(Spanned<String>, Raw)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}
