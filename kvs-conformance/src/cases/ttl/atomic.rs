//! An expired entry is absent for every condition, also where it is still stored.

use std::sync::Arc;

use kvs_core::{Bytes, Clock, ErrorKind, FullStore, StoreExt, Timestamp, Transaction, Ttl, Version};

use super::{expires_in, never_expires};
use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::support::{ms, secs};

cases! {
    "ttl";
    "get_versioned shows the expiry, and misses an expired entry."
        => get_versioned_obeys_expiry [manual_clock, atomic];
    "set_if_absent succeeds over an expired entry, and not one millisecond before."
        => set_if_absent_succeeds_over_an_expired_entry [manual_clock, atomic];
    "compare_and_set with the version of an expired entry is a Conflict."
        => compare_and_set_on_an_expired_entry_conflicts [manual_clock, atomic];
    "compare_and_delete with the version of an expired entry is a Conflict."
        => compare_and_delete_on_an_expired_entry_conflicts [manual_clock, atomic];
    "take of an expired entry is NotFound."
        => take_of_an_expired_entry_is_not_found [manual_clock, atomic];
    "touch of an expired entry is NotFound, and does not revive it."
        => touch_of_an_expired_entry_is_not_found [manual_clock, atomic];
    "update sees an expired entry as absent, and creates one that does not expire."
        => update_sees_an_expired_entry_as_absent [manual_clock, atomic];
    "increment of an expired counter begins at 0."
        => increment_of_an_expired_counter_begins_again [manual_clock, atomic];
    "The checks of a transaction see an expired entry as absent."
        => checks_see_an_expired_entry_as_absent [manual_clock, atomic];
    "A touch in a transaction is a Conflict on an expired entry."
        => a_touch_in_a_transaction_conflicts_on_an_expired_entry [manual_clock, atomic];
    "touch replaces the expiry exactly, and leaves the value."
        => touch_replaces_the_expiry [manual_clock, atomic];
    "touch with Never takes the expiry away."
        => touch_with_never_takes_the_expiry_away [manual_clock, atomic];
    "touch with Keep keeps the expiry to the millisecond."
        => touch_with_keep_keeps_the_expiry [manual_clock, atomic];
    "touch with an instant in the past makes the entry absent."
        => touch_into_the_past_makes_the_entry_absent [manual_clock, atomic];
    "A session slides: touched in time it lives on, and ends when it is not."
        => a_session_slides [manual_clock, atomic];
    "update keeps the expiry to the millisecond."
        => update_keeps_the_expiry [manual_clock, atomic];
    "increment keeps the expiry to the millisecond."
        => increment_keeps_the_expiry [manual_clock, atomic];
    "compare_and_set sets the expiry that it is given, and keeps it with Keep."
        => compare_and_set_obeys_its_ttl [manual_clock, atomic];
    "set_if_absent sets the expiry that it is given; with Keep there is none."
        => set_if_absent_obeys_its_ttl [manual_clock, atomic];
    "Each set and touch of a transaction has its own expiry."
        => a_transaction_has_a_ttl_for_each_key [manual_clock, atomic];
}

/// A store whose entry `k` has just expired, and the version that it had.
async fn expired(cx: &Context) -> Result<(Arc<dyn FullStore>, Version), Failed> {
    let store = cx.open().await?;
    store.set("k", "7".into(), Ttl::After(ms(250))).await?;
    let version = store.get_versioned("k").await?.version;
    cx.clock().advance(ms(250));
    Ok((store, version))
}

async fn get_versioned_obeys_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let now = cx.clock().now();
    store.set("k", "value".into(), Ttl::After(ms(250))).await?;
    cx.clock().advance(ms(249));
    ensure_eq!(
        store.get_versioned("k").await?.expires_at,
        now.checked_add(ms(250)),
        "the instant of expiry"
    );
    cx.clock().advance(ms(1));
    ensure_kind!(
        store.get_versioned("k").await,
        ErrorKind::NotFound,
        "the entry has expired"
    );
    store.set("k", "value".into(), Ttl::Never).await?;
    ensure_eq!(store.get_versioned("k").await?.expires_at, None, "never is None");
    Ok(())
}

