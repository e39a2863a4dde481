//! Pages of a query that are empty, or lead nowhere.

use std::collections::HashMap;
use std::sync::Mutex;

use kvs_dynamodb::{DocumentStore, ErrorKind, Filter, ListOptions, ListableStore, Query, SetEntry, Store};
use serde_json::{Value, json};

use crate::operations::document;
use crate::server::{Answer, Fault, Reply, Request, Rule};
use crate::support::{Bench, bounded};

const SHARDS: u16 = 4;

async fn bench() -> Bench {
    let bench = Bench::with(|config| config.shards(SHARDS)).await;
    let entries = (0..40)
        .map(|n| SetEntry::new(format!("key-{n:03}"), format!("{n}")))
        .collect();
    bench.observer.set_many(entries).await.unwrap();
    for n in 0..10 {
        bench
            .observer
            .put("docs", document(&format!("key-{n:03}"), "new"))
            .await
            .unwrap();
    }
    bench
}

/// Fifty empty pages of each shard come before its data.
fn plan_empty_pages(bench: &Bench, reverse: bool) {
    let seen = Mutex::new(HashMap::new());
    let is_early = move |request: &Request| {
        let shard = shard_of(request);
        let mut seen = seen.lock().unwrap();
        let count = seen.entry(shard.to_string()).or_insert(0);
        *count += 1;
        *count <= 50
    };
    let count = Mutex::new(HashMap::new());
    let empty = move |request: &Request, answer: &mut Value| {
        let shard = shard_of(request);
        let mut count = count.lock().unwrap();
        let count = count.entry(shard.to_string()).or_insert(0);
        *count += 1;
        // All of these lie before the first key, in the direction of the walk.
        let last = if reverse {
            format!("key-9{:02}", 99 - *count)
        } else {
            format!("key-\u{1}{count:02}")
        };
        *answer = json!({
            "Items": [], "Count": 0, "ScannedCount": 1,
            "LastEvaluatedKey": {"pk": shard, "sk": {"S": last}},
        });
    };
    let fault = Fault::unreached(Reply::edited(empty));
    bench.server.plan(Rule::new(fault).on("Query").when(is_early));
}

/// The partition that a query reads, wherever its name stands in the expression.
fn shard_of(request: &Request) -> Value {
    let values = request.body["ExpressionAttributeValues"].as_object().unwrap();
    let is_shard = |value: &&Value| {
        value["S"]
            .as_str()
            .is_some_and(|s| s.starts_with("v/") || s.starts_with("d/"))
    };
    values.values().find(is_shard).unwrap().clone()
}

#[tokio::test]
async fn empty_pages_before_the_data_do_not_end_a_listing() {
    let expected: Vec<String> = (0..40).map(|n| format!("key-{n:03}")).collect();
    for reverse in [false, true] {
        let bench = bench().await;
        plan_empty_pages(&bench, reverse);
        let mut options = ListOptions::new("key-").limit(7).reverse(reverse).values(true);
        let mut keys = Vec::new();
        loop {
            let page = bounded(bench.store.list_page(&options)).await.unwrap();
            keys.extend(page.entries.into_iter().map(|entry| entry.key));
            match page.next {
                Some(next) => options.after = Some(next),
                None => break,
            }
        }
        if reverse {
            keys.reverse();
        }
        assert_eq!(keys, expected, "reverse: {reverse}");
    }
}

#[tokio::test]
async fn empty_pages_before_the_data_do_not_end_list_and_query() {
    let bench = bench().await;
    plan_empty_pages(&bench, false);
    let keys = bounded(bench.store.list("key-")).await.unwrap();
    assert_eq!(keys.len(), 40);
    assert!(bench.server.requests().len() > 50 * usize::from(SHARDS));

    bench.server.heal();
    plan_empty_pages(&bench, false);
    let documents = bounded(bench.store.query("docs", &Filter::eq("state", "new")))
        .await
        .unwrap();
    assert_eq!(documents.len(), 10);
}

#[tokio::test]
async fn a_position_that_does_not_move_is_an_error_and_no_endless_loop() {
    let empty_too = [false, true];
    for drop_items in empty_too {
        let bench = bench().await;
        let stuck = move |request: &Request, answer: &mut Value| {
            if drop_items {
                answer["Items"] = json!([]);
                answer["Count"] = json!(0);
            }
            answer["LastEvaluatedKey"] = json!({"pk": shard_of(request), "sk": {"S": "key-000"}});
        };
        bench
            .server
            .plan(Rule::new(Fault::applied(Reply::edited(stuck))).on("Query"));
        let errors = [
            bounded(bench.store.list("key-")).await.map(drop).unwrap_err(),
            bounded(bench.store.query("docs", &Filter::all()))
                .await
                .map(drop)
                .unwrap_err(),
            bounded(bench.store.query_page("docs", &Query::default()))
                .await
                .map(drop)
                .unwrap_err(),
            bounded(bench.store.delete_prefix("key-")).await.unwrap_err(),
        ];
        for error in errors {
            let kinds = [ErrorKind::Backend, ErrorKind::Corrupt, ErrorKind::Unavailable];
            assert!(kinds.contains(&error.kind()), "{error:?}");
        }
        let requests = bench.server.requests().len();
        assert!(requests < 100, "{requests} requests");
    }
}

#[tokio::test]
async fn a_page_that_fails_in_the_middle_of_a_listing_fails_the_listing() {
    let bench = bench().await;
    let denied = Fault::unreached(Reply::Instead(Answer::error(400, "AccessDeniedException", "no")));
    bench
        .server
        .plan(Rule::new(denied).on("Query").skip(usize::from(SHARDS) - 1));
    let error = bounded(bench.store.list("")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
}
