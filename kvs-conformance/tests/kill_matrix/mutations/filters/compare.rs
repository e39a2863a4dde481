//! Stores that take values for equal, or in order, that are not.

use kvs_core::{Operator, Value};
use serde_json::json;

use super::evaluator::{Rules, SOUND, converts, deeply, evaluates, holds, with_operands};
use crate::mutation::Mutation;

pub(super) fn all() -> Vec<Mutation> {
    [types(), numbers(), structures(), orders()]
        .into_iter()
        .flatten()
        .collect()
}

fn types() -> Vec<Mutation> {
    vec![
        converts!("takes true for 1", |value| deeply(value, |value| match value {
            Value::Bool(flag) => json!(u8::from(flag)),
            other => other,
        }))
        .found_by("filters::types_are_not_mixed"),
        converts!("takes text that looks like a number for one", |value| deeply(
            value, number_of
        ))
        .found_by("filters::types_are_not_mixed"),
        converts!("compares numbers as text", |value| deeply(value, |value| match value {
            Value::Number(number) => number.to_string().into(),
            other => other,
        }))
        .found_by("filters::gte_follows_the_truth_table"),
        converts!("folds the case of text that it compares", |value| deeply(
            value,
            |value| match value {
                Value::String(text) => text.to_lowercase().into(),
                other => other,
            }
        ))
        .found_by("filters::strings_are_equal_byte_for_byte"),
        converts!(
            "ignores spaces at the end of text that it compares",
            |value| match value {
                Value::String(text) => text.trim_end_matches(' ').into(),
                other => other.clone(),
            }
        )
        .found_by("filters::strings_are_equal_byte_for_byte"),
        converts!("ends text at NUL where it compares", |value| match value {
            Value::String(text) => text.split('\0').next().into(),
            other => other.clone(),
        })
        .found_by("filters::lt_follows_the_truth_table"),
        converts!("compares 255 bytes of text", |value| match value.as_str() {
            Some(text) => text.chars().take(255).collect::<String>().into(),
            None => value.clone(),
        })
        .found_by("filters::long_strings_are_told_apart"),
        converts!("takes the empty text for null", |value| match value.as_str() {
            Some("") => Value::Null,
            _ => value.clone(),
        })
        .found_by("filters::starts_with_nothing_finds_all_strings"),
    ]
}

fn numbers() -> Vec<Mutation> {
    vec![
        converts!("compares numbers as floats", |value| deeply(
            value,
            |value| match value.as_f64() {
                Some(float) => json!(float),
                None => value,
            }
        ))
        .found_by("filters::large_integers_are_told_apart"),
        converts!("wraps integers beyond those with a sign", |value| {
            match value.as_u64().filter(|number| i64::try_from(*number).is_err()) {
                Some(number) => json!(number.cast_signed()),
                None => value.clone(),
            }
        })
        .found_by("filters::a_range_is_both_operators"),
        converts!(
            "cuts what lies behind the point where it compares",
            |value| match value.as_f64() {
                Some(float) if float.abs() < 1e9 => json!(float.trunc()),
                _ => value.clone(),
            }
        )
        .found_by("filters::gt_follows_the_truth_table"),
        evaluates!("tells integers from floats of the same value", holds: |operator, field| {
            let same = |value: &Value| field.is_some_and(|field| field.is_f64() == value.is_f64());
            Some(holds(operator, field) && match operator {
                Operator::Eq(value) => same(value),
                Operator::In(values) => values.iter().any(|value| field.is_some_and(|field| field == value)),
                _ => true,
            })
        })
        .found_by("filters::numbers_are_equal_by_value"),
        evaluates!("takes floats for equal that hardly differ", holds: |operator, field| {
            let close = |value: &Value| match (value.as_f64(), field.and_then(Value::as_f64)) {
                (Some(a), Some(b)) if value.is_f64() => (a - b).abs() <= 1e-14 * a.abs().max(b.abs()),
                _ => false,
            };
            Some(holds(operator, field) || matches!(operator, Operator::Eq(value) if close(value)))
        })
        .found_by("filters::eq_follows_the_truth_table"),
        evaluates!("tells minus zero from zero", holds: |operator, field| {
            let negative = |value: &Value| value.as_f64().is_some_and(|float| float == 0.0 && float.is_sign_negative());
            Some(holds(operator, field) && match (operator, field) {
                (Operator::Eq(value), Some(field)) => negative(value) == negative(field),
                _ => true,
            })
        })
        .found_by("filters::numbers_are_equal_by_value"),
    ]
}

