//! Stores whose documents have other limits.

use kvs_core::{Document, Error, ErrorKind, Value, Version};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

pub(super) fn all() -> Vec<Mutation> {
    [depths(), sizes()].into_iter().flatten().collect()
}

/// A store that refuses documents which it should take.
macro_rules! refuses {
    ($name:literal, $is_refused:expr) => {
        before($name, |_, call| {
            if let Some(document) = call.document() {
                let is_refused: fn(&Document) -> bool = $is_refused;
                if is_refused(document) {
                    // More levels than any store takes.
                    document.data.insert("deep".into(), nested(40));
                }
            }
        })
    };
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

/// How deep it nests; with scalars for a level, if they count.
fn levels(value: &Value, scalar: usize) -> usize {
    let deepest = |inner: Option<usize>| 1 + inner.unwrap_or_default();
    match value {
        Value::Array(items) => deepest(items.iter().map(|item| levels(item, scalar)).max()),
        Value::Object(members) => deepest(members.values().map(|member| levels(member, scalar)).max()),
        _ => scalar,
    }
}

fn data_levels(document: &Document, scalar: usize) -> usize {
    1 + document
        .data
        .values()
        .map(|value| levels(value, scalar))
        .max()
        .unwrap_or_default()
}

fn depths() -> Vec<Mutation> {
    vec![
        refuses!("takes objects of 31 levels at most", |document| {
            let objects = document.data.values().all(Value::is_object);
            objects && (32..100).contains(&data_levels(document, 0))
        })
        .found_by("documents::objects_nest_32_levels"),
        refuses!("counts an array for two levels", |document| {
            let arrays = document.data.values().any(Value::is_array);
            arrays && (30..100).contains(&data_levels(document, 0))
        })
        .found_by("documents::arrays_count_like_objects"),
        refuses!("counts a scalar for a level", |document| (33..100)
            .contains(&data_levels(document, 1)))
        .found_by("documents::a_scalar_adds_no_level"),
        after("says nothing when a document is too deep", |_, call, answer| {
            let is_refusal = answer
                .as_ref()
                .is_err_and(|error| error.kind() == ErrorKind::InvalidDocument);
            if is_refusal && matches!(call, Call::Put { .. }) {
                *answer = Ok(Answer::Version(Version::from_bytes([0; 16])));
            }
        })
        .found_by("documents::a_hundred_thousand_levels_are_refused")
        .found_by("documents::objects_nest_32_levels"),
        around(
            "removes the old document before it looks at the new one",
            |saboteur, mut call| {
                Box::pin(async move {
                    let place = match &call {
                        Call::Put { collection, document } => Some((collection.clone(), document.id.clone())),
                        _ => None,
                    };
                    let answer = saboteur.soundly(&mut call).await;
                    if let (Some((collection, id)), Err(_)) = (place, &answer) {
                        // The id or the collection may be what is wrong.
                        let _ = saboteur.sound().delete_doc(&collection, &id).await;
                    }
                    answer
                })
            },
        )
        .found_by("documents::a_refused_document_changes_nothing"),
    ]
}

/// A store that counts the size of a document otherwise, so that some fit that should not.
macro_rules! takes {
    ($name:literal, $takes:expr) => {
        before($name, |_, call| {
            if let Call::Put { document, .. } = call {
                let takes: fn(&Document) -> bool = $takes;
                let size = json_size(document);
                if size > LIMIT && size < LIMIT + 1_000 && takes(document) {
                    document.data.clear();
                }
            }
        })
    };
}

const LIMIT: usize = kvs_core::Limits::PORTABLE.document_bytes;

fn json_size(document: &Document) -> usize {
    // Of those that nest a hundred thousand levels none is large.
    if levels_are_many(document) {
        return 0;
    }
    let sizes = [
        serde_json::to_vec(&document.data).map(|json| json.len()),
        serde_json::to_vec(&document.metadata).map(|json| json.len()),
    ];
    sizes.into_iter().flatten().sum()
}

/// Looks at one branch, without recursion.
fn levels_are_many(document: &Document) -> bool {
    let mut value = document.data.values().next();
    let mut count = 0;
    while let Some(inner) = value {
        count += 1;
        if count > 100 {
            return true;
        }
        value = match inner {
            Value::Array(items) => items.first(),
            Value::Object(members) => members.values().next(),
            _ => None,
        };
    }
    false
}

fn sizes() -> Vec<Mutation> {
    vec![
        takes!("takes one byte too many of a document", |document| json_size(document)
            == LIMIT + 1)
        .found_by("documents::the_limit_of_size_is_exact"),
        takes!("does not count the labels of a document", |document| {
            serde_json::to_vec(&document.data).is_ok_and(|json| json.len() <= LIMIT)
        })
        .found_by("documents::metadata_counts"),
        takes!("counts the characters of a document", |document| {
            let json = serde_json::to_string(&document.data).unwrap_or_default();
            json.chars().count() + "{}".len() <= LIMIT
        })
        .found_by("documents::the_size_counts_bytes_of_json"),
        takes!("counts a document before it escapes its text", |document| {
            let json = serde_json::to_string(&document.data).unwrap_or_default();
            json.replace("\\\"", "\"").replace("\\n", "\n").len() + "{}".len() <= LIMIT
        })
        .found_by("documents::the_size_counts_bytes_of_json"),
        after("takes a large document for a large value", |_, call, answer| {
            if let (Call::Put { .. }, Err(Error::TooLarge(error))) = (call, &answer) {
                *answer = Err(Error::too_large("value", "bytes", error.length, error.limit));
            }
        })
        .found_by("documents::the_error_names_the_document"),
        after("tells the limit of a document and not its size", |_, call, answer| {
            if let (Call::Put { .. }, Err(Error::TooLarge(error))) = (call, &answer) {
                *answer = Err(Error::too_large(error.what, error.unit, error.limit, error.limit));
            }
        })
        .found_by("documents::the_error_names_the_document"),
    ]
}
