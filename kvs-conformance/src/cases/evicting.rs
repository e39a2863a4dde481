//! What holds of a store that drops what is live to make room: what it keeps is right.
//!
//! The suite asks for room for 1,000 entries and 16 MiB. Each case writes several times that.

use kvs_core::{Bytes, FullStore, SetEntry, StoreExt, Ttl};

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::secs;

/// More entries than the store has room for.
const ENTRIES: usize = 4_000;

/// As many keys as are looked at closely.
const FRESH: usize = 300;

cases! {
    "evicting";
    "A full store that evicts gives back what was written, or nothing."
        => what_is_kept_is_right [evicting];
    "A full store that evicts never gives back a value that was replaced."
        => what_was_replaced_is_never_seen [evicting];
    "A fresh write into a full store is readable or gone, never older: not at once, and not later."
        => a_fresh_write_is_readable_or_gone [evicting];
    "What was deleted from a full store stays away, whatever is written then."
        => what_was_deleted_stays_away [evicting];
    "A full store that evicts shows nothing that has expired."
        => what_expired_is_never_seen [evicting, manual_clock];
    "A new expiry holds in a full store: what was written again without one lives on, or is gone."
        => a_replaced_expiry_is_never_applied [evicting, manual_clock];
    "A batch larger than the room is taken, and each entry is right or gone."
        => a_batch_larger_than_the_room_is_taken [evicting];
    "Values larger than the room together are kept whole or not at all."
        => large_values_are_whole_or_gone [evicting];
    "All forms of a read agree that what was never written is absent."
        => nothing_is_made_up [evicting];
    "A listing of a full store shows keys that were written, in order, each once."
        => a_listing_shows_what_was_written [evicting, listable];
}

fn key(number: usize) -> String {
    format!("key-{number:05}")
}

fn text(word: &str, number: usize) -> Bytes {
    format!("{word} {number}").into()
}

/// Writes that many entries, one after the other.
async fn write(store: &dyn FullStore, word: &str, count: usize, ttl: Ttl) -> Outcome {
    for number in 0..count {
        store.set(&key(number), text(word, number), ttl).await?;
    }
    Ok(())
}

/// Each of the entries is as it was written, or gone. How many are there.
async fn right_or_gone(store: &dyn FullStore, word: &str, count: usize) -> Result<usize, crate::failed::Failed> {
    let mut kept = 0;
    for number in 0..count {
        if let Some(value) = store.get_opt(&key(number)).await? {
            ensure_eq!(
                value,
                text(word, number),
                "{} is as it was written, or gone",
                key(number)
            );
            kept += 1;
        }
    }
    Ok(kept)
}

async fn what_is_kept_is_right(cx: Context) -> Outcome {
    let store = cx.open().await?;
    write(&*store, "value", ENTRIES, Ttl::Never).await?;
    let kept = right_or_gone(&*store, "value", ENTRIES).await?;
    ensure!(kept > 0, "a full store holds something");
    Ok(())
}

async fn what_was_replaced_is_never_seen(cx: Context) -> Outcome {
    let store = cx.open().await?;
    write(&*store, "old", ENTRIES, Ttl::Never).await?;
    write(&*store, "new", ENTRIES, Ttl::Never).await?;
    right_or_gone(&*store, "new", ENTRIES).await?;
    Ok(())
}

async fn a_fresh_write_is_readable_or_gone(cx: Context) -> Outcome {
    let store = cx.open().await?;
    write(&*store, "filler", ENTRIES, Ttl::Never).await?;
    for word in ["old", "new"] {
        for number in 0..FRESH {
            let (fresh, value) = (format!("fresh-{number}"), text(word, number));
            store.set(&fresh, value.clone(), Ttl::Never).await?;
            let seen = store.get_opt(&fresh).await?;
            ensure!(
                seen.is_none() || seen.as_ref() == Some(&value),
                "{fresh} is what was just written, or gone: {seen:?} instead of {value:?}"
            );
        }
    }
    for number in 0..FRESH {
        let seen = store.get_opt(&format!("fresh-{number}")).await?;
        ensure!(
            seen.is_none() || seen == Some(text("new", number)),
            "later too, it is what was written last, or gone: {seen:?}"
        );
    }
    Ok(())
}

