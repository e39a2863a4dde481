//! What a version is, and when it changes.

use std::collections::HashSet;
use std::time::Duration;

use kvs_core::{ErrorKind, SetEntry, StoreExt, Ttl, Version};

use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "atomic";
    "get_versioned gives the value, its version, and no expiry where there is none."
        => get_versioned_gives_value_and_version [atomic];
    "get_versioned of an absent key is NotFound."
        => get_versioned_of_an_absent_key_is_not_found [atomic];
    "get_versioned of an expired key is NotFound, from the exact millisecond of its expiry."
        => get_versioned_of_an_expired_key_is_not_found [atomic, manual_clock];
    "Reading an entry does not change its version."
        => a_read_keeps_the_version [atomic];
    "Every set gives a new version, of an equal value too."
        => every_set_gives_a_new_version [atomic];
    "An entry of a batch gets a new version like any other."
        => set_many_gives_new_versions [atomic];
    "Every touch gives a new version."
        => every_touch_gives_a_new_version [atomic];
    "A version is not used again after the key was deleted and written anew."
        => a_version_does_not_come_back_after_a_delete [atomic];
    "A version is not used again after the entry expired and the key was written anew."
        => a_version_does_not_come_back_after_expiry [atomic, manual_clock];
    "A value that went from A to B and back to A is not accepted with the first version."
        => a_value_that_came_back_has_another_version [atomic];
    "No two of 100 writes of one key give the same version."
        => a_hundred_writes_give_as_many_versions [atomic];
    "A version that was read from its text, or from JSON, is the version of the entry."
        => a_parsed_version_is_accepted [atomic];
    "The version of another key is a Conflict."
        => the_version_of_another_key_is_a_conflict [atomic];
    "The version of another store is a Conflict."
        => the_version_of_another_store_is_a_conflict [atomic];
    "A version that no store ever gave is a Conflict."
        => an_invented_version_is_a_conflict [atomic];
}

async fn get_versioned_gives_value_and_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let read = store.get_versioned("k").await?;
    ensure_eq!(read.value, "v", "the value is the one that was set");
    ensure_eq!(read.version, version, "the version is the one that the write gave");
    ensure_eq!(read.expires_at, None, "an entry without a TTL has no expiry");
    Ok(())
}

async fn get_versioned_of_an_absent_key_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_kind!(
        store.get_versioned("k").await,
        ErrorKind::NotFound,
        "a miss is NotFound"
    );
    Ok(())
}

async fn get_versioned_of_an_expired_key_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .set("k", "v".into(), Ttl::After(Duration::from_millis(250)))
        .await?;
    cx.clock().advance(Duration::from_millis(249));
    ensure!(
        store.get_versioned("k").await.is_ok(),
        "the entry is there until its expiry"
    );
    cx.clock().advance(Duration::from_millis(1));
    ensure_kind!(store.get_versioned("k").await, ErrorKind::NotFound, "expired is absent");
    Ok(())
}

async fn a_read_keeps_the_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let first = store.get_versioned("k").await?;
    store.get("k").await?;
    ensure_eq!(store.get_versioned("k").await?, first, "reads change nothing");
    Ok(())
}

async fn every_set_gives_a_new_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let first = store.get_versioned("k").await?.version;
    store.set("k", "v".into(), Ttl::Never).await?;
    ensure!(
        store.get_versioned("k").await?.version != first,
        "a set of the same value gives a new version"
    );
    Ok(())
}

async fn set_many_gives_new_versions(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let first = store.get_versioned("k").await?.version;
    store
        .set_many(vec![SetEntry::new("k", "v"), SetEntry::new("l", "v")])
        .await?;
    ensure!(
        store.get_versioned("k").await?.version != first,
        "a batch gives a new version"
    );
    ensure!(
        store.get_versioned("l").await.is_ok(),
        "every entry of a batch has a version"
    );
    Ok(())
}

async fn every_touch_gives_a_new_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let first = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let second = store.touch("k", Ttl::Keep).await?;
    ensure!(
        second != first,
        "a touch that changes nothing gives a new version all the same"
    );
    ensure_eq!(
        store.get_versioned("k").await?.version,
        second,
        "touch returns the version that is stored"
    );
    Ok(())
}

