//! What every store asks of JSON: bounded depth, numbers that fit, comparison by mathematical value.
//!
//! Nothing here recurses into a value whose depth is not known to be bounded, so that hostile input cannot exhaust the
//! stack. Nothing here needs a feature of `serde_json`, and everything holds where an application turned on
//! `arbitrary_precision` (a number then holds its text) or `preserve_order`.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use crate::error::{Error, Result};

/// How deep arrays and objects may nest. The data of a document is level 1 itself; scalars add no level.
pub(crate) const MAX_DEPTH: usize = 32;

/// Why a JSON value cannot be stored or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Arrays and objects nest deeper than [`MAX_DEPTH`].
    Depth,
    /// A number fits neither i64, nor u64, nor a finite f64.
    Number,
}

/// Checks the data of a document: [`InvalidDocument`](Error::InvalidDocument) if it is too deep or a number does not
/// fit. Looks at each value once, and allocates nothing for flat data.
pub(crate) fn check_document(data: &Map<String, Value>) -> Result<()> {
    check_map(data).map_err(|problem| {
        Error::invalid_document(match problem {
            Problem::Depth => "the document nests more than 32 levels of arrays and objects; flatten it",
            Problem::Number => {
                "the document holds a number that fits neither i64, u64 nor a finite f64; store it as a string"
            }
        })
    })
}

/// Checks an object, itself being level 1.
pub(crate) fn check_map(map: &Map<String, Value>) -> Result<(), Problem> {
    let mut pending = Vec::new();
    check_members(map.values(), 1, &mut pending)?;
    check_pending(pending)
}

/// Checks a value; if it is an array or object, it is level 1.
pub(crate) fn check_value(value: &Value) -> Result<(), Problem> {
    let mut pending = Vec::new();
    check_members([value], 0, &mut pending)?;
    check_pending(pending)
}

/// Rewrites each number as `serde_json` reads it by default, so that it is stored and compared alike everywhere.
///
/// Only `arbitrary_precision` makes a difference: `1.50` becomes `1.5`. Call it on checked data only.
pub(crate) fn normalize(map: &mut Map<String, Value>) {
    let mut pending = Vec::new();
    normalize_members(map.values_mut(), &mut pending);
    while let Some(container) = pending.pop() {
        match container {
            Value::Array(items) => normalize_members(items, &mut pending),
            Value::Object(members) => normalize_members(members.values_mut(), &mut pending),
            _ => {}
        }
    }
}

/// Drops a value of any depth. Its own drop recurses, and overflows the stack at some ten thousand levels.
pub(crate) fn dismantle(value: Value) {
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items.into_iter().filter(is_container)),
            Value::Object(members) => {
                pending.extend(members.into_iter().map(|(_, member)| member).filter(is_container));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Drops an object of any depth; see [`dismantle`].
pub(crate) fn dismantle_map(map: Map<String, Value>) {
    dismantle(Value::Object(map));
}

/// Are two values the same JSON value? Numbers by mathematical value, arrays in order, objects in any order.
///
/// At least one of the two must have passed [`check_value`]: it bounds the recursion.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b) == Some(Ordering::Equal),
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => false,
    }
}

/// Compares two numbers by mathematical value, exactly: 2^53 + 1 is greater than 2^53 as a float, and -0.0 equals 0.
///
/// `None` only if one of them would not pass [`check_value`].
pub(crate) fn compare_numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (Kind::of(a)?, Kind::of(b)?) {
        (Kind::Integer(a), Kind::Integer(b)) => Some(a.cmp(&b)),
        (Kind::Float(a), Kind::Float(b)) => a.partial_cmp(&b),
        (Kind::Integer(a), Kind::Float(b)) => compare_mixed(a, b),
        (Kind::Float(a), Kind::Integer(b)) => compare_mixed(b, a).map(Ordering::reverse),
    }
}

/// A number that fits, however `serde_json` was built.
#[derive(Clone, Copy)]
enum Kind {
    /// Of the range of i64 or u64.
    Integer(i128),
    /// Finite.
    Float(f64),
}

