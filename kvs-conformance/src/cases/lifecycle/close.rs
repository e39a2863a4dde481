//! Closing, alone and amid work.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::TryStreamExt;
use kvs_core::{Error, ErrorKind, Filter, ListableStoreExt, StoreExt, Transaction, Ttl};
use serde_json::json;

use super::exercise;
use crate::cases::support::{Shared, all, document, poll_times};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "lifecycle";
    "A store that was never used closes."
        => a_fresh_store_closes [];
    "A store that was used closes."
        => a_used_store_closes [];
    "close may be called again, at will."
        => close_may_be_called_again [];
    "16 tasks that close at the same time all succeed."
        => many_may_close_at_once [];
    "Closing through one handle closes all handles of the store."
        => closing_one_handle_closes_all [];
    "Closing one store leaves another open."
        => closing_one_store_leaves_others_open [];
    "Writes in flight when the store closes end with success or Closed; those that succeeded are there when it opens again."
        => writes_in_flight_end [];
    "Reads, queries, listings and transactions in flight when the store closes end with success or Closed."
        => everything_in_flight_ends [];
    "A close that was dropped half-way may be called again, and completes."
        => a_dropped_close_may_be_repeated [];
    "After a close that was dropped, every operation succeeds or is Closed: there is no third state."
        => a_dropped_close_leaves_no_third_state [];
    "A stream of entries that is open when the store closes ends with Closed, not with a false end."
        => an_open_stream_ends_with_closed [listable];
    "A stream of documents that is not begun when the store closes gives Closed."
        => a_stream_of_documents_gives_closed [documents];
    "The profile is the same before and after close, and as declared."
        => the_profile_works_after_close [];
    "Debug works after close."
        => debug_works_after_close [];
    "Dropping the last handle without close ends quietly, with a task's operation under way too."
        => dropping_without_close_is_fine [];
    "Opening, using and closing 5 stores one after the other works."
        => stores_open_and_close_in_turn [];
    "Opening 8 stores at once works, and none sees the others."
        => stores_open_at_once [];
}

async fn a_fresh_store_closes(cx: Context) -> Outcome {
    cx.open().await?.close().await?;
    Ok(())
}

async fn a_used_store_closes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    exercise(&store).await?;
    store.close().await?;
    Ok(())
}

async fn close_may_be_called_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for _ in 0..5 {
        store.close().await?;
    }
    ensure_kind!(store.get("k").await, ErrorKind::Closed, "the store stays closed");
    Ok(())
}

async fn close(store: Shared) -> Outcome {
    Ok(store.close().await?)
}

async fn many_may_close_at_once(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    all((0..16).map(|_| close(Arc::clone(&store)))).await?;
    ensure_kind!(store.get("k").await, ErrorKind::Closed, "the store is closed");
    Ok(())
}

async fn closing_one_handle_closes_all(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let another = Arc::clone(&store);
    let elsewhere = tokio::spawn(async move { another.close().await });
    elsewhere.await??;
    ensure_kind!(store.get("k").await, ErrorKind::Closed, "this handle is closed, too");
    let outcome = store.set("k", "v".into(), Ttl::Never).await;
    ensure_kind!(outcome, ErrorKind::Closed, "it writes no more");
    Ok(())
}

async fn closing_one_store_leaves_others_open(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let other = cx.open_at(&cx.new_site()).await?;
    store.close().await?;
    exercise(&other).await
}

/// Ok if the operation succeeded or found the store closed. Tells which.
fn ended<T>(outcome: kvs_core::Result<T>) -> Result<bool, Failed> {
    match outcome {
        Ok(_) | Err(Error::NotFound) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Closed => Ok(false),
        Err(error) => Err(format!("expected success or Closed, seen {}: {error}", error.kind()).into()),
    }
}

