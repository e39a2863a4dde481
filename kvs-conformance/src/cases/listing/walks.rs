//! Walks while the store changes, and long ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kvs_core::{ListOptions, Ttl};

use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::support::{fill, keys, secs, walk};

cases! {
    "listing";
    "1,025 keys are listed completely."
        => a_thousand_and_twenty_five_keys_are_listed [listable, lasting];
    "10,001 keys are listed completely."
        => ten_thousand_and_one_keys_are_listed [listable, lasting];
    "A few keys among many others are listed completely."
        => a_few_keys_among_many_are_listed [listable, lasting];
    "A walk goes on after the key that it stands at was deleted."
        => a_walk_goes_on_after_its_key_was_deleted [listable];
    "A walk goes on after all that it showed was deleted."
        => a_walk_that_deletes_what_it_shows_sees_all [listable];
    "A key written behind the walk does not come, and nothing comes twice."
        => a_key_written_behind_does_not_come [listable];
    "A key that is overwritten during the walk comes once."
        => a_key_that_is_overwritten_comes_once [listable];
    "A key that expires during the walk comes or not, and is no error."
        => a_key_that_expires_during_the_walk_is_no_error [listable, manual_clock];
    "A position is a key: a walk goes on from it in a later listing too."
        => a_position_can_be_used_again [listable];
    "A key that is there throughout the walk comes exactly once, while others come and go."
        => a_key_that_is_there_throughout_comes_once [listable];
}

async fn a_thousand_and_twenty_five_keys_are_listed(cx: Context) -> Outcome {
    complete(&cx, 1_025).await
}

async fn ten_thousand_and_one_keys_are_listed(cx: Context) -> Outcome {
    complete(&cx, 10_001).await
}

async fn complete(cx: &Context, count: usize) -> Outcome {
    let store = cx.open().await?;
    let expected: Vec<String> = (0..count).map(|n| format!("key {n:06}")).collect();
    fill(&*store, &expected).await?;
    ensure!(store.list("").await? == expected, "list gives all {count} keys");
    ensure!(
        keys(&walk(&*store, ListOptions::default()).await?) == expected,
        "so do pages of the default length"
    );
    let largest = ListOptions::default().limit(usize::MAX).reverse(true);
    let mut backwards = walk(&*store, largest).await?;
    backwards.reverse();
    ensure!(
        keys(&backwards) == expected,
        "so do pages of the greatest length, backwards"
    );
    Ok(())
}

async fn a_few_keys_among_many_are_listed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..3_000).map(|n| format!("a{n}"))).await?;
    fill(&*store, ["b1", "b2"]).await?;
    fill(&*store, (0..3_000).map(|n| format!("c{n}"))).await?;
    ensure_eq!(store.list("b").await?, ["b1", "b2"], "the two keys in the middle");
    let backwards = walk(&*store, ListOptions::new("b").reverse(true).limit(1)).await?;
    ensure_eq!(keys(&backwards), ["b2", "b1"], "backwards too");
    Ok(())
}

async fn a_walk_goes_on_after_its_key_was_deleted(cx: Context) -> Outcome {
    for reverse in [false, true] {
        let store = cx.open_at(&cx.new_site()).await?;
        let mut expected: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
        fill(&*store, &expected).await?;
        let mut options = ListOptions::default().limit(3).reverse(reverse);
        let mut seen = Vec::new();
        loop {
            let page = store.list_page(&options).await?;
            seen.extend(page.entries.into_iter().map(|entry| entry.key));
            let Some(next) = page.next else { break };
            store.delete(&next).await?;
            options.after = Some(next);
        }
        if reverse {
            expected.reverse();
        }
        ensure_eq!(
            seen,
            expected,
            "deleting the key where a page ended loses nothing (reverse {reverse})"
        );
    }
    Ok(())
}

async fn a_walk_that_deletes_what_it_shows_sees_all(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let expected: Vec<String> = (0..100).map(|n| format!("{n:03}")).collect();
    fill(&*store, &expected).await?;
    let (mut options, mut seen) = (ListOptions::default().limit(7), Vec::new());
    loop {
        let page = store.list_page(&options).await?;
        store.delete_many(&keys(&page.entries)).await?;
        seen.extend(page.entries.into_iter().map(|entry| entry.key));
        let Some(next) = page.next else { break };
        options.after = Some(next);
    }
    ensure_eq!(seen, expected, "a consumer of a queue misses nothing");
    ensure_eq!(store.list("").await?, Vec::<String>::new(), "and leaves nothing");
    Ok(())
}

