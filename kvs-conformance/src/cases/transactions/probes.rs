//! Probes for what is weaker than one order of all transactions: skew of several kinds, and readers that disagree.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kvs_core::{Backoff, Bytes, Committed, Transaction, Ttl};
use tokio::task::JoinHandle;

use crate::cases::support::{Random, Shared, all};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "transactions";
    "Two transactions that each create a key if the other's is absent do not both succeed."
        => there_is_no_write_skew_over_absent_keys [atomic];
    "Two transactions that each delete a key if the other's is there do not both succeed."
        => there_is_no_write_skew_over_deletes [atomic];
    "Three transactions, each of which checks what the next one writes, do not all succeed."
        => there_is_no_write_skew_around_a_ring [atomic];
    "Readers that read two keys consistently agree on the order in which these were written."
        => consistent_reads_agree_on_the_order_of_writes [atomic, linearizable];
    "Accounts that are opened and closed by transfers keep the sum in every consistent read, absent ones included."
        => accounts_that_come_and_go_keep_the_sum [atomic];
    "Transfers through two handles keep the sum in the consistent reads of both."
        => transfers_of_two_handles_keep_the_sum [atomic, reopens];
}

/// How many accounts there are, and what they hold together.
const ACCOUNTS: usize = 4;
const SUM: i64 = 12;

