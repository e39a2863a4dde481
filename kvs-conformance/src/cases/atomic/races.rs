//! Many callers on one key: nothing is lost and nothing is done twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use kvs_core::{Backoff, Bytes, StoreExt, Ttl, Version};

use crate::cases::support::{Shared, all};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

const TASKS: usize = 64;

cases! {
    "atomic";
    "Of 64 tasks that create one key exactly one does; the others get a Conflict."
        => one_of_many_creators_wins [atomic];
    "Of 64 tasks that write with one version exactly one does; the others get a Conflict."
        => one_of_many_with_the_same_version_wins [atomic];
    "Of 64 tasks that remove with one version exactly one does; the others get a Conflict."
        => one_of_many_removers_wins [atomic];
    "Of 64 tasks that take one key exactly one gets the value; the others get NotFound."
        => one_of_many_takers_gets_the_value [atomic];
    "Each of 80 tokens that are put under one key and taken from it is taken exactly once."
        => every_token_is_taken_once [atomic];
    "64 tasks with up to 200 compare-and-set increments each on 8 keys: the sum is exact."
        => compare_and_set_loses_no_increment [atomic];
    "16 tasks with 25 increments each: the sum is exact, and no number is given twice."
        => increments_give_every_number_once [atomic];
    "8 tasks that append with update: nothing is lost, and nothing is there twice."
        => updates_lose_nothing [atomic];
    "Touches between updates lose no update."
        => touches_do_not_undo_updates [atomic];
}

