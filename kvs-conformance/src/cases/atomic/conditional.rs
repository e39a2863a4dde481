//! Creating, replacing, removing and taking on a condition.

use std::time::Duration;

use kvs_core::{Clock, ErrorKind, StoreExt, Timestamp, Ttl};

use crate::cases::support::failed_keys;
use crate::context::Context;
use crate::failed::Outcome;

const SECOND: Ttl = Ttl::After(Duration::from_secs(1));

cases! {
    "atomic";
    "set_if_absent writes where nothing is, and gives the version it wrote."
        => set_if_absent_creates [atomic];
    "set_if_absent over a live entry is a Conflict and leaves value, version and expiry as they were."
        => set_if_absent_leaves_a_live_entry_alone [atomic, manual_clock];
    "An empty value is a value: set_if_absent over it is a Conflict."
        => set_if_absent_sees_an_empty_value [atomic];
    "set_if_absent works again after a delete."
        => set_if_absent_works_after_a_delete [atomic];
    "set_if_absent succeeds over an expired entry, from the exact millisecond of its expiry."
        => set_if_absent_writes_over_an_expired_entry [atomic, manual_clock];
    "set_if_absent with Keep over an expired entry never expires: there is no live expiry to keep."
        => set_if_absent_keeps_nothing_of_an_expired_entry [atomic, manual_clock];
    "set_if_absent with an expiry in the past leaves the key absent."
        => set_if_absent_into_the_past_leaves_nothing [atomic, manual_clock];
    "compare_and_set with the current version writes, and gives the new version."
        => compare_and_set_writes_with_the_current_version [atomic];
    "compare_and_set with an older version is a Conflict and changes nothing."
        => compare_and_set_refuses_an_older_version [atomic];
    "compare_and_set of an absent key is a Conflict and creates nothing."
        => compare_and_set_does_not_create [atomic];
    "compare_and_set of an expired entry is a Conflict, with its own version too."
        => compare_and_set_refuses_an_expired_entry [atomic, manual_clock];
    "compare_and_set with Keep keeps the expiry to the millisecond; with another TTL it replaces it."
        => compare_and_set_follows_its_ttl [atomic, manual_clock];
    "compare_and_delete with the current version removes."
        => compare_and_delete_removes_with_the_current_version [atomic];
    "compare_and_delete with an older version is a Conflict and removes nothing."
        => compare_and_delete_refuses_an_older_version [atomic];
    "compare_and_delete of an absent or expired key is a Conflict."
        => compare_and_delete_of_nothing_is_a_conflict [atomic, manual_clock];
    "take gives the value and removes it."
        => take_gives_and_removes [atomic];
    "take of an absent key is NotFound, the second take too."
        => take_of_nothing_is_not_found [atomic];
    "take of an expired key is NotFound, from the exact millisecond of its expiry."
        => take_of_an_expired_key_is_not_found [atomic, manual_clock];
    "take of an empty value gives the empty value."
        => take_gives_an_empty_value [atomic];
    "Every conflict names the key whose condition failed."
        => a_conflict_names_its_key [atomic];
    "A plain delete ignores versions, a plain set too."
        => plain_writes_ask_for_no_version [atomic];
}

async fn set_if_absent_creates(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let read = store.get_versioned("k").await?;
    ensure_eq!(
        (read.value, read.version),
        ("v".into(), version),
        "the entry is the one that was written"
    );
    Ok(())
}

async fn set_if_absent_leaves_a_live_entry_alone(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), SECOND).await?;
    let before = store.get_versioned("k").await?;
    let outcome = store.set_if_absent("k", "new".into(), Ttl::Never).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "a live entry is in the way");
    ensure_eq!(store.get_versioned("k").await?, before, "the live entry stays as it is");
    Ok(())
}

async fn set_if_absent_sees_an_empty_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "".into(), Ttl::Never).await?;
    let outcome = store.set_if_absent("k", "new".into(), Ttl::Never).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "an empty value is there");
    Ok(())
}

