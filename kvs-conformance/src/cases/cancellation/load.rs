//! Drops and aborts among other work.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use kvs_core::{Bytes, Filter, ListableStoreExt, SetEntry, StoreExt, Transaction, Ttl};
use serde_json::json;
use tokio::time::timeout;

use crate::cases::support::{Random, Shared, all, document, poll_times};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "cancellation";
    "Writes that were acknowledged are there after others around them were dropped at random times."
        => acknowledged_writes_survive_random_drops [];
    "Transactions dropped at random times are whole, and the acknowledged ones are there."
        => transactions_survive_random_drops [atomic];
    "Half of 60 simultaneous writes are dropped: the other half all succeed."
        => dropped_neighbours_harm_nobody [];
    "A write that fails in a group of simultaneous writes fails alone."
        => a_failing_neighbour_harms_nobody [atomic];
    "Operations that lose a select are as if dropped: later ones are correct."
        => the_loser_of_a_select_harms_nothing [];
    "A write that was dropped never undoes a later acknowledged write, unless the profile says so."
        => a_dropped_write_does_not_land_late [];
    "100 tasks are aborted amid their work: the store works, and closes."
        => aborted_tasks_do_not_stop_close [];
    "100 streams that are dropped after their first entry leave nothing behind."
        => dropped_streams_leave_nothing_behind [listable];
    "A task that panics while its operation is pending does not harm the store."
        => a_panicking_task_harms_nothing [];
    "An update whose function panics changes nothing and does not harm the store."
        => a_panicking_function_harms_nothing [atomic];
    "Queries and puts dropped at random times harm no document."
        => documents_survive_random_drops [documents];
}

fn value(task: usize, round: usize) -> Bytes {
    format!("{task}-{round}").repeat(50).into()
}

/// Which of its writes were acknowledged.
async fn write_with_random_drops(store: Shared, task: usize) -> Result<Vec<(usize, bool)>, Failed> {
    let mut random = Random::new(task as u64);
    let mut outcomes = Vec::new();
    for round in 0..20 {
        let key = format!("{task}-{round}");
        let write = store.set(&key, value(task, round), Ttl::Never);
        let patience = Duration::from_micros(random.next() % 1_500);
        let acknowledged = match random.below(3) {
            0 => Some(write.await),
            1 => poll_times(random.below(4), write).await,
            _ => timeout(patience, write).await.ok(),
        };
        outcomes.push((round, acknowledged.transpose()?.is_some()));
    }
    Ok(outcomes)
}

async fn acknowledged_writes_survive_random_drops(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let outcomes = all((0..24).map(|task| write_with_random_drops(Arc::clone(&store), task))).await?;
    for (task, writes) in outcomes.into_iter().enumerate() {
        for (round, acknowledged) in writes {
            let seen = store.get_opt(&format!("{task}-{round}")).await?;
            ensure!(
                seen.is_some() || !acknowledged,
                "an acknowledged write is there: task {task}, round {round}"
            );
            ensure!(
                seen.is_none_or(|seen| seen == value(task, round)),
                "a value is whole: task {task}, round {round}"
            );
        }
    }
    Ok(())
}

async fn commit_with_random_drops(store: Shared, task: usize) -> Result<Vec<bool>, Failed> {
    let mut random = Random::new(task as u64);
    let mut outcomes = Vec::new();
    for round in 0..15 {
        let key = |part: &str| format!("{task}-{round}-{part}");
        let transaction = ["a", "b", "c"].iter().fold(Transaction::new(), |tx, part| {
            tx.check_absent(key(part))
                .set(key(part), value(task, round), Ttl::Never)
        });
        let commit = store.commit(transaction);
        let acknowledged = match random.below(2) {
            0 => poll_times(random.below(5), commit).await,
            _ => timeout(Duration::from_micros(random.next() % 2_000), commit).await.ok(),
        };
        outcomes.push(acknowledged.transpose()?.is_some());
    }
    Ok(outcomes)
}