impl Kind {
    fn of(number: &Number) -> Option<Self> {
        if let Some(integer) = number.as_i64() {
            // With `arbitrary_precision`, the text `-0` is an integer; by default `serde_json` reads it as -0.0.
            let negative_zero = integer == 0 && number.as_f64().is_some_and(f64::is_sign_negative);
            return Some(if negative_zero {
                Self::Float(-0.0)
            } else {
                Self::Integer(integer.into())
            });
        }
        if let Some(integer) = number.as_u64() {
            return Some(Self::Integer(integer.into()));
        }
        // `as_f64` alone would round an integer of 30 digits, which `arbitrary_precision` lets through.
        number.as_f64().filter(|_| number.is_f64()).map(Self::Float)
    }

    fn to_number(self) -> Option<Number> {
        match self {
            Self::Integer(integer) => Number::from_i128(integer),
            Self::Float(float) => Number::from_f64(float),
        }
    }
}

/// Compares the whole part first, which an i128 holds exactly, then what is left of the float.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a whole part beyond i128 saturates, past every 64-bit integer"
)]
#[expect(
    clippy::cast_precision_loss,
    reason = "used only where the integer came from a float's whole part"
)]
fn compare_mixed(integer: i128, float: f64) -> Option<Ordering> {
    match integer.cmp(&(float.trunc() as i128)) {
        Ordering::Equal => (integer as f64).partial_cmp(&float),
        unequal => Some(unequal),
    }
}

/// Does JSON text hold an integer that fits neither i64 nor u64?
///
/// `serde_json` reads such a one as the nearest float, which is another number; after that nobody can tell. So whoever
/// reads documents or filters from text asks before. (A program that builds them from values need not.) Takes one pass
/// over the text, which need not be valid.
///
/// ```
/// use kvs_core::json_rounds_an_integer;
/// assert!(!json_rounds_an_integer(br#"{"a": 18446744073709551615, "b": 1e30, "c": "18446744073709551616"}"#));
/// assert!(json_rounds_an_integer(br#"{"a": 18446744073709551616}"#));
/// ```
pub fn json_rounds_an_integer(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => after_string(after),
            b'-' | b'0'..=b'9' => {
                let length = rest.iter().take_while(|byte| is_part(byte)).count();
                let (number, behind) = rest.split_at(length);
                if is_rounded(number) {
                    return true;
                }
                behind
            }
            _ => after,
        };
    }
    false
}

/// What follows a string whose opening quote is read.
fn after_string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = match rest {
            [] => return rest,
            [b'"', after @ ..] => return after,
            [b'\\', _, after @ ..] | [_, after @ ..] => after,
        };
    }
}

fn is_rounded(number: &[u8]) -> bool {
    let Ok(number) = std::str::from_utf8(number) else {
        return false;
    };
    let is_integer = !number.contains(['.', 'e', 'E']);
    is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err()
}

fn check_pending(mut pending: Vec<(&Value, usize)>) -> Result<(), Problem> {
    while let Some((container, level)) = pending.pop() {
        match container {
            Value::Array(items) => check_members(items, level, &mut pending)?,
            Value::Object(members) => check_members(members.values(), level, &mut pending)?,
            _ => {}
        }
    }
    Ok(())
}

/// Checks the scalars among the members of a container at `level`, and notes its containers for later.
fn check_members<'a>(
    members: impl IntoIterator<Item = &'a Value>,
    level: usize,
    pending: &mut Vec<(&'a Value, usize)>,
) -> Result<(), Problem> {
    for member in members {
        match member {
            Value::Number(number) if Kind::of(number).is_none() => return Err(Problem::Number),
            Value::Array(_) | Value::Object(_) if level == MAX_DEPTH => return Err(Problem::Depth),
            Value::Array(_) | Value::Object(_) => pending.push((member, level + 1)),
            _ => {}
        }
    }
    Ok(())
}

/// Rewrites the numbers among the members of a container, and notes its containers for later.
fn normalize_members<'a>(members: impl IntoIterator<Item = &'a mut Value>, pending: &mut Vec<&'a mut Value>) {
    for member in members {
        match member {
            Value::Number(number) => {
                if let Some(canonical) = Kind::of(number).and_then(Kind::to_number) {
                    *number = canonical;
                }
            }
            Value::Array(_) | Value::Object(_) => pending.push(member),
            _ => {}
        }
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

#[cfg(test)]
mod tests;
