//! What becomes of an expiry when the entry is written again, or read.

use kvs_core::{ListOptions, SetEntry, StoreExt, Ttl};

use super::{expires_in, never_expires};
use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{ms, secs};

cases! {
    "ttl";
    "A set without a time to live clears the one that was there."
        => set_without_ttl_clears_it [manual_clock];
    "A set with a time to live gives one to an entry that had none."
        => set_with_ttl_adds_it [manual_clock];
    "A shorter time to live replaces a longer one."
        => a_shorter_ttl_replaces_a_longer_one [manual_clock];
    "A longer time to live replaces a shorter one."
        => a_longer_ttl_replaces_a_shorter_one [manual_clock];
    "Setting the same time to live again starts it again."
        => the_same_ttl_starts_again [manual_clock];
    "Keep keeps the expiry of the live entry, to the millisecond."
        => keep_keeps_the_expiry_to_the_millisecond [manual_clock];
    "Keep on an entry that does not expire leaves it so."
        => keep_on_a_lasting_entry_stays_never [manual_clock];
    "Keep on an absent key never expires."
        => keep_on_an_absent_key_is_never [manual_clock];
    "Keep on an expired entry never expires: there is no live one to keep from."
        => keep_on_an_expired_entry_is_never [manual_clock];
    "Keep in a batch keeps each entry's own expiry."
        => keep_in_a_batch_keeps_each_expiry [manual_clock];
    "Each entry of a batch has its own time to live."
        => a_batch_has_a_ttl_for_each_entry [manual_clock];
    "Reads do not extend a time to live."
        => reads_do_not_extend_a_ttl [manual_clock];
    "A listing does not extend a time to live."
        => listing_does_not_extend_a_ttl [manual_clock, listable];
}

async fn set_without_ttl_clears_it(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::After(secs(1))).await?;
    store.set("k", "new".into(), Ttl::Never).await?;
    never_expires(&cx, &*store, "k").await
}

async fn set_with_ttl_adds_it(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::Never).await?;
    store.set("k", "new".into(), Ttl::After(secs(1))).await?;
    expires_in(&cx, &*store, "k", secs(1)).await
}

async fn a_shorter_ttl_replaces_a_longer_one(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::After(secs(100))).await?;
    store.set("k", "new".into(), Ttl::After(secs(1))).await?;
    expires_in(&cx, &*store, "k", secs(1)).await
}

async fn a_longer_ttl_replaces_a_shorter_one(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::After(secs(1))).await?;
    store.set("k", "new".into(), Ttl::After(secs(100))).await?;
    expires_in(&cx, &*store, "k", secs(100)).await
}

async fn the_same_ttl_starts_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    cx.clock().advance(secs(9));
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    expires_in(&cx, &*store, "k", secs(10)).await
}

async fn keep_keeps_the_expiry_to_the_millisecond(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::After(ms(10_001))).await?;
    for step in 1..=3 {
        cx.clock().advance(ms(1_000));
        store.set("k", format!("new {step}").into(), Ttl::Keep).await?;
    }
    ensure_eq!(store.get("k").await?, "new 3", "the value is the new one");
    expires_in(&cx, &*store, "k", ms(7_001)).await
}

async fn keep_on_a_lasting_entry_stays_never(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::Never).await?;
    store.set("k", "new".into(), Ttl::Keep).await?;
    never_expires(&cx, &*store, "k").await
}

async fn keep_on_an_absent_key_is_never(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::Keep).await?;
    never_expires(&cx, &*store, "k").await?;
    store.set("deleted", "value".into(), Ttl::After(secs(1))).await?;
    store.delete("deleted").await?;
    store.set("deleted", "value".into(), Ttl::Keep).await?;
    never_expires(&cx, &*store, "deleted").await
}

async fn keep_on_an_expired_entry_is_never(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::After(secs(1))).await?;
    cx.clock().advance(secs(1));
    store.set("k", "new".into(), Ttl::Keep).await?;
    ensure_eq!(store.get_opt("k").await?, Some("new".into()), "the new value is there");
    never_expires(&cx, &*store, "k").await
}

async fn keep_in_a_batch_keeps_each_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entry = |key: &str, ttl: Ttl| SetEntry::new(key, "value").ttl(ttl);
    store
        .set_many(vec![
            entry("a", Ttl::After(secs(1))),
            entry("b", Ttl::After(secs(2))),
            entry("c", Ttl::Never),
        ])
        .await?;
    let keep = ["a", "b", "c", "new"].map(|key| entry(key, Ttl::Keep));
    store.set_many(keep.into()).await?;
    expires_in(&cx, &*store, "a", secs(1)).await?;
    expires_in(&cx, &*store, "b", secs(1)).await?;
    never_expires(&cx, &*store, "c").await?;
    never_expires(&cx, &*store, "new").await
}

async fn a_batch_has_a_ttl_for_each_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entry = |n: u64| SetEntry::new(format!("key {n:02}"), "value").ttl(secs(n));
    store.set_many((0..30).map(entry).collect()).await?;
    for n in 1..30 {
        expires_in(&cx, &*store, &format!("key {n:02}"), secs(1)).await?;
    }
    never_expires(&cx, &*store, "key 00").await
}

async fn reads_do_not_extend_a_ttl(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    for _ in 0..9 {
        cx.clock().advance(secs(1));
        store.get("k").await?;
        store.contains("k").await?;
        store.get_many(&["k"]).await?;
    }
    expires_in(&cx, &*store, "k", secs(1)).await
}

async fn listing_does_not_extend_a_ttl(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    for _ in 0..9 {
        cx.clock().advance(secs(1));
        store.list("").await?;
        store.list_page(&ListOptions::new("k").values(true)).await?;
    }
    expires_in(&cx, &*store, "k", secs(1)).await
}
