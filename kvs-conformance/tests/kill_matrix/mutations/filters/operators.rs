//! Stores that are wrong about one operator, or about null and missing fields.

use kvs_core::{Operator, Value};

use super::evaluator::{Rules, SOUND, evaluates, holds};
use crate::mutation::Mutation;

pub(super) fn all() -> Vec<Mutation> {
    [missing(), lists(), prefixes(), parts()]
        .into_iter()
        .flatten()
        .collect()
}

fn missing() -> Vec<Mutation> {
    vec![
        evaluates!("takes a missing field for null", holds: |operator, field| match operator {
            Operator::Exists(_) => Some(holds(operator, field)),
            _ => Some(holds(operator, field.or(Some(&Value::Null)))),
        })
        .found_by("filters::eq_null_finds_explicit_nulls_only"),
        evaluates!("takes null for a missing field", holds: |operator, field| {
            Some(holds(operator, field.filter(|field| !field.is_null())))
        })
        .found_by("filters::exists_tells_presence"),
        evaluates!("finds no missing field by ne", holds: |operator, field| match (operator, field) {
            (Operator::Ne(_), None) => Some(false),
            _ => Some(holds(operator, field)),
        })
        .found_by("filters::ne_finds_missing_fields"),
        evaluates!("does not know what a missing field equals", holds: |operator, field| match (operator, field) {
            (Operator::Exists(_), _) | (_, Some(_)) => Some(holds(operator, field)),
            _ => None,
        })
        .found_by("filters::a_filter_and_its_opposite_share_all_documents")
        .found_by("filters::random_filters_agree_on_many_documents"),
        evaluates!("does not know what null equals", holds: |operator, field| {
            let asked_for_null = matches!(operator, Operator::Eq(Value::Null) | Operator::Ne(Value::Null));
            match field {
                Some(Value::Null) if !matches!(operator, Operator::Exists(_)) && !asked_for_null => None,
                _ => Some(holds(operator, field)),
            }
        })
        .found_by("filters::a_filter_and_its_opposite_share_all_documents"),
        evaluates!("takes what is empty for missing", holds: |operator, field| {
            let is_empty = |field: &Value| match field {
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                Value::Bool(flag) => !flag,
                _ => false,
            };
            match operator {
                Operator::Exists(_) => Some(holds(operator, field.filter(|field| !is_empty(field)))),
                _ => Some(holds(operator, field)),
            }
        })
        .found_by("filters::exists_tells_presence"),
    ]
}

fn lists() -> Vec<Mutation> {
    vec![
        evaluates!("looks at 100 values of a list", holds: |operator, field| Some(match operator {
            Operator::In(values) => holds(&Operator::In(values.iter().take(100).cloned().collect()), field),
            _ => holds(operator, field),
        }))
        .found_by("filters::in_takes_many_values"),
        evaluates!("finds everything in an empty list", holds: |operator, field| Some(match operator {
            Operator::In(values) => values.is_empty() || holds(operator, field),
            _ => holds(operator, field),
        }))
        .found_by("filters::in_finds_one_of_the_values"),
        evaluates!("takes the type of a list from its first value", holds: |operator, field| Some(match operator {
            Operator::In(values) => {
                let kind = values.first().map(std::mem::discriminant);
                holds(operator, field.filter(|field| Some(std::mem::discriminant(*field)) == kind))
            }
            _ => holds(operator, field),
        }))
        .found_by("filters::in_takes_many_values"),
        evaluates!("finds no null in a list", holds: |operator, field| Some(match operator {
            Operator::In(_) => holds(operator, field.filter(|field| !field.is_null())),
            _ => holds(operator, field),
        }))
        .found_by("filters::in_of_one_value_is_eq"),
        evaluates!("unpacks the arrays in a list", holds: |operator, field| Some(match operator {
            Operator::In(values) => {
                let unpacked = values.iter().flat_map(|value| value.as_array().cloned().unwrap_or(vec![value.clone()]));
                holds(&Operator::In(unpacked.collect()), field)
            }
            _ => holds(operator, field),
        }))
        .found_by("filters::in_of_one_value_is_eq"),
    ]
}

