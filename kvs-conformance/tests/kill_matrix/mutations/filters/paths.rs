//! Stores that look for a field in the wrong place.

use kvs_core::{Document, Error, Expr, FieldPath, Filter, Value};

use super::combine::filter_of;
use super::evaluator::{Rules, SOUND, evaluates, find};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};

pub(super) fn all() -> Vec<Mutation> {
    [shapes(), names(), stale()].into_iter().flatten().collect()
}

fn shapes() -> Vec<Mutation> {
    vec![
        evaluates!("looks for the whole dotted name first", find: |path, document| {
            document.data.get(&path.join(".")).cloned().or_else(|| find(path, document))
        })
        .found_by("filters::a_dotted_name_is_a_path"),
        evaluates!("splits a literal name at its dots", find: |path, document| {
            find(&path.join(".").split('.').map(str::to_owned).collect::<Vec<_>>(), document)
        })
        .found_by("filters::a_literal_path_names_a_dotted_field"),
        evaluates!("follows 8 segments of a path", find: |path, document| find(&path[..path.len().min(8)], document))
            .found_by("filters::a_path_has_any_number_of_segments"),
        evaluates!("knows fields of the first level only", find: |path, document| match path {
            [_] => find(path, document),
            _ => None,
        })
        .found_by("filters::the_json_form_means_the_api"),
        evaluates!("goes into arrays by index", find: |path, document| {
            path.iter().try_fold(Value::from(document.data.clone()), |value, name| match &value {
                Value::Array(items) => items.get(name.parse::<usize>().ok()?).cloned(),
                other => other.get(name).cloned(),
            })
        })
        .found_by("filters::a_path_does_not_enter_arrays"),
        evaluates!("goes into the elements of arrays", find: |path, document| {
            path.iter().try_fold(Value::from(document.data.clone()), |value, name| match &value {
                Value::Array(items) => items.iter().find_map(|item| item.get(name)).cloned(),
                other => other.get(name).cloned(),
            })
        })
        .found_by("filters::a_path_does_not_enter_arrays"),
        evaluates!("finds null behind what is no object", find: |path, document| {
            let there = find(path, document);
            let is_broken = path.len() > 1 && find(&path[..1], document).is_some_and(|outer| !outer.is_object());
            there.or(is_broken.then_some(Value::Null))
        })
        .found_by("filters::a_broken_path_is_a_missing_field"),
        evaluates!("finds the outer field where the inner one is missing", find: |path, document| {
            let outer = || find(&path[..1], document).filter(|outer| !outer.is_object());
            find(path, document).or_else(outer)
        })
        .found_by("filters::a_broken_path_is_a_missing_field"),
        after("refuses paths over 1,000 bytes", |_, call, answer| {
            if answer.is_ok() && filter_of(call).is_some_and(|filter| length(filter.expr()) > 1_000) {
                *answer = Err(Error::backend("the expression attribute name is too long"));
            }
        })
        .found_by("filters::long_paths_find_nothing"),
    ]
}

fn names() -> Vec<Mutation> {
    vec![
        evaluates!("does not escape quotes in names", find: |path, document| {
            find(path, document).filter(|_| !path.iter().any(|name| name.contains(['\'', '"'])))
        })
        .found_by("filters::hostile_names_are_names")
        .found_by("filters::hostile_segments_are_segments"),
        evaluates!("ends names of fields at NUL", find: |path, document| {
            find(&each(path, |name| name.split('\0').next().unwrap_or_default().to_owned()), document)
        })
        .found_by("filters::names_are_exact"),
        evaluates!("knows names of fields up to 255 bytes", find: |path, document| {
            find(path, document).filter(|_| path.iter().all(|name| name.len() <= 255))
        })
        .found_by("filters::long_names_are_names"),
        evaluates!("takes names of fields for patterns", find: |path, document| match path {
            [name] if name.contains(['%', '*']) => document.data.values().next().cloned(),
            _ => find(path, document),
        })
        .found_by("filters::hostile_names_are_names"),
        evaluates!("folds the case of names of fields", find: |path, document| {
            let members = document.data.iter();
            match path {
                [asked] => members.filter(|(name, _)| name.eq_ignore_ascii_case(asked)).map(|(_, value)| value.clone()).next(),
                _ => find(path, document),
            }
        })
        .found_by("filters::names_are_exact"),
        evaluates!("passes over empty names in a path", find: |path, document| {
            find(&path.iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>(), document)
        })
        .found_by("filters::the_empty_name_is_a_name"),
        evaluates!("takes names that begin with a dollar for operators", find: |path, document| {
            find(path, document).filter(|_| !path.iter().any(|name| name.starts_with('$')))
        })
        .found_by("filters::a_dollar_is_no_operator_in_the_api"),
        evaluates!("finds its own columns before the fields", find: |path, document| column(path, document).or_else(|| {
            find(path, document)
        }))
        .found_by("filters::names_of_columns_are_fields"),
        evaluates!("finds its own columns where there is no such field", find: |path, document| {
            find(path, document).or_else(|| column(path, document))
        })
        .found_by("filters::filters_see_content_only"),
        evaluates!("finds labels where there is no such field", find: |path, document| {
            let label = || document.metadata.get(path.last()?).map(|label| Value::from(label.as_str()));
            find(path, document).or_else(label)
        })
        .found_by("filters::filters_see_content_only"),
    ]
}

fn stale() -> Vec<Mutation> {
    vec![
        around(
            "keeps its index as it was when a document is replaced",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, document } = &call {
                        let mut indexed = saboteur.notes.values();
                        let name = format!("{collection}\0{}", document.id);
                        let json = || serde_json::to_vec(&document.data).unwrap_or_default().into();
                        indexed.entry(name).or_insert_with(json);
                    }
                    if let Call::DeleteDoc { collection, id } = &call {
                        saboteur.notes.values().remove(&format!("{collection}\0{id}"));
                    }
                    let mut answer = saboteur.soundly(&mut call).await?;
                    if let (Call::Query { collection, filter }, Answer::Documents(found)) = (&call, &mut answer)
                        && !matches!(filter.expr(), Expr::All)
                    {
                        let indexed = saboteur.notes.values().clone();
                        found.retain(|document| {
                            let entry = indexed.get(&format!("{collection}\0{}", document.id));
                            let data = entry.and_then(|json| serde_json::from_slice(json).ok());
                            filter.matches(&data.unwrap_or_else(|| document.data.clone()))
                        });
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("filters::random_filters_agree_after_changes"),
    ]
}

/// The field that a store keeps beside the content under that name.
fn column(path: &[String], document: &Document) -> Option<Value> {
    let [name] = path else { return None };
    match name.as_str() {
        "id" | "_id" | "key" => Some(document.id.as_str().into()),
        "version" => document.version.map(|version| version.to_string().into()),
        "created_at" => document.created_at.map(|at| at.as_millis().into()),
        "updated_at" => document.updated_at.map(|at| at.as_millis().into()),
        _ => None,
    }
}

fn each(path: &[String], change: fn(&str) -> String) -> Vec<String> {
    path.iter().map(|name| change(name)).collect()
}

/// The bytes of the longest path.
fn length(expr: &Expr) -> usize {
    let longest = |filters: &[Filter]| filters.iter().map(|filter| length(filter.expr())).max();
    match expr {
        Expr::And(filters) | Expr::Or(filters) => longest(filters).unwrap_or_default(),
        Expr::Not(filter) => length(filter.expr()),
        Expr::Field { path, .. } => FieldPath::segments(path).iter().map(String::len).sum(),
        _ => 0,
    }
}
