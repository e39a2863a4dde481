//! Whoever saw an entry expire never removes what was written since.

use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use kvs_core::{ErrorKind, FullStore, SetEntry, StoreExt, Ttl};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::support::{finish, ms};

/// Enough for the tasks to meet at every place where they can.
const ROUNDS: u32 = 60;

cases! {
    "ttl";
    "A read, a listing or a sweep that is paused at any of its steps does not remove what is written meanwhile."
        => a_paused_operation_never_removes_a_fresh_entry [manual_clock];
    "A reader that saw an entry expire does not remove what a writer then put there."
        => a_read_of_an_expired_entry_never_removes_a_fresh_one [manual_clock];
    "A listing that saw an entry expire does not remove what a writer then put there."
        => a_listing_never_removes_a_fresh_entry [manual_clock, listable];
    "A sweep that saw an entry expire does not remove what a writer then put there."
        => a_sweep_never_removes_a_fresh_entry [manual_clock];
    "Of several tasks that create a key at its expiry exactly one succeeds, and its value stays."
        => one_task_creates_a_key_at_its_expiry [manual_clock, atomic];
    "A delete at the moment of the expiry is Ok."
        => a_delete_at_the_expiry_is_ok [manual_clock];
}

/// Lets the tasks begin, more or less of them in each round.
async fn give_way(round: u32) {
    for _ in 0..round % 8 {
        tokio::task::yield_now().await;
    }
}

/// Operations that meet an expired entry, each of which might reclaim it.
const MEETINGS: u8 = 5;

async fn meet(store: Arc<dyn FullStore>, which: u8) -> Outcome {
    let result = match which {
        0 => store.get("k").await.map(drop),
        1 => store.contains("k").await.map(drop),
        2 => store.get_many(&["k", "other"]).await.map(drop),
        3 => store.list("").await.map(drop),
        _ => store.sweep().await.map(drop),
    };
    match result {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => Err(error.into()),
        _ => Ok(()),
    }
}

async fn a_paused_operation_never_removes_a_fresh_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (which, polls) in (0..MEETINGS).flat_map(|which| (0..6).map(move |polls| (which, polls))) {
        store.set("k", "old".into(), Ttl::After(ms(5))).await?;
        cx.clock().advance(ms(5));
        let mut meeting = pin!(meet(Arc::clone(&store), which));
        let mut ended = None;
        for _ in 0..polls {
            ended = ended.or(meeting.as_mut().now_or_never());
            if ended.is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let writer = Arc::clone(&store);
        let mut writing = tokio::spawn(async move { writer.set("k", "fresh".into(), Ttl::Never).await });
        // A writer that waits for what the paused operation holds goes on with it.
        let written = timeout(ms(20), &mut writing).await;
        match ended {
            Some(outcome) => outcome?,
            None => meeting.await?,
        }
        match written {
            Ok(written) => written??,
            Err(_) => writing.await??,
        }
        let seen = store.get_opt("k").await?;
        ensure_eq!(
            seen,
            Some("fresh".into()),
            "operation {which}, paused after {polls} steps: the fresh value stays"
        );
    }
    Ok(())
}

async fn a_read_of_an_expired_entry_never_removes_a_fresh_one(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..ROUNDS {
        store.set("k", "old".into(), Ttl::After(ms(5))).await?;
        cx.clock().advance(ms(5));
        let mut tasks = JoinSet::new();
        for _ in 0..3 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                for _ in 0..5 {
                    let seen = [store.get_opt("k").await?, store.get_many(&["k"]).await?.pop().flatten()];
                    ensure!(!seen.contains(&Some("old".into())), "the old value has expired");
                    store.contains("k").await?;
                    tokio::task::yield_now().await;
                }
                Ok::<_, Failed>(())
            });
        }
        give_way(round).await;
        store.set("k", "fresh".into(), Ttl::Never).await?;
        finish(tasks).await?;
        ensure_eq!(
            store.get_opt("k").await?,
            Some("fresh".into()),
            "round {round}: the fresh value stays"
        );
    }
    Ok(())
}

async fn a_listing_never_removes_a_fresh_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..ROUNDS {
        store.set("k", "old".into(), Ttl::After(ms(5))).await?;
        cx.clock().advance(ms(5));
        let mut tasks = JoinSet::new();
        for _ in 0..3 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                for _ in 0..5 {
                    store.list("k").await?;
                    tokio::task::yield_now().await;
                }
                Ok::<_, Failed>(())
            });
        }
        give_way(round).await;
        store.set("k", "fresh".into(), Ttl::Never).await?;
        finish(tasks).await?;
        ensure_eq!(store.list("").await?, ["k"], "round {round}: the fresh entry stays");
    }
    Ok(())
}

async fn a_sweep_never_removes_a_fresh_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let names: Vec<String> = (0..20).map(|n| format!("key {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for round in 0..ROUNDS / 2 {
        let entry = |name: &&str| SetEntry::new(*name, "old").ttl(ms(5));
        store.set_many(names.iter().map(entry).collect()).await?;
        cx.clock().advance(ms(5));
        let mut tasks = JoinSet::new();
        for _ in 0..2 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                for _ in 0..5 {
                    store.sweep().await?;
                    tokio::task::yield_now().await;
                }
                Ok::<_, Failed>(())
            });
        }
        give_way(round).await;
        store
            .set_many(names.iter().map(|name| SetEntry::new(*name, "fresh")).collect())
            .await?;
        finish(tasks).await?;
        let values = store.get_many(&names).await?;
        ensure_eq!(
            values,
            vec![Some("fresh".into()); names.len()],
            "round {round}: the fresh entries stay"
        );
    }
    Ok(())
}

async fn one_task_creates_a_key_at_its_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..ROUNDS / 2 {
        store.set("k", "old".into(), Ttl::After(ms(5))).await?;
        cx.clock().advance(ms(5));
        let mut tasks = JoinSet::new();
        for task in 0..4 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let value = format!("task {task}");
                match store.set_if_absent("k", value.clone().into(), Ttl::Never).await {
                    Ok(_) => Ok(Some(value)),
                    Err(error) if error.is_conflict() => Ok(None),
                    Err(error) => Err(Failed::from(error)),
                }
            });
        }
        let winners: Vec<String> = finish(tasks).await?.into_iter().flatten().collect();
        ensure_eq!(winners.len(), 1, "round {round}: exactly one task creates the key");
        ensure_eq!(
            store.get("k").await?,
            winners[0],
            "round {round}: the value of the winner stays"
        );
        store.delete("k").await?;
    }
    Ok(())
}

async fn a_delete_at_the_expiry_is_ok(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for _ in 0..ROUNDS / 2 {
        store.set("k", "old".into(), Ttl::After(ms(5))).await?;
        let mut tasks = JoinSet::new();
        for _ in 0..3 {
            let store = Arc::clone(&store);
            tasks.spawn(async move { Ok::<_, Failed>(store.delete("k").await?) });
        }
        cx.clock().advance(ms(5));
        store.sweep().await?;
        finish(tasks).await?;
        ensure!(!store.contains("k").await?, "the entry is gone");
    }
    Ok(())
}