async fn transactions_survive_random_drops(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let outcomes = all((0..12).map(|task| commit_with_random_drops(Arc::clone(&store), task))).await?;
    // What is still under way lands before this, or after all reads below: it queues behind it.
    store.commit(Transaction::new().set("last", "v", Ttl::Never)).await?;
    for (task, commits) in outcomes.into_iter().enumerate() {
        for (round, acknowledged) in commits.into_iter().enumerate() {
            let keys = ["a", "b", "c"].map(|part| format!("{task}-{round}-{part}"));
            let seen = store.get_many(&[&keys[0], &keys[1], &keys[2]]).await?;
            ensure!(
                seen[0].is_some() || !acknowledged,
                "an acknowledged transaction is there: {task}, {round}"
            );
            ensure!(
                cx.profile().late_writes || seen.iter().all(|part| *part == seen[0]),
                "it is whole: {task}, {round}"
            );
        }
    }
    Ok(())
}

async fn dropped_neighbours_harm_nobody(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..3 {
        let write = |task: usize| {
            let store = Arc::clone(&store);
            async move {
                let key = format!("{round}-{task}");
                let write = store.set(&key, value(task, round), Ttl::Never);
                let outcome = if task.is_multiple_of(2) {
                    poll_times(1 + task % 3, write).await
                } else {
                    Some(write.await)
                };
                Ok::<_, Failed>(outcome.transpose()?.is_some())
            }
        };
        let acknowledged = all((0..60).map(write)).await?;
        for (task, acknowledged) in acknowledged.into_iter().enumerate() {
            ensure!(
                acknowledged || task % 2 == 0,
                "task {task} was not dropped, and succeeds"
            );
            if acknowledged {
                ensure_eq!(
                    store.get_opt(&format!("{round}-{task}")).await?,
                    Some(value(task, round)),
                    "it is there"
                );
            }
        }
    }
    Ok(())
}

async fn a_failing_neighbour_harms_nobody(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("taken", "v".into(), Ttl::Never).await?;
    let write = |task: usize| {
        let store = Arc::clone(&store);
        async move {
            let outcome = match task % 3 {
                0 => store.set_if_absent("taken", "w".into(), Ttl::Never).await.map(drop),
                1 => store
                    .commit(
                        Transaction::new()
                            .check_absent("taken")
                            .set(format!("not-{task}"), "w", Ttl::Never),
                    )
                    .await
                    .map(drop),
                _ => store.set(&format!("k{task}"), "w".into(), Ttl::Never).await,
            };
            Ok::<_, Failed>(outcome.map_err(|error| error.kind()))
        }
    };
    let outcomes = all((0..60).map(write)).await?;
    for (task, outcome) in outcomes.into_iter().enumerate() {
        let expected = if task % 3 == 2 {
            Ok(())
        } else {
            Err(kvs_core::ErrorKind::Conflict)
        };
        ensure_eq!(outcome, expected, "each write has its own outcome: task {task}");
        let key = if task % 3 == 2 {
            format!("k{task}")
        } else {
            format!("not-{task}")
        };
        ensure_eq!(
            store.contains(&key).await?,
            task % 3 == 2,
            "each write has its own effect: {key}"
        );
    }
    ensure_eq!(store.get("taken").await?, "v", "the failing ones wrote nothing");
    Ok(())
}

async fn the_loser_of_a_select_harms_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..30 {
        let key = format!("k{round}");
        store.set(&key, "first".into(), Ttl::Never).await?;
        tokio::select! {
            biased;
            outcome = store.set(&key, "second".into(), Ttl::Never) => outcome?,
            outcome = store.get(&key) => drop(outcome?),
            () = tokio::task::yield_now() => {}
        }
        let seen = store.get(&key).await?;
        ensure!(
            seen == "first" || seen == "second",
            "the value is one of the two, seen {seen:?}"
        );
    }
    Ok(())
}