async fn a_version_does_not_come_back_after_a_delete(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut seen = HashSet::new();
    for _ in 0..5 {
        let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
        ensure!(
            seen.insert(version),
            "a recreated entry has a version never used before: {version}"
        );
        store.delete("k").await?;
    }
    let old = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    store.delete("k").await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let outcome = store.compare_and_set("k", old, "w".into(), Ttl::Never).await;
    ensure_kind!(
        outcome,
        ErrorKind::Conflict,
        "the version from before the delete is not accepted"
    );
    Ok(())
}

async fn a_version_does_not_come_back_after_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let ttl = Ttl::After(Duration::from_secs(1));
    let old = store.set_if_absent("k", "v".into(), ttl).await?;
    cx.clock().advance(Duration::from_secs(1));
    let new = store.set_if_absent("k", "v".into(), ttl).await?;
    ensure!(old != new, "the entry written over an expired one has a new version");
    Ok(())
}

async fn a_value_that_came_back_has_another_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let first = store.set_if_absent("k", "A".into(), Ttl::Never).await?;
    store.set("k", "B".into(), Ttl::Never).await?;
    store.set("k", "A".into(), Ttl::Never).await?;
    let outcome = store.compare_and_set("k", first, "C".into(), Ttl::Never).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "A, B, A is not A: the version tells");
    ensure_eq!(
        store.get_opt("k").await?,
        Some("A".into()),
        "a failed condition writes nothing"
    );
    Ok(())
}

async fn a_hundred_writes_give_as_many_versions(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut seen = HashSet::new();
    let mut version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    for round in 0..99 {
        ensure!(
            seen.insert(version),
            "write {round} gives a version never used before: {version}"
        );
        version = match round % 3 {
            0 => store.compare_and_set("k", version, "v".into(), Ttl::Never).await?,
            1 => store.touch("k", Ttl::Never).await?,
            _ => store.update("k", &mut |_| Ok("v".into())).await?.version,
        };
    }
    ensure!(
        seen.insert(version),
        "the last write gives a version never used before: {version}"
    );
    Ok(())
}

async fn a_parsed_version_is_accepted(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let text = store.set_if_absent("k", "v".into(), Ttl::Never).await?.to_string();
    let next = store
        .compare_and_set("k", text.parse()?, "w".into(), Ttl::Never)
        .await?;
    ensure_eq!(
        store.get_opt("k").await?,
        Some("w".into()),
        "the write under a version read from its text took effect"
    );
    let json = serde_json::to_string(&next)?;
    store
        .compare_and_set("k", serde_json::from_str(&json)?, "x".into(), Ttl::Never)
        .await?;
    ensure_eq!(
        store.get_opt("k").await?,
        Some("x".into()),
        "so did the one under a version read from JSON"
    );
    Ok(())
}

async fn the_version_of_another_key_is_a_conflict(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    store.set("other", "v".into(), Ttl::Never).await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let foreign = store.get_versioned("other").await?.version;
    let outcome = store.compare_and_set("k", foreign, "w".into(), Ttl::Never).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "a version belongs to its key");
    Ok(())
}

async fn the_version_of_another_store_is_a_conflict(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let elsewhere = cx.open_at(&cx.new_site()).await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let foreign = elsewhere.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let outcome = store.compare_and_set("k", foreign, "w".into(), Ttl::Never).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "a version belongs to its store");
    Ok(())
}

async fn an_invented_version_is_a_conflict(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    for invented in [[0; 16], [0xFF; 16], *b"sixteen bytes!!!"] {
        let outcome = store.compare_and_delete("k", Version::from_bytes(invented)).await;
        ensure_kind!(
            outcome,
            ErrorKind::Conflict,
            "an invented version is not the current one"
        );
    }
    ensure_eq!(
        store.get_opt("k").await?,
        Some("v".into()),
        "a failed condition removes nothing"
    );
    Ok(())
}