async fn set_if_absent_succeeds_over_an_expired_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::After(ms(250))).await?;
    let old = store.get_versioned("k").await?.version;
    cx.clock().advance(ms(249));
    let result = store.set_if_absent("k", "new".into(), Ttl::Never).await;
    ensure_kind!(result, ErrorKind::Conflict, "the entry lives for another millisecond");
    cx.clock().advance(ms(1));
    let new = store.set_if_absent("k", "new".into(), Ttl::Never).await?;
    ensure_eq!(
        store.get("k").await?,
        "new",
        "the entry had expired, so that the key was free"
    );
    ensure!(new != old, "the new entry has a new version");
    Ok(())
}

async fn compare_and_set_on_an_expired_entry_conflicts(cx: Context) -> Outcome {
    let (store, version) = expired(&cx).await?;
    let result = store.compare_and_set("k", version, "new".into(), Ttl::Never).await;
    ensure_kind!(result, ErrorKind::Conflict, "an expired entry has no version");
    ensure!(!store.contains("k").await?, "nothing was written");
    Ok(())
}

async fn compare_and_delete_on_an_expired_entry_conflicts(cx: Context) -> Outcome {
    let (store, version) = expired(&cx).await?;
    let result = store.compare_and_delete("k", version).await;
    ensure_kind!(result, ErrorKind::Conflict, "an expired entry has no version");
    Ok(())
}

async fn take_of_an_expired_entry_is_not_found(cx: Context) -> Outcome {
    let (store, _) = expired(&cx).await?;
    ensure_kind!(store.take("k").await, ErrorKind::NotFound, "there is nothing to take");
    Ok(())
}

async fn touch_of_an_expired_entry_is_not_found(cx: Context) -> Outcome {
    let (store, _) = expired(&cx).await?;
    for ttl in [Ttl::Never, Ttl::Keep, Ttl::After(secs(10))] {
        ensure_kind!(
            store.touch("k", ttl).await,
            ErrorKind::NotFound,
            "there is nothing to touch ({ttl:?})"
        );
        ensure!(!store.contains("k").await?, "the entry is not revived ({ttl:?})");
    }
    Ok(())
}

async fn update_sees_an_expired_entry_as_absent(cx: Context) -> Outcome {
    let (store, _) = expired(&cx).await?;
    let mut seen = Some(Bytes::new());
    let update = &mut |old: Option<&Bytes>| {
        seen = old.cloned();
        Ok(Bytes::from("new"))
    };
    let updated = store.update("k", update).await?;
    ensure_eq!(seen, None, "the expired value is not shown to the update");
    ensure_eq!(updated.expires_at, None, "the new entry does not inherit the expiry");
    never_expires(&cx, &*store, "k").await
}

async fn increment_of_an_expired_counter_begins_again(cx: Context) -> Outcome {
    let (store, _) = expired(&cx).await?;
    ensure_eq!(store.increment("k", 2).await?, 2, "an absent counter counts as 0");
    never_expires(&cx, &*store, "k").await
}

async fn checks_see_an_expired_entry_as_absent(cx: Context) -> Outcome {
    let (store, version) = expired(&cx).await?;
    store.commit(Transaction::new().check_absent("k")).await?;
    let result = store.commit(Transaction::new().check_exists("k")).await;
    ensure_kind!(result, ErrorKind::Conflict, "the entry does not exist");
    let result = store.commit(Transaction::new().check_version("k", version)).await;
    ensure_kind!(result, ErrorKind::Conflict, "the entry has no version");
    store
        .commit(Transaction::new().check_absent("k").set("k", "new", Ttl::Never))
        .await?;
    ensure_eq!(store.get("k").await?, "new", "a key whose entry has expired is free");
    Ok(())
}

async fn a_touch_in_a_transaction_conflicts_on_an_expired_entry(cx: Context) -> Outcome {
    let (store, _) = expired(&cx).await?;
    let transaction = Transaction::new()
        .set("other", "value", Ttl::Never)
        .touch("k", Ttl::Never);
    ensure_kind!(
        store.commit(transaction).await,
        ErrorKind::Conflict,
        "a touch demands a live entry"
    );
    ensure_eq!(
        store.get_many(&["k", "other"]).await?,
        [None, None],
        "nothing was written"
    );
    Ok(())
}

