//! What holds where reads may be behind: they catch up, and never tell what nobody wrote.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kvs_core::{Bytes, Document, Filter, StoreExt, Ttl};
use serde_json::json;
use tokio::time::sleep;

use crate::cases::support::{Shared, all};
use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::support::{ms, secs};

/// How long reads may be behind before a store is not eventual but wrong.
const BEHIND: Duration = Duration::from_secs(20);

/// How often each key is written.
const WRITES: usize = 40;

cases! {
    "eventual";
    "Where reads may be behind, a write is seen in the end."
        => a_write_is_seen_in_the_end [eventual];
    "Where reads may be behind, the last of several writes is seen in the end, and stays."
        => the_last_write_stays [eventual];
    "Where reads may be behind, a delete is seen in the end, and what was deleted stays away."
        => a_delete_is_seen_in_the_end [eventual];
    "Where reads may be behind, an expiry is seen in the end."
        => an_expiry_is_seen_in_the_end [eventual, manual_clock];
    "Where reads may be behind, a read amid writes gives a value that was written under that key, or none."
        => reads_amid_writes_give_what_was_written [eventual];
    "Where reads may be behind, a batch is seen in the end, every entry of it."
        => a_batch_is_seen_in_the_end [eventual];
    "Where reads may be behind, a listing shows in the end what was written and not what was deleted."
        => a_listing_is_right_in_the_end [eventual, listable];
    "Where reads may be behind, a document is seen in the end, by its id and by a query."
        => a_document_is_seen_in_the_end [eventual, documents];
    "Where reads may be behind, conditions are decided by the newest state: of eight that create a key, one succeeds."
        => conditions_are_not_behind [eventual, atomic];
    "Where reads may be behind, a second handle sees a write in the end."
        => a_second_handle_sees_a_write_in_the_end [eventual, reopens];
}

/// Waits until the read answers what is expected.
async fn in_the_end<T, F, R>(expected: &T, rule: &str, mut read: R) -> Outcome
where
    T: PartialEq + std::fmt::Debug,
    F: Future<Output = Result<T, Failed>>,
    R: FnMut() -> F,
{
    let begin = Instant::now();
    loop {
        let seen = read().await?;
        if seen == *expected {
            return Ok(());
        }
        if begin.elapsed() > BEHIND {
            ensure_eq!(seen, *expected, "{rule}, within {BEHIND:?}");
        }
        sleep(ms(10)).await;
    }
}

/// Waits until the key has that value.
async fn becomes(store: &Shared, key: &str, expected: Option<&str>) -> Outcome {
    let expected = expected.map(|text| Bytes::copy_from_slice(text.as_bytes()));
    let read = || async { Ok(store.get_opt(key).await?) };
    in_the_end(&expected, "a read catches up", read).await
}

async fn a_write_is_seen_in_the_end(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    becomes(&store, "k", Some("value")).await?;
    let read = || async { Ok(store.contains("k").await?) };
    in_the_end(&true, "contains catches up", read).await
}

async fn the_last_write_stays(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for number in 0..WRITES {
        store.set("k", number.to_string().into(), Ttl::Never).await?;
        // A cache may take this for the truth.
        store.get_opt("k").await?;
    }
    let last = (WRITES - 1).to_string();
    becomes(&store, "k", Some(&last)).await?;
    sleep(ms(200)).await;
    becomes(&store, "k", Some(&last)).await
}

async fn a_delete_is_seen_in_the_end(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    becomes(&store, "k", Some("value")).await?;
    store.delete("k").await?;
    becomes(&store, "k", None).await?;
    sleep(ms(200)).await;
    becomes(&store, "k", None).await
}

async fn an_expiry_is_seen_in_the_end(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    becomes(&store, "k", Some("value")).await?;
    cx.clock().advance(secs(10));
    becomes(&store, "k", None).await
}

async fn reads_amid_writes_give_what_was_written(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let writer = |key: &'static str| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for number in 0..WRITES {
                store.set(key, format!("{key}-{number}").into(), Ttl::Never).await?;
            }
            Ok::<_, Failed>(())
        })
    };
    let writers = ["a", "b"].map(writer);
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        for key in ["a", "b"] {
            let seen = store.get_opt(key).await?;
            ensure!(
                seen.as_deref().is_none_or(|value| was_written(key, value)),
                "{key} has a value that was written under it: {seen:?}"
            );
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await??;
    }
    becomes(&store, "a", Some(&format!("a-{}", WRITES - 1))).await
}

fn was_written(key: &str, value: &[u8]) -> bool {
    (0..WRITES).any(|number| value == format!("{key}-{number}").as_bytes())
}

async fn a_batch_is_seen_in_the_end(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let keys: Vec<String> = (0..60).map(|number| format!("key-{number}")).collect();
    crate::support::fill(&*store, &keys).await?;
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    let expected: Vec<_> = keys
        .iter()
        .map(|key| Some(Bytes::copy_from_slice(key.as_bytes())))
        .collect();
    let read = || async { Ok(store.get_many(&names).await?) };
    in_the_end(&expected, "every entry of the batch is seen", read).await
}

async fn a_listing_is_right_in_the_end(cx: Context) -> Outcome {
    let store = cx.open().await?;
    crate::support::fill(&*store, ["a", "b", "c"]).await?;
    let list = || async { Ok(store.list("").await?) };
    in_the_end(
        &["a", "b", "c"].map(String::from).to_vec(),
        "what was written is listed",
        list,
    )
    .await?;
    store.delete("b").await?;
    in_the_end(
        &["a", "c"].map(String::from).to_vec(),
        "what was deleted is not listed",
        list,
    )
    .await
}

async fn a_document_is_seen_in_the_end(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let document = Document::new("d", json!({"n": 1}))?;
    let data = document.data.clone();
    store.put("c", document).await?;
    let get = || async {
        match store.get_doc("c", "d").await {
            Ok(document) => Ok(Some(document.data)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(Failed::from(error)),
        }
    };
    in_the_end(&Some(data), "the document is seen", get).await?;
    let query = || async { Ok(store.query("c", &Filter::all()).await?.len()) };
    in_the_end(&1, "a query finds it", query).await
}

async fn conditions_are_not_behind(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..10 {
        let key = format!("key-{round}");
        let creator = |number: usize| {
            let (store, key) = (Arc::clone(&store), key.clone());
            async move {
                let created = store.set_if_absent(&key, number.to_string().into(), Ttl::Never).await;
                Ok(created.is_ok().then_some(number))
            }
        };
        let winners: BTreeSet<usize> = all((0..8).map(creator)).await?.into_iter().flatten().collect();
        ensure_eq!(winners.len(), 1, "one of those that create {key} succeeds: {winners:?}");
        let winner = winners.first().map(ToString::to_string);
        becomes(&store, &key, winner.as_deref()).await?;
    }
    Ok(())
}

async fn a_second_handle_sees_a_write_in_the_end(cx: Context) -> Outcome {
    let first = cx.open().await?;
    let second = cx.open().await?;
    first.set("k", "one".into(), Ttl::Never).await?;
    becomes(&second, "k", Some("one")).await?;
    first.set("k", "two".into(), Ttl::Never).await?;
    becomes(&second, "k", Some("two")).await?;
    first.delete("k").await?;
    becomes(&second, "k", None).await
}
