//! Counters.

use std::time::Duration;

use kvs_core::{Bytes, Clock, ErrorKind, StoreExt, Ttl};

use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "atomic";
    "increment counts an absent key as 0 and gives the sum; the entry does not expire."
        => increment_begins_at_zero [atomic];
    "increment by 0 creates the counter."
        => increment_by_zero_creates_the_counter [atomic];
    "increment takes negative steps, and goes below 0."
        => increment_goes_down [atomic];
    "A counter is decimal text: it is read by get and may be written by set."
        => a_counter_is_decimal_text [atomic];
    "increment keeps the expiry to the millisecond."
        => increment_keeps_the_expiry [atomic, manual_clock];
    "increment counts an expired counter as 0, and the new one does not expire."
        => increment_of_an_expired_counter_begins_anew [atomic, manual_clock];
    "increment reaches the largest and the smallest integer of 64 bits."
        => increment_reaches_both_ends [atomic];
    "A sum beyond 64 bits is InvalidArgument; nothing wraps, and the value stands."
        => increment_refuses_to_overflow [atomic];
    "increment of what is no integer is InvalidArgument, and the value stands."
        => increment_refuses_what_is_no_integer [atomic];
    "A refused increment does not spoil the key: it counts on when it holds a number again."
        => a_refused_increment_spoils_nothing [atomic];
    "increment gives the entry a new version."
        => increment_gives_a_new_version [atomic];
}

async fn increment_begins_at_zero(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(store.increment("visits", 1).await?, 1, "0 + 1");
    ensure_eq!(store.increment("visits", 41).await?, 42, "1 + 41");
    ensure_eq!(
        store.get_versioned("visits").await?.expires_at,
        None,
        "a new counter does not expire"
    );
    Ok(())
}

async fn increment_by_zero_creates_the_counter(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(store.increment("k", 0).await?, 0, "0 + 0");
    ensure_eq!(store.get_opt("k").await?, Some("0".into()), "the counter exists");
    Ok(())
}

async fn increment_goes_down(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(store.increment("k", -5).await?, -5, "0 - 5");
    ensure_eq!(store.increment("k", 3).await?, -2, "-5 + 3");
    ensure_eq!(
        store.get_opt("k").await?,
        Some("-2".into()),
        "a negative counter has a sign"
    );
    Ok(())
}

async fn a_counter_is_decimal_text(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (text, sum) in [("41", 42), ("-1", 0), ("007", 8), ("999999999999", 1_000_000_000_000)] {
        store.set("k", text.into(), Ttl::Never).await?;
        ensure_eq!(store.increment("k", 1).await?, sum, "{text} + 1");
        ensure_eq!(
            store.get_opt("k").await?,
            Some(Bytes::from(sum.to_string())),
            "the sum is stored as text"
        );
    }
    Ok(())
}

async fn increment_keeps_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .set("k", "1".into(), Ttl::After(Duration::from_millis(777)))
        .await?;
    let expected = cx.clock().now().checked_add(Duration::from_millis(777));
    cx.clock().advance(Duration::from_millis(776));
    store.increment("k", 1).await?;
    ensure_eq!(
        store.get_versioned("k").await?.expires_at,
        expected,
        "the expiry stays as it was"
    );
    Ok(())
}

async fn increment_of_an_expired_counter_begins_anew(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "100".into(), Ttl::After(Duration::from_secs(1))).await?;
    cx.clock().advance(Duration::from_secs(1));
    ensure_eq!(store.increment("k", 1).await?, 1, "an expired counter is absent");
    ensure_eq!(
        store.get_versioned("k").await?.expires_at,
        None,
        "the new counter does not expire"
    );
    Ok(())
}

async fn increment_reaches_both_ends(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(store.increment("up", i64::MAX).await?, i64::MAX, "the largest integer");
    ensure_eq!(
        store.increment("down", i64::MIN).await?,
        i64::MIN,
        "the smallest integer"
    );
    ensure_eq!(store.increment("up", i64::MIN).await?, -1, "the sum of both ends");
    ensure_eq!(store.increment("down", i64::MAX).await?, -1, "the sum of both ends");
    Ok(())
}

async fn increment_refuses_to_overflow(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (end, step) in [
        (i64::MAX, 1),
        (i64::MIN, -1),
        (i64::MAX, i64::MAX),
        (i64::MIN, i64::MIN),
    ] {
        store.set("k", end.to_string().into(), Ttl::Never).await?;
        let before = store.get_versioned("k").await?;
        ensure_kind!(
            store.increment("k", step).await,
            ErrorKind::InvalidArgument,
            "{end} + {step} does not fit"
        );
        ensure_eq!(store.get_versioned("k").await?, before, "the counter stands");
    }
    Ok(())
}

async fn increment_refuses_what_is_no_integer(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let texts: [&[u8]; 12] = [
        b"",
        b"x",
        b"1.5",
        b"1e3",
        b" 1",
        b"1 ",
        b"0x10",
        b"1_000",
        b"--1",
        b"9223372036854775808",
        b"\xff",
        b"1\0",
    ];
    for text in texts {
        store.set("k", text.into(), Ttl::Never).await?;
        let before = store.get_versioned("k").await?;
        ensure_kind!(
            store.increment("k", 1).await,
            ErrorKind::InvalidArgument,
            "{text:?} is no integer"
        );
        ensure_eq!(store.get_versioned("k").await?, before, "the value stands");
    }
    Ok(())
}

async fn a_refused_increment_spoils_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "x".into(), Ttl::Never).await?;
    ensure_kind!(
        store.increment("k", 1).await,
        ErrorKind::InvalidArgument,
        "x is no integer"
    );
    store.set("k", "1".into(), Ttl::Never).await?;
    ensure_eq!(store.increment("k", 1).await?, 2, "1 + 1");
    Ok(())
}

async fn increment_gives_a_new_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.increment("k", 1).await?;
    let first = store.get_versioned("k").await?.version;
    store.increment("k", 0).await?;
    ensure!(
        store.get_versioned("k").await?.version != first,
        "adding 0 is a write, too"
    );
    Ok(())
}