fn succeeded(outcome: kvs_core::Result<Committed>) -> Result<bool, Failed> {
    match outcome {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The values of the keys, and the checks that they are still what the keys hold.
async fn read(store: &Shared, keys: &[String]) -> Result<(Vec<Option<Bytes>>, Transaction), Failed> {
    let (mut values, mut checks) = (Vec::new(), Transaction::new());
    for key in keys {
        match store.get_versioned(key).await {
            Ok(entry) => {
                checks = checks.check_version(key, entry.version);
                values.push(Some(entry.value));
            }
            Err(error) if error.is_not_found() => {
                checks = checks.check_absent(key);
                values.push(None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok((values, checks))
}

/// The values of the keys at one instant; `None` if one changed while they were read.
async fn read_at_once(store: &Shared, keys: &[String]) -> Result<Option<Vec<Option<Bytes>>>, Failed> {
    let (values, checks) = read(store, keys).await?;
    Ok(succeeded(store.commit(checks).await)?.then_some(values))
}

fn amount(value: Option<&Bytes>) -> Result<i64, Failed> {
    let Some(value) = value else { return Ok(0) };
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| "a value that the case wrote as a number reads as none".into())
}

/// How many of these transactions succeed, begun at once.
async fn successes(store: &Shared, transactions: Vec<Transaction>) -> Result<usize, Failed> {
    let commits = transactions.into_iter().map(|transaction| {
        let store = Arc::clone(store);
        async move { succeeded(store.commit(transaction).await) }
    });
    Ok(all(commits).await?.into_iter().filter(|success| *success).count())
}

async fn there_is_no_write_skew_over_absent_keys(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..20 {
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        let create = |own: &str, other: &str| Transaction::new().check_absent(other).set(own, "v", Ttl::Never);
        let created = successes(&store, vec![create(&a, &b), create(&b, &a)]).await?;
        let there = usize::from(store.contains(&a).await?) + usize::from(store.contains(&b).await?);
        ensure_eq!((created, there), (1, 1), "exactly one of the two is created");
    }
    Ok(())
}

async fn there_is_no_write_skew_over_deletes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..20 {
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        store
            .commit(Transaction::new().set(&a, "v", Ttl::Never).set(&b, "v", Ttl::Never))
            .await?;
        let delete = |own: &str, other: &str| Transaction::new().check_exists(other).delete(own);
        let deleted = successes(&store, vec![delete(&a, &b), delete(&b, &a)]).await?;
        let there = usize::from(store.contains(&a).await?) + usize::from(store.contains(&b).await?);
        ensure_eq!((deleted, there), (1, 1), "exactly one of the two is deleted");
    }
    Ok(())
}

async fn there_is_no_write_skew_around_a_ring(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..20 {
        let keys: Vec<String> = (0..3).map(|n| format!("{round}-{n}")).collect();
        let mut versions = Vec::new();
        for key in &keys {
            store.set(key, "old".into(), Ttl::Never).await?;
            versions.push(store.get_versioned(key).await?.version);
        }
        let ring = (0..3).map(|n| {
            let next = (n + 1) % 3;
            let check = Transaction::new().check_version(&keys[next], versions[next]);
            check.set(&keys[n], "new", Ttl::Never)
        });
        let written = successes(&store, ring.collect()).await?;
        ensure!(
            written == 1 || written == 2,
            "one or two of the three succeed, seen {written}"
        );
    }
    Ok(())
}

/// Counts a key up, with plain writes.
async fn count_up(store: Shared, key: String, running: Arc<AtomicUsize>) -> Outcome {
    let mut outcome = Ok(());
    for n in 1..=60 {
        outcome = store.set(&key, n.to_string().into(), Ttl::Never).await;
        if outcome.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    running.fetch_sub(1, Ordering::SeqCst);
    Ok(outcome?)
}

/// What consistent reads see while writers run, and once after them.
async fn watch(store: Shared, keys: Vec<String>, running: Arc<AtomicUsize>) -> Result<Vec<(i64, i64)>, Failed> {
    let (mut seen, mut last) = (Vec::new(), false);
    while !last {
        last = running.load(Ordering::SeqCst) == 0;
        if let Some(values) = read_at_once(&store, &keys).await? {
            seen.push((amount(values[0].as_ref())?, amount(values[1].as_ref())?));
        } else {
            ensure!(!last, "nothing is written any more, and yet the checks fail");
        }
        tokio::task::yield_now().await;
    }
    Ok(seen)
}

async fn consistent_reads_agree_on_the_order_of_writes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let keys = vec!["x".to_owned(), "y".to_owned()];
    let running = Arc::new(AtomicUsize::new(keys.len()));
    let writers = keys
        .iter()
        .map(|key| tokio::spawn(count_up(Arc::clone(&store), key.clone(), Arc::clone(&running))));
    let writers: Vec<_> = writers.collect();
    let readers = (0..2).map(|_| watch(Arc::clone(&store), keys.clone(), Arc::clone(&running)));
    let seen = all(readers).await;
    for writer in writers {
        writer.await??;
    }
    let mut seen = seen?.concat();
    seen.sort_unstable();
    for pair in seen.windows(2) {
        ensure!(
            pair[0].1 <= pair[1].1,
            "one reader saw the write of x first and another that of y: {:?} and {:?}",
            pair[0],
            pair[1]
        );
    }
    Ok(())
}

fn accounts() -> Vec<String> {
    (0..ACCOUNTS).map(|number| format!("account-{number}")).collect()
}

/// Moves a part of what one account holds. One that holds nothing is closed: its key is deleted.
async fn transfer(store: &Shared, random: &mut Random) -> Outcome {
    let from = random.below(ACCOUNTS);
    let to = (from + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
    let pair = [accounts().swap_remove(from), accounts().swap_remove(to)];
    let mut backoff = Backoff::default();
    loop {
        let (values, mut transaction) = read(store, &pair).await?;
        let (source, target) = (amount(values[0].as_ref())?, amount(values[1].as_ref())?);
        let moved = if random.below(2) == 0 { source } else { source.min(1) };
        for (key, balance) in pair.iter().zip([source - moved, target + moved]) {
            transaction = match balance {
                0 => transaction.delete(key),
                balance => transaction.set(key, balance.to_string(), Ttl::Never),
            };
        }
        if succeeded(store.commit(transaction).await)? {
            return Ok(());
        }
        backoff.wait().await;
    }
}

async fn transfers(store: Shared, seed: u64, running: Arc<AtomicUsize>) -> Outcome {
    let mut random = Random::new(seed);
    let mut outcome = Ok(());
    for _ in 0..10 {
        outcome = outcome.and(transfer(&store, &mut random).await);
    }
    running.fetch_sub(1, Ordering::SeqCst);
    outcome
}

async fn audits(store: Shared, running: Arc<AtomicUsize>) -> Outcome {
    let mut last = false;
    while !last {
        last = running.load(Ordering::SeqCst) == 0;
        if let Some(balances) = read_at_once(&store, &accounts()).await? {
            let sum = balances
                .iter()
                .map(|balance| amount(balance.as_ref()))
                .sum::<Result<i64, _>>()?;
            ensure_eq!(sum, SUM, "a consistent read of all accounts gives the same sum always");
        } else {
            ensure!(!last, "nothing moves any more, and yet the checks fail");
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Transfers of four tasks and one audit for each handle.
async fn bank(stores: &[Shared]) -> Outcome {
    stores[0]
        .set(&accounts()[0], SUM.to_string().into(), Ttl::Never)
        .await?;
    let running = Arc::new(AtomicUsize::new(4));
    let audits = stores
        .iter()
        .map(|store| tokio::spawn(audits(Arc::clone(store), Arc::clone(&running))));
    let audits: Vec<_> = audits.collect();
    let tasks = (0..4).zip(stores.iter().cycle());
    let moved = all(tasks.map(|(seed, store)| transfers(Arc::clone(store), seed, Arc::clone(&running)))).await;
    if moved.is_err() {
        // Nobody tells them to end.
        audits.iter().for_each(JoinHandle::abort);
    }
    moved?;
    for audit in audits {
        audit.await??;
    }
    Ok(())
}

async fn accounts_that_come_and_go_keep_the_sum(cx: Context) -> Outcome {
    bank(&[cx.open().await?]).await
}

async fn transfers_of_two_handles_keep_the_sum(cx: Context) -> Outcome {
    bank(&[cx.open().await?, cx.open().await?]).await
}
