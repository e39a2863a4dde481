//! Transactions at once: each sees one state, and none is seen half done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kvs_core::{Backoff, Bytes, Transaction, Ttl, Versioned};

use crate::cases::support::{Random, Shared, all};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

const ACCOUNTS: usize = 8;

cases! {
    "transactions";
    "Transfers between accounts keep the sum: in every consistent read of all of them, and at the end."
        => transfers_keep_the_sum [atomic];
    "Two transactions that each check what the other writes do not both succeed: there is no write skew."
        => there_is_no_write_skew [atomic];
    "Two keys that are always written together are equal in every consistent read."
        => keys_written_together_are_read_together [atomic, linearizable];
    "Transactions over the same keys in any order end, and the keys agree on the last one."
        => overlapping_transactions_do_not_deadlock [atomic];
    "Transactions over different keys do not fail each other."
        => disjoint_transactions_all_succeed [atomic];
    "Of 32 transactions that create the same keys exactly one succeeds, whole."
        => one_of_many_transactions_wins [atomic];
    "A plain write between read and commit makes the commit a Conflict."
        => a_plain_write_is_seen_by_a_check [atomic];
}

fn account(number: usize) -> String {
    format!("account-{number}")
}

fn balance(entry: &Versioned) -> Result<i64, Failed> {
    let text = std::str::from_utf8(&entry.value).map_err(|_| "a balance is not text")?;
    text.parse().map_err(|_| format!("a balance reads {text}").into())
}

