//! Random documents and filters.

use std::collections::BTreeMap;

use kvs_core::Value;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};
use serde_json::{Map, json};

use super::op::{Expected, Op, Put};
use super::strategy::{after, key, of};
use crate::support::text;

/// Operations on documents.
pub(super) fn documents() -> Vec<(u32, BoxedStrategy<Op>)> {
    let place = || (collection(), key());
    let limit = select(vec![1, 2, 3, 1_000, usize::MAX, 0]);
    let query = (collection(), filter(), option::weighted(0.3, after()), limit);
    vec![
        (12, put().prop_map(Op::Put).boxed()),
        (
            4,
            place().prop_map(|(collection, id)| Op::GetDoc(collection, id)).boxed(),
        ),
        (
            2,
            place()
                .prop_map(|(collection, id)| Op::DeleteDoc(collection, id))
                .boxed(),
        ),
        (
            8,
            query
                .prop_map(|(of, filter, after, limit)| Op::Query(of, filter, after, limit))
                .boxed(),
        ),
        (1, collection().prop_map(Op::DeleteCollection).boxed()),
    ]
}

/// Mostly one; others that are alike, and rarely an invalid one.
fn collection() -> impl Strategy<Value = String> {
    let others = select(vec!["C", "c\0", "a"]);
    let invalid = select(vec![String::new(), "c".repeat(256)]);
    Union::new_weighted(vec![
        (80, Just("c".to_owned()).boxed()),
        (20, others.prop_map(str::to_owned).boxed()),
        (1, invalid.boxed()),
    ])
}

fn put() -> impl Strategy<Value = Put> {
    let metadata = btree_map(
        select(vec!["label", "", "é"]).prop_map(str::to_owned),
        text("az\0", 0..4),
        0..3,
    );
    let expect = Union::new_weighted(vec![
        (6, Just(Expected::Any).boxed()),
        (2, Just(Expected::Absent).boxed()),
        (4, of().prop_map(Expected::Version).boxed()),
    ]);
    let stamp = || option::of(select(vec![0, -1, 1_000, 4_102_444_800_000]));
    let stamps = (stamp(), stamp(), any::<bool>());
    let parts = (collection(), key(), object(), metadata, expect, stamps);
    parts.prop_map(|(collection, id, data, metadata, expect, stamps)| Put {
        collection,
        id,
        data,
        metadata,
        expect,
        stamps,
    })
}

/// Scalars at the edges of their types; equal numbers in different spellings.
fn scalar() -> impl Strategy<Value = Value> {
    let often = select(vec![
        json!(1),
        json!(1.0),
        json!("a"),
        json!(true),
        json!(null),
        json!("1"),
    ]);
    let edges = select(vec![
        json!(false),
        json!(0),
        json!(-0.0),
        json!(1.5),
        json!(0.1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(9_007_199_254_740_993_u64),
        json!(9_007_199_254_740_992.0),
        json!(1e300),
        json!(""),
        json!("ab"),
        json!("A"),
        json!("é"),
        json!("%"),
        json!("a\u{0}b"),
    ]);
    Union::new_weighted(vec![(1, often.boxed()), (1, edges.boxed())])
}

fn name() -> impl Strategy<Value = String> {
    select(vec!["a", "a", "a", "n", "n", "b", "a.b", "", "$eq"]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    let nested = scalar().prop_recursive(2, 8, 3, |inner| {
        let array = vec(inner.clone(), 0..3).prop_map(Value::Array);
        let object = btree_map(name(), inner, 0..3).prop_map(to_object);
        Union::new(vec![array.boxed(), object.boxed()])
    });
    Union::new_weighted(vec![(3, scalar().boxed()), (1, nested.boxed())])
}

fn object() -> impl Strategy<Value = Value> {
    let some = btree_map(name(), value(), 1..5).prop_map(to_object);
    Union::new_weighted(vec![(8, some.boxed()), (1, Just(json!({})).boxed())])
}

fn to_object(members: BTreeMap<String, Value>) -> Value {
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}

/// A filter in its JSON form; now and then an invalid one.
fn filter() -> impl Strategy<Value = Value> {
    let leaf = (
        select(vec!["a", "a", "n", "n", "b", "a.b", "a.a", "missing"]),
        condition(),
    );
    let leaf = leaf.prop_map(|(path, condition)| json!({ path: condition })).boxed();
    let nested = leaf.clone().prop_recursive(3, 12, 3, |inner| {
        let list = (select(vec!["$and", "$or"]), vec(inner.clone(), 0..3));
        let list = list.prop_map(|(name, filters)| json!({ name: filters }));
        let negation = inner.prop_map(|filter| json!({ "$not": filter }));
        Union::new(vec![list.boxed(), negation.boxed()])
    });
    Union::new_weighted(vec![
        (2, Just(json!({})).boxed()),
        (5, leaf.boxed()),
        (3, nested.boxed()),
    ])
}

fn condition() -> impl Strategy<Value = Value> {
    let compare = (
        select(vec!["$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$contains"]),
        value(),
    );
    let list = vec(value(), 0..4).prop_map(|values| json!({ "$in": values }));
    let range = (scalar(), scalar()).prop_map(|(least, below)| json!({ "$gte": least, "$lt": below }));
    Union::new_weighted(vec![
        (2, scalar().boxed()),
        (
            6,
            compare.prop_map(|(operator, value)| json!({ operator: value })).boxed(),
        ),
        (1, list.boxed()),
        (1, range.boxed()),
        (
            1,
            any::<bool>().prop_map(|present| json!({ "$exists": present })).boxed(),
        ),
        (
            1,
            text("aA%é", 0..3)
                .prop_map(|prefix| json!({ "$starts_with": prefix }))
                .boxed(),
        ),
        (1, Just(json!({ "$unknown": 1 })).boxed()),
    ])
}
