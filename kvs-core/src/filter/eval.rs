//! The one evaluator, which decides on every backend.
//!
//! It recurses: a filter's constructors bound its depth, and that of the values in it.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{Expr, Operator};
use crate::json::{compare_numbers, equal};

impl Expr {
    pub(super) fn matches(&self, data: &Map<String, Value>) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::And(filters) => filters.iter().all(|filter| filter.expr.matches(data)),
            Self::Or(filters) => filters.iter().any(|filter| filter.expr.matches(data)),
            Self::Not(filter) => !filter.expr.matches(data),
            Self::Field { path, op } => op.accepts(path.find(data)),
        }
    }
}

impl Operator {
    /// Does the condition hold for the field, `None` if it is missing? Two-valued: there is no "unknown".
    fn accepts(&self, field: Option<&Value>) -> bool {
        match (self, field) {
            (Self::Exists(present), field) => *present == field.is_some(),
            (Self::Ne(value), field) => !field.is_some_and(|field| equal(value, field)),
            (_, None) => false,
            (Self::Eq(value), Some(field)) => equal(value, field),
            (Self::In(values), Some(field)) => values.iter().any(|value| equal(value, field)),
            (Self::Lt(value), Some(field)) => order(field, value).is_some_and(Ordering::is_lt),
            (Self::Lte(value), Some(field)) => order(field, value).is_some_and(Ordering::is_le),
            (Self::Gt(value), Some(field)) => order(field, value).is_some_and(Ordering::is_gt),
            (Self::Gte(value), Some(field)) => order(field, value).is_some_and(Ordering::is_ge),
            (Self::StartsWith(prefix), Some(field)) => field.as_str().is_some_and(|text| text.starts_with(prefix)),
            (Self::Contains(value), Some(field)) => contains(field, value),
        }
    }
}

/// The order of two numbers or of two strings. Rust compares strings by their UTF-8 bytes, as the contract does.
fn order(field: &Value, value: &Value) -> Option<Ordering> {
    match (field, value) {
        (Value::Number(field), Value::Number(value)) => compare_numbers(field, value),
        (Value::String(field), Value::String(value)) => Some(field.cmp(value)),
        _ => None,
    }
}

fn contains(field: &Value, value: &Value) -> bool {
    match (field, value) {
        (Value::Array(elements), value) => elements.iter().any(|element| equal(value, element)),
        (Value::String(text), Value::String(part)) => text.contains(part),
        _ => false,
    }
}
