//! Pages of a query: their order, their limits, and where they go on.

use kvs_core::{Document, DocumentStoreExt, ErrorKind, Filter, Query};
use serde_json::json;

use super::with_documents;
use crate::cases::support::{HOSTILE, Shared, document, ids};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "filters";
    "Documents come by the bytes of their ids, ascending."
        => documents_come_by_the_bytes_of_their_ids [documents];
    "Pages one after the other give what one query gives: nothing twice, nothing missing, for every size of page."
        => pages_make_the_query [documents];
    "The limit counts matches, not the documents read: a sparse match fills its page."
        => the_limit_counts_matches [documents];
    "A page never holds more than its limit."
        => a_page_keeps_its_limit [documents];
    "A walk with a limit of 1 ends, also where nothing matches."
        => a_walk_of_single_matches_ends [documents];
    "next is None at the end only: whoever follows it sees every match."
        => next_is_none_at_the_end_only [documents];
    "A limit of 0 is InvalidArgument."
        => a_limit_of_zero_is_refused [documents];
    "A huge limit is cut, not preallocated."
        => a_huge_limit_is_fine [documents];
    "after is exclusive, and may be any string: present or not, before, between or behind all ids."
        => after_may_be_any_string [documents];
    "after may be longer than any id, and keeps its place in the order."
        => after_may_be_longer_than_any_id [documents];
    "after may be the empty string: nothing is below it."
        => after_may_be_empty [documents];
    "A document deleted between two pages does not disturb the walk."
        => a_deleted_position_does_not_disturb [documents];
    "A document put behind the position shows, one put before it does not."
        => puts_between_pages_do_not_repeat [documents];
    "The stream of documents gives what the query gives."
        => the_stream_gives_what_the_query_gives [documents];
    "A page of an unknown collection is empty, and the end."
        => an_unknown_collection_has_one_empty_page [documents];
    "query gives more matches than a page holds."
        => a_query_goes_beyond_a_page [documents, lasting];
}

/// All pages from `query` on, in order. Follows `next` to its end.
async fn walk(store: &Shared, mut query: Query) -> Result<Vec<Document>, Failed> {
    let mut found = Vec::new();
    for _ in 0..10_000 {
        let page = store.query_page("c", &query).await?;
        ensure!(
            page.documents.len() <= query.limit,
            "a page of {} for a limit of {}",
            page.documents.len(),
            query.limit
        );
        found.extend(page.documents);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(found),
        }
    }
    Err("the walk does not end".into())
}

async fn numbered(cx: &Context, count: usize) -> Result<Shared, Failed> {
    with_documents(cx, (0..count).map(|n| (format!("{n:04}"), json!({ "n": n }))).collect()).await
}

async fn documents_come_by_the_bytes_of_their_ids(cx: Context) -> Outcome {
    let ids_in = [
        "b", "B", "~", "é", "a", "😀", "\u{ffff}", "aa", "a\0", "10", "9", "_", " ",
    ];
    let documents = ids_in
        .into_iter()
        .chain(HOSTILE.iter().copied())
        .map(|id| (id.to_owned(), json!({})));
    let store = with_documents(&cx, documents.collect()).await?;
    let mut expected: Vec<&str> = ids_in.into_iter().chain(HOSTILE.iter().copied()).collect();
    expected.sort_unstable();
    expected.dedup();
    ensure_eq!(
        ids(&store.query("c", &Filter::all()).await?),
        expected,
        "ascending by bytes"
    );
    ensure_eq!(
        ids(&walk(&store, Query::default().limit(7)).await?),
        expected,
        "the same in pages"
    );
    Ok(())
}