async fn set_if_absent_works_after_a_delete(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::Never).await?;
    store.delete("k").await?;
    store.set_if_absent("k", "new".into(), Ttl::Never).await?;
    ensure_eq!(store.get_opt("k").await?, Some("new".into()), "a deleted key is absent");
    Ok(())
}

async fn set_if_absent_writes_over_an_expired_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), SECOND).await?;
    cx.clock().advance(Duration::from_millis(999));
    let outcome = store.set_if_absent("k", "new".into(), Ttl::Never).await;
    ensure_kind!(
        outcome,
        ErrorKind::Conflict,
        "one millisecond before its expiry the entry is there"
    );
    cx.clock().advance(Duration::from_millis(1));
    store.set_if_absent("k", "new".into(), Ttl::Never).await?;
    let read = store.get_versioned("k").await?;
    ensure_eq!(
        (read.value, read.expires_at),
        ("new".into(), None),
        "the new entry has its own value and expiry"
    );
    Ok(())
}

async fn set_if_absent_keeps_nothing_of_an_expired_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), SECOND).await?;
    cx.clock().advance(Duration::from_secs(1));
    store.set_if_absent("k", "new".into(), Ttl::Keep).await?;
    ensure_eq!(
        store.get_versioned("k").await?.expires_at,
        None,
        "Keep without a live entry is never"
    );
    Ok(())
}

async fn set_if_absent_into_the_past_leaves_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let now = cx.clock().now();
    store.set_if_absent("k", "v".into(), Ttl::At(now)).await?;
    ensure_eq!(
        store.get_opt("k").await?,
        None,
        "an entry that expires now is absent now"
    );
    store.set_if_absent("k", "w".into(), Ttl::Never).await?;
    ensure_eq!(
        store.get_opt("k").await?,
        Some("w".into()),
        "nothing is in the way of the next one"
    );
    Ok(())
}

async fn compare_and_set_writes_with_the_current_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let first = store.set_if_absent("k", "old".into(), Ttl::Never).await?;
    let second = store.compare_and_set("k", first, "new".into(), Ttl::Never).await?;
    let read = store.get_versioned("k").await?;
    ensure!(first != second, "the write gave a new version");
    ensure_eq!(
        (read.value, read.version),
        ("new".into(), second),
        "the entry is the one that was written"
    );
    Ok(())
}

async fn compare_and_set_refuses_an_older_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let first = store.set_if_absent("k", "a".into(), Ttl::Never).await?;
    store.compare_and_set("k", first, "b".into(), Ttl::Never).await?;
    let before = store.get_versioned("k").await?;
    let outcome = store.compare_and_set("k", first, "c".into(), Ttl::Never).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "the version is not the current one");
    ensure_eq!(
        store.get_versioned("k").await?,
        before,
        "a failed condition changes nothing"
    );
    Ok(())
}

async fn compare_and_set_does_not_create(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    store.delete("k").await?;
    let outcome = store.compare_and_set("k", version, "w".into(), Ttl::Never).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "an absent key has no version");
    ensure_eq!(store.get_opt("k").await?, None, "nothing was created");
    Ok(())
}

async fn compare_and_set_refuses_an_expired_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), SECOND).await?;
    cx.clock().advance(Duration::from_secs(1));
    let outcome = store.compare_and_set("k", version, "w".into(), Ttl::Never).await;
    ensure_kind!(
        outcome,
        ErrorKind::Conflict,
        "an expired entry is absent for conditions"
    );
    ensure_eq!(store.get_opt("k").await?, None, "nothing came back to life");
    Ok(())
}

