//! Crowds, storms and herds: everything ends, and nothing is lost.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kvs_core::{Bytes, Filter, ListOptions, StoreExt, Transaction, Ttl};
use serde_json::json;
use tokio::task::yield_now;

use crate::cases::support::{Shared, all, document};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "concurrency";
    "64 tasks that write different keys: all keys are there, each with its own value."
        => distinct_keys_are_all_there [];
    "A storm of sets, gets and deletes on one key fails nothing."
        => a_storm_on_one_key_fails_nothing [];
    "1,000 simultaneous reads of a missing key are 1,000 misses."
        => a_herd_on_a_missing_key_misses [];
    "1,000 simultaneous reads of one key give its value."
        => a_herd_on_one_key_gets_its_value [];
    "256 tasks that do everything at once all end."
        => a_crowd_that_does_everything_ends [];
    "A key that exists throughout a walk appears exactly once, in order, while others come and go."
        => a_walk_amid_writes_misses_nothing [listable];
    "A document that exists throughout appears exactly once in every query, while others come and go."
        => a_query_amid_writes_misses_nothing [documents];
    "A document that moves between two filters matches exactly one of them at every moment."
        => a_moving_document_is_never_lost [documents];
    "Documents are read whole while they are replaced."
        => documents_are_read_whole [documents];
    "Sweeps and reads of an expired entry never remove what a writer puts there meanwhile."
        => what_is_written_over_an_expired_entry_stays [manual_clock, linearizable];
    "A slow reader holds up no writer: a walk that is not finished blocks nothing."
        => an_unfinished_walk_blocks_nothing [listable];
    "64 tasks that put different documents: all are there."
        => distinct_documents_are_all_there [documents];
}

async fn write_own(store: Shared, task: usize) -> Outcome {
    for round in 0..10 {
        let key = format!("{task}-{round}");
        store.set(&key, key.clone().into(), Ttl::Never).await?;
    }
    Ok(())
}

async fn distinct_keys_are_all_there(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..64).map(|task| write_own(Arc::clone(&store), task))).await?;
    let keys: Vec<String> = (0..64)
        .flat_map(|task| (0..10).map(move |round| format!("{task}-{round}")))
        .collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let values = store.get_many(&keys).await?;
    for (key, value) in keys.iter().zip(values) {
        ensure_eq!(value, Some((*key).to_owned().into()), "the value of {key}");
    }
    Ok(())
}

async fn storm(store: Shared, task: usize) -> Outcome {
    for round in 0..30 {
        match (task + round) % 3 {
            0 => store.set("k", "v".into(), Ttl::Never).await?,
            1 => store.delete("k").await?,
            _ => ensure!(
                store.get_opt("k").await?.is_none_or(|value| value == "v"),
                "nobody wrote another value"
            ),
        }
    }
    Ok(())
}

async fn a_storm_on_one_key_fails_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..24).map(|task| storm(Arc::clone(&store), task))).await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?, "v", "the key is as good as new");
    Ok(())
}

async fn read(store: Shared) -> Result<Option<Bytes>, Failed> {
    Ok(store.get_opt("k").await?)
}

async fn a_herd_on_a_missing_key_misses(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let seen = all((0..1_000).map(|_| read(Arc::clone(&store)))).await?;
    ensure!(seen.iter().all(Option::is_none), "every read is a miss");
    Ok(())
}

async fn a_herd_on_one_key_gets_its_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let seen = all((0..1_000).map(|_| read(Arc::clone(&store)))).await?;
    ensure!(
        seen.iter().all(|value| *value == Some("v".into())),
        "every read gets the value"
    );
    Ok(())
}

async fn do_everything(store: Shared, task: usize) -> Outcome {
    let traits = store.profile().traits;
    let key = format!("k{}", task % 16);
    for step in 0..6 {
        match (task + step) % 8 {
            0 if traits.listable => drop(store.list("k").await?),
            1 if traits.documents => drop(store.put("c", document(&key, json!({"n": step}))?).await?),
            2 if traits.documents => drop(store.query("c", &Filter::gt("n", 2)).await?),
            3 if traits.atomic => drop(store.increment("n", 1).await?),
            4 if traits.atomic => {
                let both = Transaction::new()
                    .set(&key, "v", Ttl::Never)
                    .set("k-all", "v", Ttl::Never);
                store.commit(both).await?;
            }
            5 => drop(store.get_many(&[&key, "k-all"]).await?),
            6 => store.delete(&key).await?,
            _ => store.set(&key, "v".into(), Ttl::Never).await?,
        }
    }
    Ok(())
}

