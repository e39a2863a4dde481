//! Limits, and input that means to exhaust the stack.

use kvs_core::{ErrorKind, FieldPath, Filter, Map, Value};
use serde_json::json;

use crate::{document, object, parse};

/// Runs on a stack that recursion without bound would overflow; debug builds need some room for bounded recursion.
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
fn on_a_small_stack(attack: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(attack)
        .unwrap()
        .join()
        .unwrap();
}

/// Builds, questions, copies, shows and drops a filter that must be invalid.
fn assert_invalid_on_a_small_stack(build: impl FnOnce() -> Filter + Send + 'static, message: &'static str) {
    let attack = move || {
        let filter = build();
        assert!(
            matches!(filter.validate(), Err(error) if error.kind() == ErrorKind::InvalidArgument
            && error.to_string().contains(message))
        );
        assert!(format!("{filter:?}").contains("invalid"), "{filter:?}");
        assert_eq!(filter.clone(), filter);
        for filter in [
            filter.clone(),
            !filter.clone(),
            filter.clone() | Filter::all(),
            filter & Filter::or([]),
        ] {
            assert!(
                !filter.matches(&document()),
                "an invalid filter matches nothing, whatever is made of it"
            );
            assert!(filter.validate().is_err());
        }
    };
    on_a_small_stack(attack);
}

const HOSTILE_LEVELS: usize = 100_000;

/// Wraps a value many times. `json!` is of no use here: it copies what it is given, by recursion.
fn nest(wrap: impl Fn(Value) -> Value) -> Value {
    (0..HOSTILE_LEVELS).fold(Value::Object(Map::new()), |inner, _| wrap(inner))
}

fn member(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

#[test]
fn hostile_nesting_by_the_constructors_is_invalid() {
    let message = "more than 32 levels of and, or and not";
    assert_invalid_on_a_small_stack(
        || (0..HOSTILE_LEVELS).fold(Filter::eq("a", 1), |filter, _| !filter),
        message,
    );
    assert_invalid_on_a_small_stack(
        || {
            (0..HOSTILE_LEVELS).fold(Filter::eq("a", 1), |filter, level| {
                let other = Filter::exists("b", true);
                if level % 2 == 0 { filter & other } else { other | filter }
            })
        },
        message,
    );
}

#[test]
fn hostile_values_are_invalid() {
    fn deep() -> Value {
        nest(|inner| Value::Array(vec![inner]))
    }
    let message = "a value in the filter nests more than 32 levels";
    assert_invalid_on_a_small_stack(|| Filter::eq("a", deep()), message);
    assert_invalid_on_a_small_stack(|| Filter::contains("a", deep()), message);
    assert_invalid_on_a_small_stack(|| Filter::is_in("a", [json!(1), deep(), deep()]), message);
    let map = || Map::from_iter(["a", "b", "c"].map(|name| (name.to_owned(), deep())));
    assert_invalid_on_a_small_stack(move || Filter::from(map()), message);
    let lazy = || {
        Filter::or(
            (0..3)
                .map(|_| deep())
                .collect::<Vec<_>>()
                .into_iter()
                .map(|v| Filter::ne("a", v)),
        )
    };
    assert_invalid_on_a_small_stack(lazy, message);
    assert_invalid_on_a_small_stack(|| Filter::eq(FieldPath::new([""; 0]), 1), "has no segments");
}

#[test]
fn hostile_json_is_refused() {
    let attack = || {
        for form in [
            nest(|inner| member("$not", inner)),
            nest(|inner| member("$and", Value::Array(vec![inner]))),
            member("a", nest(|inner| Value::Array(vec![inner]))),
            member("a", member("$in", Value::Array(vec![nest(|inner| member("x", inner))]))),
        ] {
            let error = Filter::from_json(&form).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            // Its own drop would overflow this stack, and is not what is tested here.
            std::mem::forget(form);
        }
    };
    on_a_small_stack(attack);
    let text = "{\"$not\":".repeat(HOSTILE_LEVELS);
    assert!(text.parse::<Filter>().is_err());
}

#[test]
fn a_hostile_document_is_questioned_without_recursion() {
    let attack = || {
        let data = object(nest(|inner| member("a", inner)));
        let names = |count| FieldPath::new(std::iter::repeat_n("a", count));
        assert!(!Filter::eq("a.a", 1).matches(&data));
        assert!(!Filter::eq("a", json!({ "a": { "a": 1 } })).matches(&data));
        assert!(Filter::exists(names(HOSTILE_LEVELS), true).matches(&data));
        assert!(!Filter::exists(names(HOSTILE_LEVELS + 1), true).matches(&data));
        std::mem::forget(data);
    };
    on_a_small_stack(attack);
}

#[test]
fn the_limits_are_exact() {
    let nots = |levels| (0..levels).fold(Filter::eq("a", 1), |filter, _| !filter);
    assert!(nots(31).validate().is_ok());
    assert!(nots(32).validate().is_err());

    let fields = |count| (0..count).map(|index| Filter::eq(index.to_string(), 1));
    assert!(Filter::or(fields(1_000)).validate().is_ok());
    let error = Filter::or(fields(1_001)).validate().unwrap_err();
    assert!(error.to_string().contains("1000 conditions"), "{error}");
    assert!(
        fields(1_000)
            .fold(Filter::all(), |all, next| all & next)
            .validate()
            .is_ok()
    );
    assert!(
        fields(1_001)
            .fold(Filter::all(), |all, next| all & next)
            .validate()
            .is_err()
    );
    assert!(Filter::is_in("a", 0..100_000).matches(&object(json!({ "a": 99_999 }))));

    let clauses: Vec<Value> = (0..500)
        .map(|index| json!({ "a": index, "b": { "$ne": index } }))
        .collect();
    assert!(parse(&json!({ "$or": clauses })).matches(&object(json!({ "a": 499 }))));
    let clauses: Vec<Value> = (0..501)
        .map(|index| json!({ "a": index, "b": { "$ne": index } }))
        .collect();
    assert_eq!(
        Filter::from_json(&json!({ "$or": clauses })).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}
