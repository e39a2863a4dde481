//! Clocks that jump, many entries that expire at once, and the sweep that reclaims them.

use kvs_core::{Clock, ListOptions, SetEntry, Timestamp, Ttl};

use super::{expires_in, never_expires};
use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{fill, filled, ms, secs, walk};

cases! {
    "ttl";
    "A clock that jumps a day ahead expires all that is due at once, and the store goes on."
        => a_jump_ahead_expires_what_is_due [manual_clock];
    "A clock that is set back does no harm: what lives stays readable and still expires at its instant."
        => a_clock_that_is_set_back_does_no_harm [manual_clock];
    "A store works at the beginning of time."
        => a_store_works_at_the_epoch [manual_clock];
    "What a sweep reclaimed does not come back when the clock is set back."
        => what_was_swept_does_not_come_back [manual_clock];
    "A thousand entries with one expiry go all at once."
        => entries_expire_all_at_once [manual_clock];
    "Ten thousand entries with one expiry leave none in a listing."
        => a_listing_after_a_mass_expiry_is_empty [manual_clock, listable, lasting];
    "Pages of every size among thousands of expired entries hold each live one exactly once, in both directions."
        => pages_among_expired_entries_hold_every_live_one [manual_clock, listable, lasting];
    "A sweep changes nothing that can be read."
        => a_sweep_changes_nothing_visible [manual_clock];
    "A sweep leaves an entry in its last millisecond alone."
        => a_sweep_leaves_the_last_millisecond [manual_clock];
    "A sweep tells no more than what expired, and a second one finds nothing."
        => a_sweep_counts_what_it_reclaims [manual_clock];
    "A sweep of a store in which nothing expired reclaims nothing."
        => a_sweep_of_living_entries_reclaims_nothing [manual_clock];
    "A sweep leaves documents alone."
        => a_sweep_leaves_documents [manual_clock, documents];
    "A key that was swept can be set again, and expires anew."
        => a_swept_key_can_be_set_again [manual_clock];
}

async fn a_jump_ahead_expires_what_is_due(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entries = (1..=100).map(|n| SetEntry::new(format!("key {n}"), "value").ttl(secs(n)));
    store.set_many(entries.collect()).await?;
    store
        .set("tomorrow", "value".into(), Ttl::After(secs(2 * 86_400)))
        .await?;
    cx.clock().advance(secs(86_400));
    let names: Vec<String> = (1..=100).map(|n| format!("key {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let values = store.get_many(&names).await?;
    ensure!(values.iter().all(Option::is_none), "all that was due has expired");
    ensure!(store.contains("tomorrow").await?, "what is not due lives");
    store.set("key 1", "new".into(), Ttl::After(secs(1))).await?;
    expires_in(&cx, &*store, "key 1", secs(1)).await
}

async fn a_clock_that_is_set_back_does_no_harm(cx: Context) -> Outcome {
    let (store, clock) = (cx.open().await?, cx.clock());
    let now = clock.now();
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    clock.set(Timestamp::from_millis(now.as_millis() - 3_600_000));
    ensure!(
        store.contains("k").await?,
        "the entry is readable an hour before it was written"
    );
    store.set("earlier", "value".into(), Ttl::After(secs(10))).await?;
    expires_in(&cx, &*store, "earlier", secs(10)).await?;
    clock.set(now);
    expires_in(&cx, &*store, "k", secs(10)).await
}

async fn a_store_works_at_the_epoch(cx: Context) -> Outcome {
    let (store, clock) = (cx.open().await?, cx.clock());
    for start in [0, -1_000, i64::MIN] {
        clock.set(Timestamp::from_millis(start));
        store.set("k", "value".into(), Ttl::After(ms(250))).await?;
        expires_in(&cx, &*store, "k", ms(250)).await?;
    }
    Ok(())
}

async fn what_was_swept_does_not_come_back(cx: Context) -> Outcome {
    let (store, clock) = (cx.open().await?, cx.clock());
    let now = clock.now();
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    clock.advance(secs(10));
    let reclaimed = store.sweep().await?;
    clock.set(now);
    // Who reclaims nothing still has it, and may show it again.
    if reclaimed > 0 {
        ensure!(!store.contains("k").await?, "the entry was reclaimed");
    }
    store.set("k", "new".into(), Ttl::Never).await?;
    never_expires(&cx, &*store, "k").await
}

async fn entries_expire_all_at_once(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let names: Vec<String> = (0..1_000).map(|n| format!("key {n}")).collect();
    store
        .set_many(
            names
                .iter()
                .map(|name| SetEntry::new(name, "value").ttl(secs(5)))
                .collect(),
        )
        .await?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    cx.clock().advance(ms(4_999));
    ensure!(
        store.get_many(&names).await?.iter().all(Option::is_some),
        "all are there one millisecond before"
    );
    cx.clock().advance(ms(1));
    ensure!(
        store.get_many(&names).await?.iter().all(Option::is_none),
        "all are gone at the expiry"
    );
    Ok(())
}

async fn a_listing_after_a_mass_expiry_is_empty(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entries = (0..10_000).map(|n| SetEntry::new(format!("key {n}"), "value").ttl(secs(5)));
    store.set_many(entries.collect()).await?;
    fill(&*store, ["a", "key x", "z"]).await?;
    cx.clock().advance(secs(5));
    ensure_eq!(
        store.list("").await?,
        ["a", "key x", "z"],
        "what does not expire is all that is listed"
    );
    store.sweep().await?;
    ensure_eq!(store.list("").await?, ["a", "key x", "z"], "after a sweep too");
    Ok(())
}

async fn pages_among_expired_entries_hold_every_live_one(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let lives = |n: &u32| n.is_multiple_of(1_366) || n % 2_048 == 1_000;
    let expired = (0..9_000).filter(|n| !lives(n));
    let expired = expired.map(|n| SetEntry::new(format!("{n:05}"), "value").ttl(secs(5)));
    store.set_many(expired.collect()).await?;
    let mut live: Vec<String> = (0..9_000).filter(lives).map(|n| format!("{n:05}")).collect();
    fill(&*store, &live).await?;
    cx.clock().advance(secs(5));
    for reverse in [false, true] {
        for limit in 1..=live.len() + 1 {
            let options = ListOptions::new("").limit(limit).reverse(reverse);
            let walked: Vec<String> = walk(&*store, options)
                .await?
                .into_iter()
                .map(|entry| entry.key)
                .collect();
            ensure_eq!(walked, live, "pages of {limit}, in reverse: {reverse}");
        }
        live.reverse();
    }
    Ok(())
}

async fn a_sweep_changes_nothing_visible(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "b"]).await?;
    store.set("expired", "value".into(), Ttl::After(secs(1))).await?;
    store.set("living", "living".into(), Ttl::After(secs(3))).await?;
    cx.clock().advance(secs(1));
    for _ in 0..3 {
        store.sweep().await?;
        filled(&*store, ["a", "b", "living"]).await?;
        ensure!(!store.contains("expired").await?, "the expired entry is absent");
    }
    expires_in(&cx, &*store, "living", secs(2)).await
}

