//! What an error leaves behind: nothing.

use kvs_core::{Bytes, Document, ErrorKind, Filter, ListOptions, Query, Result, SetEntry, Transaction, Ttl};
use serde_json::json;

use crate::cases::support::{HOSTILE, Random, Shared, bytes, document, nested_objects};
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "errors";
    "The same wrong input gives the same kind again and again."
        => the_same_input_gives_the_same_kind [];
    "40 errors in turn with good operations spoil none of them."
        => errors_do_not_poison_what_follows [];
    "Errors of documents in turn with good operations spoil none of them."
        => document_errors_do_not_poison_what_follows [documents];
    "Errors of the caller are not worth a repetition, and nothing may have been applied."
        => errors_of_the_caller_are_final [];
    "A conflict is not worth a blind repetition, and nothing was applied."
        => a_conflict_is_final [atomic];
    "600 random calls with hostile input succeed or fail with a kind for wrong input; none panics."
        => random_calls_fail_only_as_documented [];
}

fn any_string(random: &mut Random) -> String {
    match random.below(10) {
        0 => String::new(),
        1 => "x".repeat(random.below(3_000)),
        2 => format!("{}{}", random.pick(HOSTILE), random.pick(HOSTILE)),
        3 => "é".repeat(random.below(600)),
        _ => (*random.pick(HOSTILE)).to_owned(),
    }
}

async fn random_call(store: &Shared, random: &mut Random) -> Result<()> {
    let (a, b) = (any_string(random), any_string(random));
    let traits = store.profile().traits;
    match random.below(18) {
        0 => store.get(&a).await.map(drop),
        1 => store.set(&a, Bytes::from(b), Ttl::Never).await,
        2 => store.delete(&a).await,
        3 => store.get_many(&[&a, &b]).await.map(drop),
        4 => {
            store
                .set_many(vec![SetEntry::new(a, b.clone()), SetEntry::new(b, "v")])
                .await
        }
        5 => store.delete_many(&[&a, &b]).await,
        6 if traits.listable => store.list(&a).await.map(drop),
        7 if traits.listable => {
            let options = ListOptions::new(a)
                .after(b)
                .limit(random.below(5))
                .reverse(random.below(2) == 0);
            store.list_page(&options).await.map(drop)
        }
        8 if traits.documents => store
            .put(&a, Document::new(b, json!({"a": any_string(random)}))?)
            .await
            .map(drop),
        9 if traits.documents => store.get_doc(&a, &b).await.map(drop),
        10 if traits.documents => store.query(&a, &Filter::eq(b, any_string(random))).await.map(drop),
        11 if traits.documents => store.delete_doc(&a, &b).await,
        12 if traits.atomic => store.increment(&a, 1).await.map(drop),
        13 if traits.atomic => store.take(&a).await.map(drop),
        14 if traits.atomic => store.set_if_absent(&a, Bytes::from(b), Ttl::Never).await.map(drop),
        15 if traits.atomic => store.touch(&a, Ttl::Keep).await.map(drop),
        16 if traits.atomic => store
            .commit(Transaction::new().check_exists(a.clone()).set(a, b, Ttl::Never))
            .await
            .map(drop),
        _ => store.contains(&a).await.map(drop),
    }
}

async fn the_same_input_gives_the_same_kind(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for _ in 0..20 {
        ensure_kind!(store.get("").await, ErrorKind::InvalidKey, "the empty key");
        ensure_kind!(store.get("missing").await, ErrorKind::NotFound, "a miss");
        let large = bytes(cx.limits().value_bytes + 1);
        ensure_kind!(
            store.set("k", large, Ttl::Never).await,
            ErrorKind::TooLarge,
            "a large value"
        );
    }
    Ok(())
}

async fn errors_do_not_poison_what_follows(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for n in 0..40 {
        let key = format!("k{n}");
        ensure!(
            store.set("", "v".into(), Ttl::Never).await.is_err(),
            "the empty key is refused"
        );
        store.set(&key, "v".into(), Ttl::Never).await?;
        ensure!(store.get("missing").await.is_err(), "a miss is an error");
        ensure_eq!(store.get(&key).await?, "v", "the next operation works");
        if store.profile().traits.atomic {
            let outcome = store.set_if_absent(&key, "w".into(), Ttl::Never).await;
            ensure_kind!(outcome, ErrorKind::Conflict, "the key exists");
        }
        store.delete(&key).await?;
    }
    Ok(())
}

async fn document_errors_do_not_poison_what_follows(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for n in 0..30 {
        ensure!(
            store.put("c", document("d", nested_objects(33))?).await.is_err(),
            "too deep"
        );
        store.put("c", document("d", json!({"n": n}))?).await?;
        ensure!(
            store.query_page("c", &Query::default().limit(0)).await.is_err(),
            "a limit of 0"
        );
        ensure!(store.get_doc("c", "missing").await.is_err(), "a miss");
        ensure_eq!(
            store.query("c", &Filter::eq("n", n)).await?.len(),
            1,
            "the next operation works"
        );
    }
    Ok(())
}

async fn errors_of_the_caller_are_final(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let large = bytes(cx.limits().value_bytes + 1);
    let outcomes = [
        store.get("").await.map(drop),
        store.get("missing").await.map(drop),
        store.set("k", large, Ttl::Never).await,
    ];
    for outcome in outcomes {
        let error = outcome.err().ok_or("wrong input is an error")?;
        ensure!(!error.is_retryable(), "a repetition gives the same: {error}");
        ensure!(!error.may_have_applied(), "nothing was applied: {error}");
    }
    Ok(())
}

async fn a_conflict_is_final(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let error = store
        .set_if_absent("k", "w".into(), Ttl::Never)
        .await
        .err()
        .ok_or("the key exists")?;
    ensure!(
        error.is_conflict() && !error.is_not_found(),
        "a conflict is a conflict: {error}"
    );
    ensure!(
        !error.is_retryable() && !error.may_have_applied(),
        "read again, then decide: {error}"
    );
    Ok(())
}

async fn random_calls_fail_only_as_documented(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut random = Random::new(3);
    for n in 0..600 {
        if let Err(error) = random_call(&store, &mut random).await {
            let documented = [
                ErrorKind::NotFound,
                ErrorKind::InvalidKey,
                ErrorKind::InvalidArgument,
                ErrorKind::Conflict,
            ];
            ensure!(
                documented.contains(&error.kind()),
                "call {n} failed with {}: {error}",
                error.kind()
            );
        }
    }
    Ok(())
}
