//! Expiry on the clock of the wall, for stores that read no other: the cases that sleep.

use std::time::{Duration, Instant};

use kvs_core::{Clock, StoreExt, SystemClock, Timestamp, Ttl};
use tokio::time::sleep;

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{ms, secs};

/// How long the entries of these cases live.
const TTL: Duration = Duration::from_secs(1);

cases! {
    "wall";
    "On the clock of the wall an entry is there before its second is over, and gone after it."
        => an_entry_expires [wall_clock];
    "On the clock of the wall an entry that was written again lives on."
        => an_entry_that_was_written_again_lives [wall_clock];
    "On the clock of the wall a listing drops what expired, and shows the instant before."
        => a_listing_drops_what_expired [wall_clock, listable];
    "On the clock of the wall an instant in the past is the past, and one in an hour the future."
        => instants_are_absolute [wall_clock];
}

async fn an_entry_expires(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let before = Instant::now();
    store.set("k", "value".into(), Ttl::After(TTL)).await?;
    let seen = store.get_opt("k").await?;
    // On a machine that stalls, the second may be over already.
    if before.elapsed() < TTL {
        ensure_eq!(seen, Some("value".into()), "there before the second is over");
    }
    sleep(TTL + ms(50)).await;
    ensure_eq!(store.get_opt("k").await?, None, "gone after the second");
    Ok(())
}

async fn an_entry_that_was_written_again_lives(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("never", "old".into(), Ttl::After(TTL)).await?;
    store.set("longer", "old".into(), Ttl::After(TTL)).await?;
    store.set("never", "new".into(), Ttl::Never).await?;
    store.set("longer", "new".into(), Ttl::After(secs(600))).await?;
    sleep(TTL + ms(50)).await;
    store.sweep().await?;
    let new = Some("new".into());
    ensure_eq!(
        store.get_many(&["never", "longer"]).await?,
        [new.clone(), new],
        "the later expiry holds"
    );
    Ok(())
}

async fn a_listing_drops_what_expired(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let earliest = SystemClock.now().checked_add(TTL);
    store.set("expires", "value".into(), Ttl::After(TTL)).await?;
    let latest = SystemClock.now().checked_add(TTL);
    store.set("stays", "value".into(), Ttl::Never).await?;
    let page = store.list_page(&kvs_core::ListOptions::default()).await?;
    if let Some(entry) = page.entries.iter().find(|entry| entry.key == "expires") {
        let at = entry.expires_at;
        ensure!(
            earliest <= at && at <= latest,
            "the instant of expiry: {earliest:?} <= {at:?} <= {latest:?}"
        );
    }
    sleep(TTL + ms(50)).await;
    ensure_eq!(store.list("").await?, ["stays"], "what expired is not listed");
    Ok(())
}

async fn instants_are_absolute(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let now = SystemClock.now().as_millis();
    store
        .set("past", "value".into(), Ttl::At(Timestamp::from_millis(now - 1)))
        .await?;
    store
        .set(
            "future",
            "value".into(),
            Ttl::At(Timestamp::from_millis(now + 3_600_000)),
        )
        .await?;
    ensure_eq!(
        store.get_many(&["past", "future"]).await?,
        [None, Some("value".into())],
        "instants are UTC"
    );
    Ok(())
}
