//! Many tasks at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kvs_memory::{AtomicStore, ListOptions, ListableStore, SetEntry, Store, StoreExt, Transaction, Ttl};
use tokio::task::JoinSet;

use crate::{block_on, swept_every, unswept};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn increments_of_64_tasks_add_up_exactly() {
    let (store, _) = unswept();
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let store = store.clone();
        tasks.spawn(async move {
            for round in 0..200 {
                store.increment(&format!("key{}", (task + round) % 8), 1).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let mut sum = 0;
    for key in store.list("key").await.unwrap() {
        let count: i64 = store.get_text(&key).await.unwrap().parse().unwrap();
        assert_eq!(count, 64 * 200 / 8);
        sum += count;
    }
    assert_eq!(sum, 64 * 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transfers_between_accounts_keep_the_sum() {
    let (store, _) = unswept();
    let accounts: Vec<String> = (0..8).map(|number| format!("account{number}")).collect();
    for account in &accounts {
        store.set_text(account, "100", Ttl::Never).await.unwrap();
    }
    let mut tasks = JoinSet::new();
    for task in 0..16_usize {
        let (store, accounts) = (store.clone(), accounts.clone());
        tasks.spawn(async move {
            let mut done = 0;
            for round in 0.. {
                let from = &accounts[(task + round) % 8];
                let to = &accounts[(task + round * 3 + 1) % 8];
                if from != to && transfer(&store, from, to).await {
                    done += 1;
                    if done == 50 {
                        break;
                    }
                }
                tokio::task::yield_now().await;
            }
        });
    }
    while !tasks.is_empty() {
        if let Some(sum) = snapshot(&store, &accounts).await {
            assert_eq!(sum, 800);
        }
        while tasks.try_join_next().transpose().unwrap().is_some() {}
        tokio::task::yield_now().await;
    }
    assert_eq!(snapshot(&store, &accounts).await, Some(800));
}

async fn transfer(store: &dyn AtomicStore, from: &str, to: &str) -> bool {
    let (a, b) = (
        store.get_versioned(from).await.unwrap(),
        store.get_versioned(to).await.unwrap(),
    );
    let amount = |value: &[u8]| -> i64 { std::str::from_utf8(value).unwrap().parse().unwrap() };
    let transaction = Transaction::new()
        .check_version(from, a.version)
        .check_version(to, b.version)
        .set(from, (amount(&a.value) - 1).to_string(), Ttl::Keep)
        .set(to, (amount(&b.value) + 1).to_string(), Ttl::Keep);
    match store.commit(transaction).await {
        Ok(_) => true,
        Err(error) => {
            assert!(error.is_conflict(), "{error}");
            false
        }
    }
}

/// The sum of all accounts, if it could be read in one state.
async fn snapshot(store: &dyn AtomicStore, accounts: &[String]) -> Option<i64> {
    let (mut checks, mut sum) = (Transaction::new(), 0);
    for account in accounts {
        let live = store.get_versioned(account).await.unwrap();
        sum += std::str::from_utf8(&live.value).unwrap().parse::<i64>().unwrap();
        checks = checks.check_version(account, live.version);
    }
    store.commit(checks).await.is_ok().then_some(sum)
}

#[test]
fn a_key_that_stays_is_listed_exactly_once_among_others_that_come_and_go() {
    let (store, clock) = swept_every(Duration::from_millis(1));
    let stays: Vec<String> = (0..400).map(|number| format!("key{number:03}:stays")).collect();
    block_on(store.set_many(stays.iter().map(|key| SetEntry::new(key, "0")).collect())).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for writer in 0..4_u64 {
            let (store, stays, done, clock) = (&store, &stays, &done, &clock);
            scope.spawn(move || {
                for round in 0_u64.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("key{:03}:{}", (round * 7 + writer) % 400, round % 5);
                    let steady = &stays[usize::try_from(round % 400).unwrap()];
                    block_on(async {
                        store
                            .set_text(&key, "1", Duration::from_millis(round % 3))
                            .await
                            .unwrap();
                        store.set_text(steady, "2", Ttl::Never).await.unwrap();
                        store.delete(&key).await.unwrap();
                        store.set_text(&key, "3", Duration::from_millis(1)).await.unwrap();
                    });
                    clock.advance(Duration::from_millis(1));
                }
            });
        }
        for reverse in [false, true] {
            for limit in [3, 100, 10_000] {
                for _ in 0..3 {
                    let options = ListOptions::new("key").limit(limit).reverse(reverse);
                    let mut seen = walk(&store, options);
                    assert!(
                        seen.is_sorted_by(|a, b| if reverse { a > b } else { a < b }),
                        "in order, none twice"
                    );
                    seen.retain(|key| key.ends_with(":stays"));
                    if reverse {
                        seen.reverse();
                    }
                    assert!(seen == stays, "all that stay");
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    clock.advance(Duration::from_secs(1));
    block_on(store.sweep()).unwrap();
    crate::eventually("only what stays is stored", || store.stored_entries() == stays.len());
}

fn walk(store: &dyn ListableStore, mut options: ListOptions) -> Vec<String> {
    let mut keys = Vec::new();
    loop {
        let page = block_on(store.list_page(&options)).unwrap();
        keys.extend(page.entries.into_iter().map(|entry| entry.key));
        match page.next {
            Some(next) => options.after = Some(next),
            None => return keys,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_create_or_take_one_key_exactly_one_succeeds() {
    let (store, _) = unswept();
    for _ in 0..50 {
        let (mut creators, mut takers) = (JoinSet::new(), JoinSet::new());
        for task in 0..16 {
            let store = store.clone();
            creators.spawn(async move {
                store
                    .set_if_absent("key", task.to_string().into(), Ttl::Never)
                    .await
                    .is_ok()
            });
        }
        let created = creators.join_all().await;
        assert_eq!(created.into_iter().filter(|created| *created).count(), 1);
        for _ in 0..16 {
            let store = store.clone();
            takers.spawn(async move { store.take("key").await.is_ok() });
        }
        let taken = takers.join_all().await;
        assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
    }
    assert_eq!(store.stored_entries(), 0);
}