/// How a conditional write ended: whether it was applied. Anything but success, a conflict or a miss is a failure.
fn applied<T>(outcome: kvs_core::Result<T>) -> Result<bool, Failed> {
    match outcome {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() || error.is_not_found() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The numbers of the tasks that succeeded.
fn winners(outcomes: &[bool]) -> Vec<usize> {
    (0..outcomes.len()).filter(|task| outcomes[*task]).collect()
}

fn text(task: usize) -> Bytes {
    Bytes::from(task.to_string())
}

async fn create(store: Shared, task: usize) -> Result<bool, Failed> {
    applied(store.set_if_absent("k", text(task), Ttl::Never).await)
}

async fn one_of_many_creators_wins(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let winners = winners(&all((0..TASKS).map(|task| create(Arc::clone(&store), task))).await?);
    ensure_eq!(winners.len(), 1, "exactly one task creates the key");
    ensure_eq!(store.get("k").await?, text(winners[0]), "the value is the winner's");
    Ok(())
}

async fn replace(store: Shared, version: Version, task: usize) -> Result<bool, Failed> {
    applied(store.compare_and_set("k", version, text(task), Ttl::Never).await)
}

async fn one_of_many_with_the_same_version_wins(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "start".into(), Ttl::Never).await?;
    let winners = winners(&all((0..TASKS).map(|task| replace(Arc::clone(&store), version, task))).await?);
    ensure_eq!(winners.len(), 1, "exactly one task writes");
    ensure_eq!(store.get("k").await?, text(winners[0]), "the value is the winner's");
    Ok(())
}

async fn remove(store: Shared, version: Version) -> Result<bool, Failed> {
    applied(store.compare_and_delete("k", version).await)
}

async fn one_of_many_removers_wins(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let outcomes = all((0..TASKS).map(|_| remove(Arc::clone(&store), version))).await?;
    ensure_eq!(winners(&outcomes).len(), 1, "exactly one task removes the entry");
    ensure_eq!(store.get_opt("k").await?, None, "the entry is gone");
    Ok(())
}

async fn take(store: Shared) -> Result<Option<Bytes>, Failed> {
    match store.take("k").await {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn one_of_many_takers_gets_the_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let taken = all((0..TASKS).map(|_| take(Arc::clone(&store)))).await?;
    let got: Vec<_> = taken.into_iter().flatten().collect();
    ensure_eq!(got, ["v"], "exactly one task gets the value");
    Ok(())
}

async fn produce(store: Shared, tokens: std::ops::Range<usize>) -> Result<Vec<usize>, Failed> {
    for token in tokens {
        let mut backoff = Backoff::default();
        while !create(Arc::clone(&store), token).await? {
            backoff.wait().await;
        }
    }
    Ok(Vec::new())
}

async fn consume(store: Shared, missing: Arc<AtomicUsize>) -> Result<Vec<usize>, Failed> {
    let mut tokens = Vec::new();
    let mut backoff = Backoff::default();
    while missing.load(Ordering::SeqCst) > 0 {
        let Some(value) = take(Arc::clone(&store)).await? else {
            backoff.wait().await;
            continue;
        };
        missing.fetch_sub(1, Ordering::SeqCst);
        backoff = Backoff::default();
        let token = std::str::from_utf8(&value).ok().and_then(|token| token.parse().ok());
        tokens.push(token.ok_or("take gave a value that nobody wrote")?);
    }
    Ok(tokens)
}

async fn every_token_is_taken_once(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let missing = Arc::new(AtomicUsize::new(80));
    let consumers = (0..4).map(|_| tokio::spawn(consume(Arc::clone(&store), Arc::clone(&missing))));
    let consumers: Vec<_> = consumers.collect();
    all((0..4).map(|task| produce(Arc::clone(&store), task * 20..(task + 1) * 20))).await?;
    let mut taken = Vec::new();
    for consumer in consumers {
        taken.extend(consumer.await??);
    }
    taken.sort_unstable();
    ensure_eq!(
        taken,
        (0..80).collect::<Vec<_>>(),
        "every token was taken, and none twice"
    );
    Ok(())
}

fn number(value: &Bytes) -> Result<u64, Failed> {
    let text = std::str::from_utf8(value).map_err(|_| "a counter is not text")?;
    text.parse().map_err(|_| format!("a counter holds {text}").into())
}

async fn add_one(store: &Shared, key: &str) -> Outcome {
    let mut backoff = Backoff::default();
    loop {
        let live = store.get_versioned(key).await?;
        let next = Bytes::from((number(&live.value)? + 1).to_string());
        if applied(store.compare_and_set(key, live.version, next, Ttl::Never).await)? {
            return Ok(());
        }
        backoff.wait().await;
    }
}

/// Adds up to 200 times, to all counters in turn. Where a request travels, fewer must do: the case has a minute.
async fn add_many(store: Shared, task: usize) -> Result<u64, Failed> {
    let begun = Instant::now();
    let mut added = 0;
    for round in 0..200 {
        add_one(&store, &format!("counter-{}", (task + round) % 8)).await?;
        added += 1;
        if begun.elapsed() > Duration::from_secs(15) {
            break;
        }
    }
    Ok(added)
}

async fn compare_and_set_loses_no_increment(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for counter in 0..8 {
        store.set(&format!("counter-{counter}"), "0".into(), Ttl::Never).await?;
    }
    let added = all((0..TASKS).map(|task| add_many(Arc::clone(&store), task))).await?;
    let mut sum = 0;
    for counter in 0..8 {
        sum += number(&store.get(&format!("counter-{counter}")).await?)?;
    }
    ensure_eq!(sum, added.iter().sum::<u64>(), "the counters hold every increment");
    Ok(())
}

async fn increment(store: Shared) -> Result<Vec<i64>, Failed> {
    let mut numbers = Vec::new();
    for _ in 0..25 {
        numbers.push(store.increment("k", 1).await?);
    }
    Ok(numbers)
}

async fn increments_give_every_number_once(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let numbers = all((0..16).map(|_| increment(Arc::clone(&store)))).await?;
    ensure!(
        numbers.iter().all(|task| task.is_sorted()),
        "what a task is given only grows"
    );
    let given: BTreeSet<i64> = numbers.into_iter().flatten().collect();
    ensure_eq!(
        given,
        (1..=400).collect(),
        "every number from 1 to 400 was given to one task"
    );
    ensure_eq!(store.get("k").await?, "400", "the sum is exact");
    Ok(())
}

async fn append(store: Shared, task: u8) -> Outcome {
    for _ in 0..20 {
        let appended = &mut |old: Option<&Bytes>| {
            let mut value = old.map(|old| old.to_vec()).unwrap_or_default();
            value.push(task);
            Ok(Bytes::from(value))
        };
        store.update("k", appended).await?;
    }
    Ok(())
}

fn ensure_twenty_of_each(value: &Bytes) -> Outcome {
    let mut counts = [0; 8];
    for task in value {
        counts[usize::from(*task)] += 1;
    }
    ensure_eq!(counts, [20; 8], "20 appended bytes of each of 8 tasks");
    Ok(())
}

async fn updates_lose_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..8).map(|task| append(Arc::clone(&store), task))).await?;
    ensure_twenty_of_each(&store.get("k").await?)
}

async fn append_and_tell(store: Shared, task: u8, appending: Arc<AtomicUsize>) -> Outcome {
    let outcome = append(store, task).await;
    appending.fetch_sub(1, Ordering::SeqCst);
    outcome
}

/// Bounded: an update that compares versions cannot win against touches that never pause.
async fn keep_touching(store: Shared, appending: Arc<AtomicUsize>) -> Outcome {
    for _ in 0..100 {
        if appending.load(Ordering::SeqCst) == 0 {
            break;
        }
        applied(store.touch("k", Ttl::Never).await)?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn touches_do_not_undo_updates(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", Bytes::new(), Ttl::Never).await?;
    let appending = Arc::new(AtomicUsize::new(8));
    let mut tasks: Vec<BoxFuture<'static, Outcome>> =
        vec![Box::pin(keep_touching(Arc::clone(&store), Arc::clone(&appending)))];
    for task in 0..8 {
        tasks.push(Box::pin(append_and_tell(
            Arc::clone(&store),
            task,
            Arc::clone(&appending),
        )));
    }
    all(tasks).await?;
    ensure_twenty_of_each(&store.get("k").await?)
}
