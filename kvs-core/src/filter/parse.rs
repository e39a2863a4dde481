//! The JSON form of filters.

use serde_json::{Map, Value};

use super::{FieldPath, Filter, MAX_FILTER_DEPTH, Problem};
use crate::error::{Error, Result};
use crate::json;

/// How much of an unknown operator an error repeats.
const SHOWN_CHARS: usize = 24;

/// Reads a filter. Recurses no deeper than filters nest, and copies a value only once its depth is known.
pub(super) fn parse(filter: &Value) -> Result<Filter> {
    nested(
        filter,
        1,
        "a filter is a JSON object, such as {\"status\": \"active\"}; {} matches all",
    )
}

fn nested(filter: &Value, level: usize, otherwise: &'static str) -> Result<Filter> {
    let Value::Object(members) = filter else {
        return Err(Error::invalid_argument(otherwise));
    };
    if level > MAX_FILTER_DEPTH {
        return Err(Error::invalid_argument(Problem::TooDeep.advice()));
    }
    let parts = members.iter().map(|(name, value)| member(name, value, level));
    all_of(parts.collect::<Result<Vec<_>>>()?)
}

fn member(name: &str, value: &Value, level: usize) -> Result<Filter> {
    match name {
        "$and" => checked(Filter::and(list(value, level)?)),
        "$or" => checked(Filter::or(list(value, level)?)),
        "$not" => checked(Filter::not(nested(
            value,
            level + 1,
            "`$not` takes a filter: a JSON object",
        )?)),
        operator if operator.starts_with('$') => Err(misplaced(operator)),
        field => condition(field, value),
    }
}

fn list(value: &Value, level: usize) -> Result<Vec<Filter>> {
    const OTHERWISE: &str = "`$and` and `$or` take an array of filters, each a JSON object";
    let Value::Array(filters) = value else {
        return Err(Error::invalid_argument(OTHERWISE));
    };
    filters
        .iter()
        .map(|filter| nested(filter, level + 1, OTHERWISE))
        .collect()
}

fn condition(field: &str, value: &Value) -> Result<Filter> {
    if let Value::Object(members) = value
        && let Some(operator) = members.keys().find(|name| name.starts_with('$'))
    {
        if !members.keys().all(|name| name.starts_with('$')) {
            return Err(mixed(operator));
        }
        return operators(field, members);
    }
    Ok(Filter::eq(field, operand(value)?))
}

fn operators(field: &str, members: &Map<String, Value>) -> Result<Filter> {
    let path = FieldPath::from(field);
    let parts = members.iter().map(|(name, value)| operator(path.clone(), name, value));
    all_of(parts.collect::<Result<Vec<_>>>()?)
}

fn operator(path: FieldPath, name: &str, value: &Value) -> Result<Filter> {
    Ok(match name {
        "$eq" => Filter::eq(path, operand(value)?),
        "$ne" => Filter::ne(path, operand(value)?),
        "$lt" => Filter::lt(path, operand(value)?),
        "$lte" => Filter::lte(path, operand(value)?),
        "$gt" => Filter::gt(path, operand(value)?),
        "$gte" => Filter::gte(path, operand(value)?),
        "$contains" => Filter::contains(path, operand(value)?),
        "$in" => match value {
            Value::Array(values) => Filter::is_in(path, values.iter().map(operand).collect::<Result<Vec<_>>>()?),
            _ => return Err(Error::invalid_argument("`$in` takes an array of values")),
        },
        "$exists" => match value {
            Value::Bool(present) => Filter::exists(path, *present),
            _ => return Err(Error::invalid_argument("`$exists` takes true or false")),
        },
        "$starts_with" => match value {
            Value::String(prefix) => Filter::starts_with(path, prefix.as_str()),
            _ => return Err(Error::invalid_argument("`$starts_with` takes a string")),
        },
        unknown => return Err(unknown_operator(unknown)),
    })
}

fn operand(value: &Value) -> Result<Value> {
    json::check_value(value).map_err(|problem| Error::invalid_argument(Problem::Value(problem).advice()))?;
    Ok(value.clone())
}

fn all_of(parts: Vec<Filter>) -> Result<Filter> {
    checked(Filter::and(parts))
}

fn checked(filter: Filter) -> Result<Filter> {
    filter.validate().map(|()| filter)
}

/// An operator where a field or a combinator is expected.
fn misplaced(name: &str) -> Error {
    Error::invalid_argument(format!(
        "{} cannot stand beside fields; there are `$and`, `$or` and `$not`, and operators stand in a field's value: \
         {{\"age\": {{\"$gte\": 18}}}}",
        shown(name)
    ))
}

/// An unknown operator in the value of a field.
fn unknown_operator(name: &str) -> Error {
    Error::invalid_argument(format!(
        "{} is no operator on a field; there are $eq $ne $lt $lte $gt $gte $in $exists $starts_with $contains, \
         and `$and`, `$or`, `$not` beside the fields; to compare with such an object write {{\"$eq\": {{…}}}}",
        shown(name)
    ))
}

/// An operator among other members.
fn mixed(name: &str) -> Error {
    Error::invalid_argument(format!(
        "{} stands among members that are no operators; give them a path of their own, such as \"a.b\", or compare \
         with the whole object: {{\"$eq\": {{…}}}}",
        shown(name)
    ))
}

/// One line and short, whatever the name is made of.
fn shown(name: &str) -> String {
    let start: String = name.chars().take(SHOWN_CHARS).collect();
    let ellipsis = if start.len() < name.len() { "…" } else { "" };
    format!("`{}{ellipsis}`", start.escape_debug())
}
