//! What one task may see of another's writes: each key behaves as one register.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use kvs_core::{Bytes, SetEntry, StoreExt, Ttl};
use tokio::sync::mpsc;

use crate::cases::support::{Shared, all};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "concurrency";
    "A reader that saw a newer value never sees an older one afterwards."
        => reads_never_go_back [linearizable];
    "A read gives a value between the last write acknowledged before it and the last one begun before it ended."
        => reads_lie_between_acknowledged_and_begun_writes [linearizable];
    "A task that is told of an acknowledged write sees it."
        => a_write_is_seen_by_whom_it_is_told_to [linearizable];
    "A task that is told of an acknowledged delete sees nothing."
        => a_delete_is_seen_by_whom_it_is_told_to [linearizable];
    "Writers of one key leave one of their values, whole: bytes of two are never mixed."
        => values_are_never_mixed [];
    "Batches over the same keys leave each entry whole."
        => batches_leave_whole_entries [];
    "A set that races a delete ends in one of the two, and a later set is there."
        => a_set_that_races_a_delete_ends_in_one_of_the_two [linearizable];
    "Every handle and every reading method sees an acknowledged write at once."
        => every_read_sees_an_acknowledged_write [linearizable];
    "Versions seen by a reader belong to the values seen with them."
        => a_version_belongs_to_its_value [atomic, linearizable];
}

fn number(value: &Bytes) -> Result<u64, Failed> {
    let text = std::str::from_utf8(value).map_err(|_| "the value is not text")?;
    text.parse().map_err(|_| format!("the value reads {text}").into())
}

/// A register with one writer: what was begun, and what was acknowledged.
#[derive(Default)]
struct Register {
    begun: AtomicU64,
    acknowledged: AtomicU64,
    done: AtomicBool,
}

