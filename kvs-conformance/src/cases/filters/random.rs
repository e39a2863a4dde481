//! Many documents under many filters: the store and the evaluator agree on each.

use kvs_core::{Document, FieldPath, Filter, Map, Query, Value};
use serde_json::json;

use super::with_documents;
use crate::cases::support::{Random, Shared, ids};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

/// Few names and values, so that random filters meet them.
const NAMES: &[&str] = &["a", "b", "a.b", "a b", "é", "", "$x", "it's", "n\"q", "id"];

cases! {
    "filters";
    "Of 200 random documents, each of 100 random filters finds what the evaluator accepts."
        => random_filters_find_what_they_match [documents];
    "Of 2,000 random documents, each of 12 random filters finds what the evaluator accepts, in pages too."
        => random_filters_agree_on_many_documents [documents, lasting];
    "Random filters find the same after every document was replaced and some were deleted."
        => random_filters_agree_after_changes [documents];
}

fn scalar(random: &mut Random) -> Value {
    let scalars = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(1.0),
        json!(-0.0),
        json!(-7),
        json!(1.5),
        json!((1_u64 << 53) + 1),
        json!(9_007_199_254_740_992.0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(""),
        json!("1"),
        json!("a"),
        json!("A"),
        json!("ab"),
        json!("a%"),
        json!("é"),
        json!("true"),
        json!("it's"),
        json!("a\0b"),
    ];
    random.pick(&scalars).clone()
}

fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 6 } else { 8 }) {
        6 => (0..random.below(3)).map(|_| value(random, depth - 1)).collect(),
        7 => object(random, depth - 1).into(),
        _ => scalar(random),
    }
}

fn object(random: &mut Random, depth: usize) -> Map<String, Value> {
    (0..random.below(5))
        .map(|_| ((*random.pick(NAMES)).to_owned(), value(random, depth)))
        .collect()
}

fn path(random: &mut Random) -> FieldPath {
    match random.below(4) {
        0 => FieldPath::literal(*random.pick(NAMES)),
        1 => FieldPath::new([*random.pick(NAMES), *random.pick(NAMES)]),
        _ => FieldPath::from(*random.pick(NAMES)),
    }
}

fn condition(random: &mut Random) -> Filter {
    let path = path(random);
    match random.below(12) {
        0 => Filter::eq(path, value(random, 2)),
        1 => Filter::ne(path, scalar(random)),
        2 => Filter::lt(path, scalar(random)),
        3 => Filter::lte(path, scalar(random)),
        4 => Filter::gt(path, scalar(random)),
        5 => Filter::gte(path, scalar(random)),
        6 => Filter::is_in(path, [scalar(random), scalar(random), value(random, 1)]),
        7 => Filter::exists(path, random.below(2) == 0),
        8 => Filter::starts_with(path, *random.pick(&["", "a", "A", "a%", "é", "i"])),
        9 => Filter::contains(path, scalar(random)),
        _ => Filter::eq(path, scalar(random)),
    }
}

fn filter(random: &mut Random, depth: usize) -> Filter {
    if depth == 0 {
        return condition(random);
    }
    let count = random.below(4);
    match random.below(6) {
        0 => Filter::and((0..count).map(|_| filter(random, depth - 1))),
        1 => Filter::or((0..count).map(|_| filter(random, depth - 1))),
        2 => !filter(random, depth - 1),
        _ => condition(random),
    }
}

type Documents = Vec<(String, Value)>;

/// Documents by ascending id, with ids of any kind.
fn documents(random: &mut Random, count: usize) -> Documents {
    let ids = (0..count).map(|n| format!("{}{n}", random.pick(&["", "a", "é", "%", "'", "Z", "\u{ffff}", "😀"])));
    let mut ids: Vec<String> = ids.collect();
    ids.sort_unstable();
    ids.into_iter().map(|id| (id, object(random, 2).into())).collect()
}

fn expected<'a>(documents: &'a Documents, filter: &Filter) -> Vec<&'a str> {
    let matching = documents
        .iter()
        .filter(|(_, data)| data.as_object().is_some_and(|data| filter.matches(data)));
    matching.map(|(id, _)| id.as_str()).collect()
}

async fn ensure_agree(store: &Shared, documents: &Documents, random: &mut Random, filters: usize) -> Outcome {
    for n in 0..filters {
        let filter = filter(random, 3);
        let found = store.query("c", &filter).await?;
        ensure_eq!(
            ids(&found),
            expected(documents, &filter),
            "what filter {n} finds: {filter:?}"
        );
    }
    Ok(())
}

async fn random_filters_find_what_they_match(cx: Context) -> Outcome {
    let mut random = Random::new(7);
    let documents = documents(&mut random, 200);
    let store = with_documents(&cx, documents.clone()).await?;
    ensure_agree(&store, &documents, &mut random, 100).await
}

async fn pages(store: &Shared, filter: &Filter, limit: usize) -> Result<Vec<Document>, Failed> {
    let (mut query, mut found) = (Query::new(filter.clone()).limit(limit), Vec::new());
    loop {
        let page = store.query_page("c", &query).await?;
        found.extend(page.documents);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(found),
        }
    }
}

async fn random_filters_agree_on_many_documents(cx: Context) -> Outcome {
    let mut random = Random::new(8);
    let documents = documents(&mut random, 2_000);
    let store = with_documents(&cx, documents.clone()).await?;
    ensure_agree(&store, &documents, &mut random, 10).await?;
    for limit in [37, 500] {
        let filter = filter(&mut random, 2);
        let found = pages(&store, &filter, limit).await?;
        ensure_eq!(
            ids(&found),
            expected(&documents, &filter),
            "what pages of {limit} give for {filter:?}"
        );
    }
    Ok(())
}

async fn random_filters_agree_after_changes(cx: Context) -> Outcome {
    let mut random = Random::new(9);
    let mut documents = documents(&mut random, 120);
    let store = with_documents(&cx, documents.clone()).await?;
    for (id, data) in &mut documents {
        *data = object(&mut random, 2).into();
        store
            .put("c", crate::cases::support::document(id, data.clone())?)
            .await?;
    }
    for (id, _) in documents.iter().step_by(3) {
        store.delete_doc("c", id).await?;
    }
    let mut n = 0;
    documents.retain(|_| {
        n += 1;
        (n - 1) % 3 != 0
    });
    ensure_agree(&store, &documents, &mut random, 60).await
}
