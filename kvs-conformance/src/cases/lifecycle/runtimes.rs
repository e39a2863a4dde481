//! Every kind of runtime, and handles that move between them.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use kvs_core::Ttl;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::exercise;
use crate::cases::support::{Shared, all};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "lifecycle";
    "The store works on a current-thread runtime."
        => works_on_a_current_thread_runtime [];
    "The store works on a multi-thread runtime."
        => works_on_a_multi_thread_runtime [];
    "The store works within a LocalSet, from tasks that cannot be sent."
        => works_within_a_local_set [];
    "A store that was opened on one runtime works on another."
        => works_on_another_runtime [];
    "A store works after the runtime that opened it has ended."
        => survives_the_runtime_that_opened_it [];
    "A store works while the runtime that opened it stands still."
        => does_not_need_the_runtime_that_opened_it [];
    "A store is used from two runtimes at the same time."
        => two_runtimes_share_a_store [];
    "A store is closed from another runtime than the one that opened it."
        => closes_on_another_runtime [];
    "A store is dropped outside of any runtime, used and unused."
        => may_be_dropped_outside_a_runtime [];
    "A runtime that ends amid operations neither panics nor harms the store."
        => a_runtime_may_end_amid_operations [];
    "Background work does not keep a runtime from ending."
        => background_work_does_not_hold_a_runtime [];
}

/// Runs the function on a thread of its own, outside of every runtime.
async fn outside<T: Send + 'static>(run: impl FnOnce() -> Result<T, Failed> + Send + 'static) -> Result<T, Failed> {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::spawn(move || sender.send(run()).map_err(drop));
    let outcome = receiver.await;
    if thread.join().is_err() {
        return Err("the thread panicked".into());
    }
    outcome.map_err(|_| Failed::from("the thread gave no answer"))?
}

fn current_thread() -> Result<Runtime, Failed> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("no runtime: {error}").into())
}

fn multi_thread() -> Result<Runtime, Failed> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| format!("no runtime: {error}").into())
}

async fn whole_life(cx: Context) -> Outcome {
    let store = cx.open().await?;
    exercise(&store).await?;
    store.close().await?;
    Ok(())
}

async fn works_on_a_current_thread_runtime(cx: Context) -> Outcome {
    outside(move || current_thread()?.block_on(whole_life(cx))).await
}

async fn works_on_a_multi_thread_runtime(cx: Context) -> Outcome {
    outside(move || multi_thread()?.block_on(async move { tokio::spawn(whole_life(cx)).await? })).await
}

async fn use_locally(store: std::rc::Rc<Shared>, task: usize) -> Outcome {
    let key = format!("k{task}");
    store.set(&key, "v".into(), Ttl::Never).await?;
    ensure_eq!(store.get(&key).await?, "v", "get gives what was set");
    Ok(())
}

async fn works_within_a_local_set(cx: Context) -> Outcome {
    outside(move || {
        let local = LocalSet::new();
        let life = async move {
            let store = std::rc::Rc::new(cx.open().await?);
            exercise(&store).await?;
            let tasks: Vec<_> = (0..8)
                .map(|task| tokio::task::spawn_local(use_locally(std::rc::Rc::clone(&store), task)))
                .collect();
            for task in tasks {
                task.await??;
            }
            Ok(store.close().await?)
        };
        local.block_on(&current_thread()?, life)
    })
    .await
}

async fn works_on_another_runtime(cx: Context) -> Outcome {
    let store = cx.open().await?;
    exercise(&store).await?;
    let moved = Arc::clone(&store);
    outside(move || current_thread()?.block_on(exercise(&moved))).await?;
    exercise(&store).await
}

async fn survives_the_runtime_that_opened_it(cx: Context) -> Outcome {
    for build in [current_thread, multi_thread] {
        let own = cx.clone();
        let store = outside(move || {
            let runtime = build()?;
            let store = runtime.block_on(async move {
                let store = own.open_at(&own.new_site()).await?;
                exercise(&store).await?;
                Ok::<_, Failed>(store)
            })?;
            drop(runtime);
            Ok(store)
        })
        .await?;
        exercise(&store).await?;
        store.close().await?;
    }
    Ok(())
}

async fn does_not_need_the_runtime_that_opened_it(cx: Context) -> Outcome {
    let (runtime, store) = outside(move || {
        let runtime = current_thread()?;
        let store = runtime.block_on(cx.open())?;
        Ok((runtime, store))
    })
    .await?;
    exercise(&store).await?;
    store.close().await?;
    runtime.shutdown_background();
    Ok(())
}

async fn use_repeatedly(store: Shared, task: usize) -> Outcome {
    for round in 0..20 {
        let key = format!("{task}-{round}");
        store.set(&key, "v".into(), Ttl::Never).await?;
        ensure_eq!(store.get(&key).await?, "v", "get gives what was set");
    }
    Ok(())
}

async fn two_runtimes_share_a_store(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let there = Arc::clone(&store);
    let elsewhere = outside(move || {
        let tasks = (0..4).map(move |task| use_repeatedly(Arc::clone(&there), task));
        multi_thread()?.block_on(all(tasks))
    });
    let here = all((4..8).map(|task| use_repeatedly(Arc::clone(&store), task)));
    let (elsewhere, here) = tokio::join!(elsewhere, here);
    elsewhere?;
    here?;
    for task in 0..8 {
        ensure!(
            store.contains(&format!("{task}-19")).await?,
            "task {task} wrote its last key"
        );
    }
    Ok(())
}

async fn closes_on_another_runtime(cx: Context) -> Outcome {
    let store = cx.open().await?;
    exercise(&store).await?;
    let moved = Arc::clone(&store);
    outside(move || Ok(current_thread()?.block_on(moved.close())?)).await?;
    ensure_kind!(
        store.get("k").await,
        kvs_core::ErrorKind::Closed,
        "the store is closed everywhere"
    );
    Ok(())
}

async fn may_be_dropped_outside_a_runtime(cx: Context) -> Outcome {
    let used = cx.open_at(&cx.new_site()).await?;
    exercise(&used).await?;
    let unused = cx.open_at(&cx.new_site()).await?;
    outside(move || {
        drop(used);
        drop(unused);
        Ok(())
    })
    .await
}

async fn set_in_turn(store: Shared, task: usize) -> Outcome {
    for round in 0..10_000 {
        store
            .set(&format!("{task}-{}", round % 10), "v".into(), Ttl::Never)
            .await?;
        // A store that never waits would otherwise not let its runtime end before the last round.
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn a_runtime_may_end_amid_operations(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for build in [current_thread, multi_thread] {
        let moved = Arc::clone(&store);
        outside(move || {
            let runtime = build()?;
            runtime.block_on(async {
                for task in 0..20 {
                    tokio::spawn(set_in_turn(Arc::clone(&moved), task));
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            });
            drop(runtime);
            Ok(())
        })
        .await?;
        exercise(&store).await?;
    }
    store.close().await?;
    Ok(())
}

async fn background_work_does_not_hold_a_runtime(cx: Context) -> Outcome {
    outside(move || {
        let runtime = multi_thread()?;
        let store = runtime.block_on(cx.open())?;
        // Waits for what blocks; a sweeper that occupies a thread of the runtime would never let it end.
        drop(runtime);
        drop(store);
        Ok(())
    })
    .await
}
