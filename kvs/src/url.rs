//! The URL form of a configuration.

use std::fmt::Display;

use kvs_core::{Error, Limits, Result};

use crate::config::Config;
use crate::config::named_limits;
use crate::names::quoted;

/// Nothing that stands in a URL is quoted in an error, but for types and the names of parameters.
pub(crate) fn parse(url: &str) -> Result<Config> {
    let (kind, rest) = url
        .split_once(':')
        .filter(|(kind, _)| is_kind(kind))
        .ok_or_else(|| invalid("it begins with the type and a colon, as `memory:` and `sqlite:app.db` do"))?;
    if rest.contains('#') {
        return Err(invalid("it has no part after a `#`; write %23 for one in a name"));
    }
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let mut config = Config::new(kind);
    set_place(&mut config, place)?;
    if let Some(query) = query {
        set_parameters(&mut config, query)?;
    }
    Ok(config)
}

/// May a type be named so?
pub(crate) fn is_kind(kind: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'_');
    (1..=64).contains(&kind.len()) && kind.as_bytes()[0].is_ascii_alphabetic() && kind.bytes().all(is_word)
}

fn set_place(config: &mut Config, place: &str) -> Result<()> {
    let Some(place) = place.strip_prefix("//") else {
        return set_path(config, place);
    };
    let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    if authority.contains('@') {
        return Err(invalid("credentials have no place in it; take them out"));
    }
    if authority.is_empty() {
        return set_path(config, path);
    }
    if config.kind == "sqlite" {
        // SQLAlchemy and sqlx disagree about two slashes, so that a guess could open another file than the one meant.
        let message = "after `sqlite:` comes a relative path, or three slashes and an absolute one: \
                       `sqlite:app.db`, `sqlite:///var/lib/app.db`";
        return Err(invalid(message));
    }
    config.table_name = Some(decode(authority)?);
    if path == "/" { Ok(()) } else { set_path(config, path) }
}

fn set_path(config: &mut Config, path: &str) -> Result<()> {
    if !path.is_empty() {
        config.path = Some(decode(path)?.into());
    }
    Ok(())
}

fn set_parameters(config: &mut Config, query: &str) -> Result<()> {
    let mut seen: Vec<String> = Vec::new();
    let mut limits = Vec::new();
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| invalid("a parameter is written `name=value`, and `&` separates two"))?;
        let (name, value) = (decode(name)?, decode(value)?);
        if seen.contains(&name) {
            return Err(invalid(format!("the parameter {} is given twice", quoted(&name))));
        }
        match name.as_str() {
            "namespace" => config.namespace = Some(value.parse()?),
            "region" => config.region = Some(value),
            _ => match name.strip_prefix("limits.") {
                Some(limit) => limits.push((limit.to_owned(), number(&name, &value)?)),
                None => drop(config.options.set(name.clone(), value)),
            },
        }
        seen.push(name);
    }
    config.limits = read_limits(limits)?;
    Ok(())
}

fn read_limits(limits: Vec<(String, u64)>) -> Result<Option<Limits>> {
    if limits.is_empty() {
        return Ok(None);
    }
    named_limits(limits).map(Some).map_err(invalid)
}

fn number(name: &str, value: &str) -> Result<u64> {
    let is_number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let number = is_number.then(|| value.parse().ok()).flatten();
    number.ok_or_else(|| invalid(format!("the parameter {} must be a whole number", quoted(name))))
}

/// Turns `%41` into `A`. Strict, since a mistake would name another file.
fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail
            .get(..2)
            .and_then(|digits| Some((hex(digits[0])?, hex(digits[1])?)));
        let Some((high, low)) = digits else {
            return Err(invalid(
                "a `%` is followed by two hexadecimal digits; write %25 for a percent sign",
            ));
        };
        bytes.push(high << 4 | low);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| invalid("the bytes after `%` are not UTF-8"))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

fn invalid(message: impl Display) -> Error {
    Error::config(format!("the URL of the store is wrong: {message}"))
}