async fn what_was_deleted_stays_away(cx: Context) -> Outcome {
    let store = cx.open().await?;
    write(&*store, "value", ENTRIES, Ttl::Never).await?;
    for number in (0..ENTRIES).rev().take(FRESH) {
        store.delete(&key(number)).await?;
        ensure_eq!(store.get_opt(&key(number)).await?, None, "what was deleted is absent");
    }
    write(&*store, "value", ENTRIES - FRESH, Ttl::Never).await?;
    for number in (0..ENTRIES).rev().take(FRESH) {
        ensure_eq!(store.get_opt(&key(number)).await?, None, "what was deleted stays away");
    }
    Ok(())
}

async fn what_expired_is_never_seen(cx: Context) -> Outcome {
    let store = cx.open().await?;
    write(&*store, "value", ENTRIES, Ttl::After(secs(10))).await?;
    right_or_gone(&*store, "value", ENTRIES).await?;
    cx.clock().advance(secs(10));
    let kept = right_or_gone(&*store, "value", ENTRIES).await?;
    ensure_eq!(kept, 0, "nothing outlives its expiry");
    Ok(())
}

async fn a_replaced_expiry_is_never_applied(cx: Context) -> Outcome {
    let store = cx.open().await?;
    write(&*store, "old", ENTRIES, Ttl::After(secs(10))).await?;
    write(&*store, "new", FRESH, Ttl::Never).await?;
    let before = right_or_gone(&*store, "new", FRESH).await?;
    cx.clock().advance(secs(10));
    store.sweep().await?;
    let after = right_or_gone(&*store, "new", FRESH).await?;
    ensure!(
        before == 0 || after > 0,
        "all {before} entries without an expiry are gone when the expiry comes that they had before"
    );
    Ok(())
}

async fn a_batch_larger_than_the_room_is_taken(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entries = (0..ENTRIES).map(|number| SetEntry::new(key(number), text("value", number)));
    store.set_many(entries.collect()).await?;
    let keys: Vec<String> = (0..ENTRIES).map(key).collect();
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    let values = store.get_many(&names).await?;
    ensure_eq!(values.len(), ENTRIES, "one slot for each key");
    for (number, value) in values.into_iter().enumerate() {
        ensure!(
            value.is_none() || value == Some(text("value", number)),
            "{} is as it was written, or gone",
            key(number)
        );
    }
    Ok(())
}

async fn large_values_are_whole_or_gone(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let value = |number: usize| {
        let byte = u8::try_from(number % 251).unwrap_or(0);
        Bytes::from(vec![byte; (256 << 10) + number])
    };
    for number in 0..256 {
        store.set(&key(number), value(number), Ttl::Never).await?;
    }
    for number in 0..256 {
        let seen = store.get_opt(&key(number)).await?;
        ensure!(
            seen.is_none() || seen == Some(value(number)),
            "{} is whole, or gone",
            key(number)
        );
    }
    Ok(())
}

async fn nothing_is_made_up(cx: Context) -> Outcome {
    let store = cx.open().await?;
    write(&*store, "value", ENTRIES, Ttl::Never).await?;
    for number in ENTRIES..ENTRIES + FRESH {
        let key = key(number);
        ensure_eq!(store.get_opt(&key).await?, None, "what was never written is absent");
        ensure!(!store.contains(&key).await?, "what was never written is not contained");
        ensure_eq!(store.get_many(&[&key]).await?, [None], "nor in a batch");
    }
    Ok(())
}

async fn a_listing_shows_what_was_written(cx: Context) -> Outcome {
    let store = cx.open().await?;
    write(&*store, "value", ENTRIES, Ttl::Never).await?;
    let listed = store.list("").await?;
    ensure!(
        listed.is_sorted_by(|one, next| one < next),
        "keys come in order, each once"
    );
    let written = |name: &String| (0..ENTRIES).any(|number| *name == key(number));
    ensure!(listed.iter().all(written), "every listed key was written");
    Ok(())
}
