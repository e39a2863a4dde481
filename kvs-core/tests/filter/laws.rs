//! Laws that hold for all filters and documents.

use kvs_core::{FieldPath, Filter, Map, Value};
use proptest::prelude::*;
use serde_json::json;

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-0.0),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("a"),
        json!("ab"),
        json!("1"),
        json!("é"),
    ]);
    scalar.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((names(), inner), 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn names() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned)
}

fn documents() -> impl Strategy<Value = Vec<Map<String, Value>>> {
    let document = prop::collection::vec((names(), values()), 0..4);
    prop::collection::vec(document.prop_map(|fields| fields.into_iter().collect()), 0..12)
}

fn filters() -> impl Strategy<Value = Filter> {
    let path = prop::collection::vec(names(), 1..3).prop_map(FieldPath::new);
    let field = (path, values(), values(), 0..10).prop_map(|(path, value, other, operator)| match operator {
        0 => Filter::eq(path, value),
        1 => Filter::ne(path, value),
        2 => Filter::lt(path, value),
        3 => Filter::lte(path, value),
        4 => Filter::gt(path, value),
        5 => Filter::gte(path, value),
        6 => Filter::is_in(path, [value, other]),
        7 => Filter::exists(path, value == true),
        8 => Filter::starts_with(path, value.as_str().unwrap_or("a")),
        _ => Filter::contains(path, value),
    });
    field.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::and),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::or),
            inner.prop_map(Filter::not),
        ]
    })
}

fn answers(filter: &Filter, documents: &[Map<String, Value>]) -> Vec<bool> {
    documents.iter().map(|data| filter.matches(data)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_and_its_negation_share_out_all_documents(p in filters(), documents in documents()) {
        let matched = answers(&p, &documents).into_iter().filter(|matches| *matches).count();
        let unmatched = answers(&!p.clone(), &documents).into_iter().filter(|matches| *matches).count();
        prop_assert_eq!(matched + unmatched, documents.len());
        prop_assert_eq!(answers(&!!p.clone(), &documents), answers(&p, &documents));
    }

    #[test]
    fn de_morgan_and_the_laws_of_and_and_or(p in filters(), q in filters(), r in filters(), documents in documents()) {
        let same = |a: &Filter, b: &Filter| answers(a, &documents) == answers(b, &documents);
        let (p, q, r) = (|| p.clone(), || q.clone(), || r.clone());
        prop_assert!(same(&!(p() & q()), &(!p() | !q())));
        prop_assert!(same(&!(p() | q()), &(!p() & !q())));
        prop_assert!(same(&(p() & q()), &(q() & p())));
        prop_assert!(same(&(p() | q()), &(q() | p())));
        prop_assert!(same(&(p() & (q() | r())), &((p() & q()) | (p() & r()))));
        prop_assert!(same(&(p() & p()), &p()));
    }

    #[test]
    fn joining_means_the_same_as_asking_each(parts in prop::collection::vec(filters(), 0..4), documents in documents()) {
        for data in &documents {
            prop_assert_eq!(Filter::and(parts.clone()).matches(data), parts.iter().all(|part| part.matches(data)));
            prop_assert_eq!(Filter::or(parts.clone()).matches(data), parts.iter().any(|part| part.matches(data)));
        }
    }

    #[test]
    fn operators_agree_with_one_another(name in names(), value in values(), documents in documents()) {
        for data in &documents {
            let is = |filter: fn(String, Value) -> Filter| filter(name.clone(), value.clone()).matches(data);
            prop_assert_eq!(is(Filter::ne), !is(Filter::eq));
            prop_assert_eq!(is(|name, value| Filter::is_in(name, [value])), is(Filter::eq));
            let is_ordered = is(Filter::lte) || is(Filter::gte);
            prop_assert_eq!(is(Filter::lte), is(Filter::lt) || (is_ordered && is(Filter::eq)));
            prop_assert_eq!(is(Filter::gte), is(Filter::gt) || (is_ordered && is(Filter::eq)));
            prop_assert!(!(is(Filter::lt) && is(Filter::gt)));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in r#"[\{\}\[\]":,a$nortieqx0-9 \.\\]{0,40}"#) {
        if let Ok(filter) = text.parse::<Filter>() {
            prop_assert!(filter.validate().is_ok());
        }
    }
}
