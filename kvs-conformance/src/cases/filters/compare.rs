//! The truth table of comparison: every operator, between a field and an operand of every kind.
//!
//! What each value means is written down by hand, so that the expectation owes nothing to the evaluator.

use std::cmp::Ordering;

use kvs_core::{Filter, Value};
use serde_json::json;

use super::with_documents;
use crate::cases::support::ids;
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "filters";
    "eq holds between values of one type that are equal: numbers by value, arrays and objects deeply, and of nothing else."
        => eq_follows_the_truth_table [documents];
    "ne holds exactly where eq does not, for a missing field too."
        => ne_follows_the_truth_table [documents];
    "lt holds between two numbers and between two strings, and nowhere else."
        => lt_follows_the_truth_table [documents];
    "lte holds between two numbers and between two strings, and nowhere else."
        => lte_follows_the_truth_table [documents];
    "gt holds between two numbers and between two strings, and nowhere else."
        => gt_follows_the_truth_table [documents];
    "gte holds between two numbers and between two strings, and nowhere else."
        => gte_follows_the_truth_table [documents];
    "in with one value holds exactly where eq does."
        => in_of_one_value_is_eq [documents];
    "A range of two operators holds where both do."
        => a_range_is_both_operators [documents];
}

/// What a value is for a comparison. Equal means equal; numbers and texts are numbered in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Missing,
    Null,
    Bool(bool),
    Number(u8),
    Text(u8),
    Array(u8),
    Object(u8),
}

impl Sense {
    fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) | (Self::Text(a), Self::Text(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }
}

/// Values of every kind, and what they mean.
fn values() -> Vec<(Value, Sense)> {
    let mut values = vec![
        (json!(null), Sense::Null),
        (json!(true), Sense::Bool(true)),
        (json!(false), Sense::Bool(false)),
    ];
    let mut add = |sense: fn(u8) -> Sense, groups: Vec<Vec<Value>>| {
        for (rank, group) in (0..).zip(groups) {
            values.extend(group.into_iter().map(|value| (value, sense(rank))));
        }
    };
    add(Sense::Number, numbers());
    add(Sense::Text, texts());
    add(Sense::Array, arrays());
    add(Sense::Object, objects());
    values
}

/// Where 0 stands among the numbers.
const ZERO: u8 = 4;

/// Ascending; those in one group are equal.
fn numbers() -> Vec<Vec<Value>> {
    let two_53 = 1_i64 << 53;
    let two_63 = 1_u64 << 63;
    vec![
        vec![json!(-1e300)],
        vec![json!(i64::MIN), json!(-9_223_372_036_854_775_808.0)],
        vec![json!(-1.5)],
        vec![json!(-1)],
        vec![json!(0), json!(0.0), json!(-0.0)],
        vec![json!(5e-324)],
        vec![json!(0.1)],
        vec![json!(0.3)],
        vec![json!(0.1 + 0.2)],
        vec![json!(1), json!(1.0)],
        vec![json!(2)],
        vec![json!(10)],
        vec![json!(two_53 - 1)],
        vec![json!(two_53), json!(9_007_199_254_740_992.0)],
        vec![json!(two_53 + 1)],
        vec![json!(i64::MAX)],
        vec![json!(two_63), json!(9_223_372_036_854_775_808.0)],
        vec![json!(u64::MAX)],
        vec![json!(18_446_744_073_709_551_616.0)],
        vec![json!(1e300)],
    ]
}

/// Ascending by the bytes of UTF-8.
fn texts() -> Vec<Vec<Value>> {
    let ascending = [
        "", "1", "1.0", "10", "2", "A", "B", "[1]", "a", "a\0", "a'b", "ab", "b", "null", "true", "é", "\u{ffff}", "😀",
    ];
    ascending.into_iter().map(|text| vec![json!(text)]).collect()
}

/// Those in one group are equal.
fn arrays() -> Vec<Vec<Value>> {
    vec![
        vec![json!([])],
        vec![json!([null])],
        vec![json!([1]), json!([1.0])],
        vec![json!(["1"])],
        vec![json!([true])],
        vec![json!([1, 2]), json!([1.0, 2])],
        vec![json!([2, 1])],
        vec![json!([[1]])],
        vec![json!([1, null])],
        vec![json!([u64::MAX])],
        vec![json!([{"a": 1}])],
    ]
}