async fn a_crowd_that_does_everything_ends(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..256).map(|task| do_everything(Arc::clone(&store), task))).await?;
    Ok(())
}

/// Runs the observer until it fails or the rounds of the disturbance have ended: half of them side by side, half in turns
/// on one thread, so that each step of the one falls between two of the other.
async fn amid<D, F>(rounds: usize, disturb: impl Fn(Range<usize>) -> D, mut observe: impl FnMut() -> F) -> Outcome
where
    D: Future<Output = Outcome> + Send + 'static,
    F: Future<Output = Outcome>,
{
    let done = Arc::new(AtomicBool::new(false));
    let disturbance = tokio::spawn(until_done(disturb(0..rounds / 2), Arc::clone(&done)));
    observe_until(&done, &mut observe).await?;
    disturbance.await??;
    done.store(false, Ordering::SeqCst);
    let disturbance = until_done(disturb(rounds / 2..rounds), Arc::clone(&done));
    let (disturbed, observed) = tokio::join!(disturbance, observe_until(&done, &mut observe));
    disturbed.and(observed)?;
    observe().await
}

async fn until_done(disturbance: impl Future<Output = Outcome>, done: Arc<AtomicBool>) -> Outcome {
    let outcome = disturbance.await;
    done.store(true, Ordering::SeqCst);
    outcome
}

async fn observe_until<F: Future<Output = Outcome>>(done: &AtomicBool, observe: &mut impl FnMut() -> F) -> Outcome {
    while !done.load(Ordering::SeqCst) {
        observe().await?;
        yield_now().await;
    }
    Ok(())
}

async fn come_and_go(store: Shared, rounds: Range<usize>) -> Outcome {
    for round in rounds {
        let key = format!("key-{:03}-{}", round * 7 % 50, round % 3);
        store.set(&key, "v".into(), Ttl::Never).await?;
        yield_now().await;
        store
            .set(&format!("key-{:03}", round % 50), round.to_string().into(), Ttl::Never)
            .await?;
        store.delete(&key).await?;
        yield_now().await;
    }
    Ok(())
}

/// Walks in small pages; every stable key must come once, and all in order.
async fn walk_once(store: &Shared, stable: &BTreeSet<String>) -> Outcome {
    let (mut options, mut seen) = (ListOptions::new("key-").limit(9), Vec::new());
    loop {
        let page = store.list_page(&options).await?;
        seen.extend(page.entries.into_iter().map(|entry| entry.key));
        match page.next {
            Some(next) => options.after = Some(next),
            None => break,
        }
        yield_now().await;
    }
    ensure!(seen.is_sorted_by(|a, b| a < b), "ascending, none twice: {seen:?}");
    let missing: Vec<_> = stable.iter().filter(|key| !seen.contains(key)).collect();
    ensure!(missing.is_empty(), "{missing:?} existed throughout the walk");
    Ok(())
}

async fn a_walk_amid_writes_misses_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let stable: BTreeSet<String> = (0..50).map(|n| format!("key-{n:03}")).collect();
    store
        .set_many(
            stable
                .iter()
                .map(|key| kvs_core::SetEntry::new(key.clone(), "v"))
                .collect(),
        )
        .await?;
    let disturb = |rounds| come_and_go(Arc::clone(&store), rounds);
    amid(30, disturb, || walk_once(&store, &stable)).await
}

async fn documents_come_and_go(store: Shared, rounds: Range<usize>) -> Outcome {
    for round in rounds {
        let id = format!("{:03}-{}", round * 7 % 20, round % 3);
        store.put("c", document(&id, json!({"stable": false}))?).await?;
        yield_now().await;
        store.delete_doc("c", &id).await?;
        yield_now().await;
    }
    Ok(())
}

async fn a_query_amid_writes_misses_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for n in 0..20 {
        store
            .put("c", document(&format!("{n:03}"), json!({"stable": true}))?)
            .await?;
    }
    let stable = Filter::eq("stable", true);
    let observe = || async {
        let found = store.query("c", &stable).await?;
        ensure!(found.is_sorted_by(|a, b| a.id < b.id), "ascending, none twice");
        ensure_eq!(found.len(), 20, "every document that stays as it is comes exactly once");
        Ok(())
    };
    amid(60, |rounds| documents_come_and_go(Arc::clone(&store), rounds), observe).await
}

