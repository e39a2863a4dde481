//! Changing the expiry alone.

use std::time::Duration;

use kvs_core::{Clock, ErrorKind, StoreExt, Timestamp, Ttl};

use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "atomic";
    "touch changes the expiry and keeps the value."
        => touch_changes_only_the_expiry [atomic, manual_clock];
    "touch with Never, or a zero duration, takes the expiry away."
        => touch_can_take_the_expiry_away [atomic, manual_clock];
    "touch with Keep keeps the expiry, to the millisecond."
        => touch_with_keep_keeps_the_expiry [atomic, manual_clock];
    "touch with an instant in the past makes the entry absent."
        => touch_into_the_past_removes [atomic, manual_clock];
    "touch counts from now: a session that is touched slides."
        => touch_lets_an_expiry_slide [atomic, manual_clock];
    "touch rounds a TTL up to whole milliseconds: never early."
        => touch_rounds_up [atomic, manual_clock];
    "touch beyond what a timestamp holds never expires."
        => touch_does_not_wrap [atomic, manual_clock];
    "touch of an absent key is NotFound and creates nothing."
        => touch_of_an_absent_key_is_not_found [atomic];
    "touch of an expired key is NotFound, at the exact millisecond of its expiry, and revives nothing."
        => touch_does_not_revive [atomic, manual_clock];
}

async fn touch_changes_only_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let version = store.touch("k", Ttl::After(Duration::from_millis(250))).await?;
    let read = store.get_versioned("k").await?;
    let expected = cx.clock().now().checked_add(Duration::from_millis(250));
    ensure_eq!(read.expires_at, expected, "the expiry is now and the TTL");
    ensure_eq!(
        (read.value, read.version),
        ("v".into(), version),
        "the value stays, the version is the one returned"
    );
    cx.clock().advance(Duration::from_millis(250));
    ensure_eq!(store.get_opt("k").await?, None, "the entry expires as touched");
    Ok(())
}

async fn touch_can_take_the_expiry_away(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for ttl in [Ttl::Never, Ttl::After(Duration::ZERO), Duration::ZERO.into()] {
        store.set("k", "v".into(), Ttl::After(Duration::from_secs(1))).await?;
        store.touch("k", ttl).await?;
        ensure_eq!(store.get_versioned("k").await?.expires_at, None, "no expiry is left");
    }
    cx.clock().advance(Duration::from_secs(1_000_000));
    ensure_eq!(store.get_opt("k").await?, Some("v".into()), "the entry stays");
    Ok(())
}

async fn touch_with_keep_keeps_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .set("k", "v".into(), Ttl::After(Duration::from_millis(1_001)))
        .await?;
    let before = store.get_versioned("k").await?.expires_at;
    cx.clock().advance(Duration::from_millis(500));
    store.touch("k", Ttl::Keep).await?;
    ensure_eq!(
        store.get_versioned("k").await?.expires_at,
        before,
        "Keep keeps the expiry as it was"
    );
    Ok(())
}

async fn touch_into_the_past_removes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let now = cx.clock().now();
    for at in [now, Timestamp::from_millis(0), Timestamp::from_millis(i64::MIN)] {
        store.set("k", "v".into(), Ttl::Never).await?;
        store.touch("k", Ttl::At(at)).await?;
        ensure_eq!(
            store.get_opt("k").await?,
            None,
            "an expiry that is not in the future makes the entry absent"
        );
    }
    Ok(())
}

async fn touch_lets_an_expiry_slide(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let ttl = Ttl::After(Duration::from_millis(250));
    store.set("session", "ada".into(), ttl).await?;
    for _ in 0..5 {
        cx.clock().advance(Duration::from_millis(249));
        store.touch("session", ttl).await?;
    }
    cx.clock().advance(Duration::from_millis(249));
    ensure!(store.contains("session").await?, "each touch gave another 250 ms");
    cx.clock().advance(Duration::from_millis(1));
    ensure!(!store.contains("session").await?, "without a touch the session ends");
    Ok(())
}

async fn touch_rounds_up(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    store.touch("k", Ttl::After(Duration::from_nanos(1_000_001))).await?;
    let expected = cx.clock().now().checked_add(Duration::from_millis(2));
    ensure_eq!(
        store.get_versioned("k").await?.expires_at,
        expected,
        "1.000001 ms are 2 ms"
    );
    Ok(())
}

async fn touch_does_not_wrap(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::After(Duration::from_secs(1))).await?;
    store.touch("k", Ttl::After(Duration::MAX)).await?;
    ensure_eq!(
        store.get_versioned("k").await?.expires_at,
        None,
        "longer than time itself is never"
    );
    Ok(())
}

async fn touch_of_an_absent_key_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_kind!(
        store.touch("k", Ttl::Never).await,
        ErrorKind::NotFound,
        "nothing to touch"
    );
    ensure_eq!(store.get_opt("k").await?, None, "touch creates nothing");
    Ok(())
}

async fn touch_does_not_revive(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::After(Duration::from_secs(1))).await?;
    cx.clock().advance(Duration::from_secs(1));
    ensure_kind!(
        store.touch("k", Ttl::Never).await,
        ErrorKind::NotFound,
        "expired is absent"
    );
    ensure_eq!(store.get_opt("k").await?, None, "an expired entry does not come back");
    Ok(())
}
