//! Set, get, delete, and the convenient forms of them.

mod forms;
mod namespaces;

use std::sync::Arc;

use kvs_core::{AtomicStore, Bytes, ErrorKind, ListableStore, Store, StoreExt, Ttl};

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{fill, filled, secs};

pub(crate) use self::forms::CASES as FORMS;
pub(crate) use self::namespaces::CASES as NAMESPACES;

cases! {
    "basics";
    "get of a key that was never set is NotFound."
        => get_of_a_missing_key_is_not_found [];
    "What was set is what get gives, however often it is asked."
        => set_then_get_gives_the_value [];
    "get_opt gives None for a missing key, and Some for a present one."
        => get_opt_turns_a_miss_into_none [];
    "contains tells whether there is a live entry."
        => contains_tells_presence [];
    "The second of two sets wins."
        => the_second_set_wins [];
    "Setting a key twice leaves one entry."
        => overwriting_leaves_one_entry [listable];
    "Setting the same value twice is fine."
        => setting_the_same_value_twice_is_fine [];
    "A deleted key is NotFound, also where its value was just read."
        => a_deleted_key_is_not_found [];
    "A deleted key is not listed."
        => a_deleted_key_is_not_listed [listable];
    "Deleting an absent key is Ok."
        => deleting_an_absent_key_is_ok [];
    "Deleting twice is Ok."
        => deleting_twice_is_ok [];
    "A key that was deleted can be set again."
        => a_deleted_key_can_be_set_again [];
    "Set and delete in turn leave what came last, many times over."
        => set_and_delete_in_turn_leave_the_last [];
    "Deleting a key leaves its neighbours and the keys that start with it."
        => delete_leaves_the_neighbours [];
    "Setting a key leaves its neighbours and the keys that start with it."
        => set_leaves_the_neighbours [];
    "A read after an acknowledged write sees it."
        => a_read_sees_the_write_before_it [linearizable];
    "Reads change nothing: neither the value, nor the version, nor the expiry."
        => reads_change_nothing [atomic];
    "A thousand keys are all kept, each with its own value."
        => a_thousand_keys_are_kept [];
    "A set that is refused leaves the value that was there."
        => a_refused_set_leaves_the_value [];
    "A set that is refused creates nothing."
        => a_refused_set_creates_nothing [];
}

async fn get_of_a_missing_key_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_kind!(store.get("nobody").await, ErrorKind::NotFound, "nothing was set");
    Ok(())
}

async fn set_then_get_gives_the_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    for time in 1..=10 {
        ensure_eq!(
            store.get("k").await?,
            "value",
            "get gives what was set, the {time}th time too"
        );
    }
    Ok(())
}

async fn get_opt_turns_a_miss_into_none(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(store.get_opt("k").await?, None, "nothing was set");
    store.set_bytes("k", "value", Ttl::Never).await?;
    ensure_eq!(
        store.get_opt("k").await?,
        Some(Bytes::from("value")),
        "the value was set"
    );
    Ok(())
}

async fn contains_tells_presence(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure!(!store.contains("k").await?, "nothing was set");
    store.set("k", Bytes::new(), Ttl::Never).await?;
    ensure!(store.contains("k").await?, "the empty value is a value");
    store.delete("k").await?;
    ensure!(!store.contains("k").await?, "the key was deleted");
    Ok(())
}

async fn the_second_set_wins(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "first".into(), Ttl::Never).await?;
    store.set("k", "second".into(), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?, "second", "the second value replaced the first");
    for (first, second) in [
        ("value 1", "value 2"),
        ("long", "longer"),
        ("longer", "long"),
        ("a", "A"),
    ] {
        store.set("k", first.into(), Ttl::Never).await?;
        store.set("k", second.into(), Ttl::Never).await?;
        ensure_eq!(store.get("k").await?, second, "alike as it is, it replaced {first:?}");
    }
    Ok(())
}

async fn overwriting_leaves_one_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for value in ["first", "second", "third"] {
        store.set("k", value.into(), Ttl::Never).await?;
    }
    ensure_eq!(store.list("").await?, ["k"], "three sets of one key leave one entry");
    Ok(())
}