async fn touch_replaces_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    for ttl in [secs(100), secs(1)] {
        store.touch("k", Ttl::After(ttl)).await?;
        let expected = cx.clock().now().checked_add(ttl);
        ensure_eq!(
            store.get_versioned("k").await?.expires_at,
            expected,
            "the expiry of the touch"
        );
        ensure_eq!(store.get("k").await?, "value", "the value stays");
    }
    expires_in(&cx, &*store, "k", secs(1)).await
}

async fn touch_with_never_takes_the_expiry_away(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(10))).await?;
    store.touch("k", Ttl::Never).await?;
    never_expires(&cx, &*store, "k").await
}

async fn touch_with_keep_keeps_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(ms(10_001))).await?;
    cx.clock().advance(secs(4));
    store.touch("k", Ttl::Keep).await?;
    expires_in(&cx, &*store, "k", ms(6_001)).await
}

async fn touch_into_the_past_makes_the_entry_absent(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    store.touch("k", Ttl::At(Timestamp::from_millis(1))).await?;
    ensure_eq!(
        store.get_opt("k").await?,
        None,
        "the touch took place, and the entry has expired"
    );
    Ok(())
}

async fn a_session_slides(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("session", "ada".into(), Ttl::After(secs(60))).await?;
    for _ in 0..10 {
        cx.clock().advance(secs(59));
        store.touch("session", Ttl::After(secs(60))).await?;
    }
    ensure_eq!(
        store.get("session").await?,
        "ada",
        "the session lives after ten minutes"
    );
    expires_in(&cx, &*store, "session", secs(60)).await
}

async fn update_keeps_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "a".into(), Ttl::After(ms(10_001))).await?;
    let expires_at = store.get_versioned("k").await?.expires_at;
    cx.clock().advance(secs(4));
    let updated = store.update("k", &mut |_| Ok("b".into())).await?;
    ensure_eq!(
        updated.expires_at,
        expires_at,
        "the update tells the expiry, which is the old one"
    );
    ensure_eq!(store.get("k").await?, "b", "the value is the new one");
    expires_in(&cx, &*store, "k", ms(6_001)).await
}

async fn increment_keeps_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "40".into(), Ttl::After(ms(10_001))).await?;
    cx.clock().advance(secs(4));
    ensure_eq!(store.increment("k", 2).await?, 42, "the sum");
    expires_in(&cx, &*store, "k", ms(6_001)).await
}

async fn compare_and_set_obeys_its_ttl(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "a".into(), Ttl::Never).await?;
    let version = store.get_versioned("k").await?.version;
    let version = store
        .compare_and_set("k", version, "b".into(), Ttl::After(ms(10_001)))
        .await?;
    cx.clock().advance(secs(4));
    store.compare_and_set("k", version, "c".into(), Ttl::Keep).await?;
    expires_in(&cx, &*store, "k", ms(6_001)).await
}

async fn set_if_absent_obeys_its_ttl(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set_if_absent("k", "a".into(), Ttl::After(ms(250))).await?;
    expires_in(&cx, &*store, "k", ms(250)).await?;
    store.set_if_absent("k", "b".into(), Ttl::Keep).await?;
    never_expires(&cx, &*store, "k").await
}

async fn a_transaction_has_a_ttl_for_each_key(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("touched", "value".into(), Ttl::Never).await?;
    store.set("kept", "value".into(), Ttl::After(secs(3))).await?;
    let transaction = Transaction::new()
        .set("set", "value", secs(1))
        .touch("touched", secs(2))
        .set("kept", "value", Ttl::Keep)
        .set("never", "value", Ttl::Never);
    store.commit(transaction).await?;
    for key in ["set", "touched", "kept"] {
        expires_in(&cx, &*store, key, secs(1)).await?;
    }
    never_expires(&cx, &*store, "never").await
}