async fn a_key_written_behind_does_not_come(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["b", "d", "f", "h"]).await?;
    let first = store.list_page(&ListOptions::default().limit(2)).await?;
    let Some(next) = first.next.clone() else {
        return Err("two of four keys are not the end".into());
    };
    // One behind, one that may lie on either side, one ahead.
    fill(&*store, ["a", "c", "g"]).await?;
    let rest = walk(&*store, ListOptions::default().after(next.clone())).await?;
    ensure!(
        keys(&rest).iter().all(|key| *key > next.as_str()),
        "nothing from behind {next:?} comes"
    );
    let all: Vec<&str> = keys(&first.entries).into_iter().chain(keys(&rest)).collect();
    for key in ["b", "d", "f", "h"] {
        let times = all.iter().filter(|seen| **seen == key).count();
        ensure_eq!(times, 1, "{key:?} was there throughout");
    }
    Ok(())
}

async fn a_key_that_is_overwritten_comes_once(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let stored: Vec<String> = (0..30).map(|n| format!("{n:02}")).collect();
    fill(&*store, &stored).await?;
    let (mut options, mut seen) = (ListOptions::default().limit(4), Vec::new());
    loop {
        let page = store.list_page(&options).await?;
        seen.extend(page.entries.into_iter().map(|entry| entry.key));
        for key in &stored {
            store
                .set(key, format!("after {} keys", seen.len()).into(), Ttl::Never)
                .await?;
        }
        let Some(next) = page.next else { break };
        options.after = Some(next);
    }
    ensure_eq!(seen, stored, "an overwrite moves no key");
    Ok(())
}

async fn a_key_that_expires_during_the_walk_is_no_error(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for n in 0..20_u64 {
        let ttl = if n % 2 == 0 { Ttl::Never } else { Ttl::After(secs(n)) };
        store.set(&format!("{n:02}"), "value".into(), ttl).await?;
    }
    let (mut options, mut seen) = (ListOptions::default().limit(3), Vec::new());
    loop {
        let page = store.list_page(&options).await?;
        seen.extend(page.entries.into_iter().map(|entry| entry.key));
        cx.clock().advance(secs(5));
        let Some(next) = page.next else { break };
        options.after = Some(next);
    }
    let lasting: Vec<&String> = seen
        .iter()
        .filter(|key| key.ends_with(['0', '2', '4', '6', '8']))
        .collect();
    ensure_eq!(lasting.len(), 10, "every key that does not expire comes once: {seen:?}");
    ensure!(
        !seen.contains(&"19".to_owned()),
        "a key that expired before the walk came to it does not come: {seen:?}"
    );
    Ok(())
}

async fn a_position_can_be_used_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..10).map(|n| n.to_string())).await?;
    let page = store.list_page(&ListOptions::default().limit(4)).await?;
    let Some(next) = page.next else {
        return Err("four of ten keys are not the end".into());
    };
    let first = walk(&*store, ListOptions::default().after(next.clone())).await?;
    let again = walk(&*store, ListOptions::default().after(next.clone()).limit(1)).await?;
    ensure_eq!(again, first, "the same position gives the same keys");
    let from_shown = page.entries.last().map(|entry| entry.key.clone()).unwrap_or_default();
    let from_shown = walk(&*store, ListOptions::default().after(from_shown)).await?;
    ensure_eq!(from_shown, first, "so does the last key that was shown");
    Ok(())
}

async fn a_key_that_is_there_throughout_comes_once(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let lasting: BTreeSet<String> = (0..60).map(|n| format!("{n:02}")).collect();
    fill(&*store, &lasting).await?;
    let done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        async move {
            let mut n = 0_u32;
            while !done.load(Ordering::Relaxed) {
                let guest = format!("{:02}x", n % 60);
                store.set(&guest, "guest".into(), Ttl::Never).await?;
                store
                    .set(&format!("{:02}", (n * 7) % 60), "overwritten".into(), Ttl::Never)
                    .await?;
                store.delete(&guest).await?;
                n += 1;
                tokio::task::yield_now().await;
            }
            Ok::<_, Failed>(())
        }
    });
    for round in 0..20 {
        let options = ListOptions::default().limit(1 + round % 7).reverse(round % 2 == 1);
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for entry in walk(&*store, options).await? {
            *times.entry(entry.key).or_default() += 1;
        }
        for key in &lasting {
            ensure_eq!(times.get(key), Some(&1), "walk {round}: {key:?} is there throughout");
        }
    }
    done.store(true, Ordering::Relaxed);
    writer.await?
}