async fn move_about(store: Shared, rounds: Range<usize>) -> Outcome {
    for round in rounds {
        let place = if round % 2 == 0 { "here" } else { "there" };
        store
            .put("c", document("d", json!({"place": place, "twice": [place, place]}))?)
            .await?;
        yield_now().await;
    }
    Ok(())
}

async fn a_moving_document_is_never_lost(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({"place": "here"}))?).await?;
    let anywhere = Filter::eq("place", "here") | Filter::eq("place", "there");
    let both = Filter::eq("place", "here") & Filter::eq("place", "there");
    let observe = || async {
        ensure_eq!(
            store.query("c", &anywhere).await?.len(),
            1,
            "it is in one of the two places"
        );
        ensure_eq!(store.query("c", &both).await?.len(), 0, "it is never in both");
        Ok(())
    };
    amid(80, |rounds| move_about(Arc::clone(&store), rounds), observe).await
}

async fn documents_are_read_whole(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .put("c", document("d", json!({"place": "here", "twice": ["here", "here"]}))?)
        .await?;
    let observe = || async {
        let got = store.get_doc("c", "d").await?;
        let place = got.data.get("place").cloned();
        ensure_eq!(
            got.data.get("twice"),
            place.map(|place| json!([place, place])).as_ref(),
            "fields of one put"
        );
        Ok(())
    };
    amid(80, |rounds| move_about(Arc::clone(&store), rounds), observe).await
}

async fn reclaim(store: Shared, key: String) -> Outcome {
    for _ in 0..5 {
        store.get_opt(&key).await?;
        store.sweep().await?;
    }
    Ok(())
}

async fn write_over(store: Shared, key: String) -> Outcome {
    store.set(&key, "new".into(), Ttl::Never).await?;
    for _ in 0..5 {
        ensure_eq!(
            store.get_opt(&key).await?,
            Some("new".into()),
            "what was written over an expired entry stays"
        );
        yield_now().await;
    }
    Ok(())
}

async fn what_is_written_over_an_expired_entry_stays(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..20 {
        let key = format!("k{round}");
        store
            .set(&key, "old".into(), Ttl::After(Duration::from_millis(1)))
            .await?;
        cx.clock().advance(Duration::from_millis(1));
        // In turns on one thread, and side by side on several.
        let reclaiming = || reclaim(Arc::clone(&store), key.clone());
        let writing = write_over(Arc::clone(&store), key.clone());
        if round % 2 == 0 {
            let outcomes = tokio::join!(reclaiming(), reclaiming(), reclaiming(), writing);
            outcomes.0.and(outcomes.1).and(outcomes.2).and(outcomes.3)?;
        } else {
            let reclaimers = (0..3).map(|_| tokio::spawn(reclaiming()));
            let mut tasks: Vec<_> = reclaimers.collect();
            tasks.push(tokio::spawn(writing));
            for task in tasks {
                task.await??;
            }
        }
        ensure_eq!(
            store.get_opt(&key).await?,
            Some("new".into()),
            "and is there at the end"
        );
    }
    Ok(())
}

async fn an_unfinished_walk_blocks_nothing(cx: Context) -> Outcome {
    use futures_util::TryStreamExt as _;
    use kvs_core::ListableStoreExt as _;

    let store = cx.open().await?;
    let entries = (0..150).map(|n| kvs_core::SetEntry::new(format!("k{n:03}"), "v"));
    store.set_many(entries.collect()).await?;
    let mut walks: Vec<_> = (0..20).map(|_| store.entries("k")).collect();
    for walk in &mut walks {
        ensure!(walk.try_next().await?.is_some(), "the first entry");
    }
    store.set("k000", "w".into(), Ttl::Never).await?;
    store.delete("k149").await?;
    let Some(walk) = walks.pop() else { return Ok(()) };
    let rest: Vec<_> = walk.try_collect().await?;
    ensure!(rest.len() >= 148, "the walk goes on: {} more entries", rest.len());
    Ok(())
}

async fn put_own(store: Shared, task: usize) -> Result<(), Failed> {
    for round in 0..5 {
        store
            .put("c", document(&format!("{task}-{round}"), json!({"task": task}))?)
            .await?;
    }
    Ok(())
}

async fn distinct_documents_are_all_there(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..64).map(|task| put_own(Arc::clone(&store), task))).await?;
    ensure_eq!(
        store.query("c", &Filter::all()).await?.len(),
        320,
        "all documents are there"
    );
    ensure_eq!(
        store.query("c", &Filter::eq("task", 63)).await?.len(),
        5,
        "each with its content"
    );
    Ok(())
}
