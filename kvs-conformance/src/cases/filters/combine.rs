//! and, or, not.

use kvs_core::{ErrorKind, Filter, Query};
use serde_json::json;

use super::{ensure_finds, with, with_documents};
use crate::cases::support::{Shared, ids};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "filters";
    "The empty filter matches every document."
        => the_empty_filter_matches_all [documents];
    "and of nothing matches everything, or of nothing matches nothing."
        => empty_combinations_are_neutral [documents];
    "Fields of a filter hold together, beside and, or and not."
        => members_hold_together [documents];
    "and, or and not nest."
        => combinations_nest [documents];
    "not is two-valued: a document matches a filter or its opposite, never both, never neither."
        => a_filter_and_its_opposite_share_all_documents [documents];
    "not of not is the filter itself."
        => double_negation_is_the_filter [documents];
    "De Morgan: not(a and b) is (not a) or (not b), and the other way round."
        => de_morgan_holds [documents];
    "and and or do not depend on the order of their parts, nor on repetition."
        => order_and_repetition_do_not_matter [documents];
    "An or of 500 conditions finds each of its documents."
        => an_or_of_500_conditions_works [documents];
    "An and of 500 conditions finds the document that fulfils all."
        => an_and_of_500_conditions_works [documents];
    "A filter of 1,000 conditions works; with one more it is InvalidArgument."
        => the_limit_of_conditions_is_exact [documents];
    "A filter of 32 levels works; with one more it is InvalidArgument."
        => the_limit_of_depth_is_exact [documents];
    "A filter made 100,000 levels deep is InvalidArgument and overflows no stack."
        => a_hundred_thousand_levels_are_refused [documents];
}

/// Ten documents with numbers, some with a text, one with nothing.
async fn some_documents(cx: &Context) -> Result<Shared, Failed> {
    let mut documents: Vec<_> = (0..9)
        .map(|n| (n.to_string(), json!({"n": n, "odd": n % 2 == 1})))
        .collect();
    documents.push(("empty".to_owned(), json!({})));
    documents.push(("text".to_owned(), json!({"n": "5", "odd": null})));
    with_documents(cx, documents).await
}

async fn the_empty_filter_matches_all(cx: Context) -> Outcome {
    let store = with(
        &cx,
        &[("a", json!({})), ("b", json!({"x": null})), ("c", json!({"x": 1}))],
    )
    .await?;
    for filter in [
        Filter::all(),
        Filter::default(),
        "{}".parse()?,
        Filter::from(kvs_core::Map::new()),
    ] {
        ensure_eq!(
            ids(&store.query("c", &filter).await?),
            ["a", "b", "c"],
            "everything matches"
        );
    }
    Ok(())
}