async fn setting_the_same_value_twice_is_fine(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for _ in 0..2 {
        store.set("k", "same".into(), Ttl::Never).await?;
        ensure_eq!(store.get("k").await?, "same", "the value is there after each set");
    }
    Ok(())
}

async fn a_deleted_key_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    store.get("k").await?;
    store.delete("k").await?;
    ensure_kind!(store.get("k").await, ErrorKind::NotFound, "the key was deleted");
    Ok(())
}

async fn a_deleted_key_is_not_listed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "b", "c"]).await?;
    store.delete("b").await?;
    ensure_eq!(store.list("").await?, ["a", "c"], "the key b was deleted");
    Ok(())
}

async fn deleting_an_absent_key_is_ok(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.delete("nobody").await?;
    ensure_eq!(store.get_opt("nobody").await?, None, "deleting creates nothing");
    Ok(())
}

async fn deleting_twice_is_ok(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    store.delete("k").await?;
    store.delete("k").await?;
    ensure_eq!(store.get_opt("k").await?, None, "the key was deleted");
    Ok(())
}

async fn a_deleted_key_can_be_set_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::Never).await?;
    store.delete("k").await?;
    store.set("k", "new".into(), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?, "new", "a delete has no effect on later sets");
    Ok(())
}

async fn set_and_delete_in_turn_leave_the_last(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..30 {
        let value = format!("value {round}");
        store.set("k", value.clone().into(), Ttl::Never).await?;
        ensure_eq!(store.get("k").await?, value, "round {round}: the set came last");
        store.delete("k").await?;
        ensure_eq!(store.get_opt("k").await?, None, "round {round}: the delete came last");
    }
    Ok(())
}

const NEIGHBOURS: [&str; 8] = ["j", "k\0", "k ", "kk", "k/1", "l", "K", "ka"];

async fn delete_leaves_the_neighbours(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, NEIGHBOURS).await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    store.delete("k").await?;
    filled(&*store, NEIGHBOURS).await
}

async fn set_leaves_the_neighbours(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, NEIGHBOURS).await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?, "value", "the key itself was set");
    filled(&*store, NEIGHBOURS).await
}

async fn a_read_sees_the_write_before_it(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..100 {
        let value = Bytes::from(format!("value {round}"));
        store.set("k", value.clone(), Ttl::Never).await?;
        ensure_eq!(
            store.get("k").await?,
            value,
            "the read sees the write just acknowledged"
        );
        // Another task on the same handle, which knows that the write was acknowledged.
        let other = Arc::clone(&store);
        let seen = tokio::spawn(async move { other.get("k").await }).await??;
        ensure_eq!(seen, value, "another task sees the write just acknowledged");
    }
    Ok(())
}

async fn reads_change_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(3_600))).await?;
    let before = store.get_versioned("k").await?;
    for _ in 0..3 {
        store.get("k").await?;
        store.contains("k").await?;
        store.get_many(&["k", "k"]).await?;
    }
    ensure_eq!(
        store.get_versioned("k").await?,
        before,
        "value, version and expiry are as before the reads"
    );
    Ok(())
}

async fn a_thousand_keys_are_kept(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let keys: Vec<String> = (0..1_000).map(|n| format!("key {n}")).collect();
    fill(&*store, &keys).await?;
    filled(&*store, &keys).await
}

async fn a_refused_set_leaves_the_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::Never).await?;
    let large = Bytes::from(vec![0; cx.limits().value_bytes + 1]);
    ensure_kind!(
        store.set("k", large, Ttl::Never).await,
        ErrorKind::TooLarge,
        "the value is over the limit"
    );
    ensure_eq!(store.get("k").await?, "old", "the refused set changed nothing");
    Ok(())
}

async fn a_refused_set_creates_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let large = Bytes::from(vec![0; cx.limits().value_bytes + 1]);
    ensure_kind!(
        store.set("k", large, Ttl::Never).await,
        ErrorKind::TooLarge,
        "the value is over the limit"
    );
    ensure!(!store.contains("k").await?, "the refused set created nothing");
    Ok(())
}
