//! Stores that give back another content than was put.

use kvs_core::{Document, Map, Value};
use serde_json::json;

use crate::call::Answer;
use crate::mutation::{Mutation, after, before};

pub(super) fn all() -> Vec<Mutation> {
    [numbers(), texts(), containers(), reading()]
        .into_iter()
        .flatten()
        .collect()
}

/// A store that changes every value, however deep it lies, when it is put.
macro_rules! stores {
    ($name:literal, $change:expr) => {
        before($name, |_, call| {
            if let Some(document) = call.document() {
                let change: fn(&mut Value) = $change;
                document.data.values_mut().for_each(|value| deeply(value, 1, change));
            }
        })
    };
}

/// Those with more levels are for the sound store to refuse.
const DEEPEST: usize = 40;

fn deeply(value: &mut Value, level: usize, change: fn(&mut Value)) {
    match value {
        Value::Array(items) if level < DEEPEST => items.iter_mut().for_each(|item| deeply(item, level + 1, change)),
        Value::Object(members) if level < DEEPEST => {
            members
                .values_mut()
                .for_each(|member| deeply(member, level + 1, change));
        }
        _ => {}
    }
    change(value);
}

/// Replaces floats by what the function makes of them.
fn float(value: &mut Value, change: fn(f64) -> f64) {
    if let Some(float) = value.as_f64().filter(|_| value.is_f64()) {
        *value = json!(change(float));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "that is the fault")]
fn numbers() -> Vec<Mutation> {
    vec![
        stores!("keeps whole floats as integers", |value| {
            if let Some(float) = value.as_f64().filter(|float| value.is_f64() && float.fract() == 0.0) {
                *value = json!(float as i64);
            }
        })
        .found_by("documents::the_kind_of_a_number_stays"),
        stores!("rounds integers that no float holds", |value| {
            if let Some(float) = value.as_f64().filter(|float| float.abs() > 9_007_199_254_740_992.0) {
                *value = json!(float);
            }
        })
        .found_by("documents::integers_come_back_exactly"),
        stores!("keeps integers with a sign only", |value| {
            if let Some(number) = value.as_u64() {
                *value = json!(number.cast_signed());
            }
        })
        .found_by("documents::integers_come_back_exactly"),
        stores!("forgets the sign of minus zero", |value| float(value, |float| float
            + 0.0))
        .found_by("documents::floats_come_back_bit_for_bit"),
        stores!("keeps 15 digits of a float", |value| {
            float(value, |float| format!("{float:.14e}").parse().unwrap_or(float));
        })
        .found_by("documents::random_floats_come_back_bit_for_bit"),
        stores!("takes the smallest floats for zero", |value| {
            float(value, |float| if float.is_subnormal() { 0.0 } else { float });
        })
        .found_by("documents::floats_come_back_bit_for_bit"),
        stores!("keeps floats in 32 bits where it seems to matter little", |value| {
            float(value, |float| {
                let short = f64::from(float as f32);
                if (short - float).abs() <= float.abs() * 1e-7 {
                    short
                } else {
                    float
                }
            });
        })
        .found_by("documents::random_floats_come_back_bit_for_bit"),
    ]
}

/// Replaces texts by what the function makes of them.
fn text(value: &mut Value, change: fn(&str) -> String) {
    if let Value::String(text) = value {
        *text = change(text);
    }
}

fn texts() -> Vec<Mutation> {
    vec![
        stores!("ends text in documents at NUL", |value| {
            text(value, |text| text.split('\0').next().unwrap_or_default().to_owned());
        })
        .found_by("documents::strings_come_back"),
        stores!("knows 65,536 characters", |value| {
            text(value, |text| {
                text.chars()
                    .map(|sign| if sign as u32 > 0xFFFF { '\u{fffd}' } else { sign })
                    .collect()
            });
        })
        .found_by("documents::surrogate_pairs_are_one_character"),
        stores!("makes every line end the same", |value| text(value, |text| text
            .replace("\r\n", "\n")))
        .found_by("documents::strings_come_back"),
        stores!("reads text that looks like JSON", |value| {
            let json = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            if let Some(json) = json.filter(|json| json.is_array() || json.is_object()) {
                *value = json;
            }
        })
        .found_by("documents::json_in_a_string_stays_a_string"),
        stores!("resolves escapes in text", |value| text(value, |text| text
            .replace("\\\"", "\"")))
        .found_by("documents::json_in_a_string_stays_a_string"),
        stores!("keeps the first 65,535 bytes of a text", |value| {
            text(value, |text| {
                text.chars()
                    .scan(0, |bytes, sign| {
                        *bytes += sign.len_utf8();
                        (*bytes <= 65_535).then_some(sign)
                    })
                    .collect()
            });
        })
        .found_by("documents::large_documents_come_back"),
        stores!("takes empty text for null", |value| {
            if value.as_str() == Some("") {
                *value = Value::Null;
            }
        })
        .found_by("documents::nulls_and_empties_come_back"),
    ]
}