async fn empty_combinations_are_neutral(cx: Context) -> Outcome {
    let store = with(&cx, &[("a", json!({"x": 1})), ("b", json!({}))]).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"$and": []}"#, &["a", "b"]),
            (r#"{"$or": []}"#, &[]),
            (r#"{"$not": {}}"#, &[]),
            (r#"{"$not": {"$or": []}}"#, &["a", "b"]),
            (r#"{"$and": [{}, {"x": 1}]}"#, &["a"]),
            (r#"{"$or": [{}, {"x": 1}]}"#, &["a", "b"]),
            (r#"{"$or": [{"$or": []}, {"x": 1}]}"#, &["a"]),
            (r#"{"$and": [{"$or": []}, {"x": 1}]}"#, &[]),
        ],
    )
    .await
}

async fn members_hold_together(cx: Context) -> Outcome {
    let store = some_documents(&cx).await?;
    ensure_finds(
        &store,
        &[
            (r#"{"odd": true, "n": {"$gt": 4}}"#, &["5", "7"]),
            (r#"{"odd": true, "$or": [{"n": 1}, {"n": 2}, {"n": 3}]}"#, &["1", "3"]),
            (
                r#"{"odd": false, "$not": {"n": {"$in": [0, 2]}}, "$and": [{"n": {"$lt": 7}}]}"#,
                &["4", "6"],
            ),
            (r#"{"odd": true, "missing": 1}"#, &[]),
        ],
    )
    .await
}

async fn combinations_nest(cx: Context) -> Outcome {
    let store = some_documents(&cx).await?;
    ensure_finds(&store, &[
        (r#"{"$or": [{"$and": [{"odd": true}, {"n": {"$lt": 3}}]}, {"$and": [{"odd": false}, {"n": {"$gt": 6}}]}]}"#, &["1", "8"]),
        (r#"{"$not": {"$or": [{"n": {"$gte": 2}}, {"odd": null}]}}"#, &["0", "1", "empty"]),
        (r#"{"$and": [{"$or": [{"n": 1}, {"n": 2}]}, {"$or": [{"n": 2}, {"n": 3}]}]}"#, &["2"]),
        (r#"{"$not": {"$not": {"$and": [{"odd": true}, {"$not": {"n": 1}}]}}}"#, &["3", "5", "7"]),
    ])
    .await
}

/// Filters of every kind, to combine.
fn some_filters() -> Vec<Filter> {
    vec![
        Filter::eq("n", 3),
        Filter::ne("n", 3),
        Filter::lt("n", 4),
        Filter::gte("n", 4.5),
        Filter::exists("n", true),
        Filter::eq("odd", serde_json::Value::Null),
        Filter::is_in("n", [1, 2, 7]),
        Filter::starts_with("n", "5"),
        Filter::contains("n", "5"),
        Filter::eq("odd", true),
        Filter::eq("missing.path", 1),
        Filter::or([]),
        Filter::all(),
    ]
}

async fn found(store: &Shared, filter: &Filter) -> Result<Vec<String>, Failed> {
    let documents = store.query("c", filter).await?;
    Ok(documents.into_iter().map(|document| document.id).collect())
}

async fn a_filter_and_its_opposite_share_all_documents(cx: Context) -> Outcome {
    let store = some_documents(&cx).await?;
    let everything = found(&store, &Filter::all()).await?;
    for filter in some_filters() {
        let mut both = found(&store, &filter).await?;
        both.extend(found(&store, &!filter.clone()).await?);
        both.sort_unstable();
        ensure_eq!(
            both,
            everything,
            "each document matches either {filter:?} or its opposite"
        );
    }
    Ok(())
}

async fn double_negation_is_the_filter(cx: Context) -> Outcome {
    let store = some_documents(&cx).await?;
    for filter in some_filters() {
        let twice = found(&store, &!!filter.clone()).await?;
        ensure_eq!(twice, found(&store, &filter).await?, "not not {filter:?}");
    }
    Ok(())
}

async fn de_morgan_holds(cx: Context) -> Outcome {
    let store = some_documents(&cx).await?;
    let filters = some_filters();
    for (a, b) in filters.iter().zip(filters.iter().skip(1).chain(&filters)) {
        let (a, b) = (a.clone(), b.clone());
        let pairs = [
            (!(a.clone() & b.clone()), !a.clone() | !b.clone()),
            (!(a.clone() | b.clone()), !a.clone() & !b.clone()),
        ];
        for (left, right) in pairs {
            ensure_eq!(
                found(&store, &left).await?,
                found(&store, &right).await?,
                "{left:?} is {right:?}"
            );
        }
    }
    Ok(())
}

async fn order_and_repetition_do_not_matter(cx: Context) -> Outcome {
    let store = some_documents(&cx).await?;
    let filters = some_filters();
    for (a, b) in filters.iter().zip(filters.iter().skip(3)) {
        let (a, b) = (a.clone(), b.clone());
        let pairs = [
            (a.clone() & b.clone(), b.clone() & a.clone()),
            (a.clone() | b.clone(), b.clone() | a.clone() | b.clone()),
            (a.clone() & a.clone(), a.clone()),
        ];
        for (left, right) in pairs {
            ensure_eq!(
                found(&store, &left).await?,
                found(&store, &right).await?,
                "{left:?} is {right:?}"
            );
        }
    }
    Ok(())
}

async fn an_or_of_500_conditions_works(cx: Context) -> Outcome {
    let store = with(
        &cx,
        &[
            ("first", json!({"f": 0})),
            ("last", json!({"f": 499})),
            ("out", json!({"f": 500})),
        ],
    )
    .await?;
    let filter = Filter::or((0..500).map(|n| Filter::eq("f", n)));
    ensure_eq!(
        ids(&store.query("c", &filter).await?),
        ["first", "last"],
        "what fulfils one of 500 conditions"
    );
    let opposite = !filter;
    ensure_eq!(
        ids(&store.query("c", &opposite).await?),
        ["out"],
        "what fulfils none of 500 conditions"
    );
    Ok(())
}

async fn an_and_of_500_conditions_works(cx: Context) -> Outcome {
    let fields = |last: i32| {
        (0..500)
            .map(|n| (format!("f{n}"), json!(if n == 499 { last } else { n })))
            .collect::<kvs_core::Map<_, _>>()
    };
    let store = with(&cx, &[("all", fields(499).into()), ("not the last", fields(0).into())]).await?;
    let filter = Filter::and((0..500).map(|n| Filter::eq(format!("f{n}"), n)));
    ensure_eq!(
        ids(&store.query("c", &filter).await?),
        ["all"],
        "what fulfils 500 conditions"
    );
    Ok(())
}

async fn the_limit_of_conditions_is_exact(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"f": 999})), ("e", json!({"f": 1_000}))]).await?;
    let any_of = |count: i32| Filter::or((0..count).map(|n| Filter::eq("f", n)));
    ensure_eq!(
        ids(&store.query("c", &any_of(1_000)).await?),
        ["d"],
        "1,000 conditions work"
    );
    for filter in [any_of(1_001), !any_of(1_001), Filter::all() & any_of(1_001)] {
        ensure_kind!(
            store.query("c", &filter).await,
            ErrorKind::InvalidArgument,
            "1,001 conditions are too many"
        );
        let page = store.query_page("c", &Query::new(filter)).await;
        ensure_kind!(page, ErrorKind::InvalidArgument, "the page refuses the filter, too");
    }
    Ok(())
}

/// `f` is 1, under that many levels, the condition being one of them.
fn levels(count: usize) -> Filter {
    let or = |inner: Filter| Filter::or([inner, Filter::eq("g", 1)]);
    let and = |inner: Filter| Filter::and([inner, Filter::exists("f", true)]);
    (1..count).fold(
        Filter::eq("f", 1),
        |inner, level| if level % 2 == 0 { or(inner) } else { and(inner) },
    )
}

async fn the_limit_of_depth_is_exact(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"f": 1})), ("e", json!({"f": 2}))]).await?;
    ensure_eq!(ids(&store.query("c", &levels(32)).await?), ["d"], "32 levels work");
    for filter in [levels(33), !levels(32)] {
        ensure_kind!(
            store.query("c", &filter).await,
            ErrorKind::InvalidArgument,
            "33 levels are too deep"
        );
    }
    Ok(())
}

async fn a_hundred_thousand_levels_are_refused(cx: Context) -> Outcome {
    let store = with(&cx, &[("d", json!({"f": 1}))]).await?;
    let negated = (0..100_001).fold(Filter::eq("f", 1), |filter, _| !filter);
    ensure_kind!(
        store.query("c", &negated).await,
        ErrorKind::InvalidArgument,
        "100,001 levels of not"
    );
    ensure_kind!(
        store.query("c", &levels(100_000)).await,
        ErrorKind::InvalidArgument,
        "100,000 levels of and, or"
    );
    Ok(())
}