/// Counts in an entry of its own. How many writes were acknowledged.
async fn write_until_closed(store: Shared, task: usize, begun: Arc<AtomicUsize>) -> Result<usize, Failed> {
    let key = task.to_string();
    for round in 0..1_000_000 {
        if !ended(store.set(&key, round.to_string().into(), Ttl::Never).await)? {
            return Ok(round);
        }
        begun.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
    Err("the store was closed, and writes go on".into())
}

async fn writes_in_flight_end(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let begun = Arc::new(AtomicUsize::new(0));
    let writers = (0..32).map(|task| tokio::spawn(write_until_closed(Arc::clone(&store), task, Arc::clone(&begun))));
    let writers: Vec<_> = writers.collect();
    while begun.load(Ordering::SeqCst) < 64 {
        tokio::task::yield_now().await;
    }
    store.close().await?;
    drop(store);
    let mut rounds = Vec::new();
    for writer in writers {
        rounds.push(writer.await??);
    }
    if !cx.subject().reopens() {
        return Ok(());
    }
    let store = cx.open().await?;
    for (task, rounds) in rounds.into_iter().enumerate() {
        let seen = store.get_opt(&task.to_string()).await?;
        let seen = seen.and_then(|seen| std::str::from_utf8(&seen).ok()?.parse::<usize>().ok());
        ensure!(
            rounds == 0 || seen.is_some_and(|seen| seen + 1 >= rounds),
            "task {task} was told of {rounds} writes, the last one seen is {seen:?}"
        );
    }
    Ok(())
}

async fn work_until_closed(store: Shared, task: usize, begun: Arc<AtomicUsize>) -> Outcome {
    let traits = store.profile().traits;
    for round in 0..1_000_000_usize {
        let key = format!("{}", task % 8);
        let open = match (task + round) % 6 {
            0 if traits.listable => ended(store.list("").await)?,
            1 if traits.documents => ended(store.put("c", document(&key, json!({}))?).await)?,
            2 if traits.documents => ended(store.query("c", &Filter::exists("a", false)).await)?,
            3 if traits.atomic => ended(store.increment("n", 1).await)?,
            4 if traits.atomic => ended(store.commit(Transaction::new().set(&key, "v", Ttl::Never)).await)?,
            _ => ended(store.get(&key).await)?,
        };
        if !open {
            return Ok(());
        }
        begun.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
    Err("the store was closed, and work goes on".into())
}

async fn everything_in_flight_ends(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let begun = Arc::new(AtomicUsize::new(0));
    let workers = (0..24).map(|task| tokio::spawn(work_until_closed(Arc::clone(&store), task, Arc::clone(&begun))));
    let workers: Vec<_> = workers.collect();
    while begun.load(Ordering::SeqCst) < 100 {
        tokio::task::yield_now().await;
    }
    store.close().await?;
    for worker in workers {
        worker.await??;
    }
    Ok(())
}

async fn a_dropped_close_may_be_repeated(cx: Context) -> Outcome {
    for times in 0..6 {
        let store = cx.open_at(&cx.new_site()).await?;
        store.set("k", "v".into(), Ttl::Never).await?;
        if let Some(outcome) = poll_times(times, store.close()).await {
            outcome?;
        }
        store.close().await?;
        ensure_kind!(store.get("k").await, ErrorKind::Closed, "the store is closed");
    }
    Ok(())
}

async fn a_dropped_close_leaves_no_third_state(cx: Context) -> Outcome {
    for times in 0..4 {
        let store = cx.open_at(&cx.new_site()).await?;
        drop(poll_times(times, store.close()).await);
        for _ in 0..3 {
            ended(store.set("k", "v".into(), Ttl::Never).await)?;
            ended(store.get("k").await)?;
        }
        store.close().await?;
    }
    Ok(())
}

async fn an_open_stream_ends_with_closed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entries = (0..250).map(|n| kvs_core::SetEntry::new(format!("k{n}"), "v"));
    store.set_many(entries.collect()).await?;
    let mut stream = store.entries("k");
    ensure!(stream.try_next().await?.is_some(), "the first entry");
    store.close().await?;
    let mut seen = 1;
    let outcome = loop {
        match stream.try_next().await {
            Ok(Some(_)) => seen += 1,
            other => break other,
        }
    };
    ensure_kind!(
        outcome,
        ErrorKind::Closed,
        "a stream that could not go on says so, seen after {seen} of 250"
    );
    Ok(())
}

async fn a_stream_of_documents_gives_closed(cx: Context) -> Outcome {
    use kvs_core::DocumentStoreExt as _;

    let store = cx.open().await?;
    store.put("c", document("d", json!({}))?).await?;
    let mut stream = store.documents("c", &Filter::all());
    store.close().await?;
    ensure_kind!(
        stream.try_next().await,
        ErrorKind::Closed,
        "a stream reads when it is polled"
    );
    Ok(())
}

async fn the_profile_works_after_close(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let before = store.profile().clone();
    ensure_eq!(&before, cx.profile(), "the store promises what its subject declares");
    store.close().await?;
    ensure_eq!(store.profile(), &before, "the profile does not change");
    Ok(())
}

async fn debug_works_after_close(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.close().await?;
    ensure!(!format!("{store:?}").is_empty(), "a closed store can be shown");
    Ok(())
}

async fn dropping_without_close_is_fine(cx: Context) -> Outcome {
    for _ in 0..5 {
        let store = cx.open_at(&cx.new_site()).await?;
        let task = Arc::clone(&store);
        let last = tokio::spawn(async move {
            for round in 0..5 {
                task.set(&round.to_string(), "v".into(), Ttl::Never).await?;
            }
            Ok::<_, Error>(())
        });
        drop(store);
        last.await??;
    }
    Ok(())
}

async fn stores_open_and_close_in_turn(cx: Context) -> Outcome {
    for _ in 0..5 {
        let store = cx.open_at(&cx.new_site()).await?;
        exercise(&store).await?;
        store.close().await?;
    }
    Ok(())
}

async fn open_and_mark(cx: Context, mark: usize) -> Result<Shared, Failed> {
    let store = cx.open_at(&cx.new_site()).await?;
    exercise(&store).await?;
    store.set("mark", mark.to_string().into(), Ttl::Never).await?;
    Ok(store)
}

async fn stores_open_at_once(cx: Context) -> Outcome {
    let stores = all((0..8).map(|mark| open_and_mark(cx.clone(), mark))).await?;
    for (mark, store) in stores.into_iter().enumerate() {
        ensure_eq!(
            store.get("mark").await?,
            mark.to_string(),
            "each store has its own entries"
        );
        store.close().await?;
    }
    Ok(())
}
