//! What belongs together when an operation is dropped: a value and its expiry, all that one call deletes.

use std::time::Duration;

use kvs_core::{Bytes, ErrorKind, Filter, ListOptions, SetEntry, StoreExt, Ttl};
use serde_json::json;

use super::{POLLS, ensure_usable, new, old};
use crate::cases::support::{document, poll_times};
use crate::context::Context;
use crate::failed::Outcome;

const HOUR: Ttl = Ttl::After(Duration::from_hours(1));
const DAY: Ttl = Ttl::After(Duration::from_hours(24));

cases! {
    "cancellation";
    "A set with a TTL that is dropped at any poll leaves no value without its own expiry."
        => a_dropped_set_keeps_value_and_expiry_together [atomic];
    "A set_if_absent with a TTL that is dropped at any poll leaves no entry that never expires."
        => a_dropped_set_if_absent_leaves_no_entry_for_ever [atomic];
    "A touch that is dropped at any poll leaves the old or the new expiry."
        => a_dropped_touch_leaves_one_of_two_expiries [atomic];
    "An update that is dropped at any poll leaves the old or the new value, with the expiry."
        => a_dropped_update_leaves_one_of_the_two [atomic];
    "A compare_and_delete that is dropped at any poll leaves the entry or nothing."
        => a_dropped_compare_and_delete_leaves_one_of_the_two [atomic];
    "A delete_prefix that is dropped at any poll leaves whole entries, and others alone."
        => a_dropped_delete_prefix_leaves_whole_entries [listable];
    "A delete_collection that is dropped at any poll leaves whole documents, and others alone."
        => a_dropped_delete_collection_leaves_whole_documents [documents];
}

async fn a_dropped_set_keeps_value_and_expiry_together(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        store.set(&key, old(), HOUR).await?;
        let before = store.get_versioned(&key).await?.expires_at;
        dropped!(times, store.set(&key, new(), DAY));
        let seen = store.get_versioned(&key).await?;
        let is_new = seen.value == new();
        ensure!(is_new || seen.value == old(), "one of the two values");
        let is_later = seen.expires_at > before;
        ensure!(
            is_later == is_new && (is_new || seen.expires_at == before),
            "the expiry is the value's own, seen {:?}",
            seen.expires_at
        );
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_set_if_absent_leaves_no_entry_for_ever(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        let ended = dropped!(times, store.set_if_absent(&key, new(), HOUR));
        match store.get_versioned(&key).await {
            Ok(seen) => ensure!(seen.expires_at.is_some(), "an entry that was given a TTL expires"),
            missing => {
                ensure_kind!(missing, ErrorKind::NotFound, "the entry is there or not");
                ensure!(!ended, "an entry that was acknowledged is there");
            }
        }
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_touch_leaves_one_of_two_expiries(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        store.set(&key, old(), HOUR).await?;
        let before = store.get_versioned(&key).await?.expires_at;
        let ended = dropped!(times, store.touch(&key, DAY));
        let seen = store.get_versioned(&key).await?;
        ensure_eq!(seen.value, old(), "a touch never changes the value");
        ensure!(
            seen.expires_at > before || (!ended && seen.expires_at == before),
            "the old expiry or the new one, seen {:?}",
            seen.expires_at
        );
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_update_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        store.set(&key, old(), HOUR).await?;
        let before = store.get_versioned(&key).await?.expires_at;
        let ended = dropped!(times, store.update(&key, &mut |_| Ok(new())));
        let seen = store.get_versioned(&key).await?;
        ensure!(
            seen.value == new() || (!ended && seen.value == old()),
            "neither the old nor the new value: {} bytes",
            seen.value.len()
        );
        ensure_eq!(seen.expires_at, before, "an update keeps the expiry");
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_compare_and_delete_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        let version = store.set_if_absent(&key, old(), Ttl::Never).await?;
        let ended = dropped!(times, store.compare_and_delete(&key, version));
        let seen = store.get_opt(&key).await?;
        ensure!(seen.is_none() || !ended, "a delete that ended took effect");
        ensure!(seen.is_none_or(|seen| seen == old()), "the value is whole");
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_delete_prefix_leaves_whole_entries(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let prefix = format!("{times}/");
        let entries = ["a", "b", "c"].map(|name| SetEntry::new(format!("{prefix}{name}"), old()));
        store.set_many(entries.into()).await?;
        store.set("other", old(), Ttl::Never).await?;
        let ended = dropped!(times, store.delete_prefix(&prefix));
        let rest = store.list_page(&ListOptions::new(prefix).values(true)).await?.entries;
        ensure!(rest.is_empty() || !ended, "a delete that ended took effect");
        let whole: Bytes = old();
        ensure!(
            rest.iter().all(|entry| entry.value.as_ref() == Some(&whole)),
            "what is left is whole"
        );
        ensure_eq!(store.get("other").await?, whole, "another key is left alone");
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_delete_collection_leaves_whole_documents(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let content = || json!({"a": [1, 2]});
    store.put("other", document("d", content())?).await?;
    for times in 0..=POLLS {
        let collection = format!("c{times}");
        for id in ["a", "b", "c"] {
            store.put(&collection, document(id, content())?).await?;
        }
        let ended = dropped!(times, store.delete_collection(&collection));
        let rest = store.query(&collection, &Filter::all()).await?;
        ensure!(rest.is_empty() || !ended, "a delete that ended took effect");
        let content = content();
        ensure!(
            rest.iter()
                .all(|document| kvs_core::Value::from(document.data.clone()) == content),
            "what is left is whole"
        );
        ensure_eq!(
            store.query("other", &Filter::all()).await?.len(),
            1,
            "another collection is left alone"
        );
    }
    ensure_usable(&store, 0).await
}
