//! Expiry on the clock of the wall, for stores that read no other: the cases that sleep.

use std::time::{Duration, Instant};

use kvs_core::{Clock, FullStore, StoreExt, SystemClock, Timestamp, Ttl};
use tokio::time::sleep;

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{ms, secs};

/// How long the entries of these cases live, unless the store counts in longer units.
const TTL: Duration = Duration::from_secs(1);

/// How often an entry is looked at while it lives.
const GLANCE: Duration = Duration::from_millis(25);

cases! {
    "wall";
    "On the clock of the wall an entry is there before its time is over, and gone after it."
        => an_entry_expires [wall_clock];
    "On the clock of the wall an entry that is looked at again and again never expires early, and reading does not prolong it."
        => an_entry_never_expires_early [wall_clock];
    "On the clock of the wall an entry that was written again lives on."
        => an_entry_that_was_written_again_lives [wall_clock];
    "On the clock of the wall a shorter expiry replaces a longer one."
        => a_shorter_expiry_holds [wall_clock];
    "On the clock of the wall a listing drops what expired, and shows the instant before."
        => a_listing_drops_what_expired [wall_clock, listable];
    "On the clock of the wall an instant in the past is the past, and one in an hour the future."
        => instants_are_absolute [wall_clock];
}

/// How long entries live here: long enough to be seen by a store that counts in units of its granularity.
fn ttl(cx: &Context) -> Duration {
    TTL.max(cx.granularity() * 2)
}

/// Sleeps until whatever was set for [`ttl`] must be gone.
async fn outlive(cx: &Context) {
    sleep(ttl(cx) + cx.granularity() + ms(50)).await;
}

async fn an_entry_expires(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let before = Instant::now();
    store.set("k", "value".into(), Ttl::After(ttl(&cx))).await?;
    let seen = store.get_opt("k").await?;
    // On a machine that stalls, the time may be over already.
    if before.elapsed() < ttl(&cx) {
        ensure_eq!(seen, Some("value".into()), "there before the time is over");
    }
    outlive(&cx).await;
    ensure_eq!(store.get_opt("k").await?, None, "gone after the time");
    Ok(())
}

async fn an_entry_never_expires_early(cx: Context) -> Outcome {
    let store = cx.open().await?;
    // The start is read before the write, and the end after the read: a stall only ever makes this milder.
    let before = SystemClock.now();
    store.set("k", "value".into(), Ttl::After(ttl(&cx))).await?;
    let written = SystemClock.now();
    let latest = ttl(&cx) + cx.granularity() + ms(50);
    loop {
        let asked = SystemClock.now();
        let seen = store.get_opt("k").await?;
        let lived = SystemClock.now().saturating_since(before);
        if seen.is_none() {
            let least = ttl(&cx);
            ensure!(lived >= least, "gone after {lived:?} at the most, instead of {least:?}");
            return Ok(());
        }
        let known = asked.saturating_since(written);
        ensure!(known <= latest, "there after {known:?}, though gone after {latest:?}");
        sleep(GLANCE).await;
    }
}

async fn an_entry_that_was_written_again_lives(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("never", "old".into(), Ttl::After(ttl(&cx))).await?;
    store.set("longer", "old".into(), Ttl::After(ttl(&cx))).await?;
    store.set("never", "new".into(), Ttl::Never).await?;
    store
        .set("longer", "new".into(), Ttl::After(ttl(&cx) + secs(600)))
        .await?;
    outlive(&cx).await;
    store.sweep().await?;
    let new = Some("new".into());
    ensure_eq!(
        store.get_many(&["never", "longer"]).await?,
        [new.clone(), new],
        "the later expiry holds"
    );
    Ok(())
}

async fn a_shorter_expiry_holds(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (key, old) in [("never", Ttl::Never), ("longer", Ttl::After(ttl(&cx) + secs(600)))] {
        store.set(key, "old".into(), old).await?;
        store.set(key, "new".into(), Ttl::After(ttl(&cx))).await?;
    }
    outlive(&cx).await;
    ensure_eq!(
        store.get_many(&["never", "longer"]).await?,
        [None, None],
        "the shorter expiry holds"
    );
    Ok(())
}

async fn a_listing_drops_what_expired(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let earliest = SystemClock.now().checked_add(ttl(&cx));
    store.set("expires", "value".into(), Ttl::After(ttl(&cx))).await?;
    // A millisecond of granularity is the rounding that `Ttl` does by itself.
    let latest = SystemClock.now().checked_add(ttl(&cx) + cx.granularity());
    store.set("stays", "value".into(), Ttl::Never).await?;
    let page = store.list_page(&kvs_core::ListOptions::default()).await?;
    if let Some(entry) = page.entries.iter().find(|entry| entry.key == "expires") {
        let at = entry.expires_at;
        ensure!(
            earliest <= at && at <= latest,
            "the instant of expiry: {earliest:?} <= {at:?} <= {latest:?}"
        );
    }
    outlive(&cx).await;
    ensure_eq!(store.list("").await?, ["stays"], "what expired is not listed");
    Ok(())
}

async fn instants_are_absolute(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let now = SystemClock.now().as_millis();
    let unit = i64::try_from(cx.granularity().as_millis()).unwrap_or(i64::MAX / 2);
    set_at(&*store, "past", now.saturating_sub(unit)).await?;
    set_at(&*store, "future", now + 3_600_000).await?;
    ensure_eq!(
        store.get_many(&["past", "future"]).await?,
        [None, Some("value".into())],
        "instants are UTC"
    );
    Ok(())
}

async fn set_at(store: &dyn FullStore, key: &str, millis: i64) -> Outcome {
    let ttl = Ttl::At(Timestamp::from_millis(millis));
    Ok(store.set(key, "value".into(), ttl).await?)
}