async fn pages_make_the_query(cx: Context) -> Outcome {
    let store = numbered(&cx, 25).await?;
    for filter in [Filter::all(), Filter::lt("n", 12), Filter::is_in("n", [0, 3, 11, 24])] {
        let expected = store.query("c", &filter).await?;
        for limit in [1, 2, 3, 4, 5, 12, 24, 25, 26, 1_000] {
            let found = walk(&store, Query::new(filter.clone()).limit(limit)).await?;
            ensure!(
                found == expected,
                "pages of {limit} give {:?}, the query gives {:?}",
                ids(&found),
                ids(&expected)
            );
        }
    }
    Ok(())
}

async fn the_limit_counts_matches(cx: Context) -> Outcome {
    let store = numbered(&cx, 300).await?;
    let sparse = Filter::is_in("n", [99, 199, 299]);
    let mut query = Query::new(sparse).limit(2);
    let mut first = Vec::new();
    while first.is_empty() {
        let page = store.query_page("c", &query).await?;
        ensure!(
            page.next.is_some() || !page.documents.is_empty(),
            "the walk ended before the first match"
        );
        query.after = page.next;
        first = page.documents;
    }
    let mut found = first;
    if query.after.is_some() {
        found.extend(walk(&store, query).await?);
    }
    ensure_eq!(
        ids(&found),
        ["0099", "0199", "0299"],
        "the matches among many documents"
    );
    Ok(())
}

async fn a_page_keeps_its_limit(cx: Context) -> Outcome {
    let store = numbered(&cx, 20).await?;
    for limit in [1, 7, 19, 20, 21] {
        let page = store.query_page("c", &Query::default().limit(limit)).await?;
        ensure!(
            page.documents.len() <= limit,
            "at most {limit}, seen {}",
            page.documents.len()
        );
        ensure!(
            limit >= 20 || page.next.is_some(),
            "there is more behind a page of {limit}"
        );
    }
    Ok(())
}

async fn a_walk_of_single_matches_ends(cx: Context) -> Outcome {
    let store = numbered(&cx, 20).await?;
    ensure!(
        walk(&store, Query::new(Filter::eq("n", -1)).limit(1)).await?.is_empty(),
        "nothing matches"
    );
    ensure_eq!(
        ids(&walk(&store, Query::new(Filter::eq("n", 19)).limit(1)).await?),
        ["0019"],
        "the last one matches"
    );
    ensure_eq!(walk(&store, Query::default().limit(1)).await?.len(), 20, "all match");
    Ok(())
}

async fn next_is_none_at_the_end_only(cx: Context) -> Outcome {
    let store = numbered(&cx, 10).await?;
    for limit in 1..=11 {
        let mut query = Query::default().limit(limit);
        let mut seen = 0;
        loop {
            let page = store.query_page("c", &query).await?;
            seen += page.documents.len();
            let Some(next) = page.next else { break };
            if let Some(last) = page.documents.last() {
                ensure!(next >= last.id, "next lies at or behind the last match, seen {next:?}");
            }
            query.after = Some(next);
        }
        ensure_eq!(seen, 10, "pages of {limit} until next is None");
    }
    Ok(())
}

async fn a_limit_of_zero_is_refused(cx: Context) -> Outcome {
    let store = numbered(&cx, 1).await?;
    let outcome = store.query_page("c", &Query::default().limit(0)).await;
    ensure_kind!(outcome, ErrorKind::InvalidArgument, "a page has room for one");
    Ok(())
}

async fn a_huge_limit_is_fine(cx: Context) -> Outcome {
    let store = numbered(&cx, 3).await?;
    for limit in [10_000, 10_001, usize::MAX] {
        ensure_eq!(
            walk(&store, Query::default().limit(limit)).await?.len(),
            3,
            "a limit of {limit}"
        );
    }
    Ok(())
}