async fn a_sweep_leaves_the_last_millisecond(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(ms(250))).await?;
    cx.clock().advance(ms(249));
    store.sweep().await?;
    ensure!(store.contains("k").await?, "the entry lives for another millisecond");
    cx.clock().advance(ms(1));
    store.sweep().await?;
    ensure!(!store.contains("k").await?, "the entry has expired");
    Ok(())
}

async fn a_sweep_counts_what_it_reclaims(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "b", "c"]).await?;
    let entries = (0..50).map(|n| SetEntry::new(format!("key {n}"), "value").ttl(secs(1)));
    store.set_many(entries.collect()).await?;
    cx.clock().advance(secs(1));
    // The background may have been first, so that fewer remain.
    let reclaimed = store.sweep().await?;
    ensure!(reclaimed <= 50, "no more than the 50 that expired, not {reclaimed}");
    ensure_eq!(store.sweep().await?, 0, "the first sweep left nothing to reclaim");
    filled(&*store, ["a", "b", "c"]).await
}

async fn a_sweep_of_living_entries_reclaims_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(store.sweep().await?, 0, "the store is empty");
    fill(&*store, ["a", "b"]).await?;
    store.set("living", "living".into(), Ttl::After(secs(1))).await?;
    ensure_eq!(store.sweep().await?, 0, "nothing has expired");
    filled(&*store, ["a", "b", "living"]).await
}

async fn a_sweep_leaves_documents(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .put(
            "c",
            kvs_core::Document::new("id", serde_json::json!({"expires_at": 1}))?,
        )
        .await?;
    cx.clock().advance(secs(100 * 365 * 86_400));
    store.sweep().await?;
    ensure_eq!(store.get_doc("c", "id").await?.id, "id", "documents do not expire");
    Ok(())
}

async fn a_swept_key_can_be_set_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for _ in 0..3 {
        store.set("k", "value".into(), Ttl::After(secs(1))).await?;
        expires_in(&cx, &*store, "k", secs(1)).await?;
        store.sweep().await?;
    }
    store.set("k", "value".into(), Ttl::Never).await?;
    store.sweep().await?;
    never_expires(&cx, &*store, "k").await
}