fn containers() -> Vec<Mutation> {
    vec![
        stores!("leaves nulls out of arrays", |value| {
            if let Value::Array(items) = value {
                items.retain(|item| !item.is_null());
            }
        })
        .found_by("documents::arrays_come_back"),
        stores!("keeps arrays as sets", |value| {
            if let Value::Array(items) = value {
                items.sort_by_key(ToString::to_string);
                items.dedup();
            }
        })
        .found_by("documents::arrays_come_back"),
        stores!("keeps empty objects as empty arrays", |value| {
            if value.as_object().is_some_and(Map::is_empty) {
                *value = json!([]);
            }
        })
        .found_by("documents::nulls_and_empties_come_back"),
        before("leaves out fields that are null", |_, call| {
            if let Some(document) = call.document() {
                document.data.retain(|_, value| !value.is_null());
            }
        })
        .found_by("documents::fields_named_like_internals_are_content"),
        before("keeps nested objects as dotted fields", |_, call| {
            if let Some(document) = call.document() {
                for name in document.data.keys().cloned().collect::<Vec<_>>() {
                    if let Some(Value::Object(inner)) = document.data.get(&name).cloned().filter(|_| !name.is_empty()) {
                        document.data.remove(&name);
                        let dotted = inner
                            .into_iter()
                            .map(|(inner, value)| (format!("{name}.{inner}"), value));
                        document.data.extend(dotted);
                    }
                }
            }
        })
        .found_by("documents::the_order_of_fields_means_nothing"),
        stores!("keeps 500 members of an object", |value| {
            if let Value::Object(members) = value {
                *members = std::mem::take(members).into_iter().take(500).collect();
            }
        })
        .found_by("documents::large_documents_come_back"),
        stores!("trims the names of fields", |value| {
            if let Value::Object(members) = value {
                let trimmed = std::mem::take(members).into_iter();
                *members = trimmed.map(|(name, value)| (name.trim().to_owned(), value)).collect();
            }
        })
        .found_by("documents::field_names_come_back"),
        stores!("drops fields without a name", |value| {
            if let Value::Object(members) = value {
                members.remove("");
            }
        })
        .found_by("documents::field_names_come_back"),
        before("marks documents without fields", |_, call| {
            if let Some(document) = call.document().filter(|document| document.data.is_empty()) {
                document.data.insert("__empty".into(), Value::Null);
            }
        })
        .found_by("documents::an_empty_document_is_a_document"),
        before("keeps the id among the fields", |_, call| {
            if let Some(document) = call.document().filter(|document| document.data.contains_key("id")) {
                document.data.insert("id".into(), document.id.as_str().into());
            }
        })
        .found_by("documents::fields_named_like_internals_are_content"),
    ]
}

/// A store whose queries give something else of a document than it holds.
macro_rules! queries {
    ($name:literal, $change:expr) => {
        after($name, |_, _, answer| {
            if let Ok(Answer::Documents(found)) = answer {
                let change: fn(&mut Document) = $change;
                found.iter_mut().for_each(change);
            }
        })
    };
}

fn reading() -> Vec<Mutation> {
    vec![
        after("leaves labels out of pages", |_, _, answer| {
            if let Ok(Answer::QueryPage(page)) = answer {
                page.documents.iter_mut().for_each(|document| document.metadata.clear());
            }
        })
        .found_by("documents::query_and_get_doc_agree"),
        queries!("leaves labels out of what it finds", |document| document
            .metadata
            .clear())
        .found_by("documents::query_and_get_doc_agree"),
        queries!("leaves the version out of what it finds", |document| document.version =
            None)
        .found_by("documents::put_returns_the_stored_version"),
        queries!("leaves stamps out of what it finds", |document| {
            (document.created_at, document.updated_at) = (None, None);
        })
        .found_by("documents::query_and_get_doc_agree"),
    ]
}