async fn a_dropped_write_does_not_land_late(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..40 {
        let key = format!("k{round}");
        drop(poll_times(1 + round % 3, store.set(&key, "dropped".into(), Ttl::Never)).await);
        store.set(&key, "later".into(), Ttl::Never).await?;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    for round in 0..40 {
        let seen = store.get(&format!("k{round}")).await?;
        let late = cx.profile().late_writes && seen == "dropped";
        ensure!(
            seen == "later" || late,
            "the acknowledged write came later, seen {seen:?} in round {round}"
        );
    }
    Ok(())
}

async fn work_forever(store: Shared, task: usize) -> Outcome {
    loop {
        store.set(&format!("{task}"), "v".into(), Ttl::Never).await?;
        store.get_opt(&format!("{}", task + 1)).await?;
        store.delete(&format!("{task}")).await?;
        tokio::task::yield_now().await;
    }
}

async fn aborted_tasks_do_not_stop_close(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let tasks: Vec<_> = (0..100)
        .map(|task| tokio::spawn(work_forever(Arc::clone(&store), task)))
        .collect();
    tokio::time::sleep(Duration::from_millis(10)).await;
    for task in &tasks {
        task.abort();
    }
    for task in tasks {
        match task.await {
            Err(error) if error.is_cancelled() => {}
            outcome => outcome??,
        }
    }
    store.set("k", "v".into(), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?, "v", "the store works");
    store.close().await?;
    Ok(())
}

async fn dropped_streams_leave_nothing_behind(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .set_many((0..250).map(|n| SetEntry::new(format!("k{n:03}"), "v")).collect())
        .await?;
    for _ in 0..100 {
        let mut stream = store.entries("k");
        ensure!(stream.try_next().await?.is_some(), "the first entry");
    }
    let rest: Vec<_> = store.keys("k").try_collect().await?;
    ensure_eq!(rest.len(), 250, "the next stream gives everything");
    store.set("k", "v".into(), Ttl::Never).await?;
    Ok(())
}

/// A panic without the message that the panic hook prints.
fn silent_panic() -> ! {
    std::panic::resume_unwind(Box::new("a panic of the caller"))
}

async fn a_panicking_task_harms_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..20 {
        let own = Arc::clone(&store);
        let task = tokio::spawn(async move {
            let mut write = std::pin::pin!(own.set("k", value(1, 1), Ttl::Never));
            drop(poll_times(round % 3, write.as_mut()).await);
            silent_panic()
        });
        let outcome: Result<(), _> = task.await;
        ensure!(outcome.is_err_and(|error| error.is_panic()), "the task panicked");
    }
    store.set("k", "v".into(), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?, "v", "the store works");
    store.close().await?;
    Ok(())
}

async fn a_panicking_function_harms_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let before = store.get_versioned("k").await?;
    for key in ["k", "new"] {
        let own = Arc::clone(&store);
        let task = tokio::spawn(async move { own.update(key, &mut |_| silent_panic()).await.map(drop) });
        ensure!(
            task.await.is_err_and(|error| error.is_panic()),
            "the panic reaches the caller"
        );
    }
    ensure_eq!(store.get_versioned("k").await?, before, "nothing changed");
    ensure_eq!(store.get_opt("new").await?, None, "nothing was created");
    store.update("k", &mut |_| Ok("w".into())).await?;
    ensure_eq!(store.get("k").await?, "w", "the store works");
    Ok(())
}

async fn put_with_random_drops(store: Shared, task: usize) -> Result<Vec<bool>, Failed> {
    let mut random = Random::new(task as u64);
    let mut outcomes = Vec::new();
    for round in 0..12 {
        let put = document(
            &format!("{task}-{round}"),
            json!({"task": task, "rounds": [round, round]}),
        )?;
        let put = poll_times(random.below(5), store.put("c", put)).await;
        outcomes.push(put.transpose()?.is_some());
        let filter = Filter::eq("task", task);
        drop(poll_times(random.below(5), store.query("c", &filter)).await);
    }
    Ok(outcomes)
}

async fn documents_survive_random_drops(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let outcomes = all((0..12).map(|task| put_with_random_drops(Arc::clone(&store), task))).await?;
    let found = store.query("c", &Filter::all()).await?;
    for (task, puts) in outcomes.into_iter().enumerate() {
        for round in (0..puts.len()).filter(|round| puts[*round]) {
            let id = format!("{task}-{round}");
            ensure!(
                found.iter().any(|document| document.id == id),
                "an acknowledged document is there: {id}"
            );
        }
    }
    for document in found {
        let rounds = document.data.get("rounds").and_then(|rounds| rounds.as_array());
        ensure!(
            rounds.is_some_and(|rounds| rounds.len() == 2 && rounds[0] == rounds[1]),
            "documents are whole"
        );
    }
    Ok(())
}