async fn after_may_be_any_string(cx: Context) -> Outcome {
    let stored = ["b", "bb", "d", "é"];
    let documents = stored.iter().map(|id| ((*id).to_owned(), json!({})));
    let store = with_documents(&cx, documents.collect()).await?;
    for after in [
        "a",
        "b",
        "b\0",
        "ba",
        "bb",
        "c",
        "d",
        "dd",
        "é",
        "é\0",
        "z",
        "\u{10ffff}",
    ]
    .iter()
    .chain(HOSTILE)
    {
        let expected: Vec<&str> = stored.into_iter().filter(|id| id > after).collect();
        let found = walk(&store, Query::default().after(*after)).await?;
        ensure_eq!(ids(&found), expected, "the ids above {after:?}");
    }
    Ok(())
}

async fn after_may_be_longer_than_any_id(cx: Context) -> Outcome {
    let longest = "m".repeat(1_024);
    let documents = ["a", &longest, "z"].map(|id| (id.to_owned(), json!({})));
    let store = with_documents(&cx, documents.into()).await?;
    let found = walk(&store, Query::default().after(format!("{longest}m"))).await?;
    ensure_eq!(
        ids(&found),
        ["z"],
        "the longest id is a prefix of after, and so below it"
    );
    let found = walk(&store, Query::default().after("l".repeat(100_000))).await?;
    ensure_eq!(
        ids(&found),
        [longest.as_str(), "z"],
        "a very long string keeps its place"
    );
    Ok(())
}

async fn after_may_be_empty(cx: Context) -> Outcome {
    let store = numbered(&cx, 3).await?;
    let found = walk(&store, Query::default().after("")).await?;
    ensure_eq!(
        ids(&found),
        ["0000", "0001", "0002"],
        "every id is above the empty string"
    );
    Ok(())
}

async fn a_deleted_position_does_not_disturb(cx: Context) -> Outcome {
    let store = numbered(&cx, 6).await?;
    store.delete_doc("c", "0002").await?;
    let found = walk(&store, Query::default().after("0002").limit(2)).await?;
    ensure_eq!(
        ids(&found),
        ["0003", "0004", "0005"],
        "the walk goes on behind where the document was"
    );
    Ok(())
}

async fn puts_between_pages_do_not_repeat(cx: Context) -> Outcome {
    let store = numbered(&cx, 6).await?;
    let mut query = Query::default().limit(3);
    let mut found = Vec::new();
    while found.len() < 3 {
        query.limit = 3 - found.len();
        let page = store.query_page("c", &query).await?;
        found.extend(page.documents);
        query.after = page.next;
    }
    store.put("c", document("0000 before", json!({}))?).await?;
    store.put("c", document("0004 behind", json!({}))?).await?;
    let rest = walk(&store, Query::default().after("0002")).await?;
    ensure_eq!(
        ids(&rest),
        ["0003", "0004", "0004 behind", "0005"],
        "what lies behind the position"
    );
    Ok(())
}

async fn the_stream_gives_what_the_query_gives(cx: Context) -> Outcome {
    use futures_util::TryStreamExt as _;

    let store = numbered(&cx, 30).await?;
    let filter = Filter::lt("n", 20);
    let streamed: Vec<Document> = store.documents("c", &filter).try_collect().await?;
    ensure!(
        streamed == store.query("c", &filter).await?,
        "the stream gives {:?}",
        ids(&streamed)
    );
    Ok(())
}

async fn an_unknown_collection_has_one_empty_page(cx: Context) -> Outcome {
    let store = numbered(&cx, 1).await?;
    let page = store
        .query_page("unknown", &Query::new(Filter::eq("n", 0)).after("x").limit(1))
        .await?;
    ensure!(
        page.documents.is_empty() && page.next.is_none(),
        "nothing there, seen {page:?}"
    );
    Ok(())
}

async fn a_query_goes_beyond_a_page(cx: Context) -> Outcome {
    let store = numbered(&cx, 1_100).await?;
    let found = store.query("c", &Filter::all()).await?;
    ensure_eq!(found.len(), 1_100, "every document matches");
    ensure!(found.is_sorted_by(|a, b| a.id < b.id), "ascending, none twice");
    Ok(())
}