fn structures() -> Vec<Mutation> {
    vec![
        converts!("ignores the order of arrays that it compares", |value| deeply(
            value,
            |value| match value {
                Value::Array(mut items) => {
                    items.sort_by_key(ToString::to_string);
                    items.into()
                }
                other => other,
            }
        ))
        .found_by("filters::eq_follows_the_truth_table"),
        converts!("takes an array of one for what is in it", |value| match value {
            Value::Array(items) if items.len() == 1 => items[0].clone(),
            other => other.clone(),
        })
        .found_by("filters::in_finds_one_of_the_values"),
        converts!("takes an empty object for an empty array", |value| deeply(
            value,
            |value| match value {
                Value::Object(members) if members.is_empty() => json!([]),
                other => other,
            }
        ))
        .found_by("filters::an_empty_object_is_a_value"),
        converts!("ignores members that are null where it compares", |value| deeply(
            value,
            |value| match value {
                Value::Object(members) => {
                    Value::Object(members.into_iter().filter(|(_, member)| !member.is_null()).collect())
                }
                other => other,
            }
        ))
        .found_by("filters::ne_follows_the_truth_table"),
        evaluates!("takes an object for equal that has more members", holds: |operator, field| {
            Some(match (operator, field) {
                (Operator::Eq(Value::Object(asked)), Some(Value::Object(field))) => {
                    asked.iter().all(|(name, value)| holds(&Operator::Eq(value.clone()), field.get(name)))
                }
                _ => holds(operator, field),
            })
        })
        .found_by("filters::an_object_without_operators_is_a_value"),
        evaluates!("looks for an equal element where a field is an array", holds: |operator, field| {
            Some(holds(operator, field) || match (operator, field) {
                (Operator::Eq(_), Some(Value::Array(items))) => items.iter().any(|item| holds(operator, Some(item))),
                _ => false,
            })
        })
        .found_by("filters::eq_follows_the_truth_table"),
        evaluates!("compares what is in arrays and objects by its text", holds: |operator, field| {
            Some(match (operator, field) {
                (Operator::Eq(value @ (Value::Array(_) | Value::Object(_))), Some(field)) => value == field,
                (Operator::Ne(value @ (Value::Array(_) | Value::Object(_))), Some(field)) => value != field,
                _ => holds(operator, field),
            })
        })
        .found_by("filters::ne_follows_the_truth_table"),
        evaluates!("reads operators out of the objects that it compares with", holds: |operator, field| {
            Some(match operator {
                Operator::Eq(value) | Operator::Ne(value) => {
                    let form = json!({ "f": value });
                    let held = kvs_core::Filter::from_json(&form).is_ok_and(|filter| {
                        filter.matches(&kvs_core::Map::from_iter(field.map(|field| ("f".to_owned(), field.clone()))))
                    });
                    held == matches!(operator, Operator::Eq(_))
                }
                _ => holds(operator, field),
            })
        })
        .found_by("filters::eq_compares_with_any_object"),
    ]
}

fn orders() -> Vec<Mutation> {
    vec![
        evaluates!("sorts all types in one order", holds: |operator, field| {
            let rank = |value: &Value| match value {
                Value::Null => 0,
                Value::Number(_) => 1,
                Value::String(_) => 2,
                Value::Object(_) => 3,
                Value::Array(_) => 4,
                Value::Bool(_) => 5,
            };
            Some(holds(operator, field) || match (operator, field) {
                (Operator::Gt(value) | Operator::Gte(value), Some(field)) => rank(field) > rank(value),
                (Operator::Lt(value) | Operator::Lte(value), Some(field)) => rank(field) < rank(value),
                _ => false,
            })
        })
        .found_by("filters::an_empty_range_finds_nothing"),
        evaluates!("puts true after false", holds: |operator, field| {
            Some(holds(operator, field) || match (operator, field) {
                (Operator::Gt(Value::Bool(value)), Some(Value::Bool(field))) => field > value,
                (Operator::Gte(Value::Bool(value)), Some(Value::Bool(field))) => field >= value,
                (Operator::Lt(Value::Bool(value)), Some(Value::Bool(field))) => field < value,
                (Operator::Lte(Value::Bool(value)), Some(Value::Bool(field))) => field <= value,
                _ => false,
            })
        })
        .found_by("filters::types_are_not_mixed"),
        evaluates!("orders text by the units of UTF-16", holds: |operator, field| {
            let units = |value: &str| value.encode_utf16().collect::<Vec<_>>();
            Some(match (operator, field) {
                (Operator::Gt(Value::String(value)), Some(Value::String(field))) => units(field) > units(value),
                (Operator::Gte(Value::String(value)), Some(Value::String(field))) => units(field) >= units(value),
                (Operator::Lt(Value::String(value)), Some(Value::String(field))) => units(field) < units(value),
                (Operator::Lte(Value::String(value)), Some(Value::String(field))) => units(field) <= units(value),
                _ => holds(operator, field),
            })
        })
        .found_by("filters::lte_follows_the_truth_table"),
        evaluates!("takes greater for greater or equal", holds: |operator, field| {
            Some(match operator {
                Operator::Gt(value) => holds(&Operator::Gte(value.clone()), field),
                _ => holds(operator, field),
            })
        })
        .found_by("filters::serde_reads_filters"),
        evaluates!("leaves the upper bound out", holds: |operator, field| {
            Some(match operator {
                Operator::Lte(value) => holds(&Operator::Lt(value.clone()), field),
                _ => holds(operator, field),
            })
        })
        .found_by("filters::lte_follows_the_truth_table"),
    ]
}

/// The number that a text looks like, as databases with a taste for numbers see it.
fn number_of(value: Value) -> Value {
    let number = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    number.filter(Value::is_number).unwrap_or(value)
}