async fn count_up(store: Shared, key: String, register: Arc<Register>) -> Outcome {
    for n in 1..=50_u64 {
        register.begun.store(n, Ordering::SeqCst);
        let outcome = store.set(&key, n.to_string().into(), Ttl::Never).await;
        if outcome.is_err() {
            register.done.store(true, Ordering::SeqCst);
        }
        outcome?;
        register.acknowledged.store(n, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
    register.done.store(true, Ordering::SeqCst);
    Ok(())
}

async fn watch(store: Shared, key: String, register: Arc<Register>) -> Outcome {
    let mut previous = 0;
    while !register.done.load(Ordering::SeqCst) {
        let least = register.acknowledged.load(Ordering::SeqCst);
        let seen = number(&store.get(&key).await?)?;
        let most = register.begun.load(Ordering::SeqCst);
        ensure!(least <= seen && seen <= most, "expected {least} to {most}, seen {seen}");
        ensure!(seen >= previous, "seen {seen} after {previous}");
        previous = seen;
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn register_history(cx: &Context, keys: usize, readers: usize) -> Outcome {
    let store = cx.open().await?;
    let mut tasks: Vec<BoxFuture<'static, Outcome>> = Vec::new();
    for key in (0..keys).map(|key| format!("register-{key}")) {
        store.set(&key, "0".into(), Ttl::Never).await?;
        let register = Arc::new(Register::default());
        for _ in 0..readers {
            tasks.push(Box::pin(watch(Arc::clone(&store), key.clone(), Arc::clone(&register))));
        }
        tasks.push(Box::pin(count_up(Arc::clone(&store), key, register)));
    }
    all(tasks).await?;
    Ok(())
}

async fn reads_never_go_back(cx: Context) -> Outcome {
    register_history(&cx, 1, 8).await
}

async fn reads_lie_between_acknowledged_and_begun_writes(cx: Context) -> Outcome {
    register_history(&cx, 8, 2).await
}

async fn a_write_is_seen_by_whom_it_is_told_to(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let (tell, mut told) = mpsc::channel::<u64>(1);
    let (answer, mut answers) = mpsc::channel::<u64>(1);
    let reader = Arc::clone(&store);
    let reading = tokio::spawn(async move {
        while told.recv().await.is_some() {
            let seen = number(&reader.get("k").await?)?;
            if answer.send(seen).await.is_err() {
                break;
            }
        }
        Ok::<_, Failed>(())
    });
    for n in 0..100_u64 {
        store.set("k", n.to_string().into(), Ttl::Never).await?;
        if tell.send(n).await.is_err() {
            break;
        }
        // The next write waits, so that it is this one and no later one which the other task must see.
        let Some(seen) = answers.recv().await else { break };
        ensure_eq!(seen, n, "the other task sees what it was told of");
    }
    drop(tell);
    reading.await?
}

async fn a_delete_is_seen_by_whom_it_is_told_to(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..50 {
        let key = format!("k{round}");
        store.set(&key, "v".into(), Ttl::Never).await?;
        store.delete(&key).await?;
        let reader = Arc::clone(&store);
        let seen = tokio::spawn(async move { reader.get_opt(&key).await }).await??;
        ensure_eq!(seen, None, "the key was deleted before the read began");
    }
    Ok(())
}

/// A value that tells whether it is whole: its length follows from its byte, and all bytes are equal.
fn whole(byte: u8) -> Bytes {
    vec![byte; 1 + usize::from(byte) * 17].into()
}

fn ensure_whole(value: &Bytes) -> Outcome {
    let byte = *value.first().ok_or("a value that nobody wrote: empty")?;
    ensure!(
        *value == whole(byte),
        "{} bytes that begin with {byte} are no value that was written",
        value.len()
    );
    Ok(())
}

async fn write_whole(store: Shared, task: u8) -> Outcome {
    for round in 0..20 {
        store
            .set("k", whole(task.wrapping_mul(20).wrapping_add(round)), Ttl::Never)
            .await?;
        tokio::task::yield_now().await;
        ensure_whole(&store.get("k").await?)?;
    }
    Ok(())
}

async fn values_are_never_mixed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..12).map(|task| write_whole(Arc::clone(&store), task))).await?;
    ensure_whole(&store.get("k").await?)
}

async fn write_batches(store: Shared, task: u8) -> Outcome {
    for _ in 0..5 {
        let entries = (0..30).map(|n| SetEntry::new(format!("k{n}"), whole(task)));
        store.set_many(entries.collect()).await?;
        tokio::task::yield_now().await;
        ensure_whole_batch(&store).await?;
    }
    Ok(())
}

async fn ensure_whole_batch(store: &Shared) -> Outcome {
    let keys: Vec<String> = (0..30).map(|n| format!("k{n}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for value in store.get_many(&keys).await? {
        let value = value.ok_or("a key of a batch that was written is missing")?;
        ensure_whole(&value)?;
        ensure!((1..9).contains(&value[0]), "the value is one of the eight");
    }
    Ok(())
}

async fn batches_leave_whole_entries(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((1..9).map(|task| write_batches(Arc::clone(&store), task))).await?;
    ensure_whole_batch(&store).await
}

async fn a_set_that_races_a_delete_ends_in_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..40 {
        let key = format!("k{round}");
        store.set(&key, "old".into(), Ttl::Never).await?;
        let (set, delete) = tokio::join!(store.set(&key, "new".into(), Ttl::Never), store.delete(&key));
        set?;
        delete?;
        let seen = store.get_opt(&key).await?;
        ensure!(
            seen.is_none() || seen == Some("new".into()),
            "the old value is overwritten or deleted, seen {seen:?}"
        );
        store.set(&key, "later".into(), Ttl::Never).await?;
        ensure_eq!(
            store.get_opt(&key).await?,
            Some("later".into()),
            "the race does not reach a later write"
        );
    }
    Ok(())
}

async fn every_read_sees_an_acknowledged_write(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let another = Arc::clone(&store);
    for n in 0..30 {
        let (key, value) = (format!("k{n}"), Bytes::from(n.to_string()));
        store.set(&key, value.clone(), Ttl::Never).await?;
        ensure_eq!(another.get(&key).await?, value, "get");
        ensure!(another.contains(&key).await?, "contains");
        ensure_eq!(another.get_many(&[&key]).await?, [Some(value.clone())], "get_many");
        if store.profile().traits.listable {
            ensure_eq!(another.list(&key).await?, [key.as_str()], "list");
        }
        if store.profile().traits.atomic {
            ensure_eq!(another.get_versioned(&key).await?.value, value, "get_versioned");
        }
        another.delete(&key).await?;
        ensure!(!store.contains(&key).await?, "the delete is seen, too");
    }
    Ok(())
}

async fn write_versions(store: Shared, done: Arc<AtomicBool>) -> Result<Vec<(kvs_core::Version, u64)>, Failed> {
    let mut written = Vec::new();
    for n in 1..=100_u64 {
        let outcome = store.update("k", &mut |_| Ok(n.to_string().into())).await;
        if outcome.is_err() {
            done.store(true, Ordering::SeqCst);
        }
        written.push((outcome?.version, n));
    }
    done.store(true, Ordering::SeqCst);
    Ok(written)
}

async fn a_version_belongs_to_its_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let first = store.set_if_absent("k", "0".into(), Ttl::Never).await?;
    let done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write_versions(Arc::clone(&store), Arc::clone(&done)));
    let mut seen = Vec::new();
    while !done.load(Ordering::SeqCst) {
        let read = store.get_versioned("k").await?;
        seen.push((read.version, number(&read.value)?));
        tokio::task::yield_now().await;
    }
    let mut written = writer.await??;
    written.push((first, 0));
    for pair in seen {
        ensure!(
            written.contains(&pair),
            "no write gave the value {} the version {}",
            pair.1,
            pair.0
        );
    }
    Ok(())
}
