//! What SQLite decides beforehand never loses a match: random filters against the one evaluator.

use kvs_sqlite::{Document, DocumentStore, FieldPath, Filter, Map, Query, SqliteConfig, SqliteStore, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![
            -2_i64..3,
            Just(1 << 53),
            Just((1 << 53) - 1),
            Just(i64::MIN),
            Just(i64::MAX)
        ]
        .prop_map(Value::from),
        prop_oneof![
            Just(1.0),
            Just(-0.0),
            Just(0.5),
            Just(9_007_199_254_740_991.0),
            Just(1e300)
        ]
        .prop_map(Value::from),
        Just(Value::from(u64::MAX)),
        prop_oneof![
            "[ab]{0,2}",
            Just("1".to_owned()),
            Just("a\0".to_owned()),
            Just("é\"\\\n".to_owned())
        ]
        .prop_map(Value::from),
    ]
}

/// Few names, so that filters meet fields; and names on which a path in SQL might stumble.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just("a"), 4 => Just("b"), 1 => Just("a.b"), 1 => Just("a\"b"), 1 => Just(""), 1 => Just("0"),
        1 => Just("$"), 1 => Just("#-1"), 1 => Just("a]"), 1 => Just("é"), 1 => Just("\u{7f}")]
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..3).prop_map(|members| Map::from_iter(members).into()),
        ]
    })
}

fn path() -> impl Strategy<Value = FieldPath> {
    proptest::collection::vec(name(), 1..3).prop_map(FieldPath::new)
}

fn filter() -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        4 => (path(), value()).prop_map(|(path, value)| Filter::eq(path, value)),
        1 => (path(), value()).prop_map(|(path, value)| Filter::ne(path, value)),
        1 => (path(), any::<bool>()).prop_map(|(path, present)| Filter::exists(path, present)),
        1 => (path(), scalar()).prop_map(|(path, value)| Filter::gte(path, value)),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            4 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Filter::and),
            1 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Filter::or),
            1 => inner.prop_map(Filter::not),
        ]
    })
}

#[tokio::test]
async fn random_filters_find_what_the_evaluator_finds() {
    let mut runner = TestRunner::deterministic();
    let store = SqliteStore::open(SqliteConfig::in_memory()).await.unwrap();
    let data = proptest::collection::vec((name(), value()), 0..4);
    let mut documents = Vec::new();
    for index in 0..200 {
        let data: Map<String, Value> = data.new_tree(&mut runner).unwrap().current().into_iter().collect();
        let document = Document::new(format!("{index:03}"), data).unwrap();
        store.put("c", document.clone()).await.unwrap();
        documents.push(document);
    }
    let filters = filter();
    let mut found = 0;
    for _ in 0..500 {
        let filter = filters.new_tree(&mut runner).unwrap().current();
        let expected: Vec<&str> = documents
            .iter()
            .filter(|document| filter.matches(&document.data))
            .map(|document| document.id.as_str())
            .collect();
        let seen = store.query("c", &filter).await.unwrap();
        let seen: Vec<&str> = seen.iter().map(|document| document.id.as_str()).collect();
        assert_eq!(seen, expected, "{filter:?}");
        found += seen.len();
    }
    assert!(found > 2_000, "the filters hardly matched: {found}");
}

#[tokio::test]
async fn a_walk_over_many_windows_finds_each_match_once() {
    let store = SqliteStore::open(SqliteConfig::in_memory()).await.unwrap();
    let ids: Vec<String> = (0..2_500).map(|index| format!("{index:05}")).collect();
    let puts = ids.iter().enumerate().map(|(index, id)| {
        let document = Document::new(id.as_str(), json!({"rare": index % 1_024 == 1_023, "n": index})).unwrap();
        store.put("c", document)
    });
    for done in futures_util::future::join_all(puts).await {
        done.unwrap();
    }
    for limit in [1, 2, 7, 1_000, 10_000] {
        for (filter, expected) in [
            (Filter::eq("rare", true), vec!["01023", "02047"]),
            (Filter::eq("n", 2_499), vec!["02499"]),
            (Filter::eq("n", -1), vec![]),
        ] {
            let (mut seen, mut query) = (Vec::new(), Query::new(filter).limit(limit));
            loop {
                let page = store.query_page("c", &query).await.unwrap();
                assert!(page.documents.len() <= limit);
                seen.extend(page.documents.into_iter().map(|document| document.id));
                let Some(next) = page.next else { break };
                query.after = Some(next);
            }
            assert_eq!(seen, expected);
        }
    }
    assert_eq!(store.query("c", &Filter::all()).await.unwrap().len(), ids.len());
    store.delete_collection("c").await.unwrap();
    assert_eq!(store.query("c", &Filter::all()).await.unwrap(), []);
}
