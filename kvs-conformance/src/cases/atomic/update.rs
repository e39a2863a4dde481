//! Read, compute, write, until no other write came in between.

use std::time::Duration;

use kvs_core::{Bytes, Clock, Error, ErrorKind, Result, StoreExt, Ttl};

use crate::cases::support::bytes;
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "atomic";
    "update gives the function the live value and writes what it makes of it."
        => update_computes_from_the_live_value [atomic];
    "update returns the value, version and expiry that are now stored."
        => update_returns_what_is_stored [atomic, manual_clock];
    "update of an absent key gives the function None and creates an entry that does not expire."
        => update_creates_without_expiry [atomic];
    "update of an expired key gives the function None and creates an entry that does not expire."
        => update_of_an_expired_key_begins_anew [atomic, manual_clock];
    "update keeps the expiry exactly, to the millisecond."
        => update_keeps_the_expiry [atomic, manual_clock];
    "update gives an empty value as an empty value, not as None."
        => update_tells_empty_from_absent [atomic];
    "An error of the function ends the update, is returned as it is, and nothing changes."
        => an_error_of_the_function_changes_nothing [atomic];
    "An error of the function on an absent key creates nothing."
        => an_error_of_the_function_creates_nothing [atomic];
    "A NotFound of the function is returned as it is, and the function is called once."
        => a_not_found_of_the_function_is_not_a_miss [atomic];
    "A Conflict of the function ends the update: it is not taken for a lost race."
        => a_conflict_of_the_function_ends_the_update [atomic];
    "A value over the limit is TooLarge, and the old value stands."
        => update_refuses_a_value_over_the_limit [atomic];
    "update to an equal value is a write: it gives a new version."
        => update_to_an_equal_value_gives_a_new_version [atomic];
}

/// A function for `update` that notes what it was given.
fn noting(seen: &mut Option<Bytes>, value: &'static str) -> impl FnMut(Option<&Bytes>) -> Result<Bytes> + Send {
    move |old| {
        *seen = old.cloned();
        Ok(value.into())
    }
}

/// A function for `update` that fails, and counts how often.
fn failing(calls: &mut u32, error: fn() -> Error) -> impl FnMut(Option<&Bytes>) -> Result<Bytes> + Send {
    move |_| {
        *calls += 1;
        Err(error())
    }
}

async fn update_computes_from_the_live_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "apple".into(), Ttl::Never).await?;
    let mut seen = None;
    store.update("k", &mut noting(&mut seen, "apple,pear")).await?;
    ensure_eq!(seen, Some("apple".into()), "the function is given the live value");
    ensure_eq!(
        store.get_opt("k").await?,
        Some("apple,pear".into()),
        "what it makes is written"
    );
    Ok(())
}

async fn update_returns_what_is_stored(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::After(Duration::from_secs(9))).await?;
    for key in ["k", "new"] {
        let updated = store.update(key, &mut |_| Ok("w".into())).await?;
        ensure_eq!(
            store.get_versioned(key).await?,
            updated,
            "update returns the entry as it now is"
        );
    }
    Ok(())
}

async fn update_creates_without_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut seen = Some(Bytes::new());
    let created = store.update("k", &mut noting(&mut seen, "v")).await?;
    ensure_eq!(seen, None, "an absent key is None");
    ensure_eq!(
        (created.value, created.expires_at),
        ("v".into(), None),
        "the entry is new and does not expire"
    );
    Ok(())
}

async fn update_of_an_expired_key_begins_anew(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::After(Duration::from_secs(1))).await?;
    cx.clock().advance(Duration::from_secs(1));
    let mut seen = Some(Bytes::new());
    store.update("k", &mut noting(&mut seen, "new")).await?;
    ensure_eq!(seen, None, "an expired value is not shown");
    let read = store.get_versioned("k").await?;
    ensure_eq!(
        (read.value, read.expires_at),
        ("new".into(), None),
        "the entry is new and does not expire"
    );
    Ok(())
}

async fn update_keeps_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .set("k", "v".into(), Ttl::After(Duration::from_millis(1_001)))
        .await?;
    let expected = cx.clock().now().checked_add(Duration::from_millis(1_001));
    for _ in 0..4 {
        cx.clock().advance(Duration::from_millis(250));
        store.update("k", &mut |_| Ok("w".into())).await?;
        ensure_eq!(
            store.get_versioned("k").await?.expires_at,
            expected,
            "the expiry stays exactly as it was"
        );
    }
    cx.clock().advance(Duration::from_millis(1));
    ensure_eq!(store.get_opt("k").await?, None, "the entry expires when it was to");
    Ok(())
}

async fn update_tells_empty_from_absent(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "".into(), Ttl::Never).await?;
    let mut seen = None;
    store.update("k", &mut noting(&mut seen, "")).await?;
    ensure_eq!(seen, Some(Bytes::new()), "an empty value is a value");
    ensure_eq!(
        store.get_opt("k").await?,
        Some(Bytes::new()),
        "an empty result is written"
    );
    Ok(())
}

async fn an_error_of_the_function_changes_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let before = store.get_versioned("k").await?;
    let outcome = store
        .update("k", &mut |_| Err(Error::corrupt("an error of the caller")))
        .await;
    let Err(error) = outcome else {
        return Err("the error of the function was lost".into());
    };
    ensure_eq!(error.kind(), ErrorKind::Corrupt, "the error keeps its kind");
    ensure_eq!(
        error.to_string(),
        "an error of the caller",
        "the error is returned as it is"
    );
    ensure_eq!(store.get_versioned("k").await?, before, "nothing changed");
    Ok(())
}

async fn an_error_of_the_function_creates_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let outcome = store.update("k", &mut |_| Err(Error::unavailable("not now"))).await;
    ensure_kind!(outcome, ErrorKind::Unavailable, "the error of the function is returned");
    ensure_eq!(store.get_opt("k").await?, None, "nothing was created");
    Ok(())
}

async fn a_not_found_of_the_function_is_not_a_miss(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let mut calls = 0;
    let outcome = store.update("k", &mut failing(&mut calls, || Error::NotFound)).await;
    ensure_kind!(outcome, ErrorKind::NotFound, "the error of the function is returned");
    ensure_eq!(calls, 1, "the function is called once");
    ensure_eq!(store.get_opt("k").await?, Some("v".into()), "nothing changed");
    Ok(())
}

async fn a_conflict_of_the_function_ends_the_update(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut calls = 0;
    let outcome = store
        .update("k", &mut failing(&mut calls, || Error::conflict(["elsewhere"])))
        .await;
    ensure_kind!(outcome, ErrorKind::Conflict, "the error of the function is returned");
    ensure_eq!(calls, 1, "the function is called once");
    Ok(())
}

async fn update_refuses_a_value_over_the_limit(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let large = bytes(cx.limits().value_bytes + 1);
    let outcome = store.update("k", &mut |_| Ok(large.clone())).await;
    ensure_kind!(
        outcome,
        ErrorKind::TooLarge,
        "the limit holds for what the function makes"
    );
    ensure_eq!(store.get_opt("k").await?, Some("v".into()), "the old value stands");
    Ok(())
}

async fn update_to_an_equal_value_gives_a_new_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let first = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let second = store.update("k", &mut |_| Ok("v".into())).await?.version;
    ensure!(first != second, "an update is a write");
    Ok(())
}