/// Those in one group are equal.
fn objects() -> Vec<Vec<Value>> {
    vec![
        vec![json!({})],
        vec![json!({"a": 1}), json!({"a": 1.0})],
        vec![json!({"a": null})],
        vec![json!({"a": "1"})],
        vec![json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1})],
        vec![json!({"b": 1})],
        vec![
            json!({"a": {"b": [1, {"c": null}]}}),
            json!({"a": {"b": [1.0, {"c": null}]}}),
        ],
        vec![json!({"": 1})],
    ]
}

/// Puts a document for each value and one without the field; then asks with every value as the operand.
async fn follow(
    cx: &Context,
    operators: fn(Value) -> Value,
    filter: fn(&'static str, Value) -> Filter,
    holds: impl Fn(Sense, Sense) -> bool + Send,
) -> Outcome {
    let mut fields = vec![("000".to_owned(), json!({"other": 1}), Sense::Missing)];
    for (n, (value, sense)) in (1..).zip(values()) {
        fields.push((format!("{n:03}"), json!({ "f": value }), sense));
    }
    let documents = fields.iter().map(|(id, data, _)| (id.clone(), data.clone()));
    let store = with_documents(cx, documents.collect()).await?;
    for (operand, sense) in values() {
        let matching = fields.iter().filter(|(_, _, field)| holds(*field, sense));
        let expected: Vec<&str> = matching.map(|(id, ..)| id.as_str()).collect();
        let found = store.query("c", &filter("f", operand.clone())).await?;
        ensure_eq!(
            ids(&found),
            expected,
            "which fields {} holds for",
            operators(operand.clone())
        );
        let form = Filter::from_json(&json!({ "f": operators(operand.clone()) }))?;
        ensure!(
            form == filter("f", operand.clone()),
            "the JSON form of the same filter with {operand} means the same"
        );
    }
    Ok(())
}

async fn eq_follows_the_truth_table(cx: Context) -> Outcome {
    follow(
        &cx,
        |value| json!({"$eq": value}),
        Filter::eq,
        |field, operand| field == operand,
    )
    .await
}

async fn ne_follows_the_truth_table(cx: Context) -> Outcome {
    follow(
        &cx,
        |value| json!({"$ne": value}),
        Filter::ne,
        |field, operand| field != operand,
    )
    .await
}

async fn lt_follows_the_truth_table(cx: Context) -> Outcome {
    follow(
        &cx,
        |value| json!({"$lt": value}),
        Filter::lt,
        |field, operand| field.order(operand).is_some_and(Ordering::is_lt),
    )
    .await
}

async fn lte_follows_the_truth_table(cx: Context) -> Outcome {
    follow(
        &cx,
        |value| json!({"$lte": value}),
        Filter::lte,
        |field, operand| field.order(operand).is_some_and(Ordering::is_le),
    )
    .await
}

async fn gt_follows_the_truth_table(cx: Context) -> Outcome {
    follow(
        &cx,
        |value| json!({"$gt": value}),
        Filter::gt,
        |field, operand| field.order(operand).is_some_and(Ordering::is_gt),
    )
    .await
}

async fn gte_follows_the_truth_table(cx: Context) -> Outcome {
    follow(
        &cx,
        |value| json!({"$gte": value}),
        Filter::gte,
        |field, operand| field.order(operand).is_some_and(Ordering::is_ge),
    )
    .await
}

async fn in_of_one_value_is_eq(cx: Context) -> Outcome {
    follow(
        &cx,
        |value| json!({"$in": [value]}),
        |path, value| Filter::is_in(path, [value]),
        |field, operand| field == operand,
    )
    .await
}

async fn a_range_is_both_operators(cx: Context) -> Outcome {
    let zero = Sense::Number(ZERO);
    let in_range = |field: Sense, operand| {
        field.order(zero).is_some_and(Ordering::is_ge) && field.order(operand).is_some_and(Ordering::is_lt)
    };
    follow(
        &cx,
        |value| json!({"$gte": 0, "$lt": value}),
        |path, value| Filter::gte(path, 0) & Filter::lt(path, value),
        in_range,
    )
    .await
}