async fn compare_and_set_follows_its_ttl(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let start = cx.clock().now().as_millis();
    let at = |millis| Some(Timestamp::from_millis(start + millis));
    let mut version = store.set_if_absent("k", "v".into(), SECOND).await?;
    cx.clock().advance(Duration::from_millis(123));
    let steps = [
        (Ttl::Keep, at(1_000)),
        (Ttl::After(Duration::from_millis(7)), at(130)),
        (Ttl::Never, None),
        (Ttl::Keep, None),
        (Ttl::At(Timestamp::from_millis(start + 5_000)), at(5_000)),
    ];
    for (ttl, expected) in steps {
        version = store.compare_and_set("k", version, "v".into(), ttl).await?;
        ensure_eq!(
            store.get_versioned("k").await?.expires_at,
            expected,
            "the expiry follows the TTL of the write"
        );
    }
    Ok(())
}

async fn compare_and_delete_removes_with_the_current_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    store.compare_and_delete("k", version).await?;
    ensure_eq!(store.get_opt("k").await?, None, "the entry is gone");
    Ok(())
}

async fn compare_and_delete_refuses_an_older_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let old = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    store.set("k", "w".into(), Ttl::Never).await?;
    let before = store.get_versioned("k").await?;
    let outcome = store.compare_and_delete("k", old).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "the version is not the current one");
    ensure_eq!(
        store.get_versioned("k").await?,
        before,
        "a failed condition removes nothing"
    );
    Ok(())
}

async fn compare_and_delete_of_nothing_is_a_conflict(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), SECOND).await?;
    cx.clock().advance(Duration::from_secs(1));
    let outcome = store.compare_and_delete("k", version).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "an expired entry has no version");
    store.delete("k").await?;
    let outcome = store.compare_and_delete("k", version).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "an absent key has no version");
    Ok(())
}

async fn take_gives_and_removes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    store.set("k2", "stays".into(), Ttl::Never).await?;
    ensure_eq!(store.take("k").await?, "v", "take gives the value");
    ensure_eq!(store.get_opt("k").await?, None, "take removes the entry");
    ensure_eq!(
        store.get_opt("k2").await?,
        Some("stays".into()),
        "take removes no other entry"
    );
    Ok(())
}

async fn take_of_nothing_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_kind!(store.take("k").await, ErrorKind::NotFound, "nothing to take");
    store.set("k", "v".into(), Ttl::Never).await?;
    store.take("k").await?;
    ensure_kind!(store.take("k").await, ErrorKind::NotFound, "it was taken already");
    Ok(())
}

async fn take_of_an_expired_key_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("a", "v".into(), SECOND).await?;
    store.set("b", "v".into(), SECOND).await?;
    cx.clock().advance(Duration::from_millis(999));
    ensure_eq!(
        store.take("a").await?,
        "v",
        "one millisecond before its expiry the entry is there"
    );
    cx.clock().advance(Duration::from_millis(1));
    ensure_kind!(store.take("b").await, ErrorKind::NotFound, "expired is absent");
    Ok(())
}

async fn take_gives_an_empty_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "".into(), Ttl::Never).await?;
    ensure_eq!(store.take("k").await?, "", "an empty value is a value");
    ensure_eq!(store.get_opt("k").await?, None, "it was removed");
    Ok(())
}

async fn a_conflict_names_its_key(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let old = store.set_if_absent("the key", "v".into(), Ttl::Never).await?;
    store.set("the key", "w".into(), Ttl::Never).await?;
    let outcomes = [
        store.set_if_absent("the key", "x".into(), Ttl::Never).await.map(drop),
        store
            .compare_and_set("the key", old, "x".into(), Ttl::Never)
            .await
            .map(drop),
        store.compare_and_delete("the key", old).await,
    ];
    for outcome in outcomes {
        match outcome {
            Err(error) => ensure_eq!(failed_keys(&error), ["the key"], "a conflict names the key, whole"),
            Ok(()) => return Err("a condition that does not hold was accepted".into()),
        }
    }
    Ok(())
}

async fn plain_writes_ask_for_no_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    store.set("k", "w".into(), Ttl::Never).await?;
    ensure_eq!(
        store.get_opt("k").await?,
        Some("w".into()),
        "set replaces whatever was there"
    );
    store.delete("k").await?;
    ensure_eq!(store.get_opt("k").await?, None, "delete removes whatever was there");
    Ok(())
}