fn committed(outcome: kvs_core::Result<kvs_core::Committed>) -> Result<bool, Failed> {
    match outcome {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn transfer(store: &Shared, from: &str, to: &str, amount: i64) -> Outcome {
    let mut backoff = Backoff::default();
    loop {
        let (source, target) = (store.get_versioned(from).await?, store.get_versioned(to).await?);
        let transaction = Transaction::new()
            .check_version(from, source.version)
            .check_version(to, target.version)
            .set(from, (balance(&source)? - amount).to_string(), Ttl::Keep)
            .set(to, (balance(&target)? + amount).to_string(), Ttl::Keep);
        if committed(store.commit(transaction).await)? {
            return Ok(());
        }
        backoff.wait().await;
    }
}

async fn transfers(store: Shared, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    for amount in 1..=15 {
        let from = random.below(ACCOUNTS);
        let to = (from + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
        transfer(&store, &account(from), &account(to), amount).await?;
    }
    Ok(())
}

/// The sum of all accounts; `None` if one changed while they were read.
async fn audit(store: &Shared) -> Result<Option<i64>, Failed> {
    let (mut sum, mut checks) = (0, Transaction::new());
    for number in 0..ACCOUNTS {
        let entry = store.get_versioned(&account(number)).await?;
        sum += balance(&entry)?;
        checks = checks.check_version(account(number), entry.version);
    }
    Ok(committed(store.commit(checks).await)?.then_some(sum))
}

async fn audits(store: Shared, done: Arc<AtomicBool>) -> Outcome {
    while !done.load(Ordering::SeqCst) {
        if let Some(sum) = audit(&store).await? {
            ensure_eq!(sum, 800, "a consistent read of all accounts gives the same sum always");
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn transfers_keep_the_sum(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for number in 0..ACCOUNTS {
        store.set(&account(number), "100".into(), Ttl::Never).await?;
    }
    let done = Arc::new(AtomicBool::new(false));
    let auditor = tokio::spawn(audits(Arc::clone(&store), Arc::clone(&done)));
    let moved = all((0..8).map(|seed| transfers(Arc::clone(&store), seed))).await;
    done.store(true, Ordering::SeqCst);
    auditor.await??;
    moved?;
    ensure_eq!(
        audit(&store).await?,
        Some(800),
        "the sum at the end, read when nothing moves"
    );
    Ok(())
}

/// Goes off duty only if the other is on duty.
async fn go_off_duty(store: Shared, me: String, other: String) -> Result<bool, Failed> {
    let (mine, others) = (store.get_versioned(&me).await?, store.get_versioned(&other).await?);
    if others.value != "on" {
        return Ok(false);
    }
    let transaction = Transaction::new()
        .check_version(&other, others.version)
        .check_version(&me, mine.version)
        .set(&me, "off", Ttl::Never);
    committed(store.commit(transaction).await)
}

async fn there_is_no_write_skew(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..20 {
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        store.set(&a, "on".into(), Ttl::Never).await?;
        store.set(&b, "on".into(), Ttl::Never).await?;
        let pair = [(a.clone(), b.clone()), (b.clone(), a.clone())];
        let left = all(pair.map(|(me, other)| go_off_duty(Arc::clone(&store), me, other))).await?;
        let on = store
            .get_many(&[&a, &b])
            .await?
            .into_iter()
            .filter(|duty| *duty == Some("on".into()))
            .count();
        ensure_eq!(
            (left[0], left[1], on),
            (left[0], !left[0], 1),
            "exactly one of the two went off duty"
        );
    }
    Ok(())
}

async fn write_both(store: Shared, done: Arc<AtomicBool>) -> Outcome {
    for round in 0..100 {
        let value = Bytes::from(round.to_string());
        store
            .commit(
                Transaction::new()
                    .set("a", value.clone(), Ttl::Never)
                    .set("b", value, Ttl::Never),
            )
            .await?;
    }
    done.store(true, Ordering::SeqCst);
    Ok(())
}

async fn read_both(store: Shared, done: Arc<AtomicBool>) -> Outcome {
    let mut last = false;
    while !last {
        last = done.load(Ordering::SeqCst);
        let (a, b) = (store.get_versioned("a").await?, store.get_versioned("b").await?);
        let checks = Transaction::new()
            .check_version("a", a.version)
            .check_version("b", b.version);
        if committed(store.commit(checks).await)? {
            ensure_eq!(a.value, b.value, "both were written by one transaction");
        } else {
            ensure!(!last, "nothing is written any more, and yet the checks fail");
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn keys_written_together_are_read_together(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .commit(
            Transaction::new()
                .set("a", "start", Ttl::Never)
                .set("b", "start", Ttl::Never),
        )
        .await?;
    let done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write_both(Arc::clone(&store), Arc::clone(&done)));
    let read = all((0..2).map(|_| read_both(Arc::clone(&store), Arc::clone(&done)))).await;
    writer.await??;
    read?;
    Ok(())
}

async fn write_all_rotated(store: Shared, task: usize) -> Outcome {
    let value = Bytes::from(task.to_string());
    let keys = (0..10).map(|n| format!("key-{}", (n + task) % 10));
    store
        .commit(keys.fold(Transaction::new(), |tx, key| tx.set(key, value.clone(), Ttl::Never)))
        .await?;
    Ok(())
}

async fn overlapping_transactions_do_not_deadlock(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..32).map(|task| write_all_rotated(Arc::clone(&store), task))).await?;
    let keys: Vec<String> = (0..10).map(|n| format!("key-{n}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let values = store.get_many(&keys).await?;
    ensure!(values[0].is_some(), "the keys were written");
    ensure_eq!(
        values,
        vec![values[0].clone(); 10],
        "all keys hold the value of the same transaction"
    );
    Ok(())
}

async fn write_own(store: Shared, task: usize) -> Outcome {
    for round in 0..10 {
        let key = |n: usize| format!("{task}-{round}-{n}");
        let create = (0..3).fold(Transaction::new(), |tx, n| {
            tx.check_absent(key(n)).set(key(n), "v", Ttl::Never)
        });
        store.commit(create).await?;
    }
    Ok(())
}

async fn disjoint_transactions_all_succeed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    all((0..16).map(|task| write_own(Arc::clone(&store), task))).await?;
    Ok(())
}

async fn create_three(store: Shared, task: usize) -> Result<bool, Failed> {
    let value = Bytes::from(task.to_string());
    let create = ["a", "b", "c"].into_iter().fold(Transaction::new(), |tx, key| {
        tx.check_absent(key).set(key, value.clone(), Ttl::Never)
    });
    committed(store.commit(create).await)
}

async fn one_of_many_transactions_wins(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let outcomes = all((0..32).map(|task| create_three(Arc::clone(&store), task))).await?;
    let winners: Vec<usize> = (0..32).filter(|task| outcomes[*task]).collect();
    ensure_eq!(winners.len(), 1, "exactly one transaction creates the keys");
    let value = Some(Bytes::from(winners[0].to_string()));
    ensure_eq!(
        store.get_many(&["a", "b", "c"]).await?,
        vec![value; 3],
        "all three are the winner's"
    );
    Ok(())
}

async fn a_plain_write_is_seen_by_a_check(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let read = store.get_versioned("k").await?;
    store.set("k", "w".into(), Ttl::Never).await?;
    let write = Transaction::new()
        .check_version("k", read.version)
        .set("k", "x", Ttl::Never);
    ensure!(
        !committed(store.commit(write).await)?,
        "the entry has changed since it was read"
    );
    ensure_eq!(store.get("k").await?, "w", "the plain write stands");
    Ok(())
}