fn prefixes() -> Vec<Mutation> {
    vec![
        evaluates!("searches a prefix by LIKE", holds: |operator, field| Some(match (operator, field) {
            (Operator::StartsWith(prefix), Some(Value::String(text))) => like(text, &format!("{prefix}%")),
            _ => holds(operator, field),
        }))
        .found_by("filters::starts_with_is_literal"),
        evaluates!("folds the case of letters where it compares a prefix", holds: |operator, field| {
            Some(match (operator, field) {
                (Operator::StartsWith(prefix), Some(Value::String(text))) => {
                    text.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase())
                }
                _ => holds(operator, field),
            })
        })
        .found_by("filters::starts_with_is_literal"),
        evaluates!("finds nothing by the empty prefix", holds: |operator, field| Some(match operator {
            Operator::StartsWith(prefix) => !prefix.is_empty() && holds(operator, field),
            _ => holds(operator, field),
        }))
        .found_by("filters::starts_with_nothing_finds_all_strings"),
        evaluates!("looks for a prefix in numbers, too", holds: |operator, field| Some(match (operator, field) {
            (Operator::StartsWith(prefix), Some(Value::Number(number))) => number.to_string().starts_with(prefix),
            _ => holds(operator, field),
        }))
        .found_by("filters::starts_with_nothing_finds_all_strings"),
        evaluates!("takes a whole text for no prefix of itself", holds: |operator, field| Some(match operator {
            Operator::StartsWith(prefix) => {
                holds(operator, field) && field.is_some_and(|field| field.as_str() != Some(prefix))
            }
            _ => holds(operator, field),
        }))
        .found_by("filters::starts_with_is_literal"),
    ]
}

fn parts() -> Vec<Mutation> {
    vec![
        evaluates!("searches a part by LIKE", holds: |operator, field| Some(match (operator, field) {
            (Operator::Contains(Value::String(part)), Some(Value::String(text))) => like(text, &format!("%{part}%")),
            _ => holds(operator, field),
        }))
        .found_by("filters::contains_finds_a_part_of_a_string"),
        evaluates!("searches parts in the elements of an array", holds: |operator, field| {
            Some(holds(operator, field) || match (operator, field) {
                (Operator::Contains(Value::String(part)), Some(Value::Array(items))) => {
                    items.iter().filter_map(Value::as_str).any(|text| text.contains(part))
                }
                _ => false,
            })
        })
        .found_by("filters::contains_finds_an_element"),
        evaluates!("searches elements by their text", holds: |operator, field| {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(holds(operator, field) || match (operator, field) {
                (Operator::Contains(part), Some(Value::Array(items))) => {
                    items.iter().any(|item| text(item) == text(part))
                }
                _ => false,
            })
        })
        .found_by("filters::contains_finds_an_element"),
        evaluates!("searches 100 elements of an array", holds: |operator, field| {
            let head = |items: &Vec<Value>| Value::from(items.iter().take(100).cloned().collect::<Vec<_>>());
            let field = field.map(|field| field.as_array().map_or_else(|| field.clone(), head));
            Some(holds(operator, field.as_ref()))
        })
        .found_by("filters::contains_searches_a_long_array"),
        evaluates!("searches arrays in arrays", holds: |operator, field| {
            let inner = |item: &Value| item.is_array() && holds_within(operator, item);
            Some(holds(operator, field) || match (operator, field) {
                (Operator::Contains(_), Some(Value::Array(items))) => items.iter().any(inner),
                _ => false,
            })
        })
        .found_by("filters::contains_finds_an_element"),
        evaluates!("finds an object by the name of a member", holds: |operator, field| {
            Some(holds(operator, field) || match (operator, field) {
                (Operator::Contains(Value::String(name)), Some(Value::Object(members))) => members.contains_key(name),
                _ => false,
            })
        })
        .found_by("filters::contains_does_not_convert"),
        evaluates!("searches a number in text", holds: |operator, field| {
            Some(holds(operator, field) || match (operator, field) {
                (Operator::Contains(Value::Number(part)), Some(Value::String(text))) => {
                    text.contains(&part.to_string())
                }
                _ => false,
            })
        })
        .found_by("filters::contains_does_not_convert"),
    ]
}

fn holds_within(operator: &Operator, item: &Value) -> bool {
    holds(operator, Some(item))
}

/// Does the text match the pattern, `%` being anything and `_` one character?
fn like(text: &str, pattern: &str) -> bool {
    let Some(sign) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[sign.len_utf8()..];
    let mut behind = text.chars();
    match sign {
        '%' => like(text, rest) || (behind.next().is_some() && like(behind.as_str(), pattern)),
        '_' => behind.next().is_some() && like(behind.as_str(), rest),
        _ => behind.next() == Some(sign) && like(behind.as_str(), rest),
    }
}
