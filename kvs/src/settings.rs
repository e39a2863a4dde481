//! What an opener reads a configuration with, so that nothing in it goes unread.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kvs_core::{Clock, Error, Limits, Namespace, Result};

use crate::config::Config;
use crate::duration::parse_duration;
use crate::names::{quoted, suggestion};
use crate::options::OptionValue;

/// A configuration on its way to a store: an [`Opener`](crate::Opener) takes out what its type uses, then calls
/// [`finish`](Self::finish), which refuses what is left. So a setting is honoured or it is an error.
///
/// Errors name the type and the setting, never its value.
pub struct Settings {
    config: Config,
    clock: Option<Arc<dyn Clock>>,
    /// The options that were asked for, to list when there is another one.
    known: Vec<&'static str>,
}

impl Settings {
    pub(crate) fn new(config: Config, clock: Option<Arc<dyn Clock>>) -> Self {
        Self {
            config,
            clock,
            known: Vec::new(),
        }
    }

    /// The type.
    pub fn kind(&self) -> &str {
        &self.config.kind
    }

    /// The clock that the application set, to use in the place of the system's.
    pub fn clock(&self) -> Option<Arc<dyn Clock>> {
        self.clock.clone()
    }

    /// Takes the path.
    pub fn take_path(&mut self) -> Option<PathBuf> {
        self.config.path.take()
    }

    /// Takes the name of the table.
    pub fn take_table_name(&mut self) -> Option<String> {
        self.config.table_name.take()
    }

    /// Takes the region.
    pub fn take_region(&mut self) -> Option<String> {
        self.config.region.take()
    }

    /// Takes the namespace.
    pub fn take_namespace(&mut self) -> Option<Namespace> {
        self.config.namespace.take()
    }

    /// Takes the limits.
    pub fn take_limits(&mut self) -> Option<Limits> {
        self.config.limits.take()
    }

    /// Takes an option that is text.
    ///
    /// # Errors
    ///
    /// `Config` if it is not.
    pub fn take_text(&mut self, option: &'static str) -> Result<Option<String>> {
        self.take(option, "text; put it in quotes", |value| match value {
            OptionValue::Text(text) => Some(text),
            _ => None,
        })
    }

    /// Takes an option that is one of several words.
    ///
    /// # Errors
    ///
    /// `Config`, listing the words, if it is not.
    pub fn take_word<T: Copy>(&mut self, option: &'static str, words: &[(&str, T)]) -> Result<Option<T>> {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let wanted = format!("one of {}", names.join(", "));
        self.take(option, &wanted, |value| match value {
            OptionValue::Text(text) => words
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, meaning)| *meaning),
            _ => None,
        })
    }

    /// Takes an option that is true or false, or that text.
    ///
    /// # Errors
    ///
    /// `Config` if it is not.
    pub fn take_bool(&mut self, option: &'static str) -> Result<Option<bool>> {
        self.take(option, "true or false", |value| match value {
            OptionValue::Bool(bool) => Some(bool),
            OptionValue::Text(text) => text.parse().ok(),
            OptionValue::Integer(_) => None,
        })
    }

    /// Takes an option that is a whole number, or the text of one.
    ///
    /// # Errors
    ///
    /// `Config` if it is not.
    pub fn take_u64(&mut self, option: &'static str) -> Result<Option<u64>> {
        self.take(option, "a whole number, not negative", |value| match value {
            OptionValue::Integer(integer) => integer.try_into().ok(),
            OptionValue::Text(text) => text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?,
            OptionValue::Bool(_) => None,
        })
    }

    /// Takes an option that is a [duration](crate::parse_duration), with its unit: `5s`.
    ///
    /// # Errors
    ///
    /// `Config` if it is not.
    pub fn take_duration(&mut self, option: &'static str) -> Result<Option<Duration>> {
        let wanted = "a whole number and a unit: 250ms, 90s, 15m, 12h or 30d";
        self.take(option, wanted, |value| match value {
            OptionValue::Text(text) => parse_duration(&text).ok(),
            _ => None,
        })
    }

    /// Refuses what was not taken. To be called before anything is opened.
    ///
    /// # Errors
    ///
    /// `Config`, naming a field that the type does not use, or an option that it does not have with those that it has.
    pub fn finish(self) -> Result<()> {
        let kind = quoted(&self.config.kind);
        if let Some(field) = self.unused_field() {
            return Err(Error::config(format!(
                "the type {kind} does not use the field `{field}`; take it out"
            )));
        }
        let Some(option) = self.config.options.names().next() else {
            return Ok(());
        };
        let known = match self.known.join(", ") {
            none if none.is_empty() => "it has none".to_owned(),
            known => format!("{}it has {known}", suggestion(option, self.known.iter().copied())),
        };
        Err(Error::config(format!(
            "the type {kind} has no option {}; {known}",
            quoted(option)
        )))
    }

    fn unused_field(&self) -> Option<&'static str> {
        let Config {
            path,
            table_name,
            region,
            namespace,
            limits,
            ..
        } = &self.config;
        let fields = [
            ("path", path.is_some()),
            ("table_name", table_name.is_some()),
            ("region", region.is_some()),
            ("namespace", namespace.is_some()),
            ("limits", limits.is_some()),
        ];
        fields.iter().find(|(_, is_left)| *is_left).map(|(field, _)| *field)
    }

    fn take<T>(
        &mut self,
        option: &'static str,
        wanted: &str,
        read: impl FnOnce(OptionValue) -> Option<T>,
    ) -> Result<Option<T>> {
        self.known.push(option);
        let Some(value) = self.config.options.remove(option) else {
            return Ok(None);
        };
        let kind = quoted(&self.config.kind);
        let wrong = || Error::config(format!("the option `{option}` of the type {kind} must be {wanted}"));
        read(value).map(Some).ok_or_else(wrong)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("config", &self.config)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
