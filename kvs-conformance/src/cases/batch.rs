//! Many keys in one call.

mod refusals;

use std::collections::BTreeMap;

use kvs_core::{Bytes, FullStore, SetEntry, StoreExt, Ttl};
use proptest::collection::vec;
use proptest::option;

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{Sampler, fill, filled, secs, text};

pub(crate) use self::refusals::CASES as REFUSALS;

cases! {
    "batch";
    "get_many has one slot for each key, in the order of the keys."
        => get_many_keeps_the_order [];
    "get_many answers a missing key with None."
        => get_many_answers_missing_keys_with_none [];
    "get_many answers a key that is asked for twice twice."
        => get_many_answers_duplicates [];
    "A batch of nothing does nothing."
        => an_empty_batch_does_nothing [];
    "A batch of one is like the single operation."
        => a_batch_of_one_works [];
    "A batch of 101 gets, and of 100, is answered whole."
        => more_than_a_hundred_gets_work [];
    "A batch of 26 sets, and of 25, is applied whole."
        => more_than_twenty_five_sets_work [];
    "A batch of 26 deletes, and of 25, is applied whole."
        => more_than_twenty_five_deletes_work [];
    "A batch of a thousand works for gets, sets and deletes."
        => a_batch_of_a_thousand_works [];
    "A batch of 35,000 works for gets, sets and deletes."
        => a_batch_of_tens_of_thousands_works [lasting];
    "A batch of 20 MB works."
        => a_batch_of_many_megabytes_works [lasting];
    "Of two entries with one key the last wins, however far apart."
        => the_last_duplicate_wins [];
    "The last duplicate's time to live holds too."
        => the_last_duplicate_decides_the_ttl [manual_clock];
    "An earlier duplicate leaves nothing behind: the last one keeps the expiry from before the batch."
        => an_earlier_duplicate_leaves_no_expiry [manual_clock];
    "delete_many takes duplicates and absent keys."
        => delete_many_takes_duplicates_and_absent_keys [];
    "delete_many removes just the keys that are named."
        => delete_many_removes_just_its_own [];
    "set_many overwrites and creates in one call."
        => set_many_overwrites_and_creates [];
    "Hostile keys work in batches."
        => hostile_keys_work_in_batches [];
    "Empty and large values work in one batch."
        => values_of_every_length_work_in_a_batch [];
    "Batches in turn leave what a map would hold: 40 random ones."
        => random_batches_agree_with_a_map [];
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("key {n:05}")).collect()
}

fn refs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Sets, gets and deletes that many keys, each in one call.
async fn works(cx: &Context, count: usize) -> Outcome {
    let store = cx.open_at(&cx.new_site()).await?;
    let names = names(count);
    fill(&*store, &names).await?;
    let values = store.get_many(&refs(&names)).await?;
    ensure_eq!(values.len(), count, "one slot for each key");
    let wrong = names
        .iter()
        .zip(&values)
        .find(|(name, value)| value.as_deref() != Some(name.as_bytes()));
    ensure_eq!(wrong, None, "each of {count} keys has its own value");
    store.delete_many(&refs(&names)).await?;
    let left = store.get_many(&refs(&names)).await?;
    ensure!(left.iter().all(Option::is_none), "all {count} keys are gone");
    Ok(())
}

async fn get_many_keeps_the_order(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "b", "c"]).await?;
    let expected = ["c", "a", "b"].map(|key| Some(Bytes::from(key)));
    ensure_eq!(
        store.get_many(&["c", "a", "b"]).await?,
        expected,
        "the order of the keys, not of the store"
    );
    Ok(())
}

async fn get_many_answers_missing_keys_with_none(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["b"]).await?;
    ensure_eq!(
        store.get_many(&["a", "b", "c"]).await?,
        [None, Some("b".into()), None],
        "None in the slot of each miss"
    );
    ensure_eq!(
        store.get_many(&["x", "y"]).await?,
        [None, None],
        "misses alone are no error"
    );
    Ok(())
}

async fn get_many_answers_duplicates(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "b"]).await?;
    let keys = ["a", "x", "a", "b", "x", "a"];
    let expected = keys.map(|key| (key != "x").then(|| Bytes::from(key)));
    ensure_eq!(store.get_many(&keys).await?, expected, "one answer for each place");
    Ok(())
}

async fn an_empty_batch_does_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a"]).await?;
    ensure_eq!(store.get_many(&[]).await?, [], "no keys, no values");
    store.set_many(vec![]).await?;
    store.delete_many(&[]).await?;
    filled(&*store, ["a"]).await
}

async fn a_batch_of_one_works(cx: Context) -> Outcome {
    works(&cx, 1).await
}

async fn more_than_a_hundred_gets_work(cx: Context) -> Outcome {
    for count in [99, 100, 101, 201] {
        works(&cx, count).await?;
    }
    Ok(())
}

async fn more_than_twenty_five_sets_work(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for count in [24, 25, 26, 51] {
        let names = names(count);
        let entries = names.iter().map(|name| SetEntry::new(name, format!("{count}")));
        store.set_many(entries.collect()).await?;
        for name in &names {
            ensure_eq!(
                store.get_opt(name).await?,
                Some(format!("{count}").into()),
                "{name:?}, one of {count}"
            );
        }
    }
    Ok(())
}

async fn more_than_twenty_five_deletes_work(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for count in [24, 25, 26, 51] {
        let names = names(count);
        fill(&*store, &names).await?;
        store.delete_many(&refs(&names)).await?;
        for name in &names {
            ensure_eq!(store.get_opt(name).await?, None, "{name:?}, one of {count}");
        }
    }
    Ok(())
}

async fn a_batch_of_a_thousand_works(cx: Context) -> Outcome {
    works(&cx, 1_000).await
}

async fn a_batch_of_tens_of_thousands_works(cx: Context) -> Outcome {
    works(&cx, 35_000).await
}

async fn a_batch_of_many_megabytes_works(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let names = names(60);
    let value = Bytes::from(vec![b'v'; 350_000]);
    store
        .set_many(names.iter().map(|name| SetEntry::new(name, value.clone())).collect())
        .await?;
    let values = store.get_many(&refs(&names)).await?;
    ensure!(
        values.iter().all(|seen| seen.as_ref() == Some(&value)),
        "all 21 MB are there"
    );
    Ok(())
}

async fn the_last_duplicate_wins(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for between in [0, 1, 30, 500] {
        let mut entries = vec![SetEntry::new("k", "first"), SetEntry::new("k", "second")];
        entries.extend(names(between).iter().map(|name| SetEntry::new(name, "other")));
        entries.push(SetEntry::new("k", "last"));
        store.set_many(entries).await?;
        ensure_eq!(
            store.get("k").await?,
            "last",
            "the last of three, with {between} entries in between"
        );
    }
    Ok(())
}

async fn an_earlier_duplicate_leaves_no_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "before".into(), Ttl::After(secs(2))).await?;
    let entries = vec![
        SetEntry::new("k", "first").ttl(secs(1)),
        SetEntry::new("k", "last").ttl(Ttl::Keep),
        SetEntry::new("new", "first").ttl(secs(1)),
        SetEntry::new("new", "last").ttl(Ttl::Keep),
    ];
    store.set_many(entries).await?;
    cx.clock().advance(secs(1));
    let last = Some("last".into());
    ensure_eq!(
        store.get_many(&["k", "new"]).await?,
        [last.clone(), last.clone()],
        "a second later both are there"
    );
    cx.clock().advance(secs(1));
    ensure_eq!(
        store.get_many(&["k", "new"]).await?,
        [None, last],
        "each has the expiry from before the batch"
    );
    Ok(())
}

async fn the_last_duplicate_decides_the_ttl(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entry = |key: &str, ttl: Ttl| SetEntry::new(key, "value").ttl(ttl);
    let entries = vec![
        entry("shorter", Ttl::Never),
        entry("never", Ttl::After(secs(1))),
        entry("shorter", Ttl::After(secs(1))),
        entry("never", Ttl::Never),
    ];
    store.set_many(entries).await?;
    cx.clock().advance(secs(1));
    ensure_eq!(
        store.get_many(&["shorter", "never"]).await?,
        [None, Some("value".into())],
        "the last one's expiry"
    );
    Ok(())
}

async fn delete_many_takes_duplicates_and_absent_keys(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "b"]).await?;
    store.delete_many(&["a", "nobody", "a", "nobody", "a"]).await?;
    ensure_eq!(
        store.get_many(&["a", "b"]).await?,
        [None, Some("b".into())],
        "a is gone, b is not"
    );
    Ok(())
}

async fn delete_many_removes_just_its_own(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let neighbours = ["k", "k\0", "k 1", "K1", "k10", "k1 ", "j", "l"];
    fill(&*store, neighbours).await?;
    fill(&*store, ["k1", "k2", "k3"]).await?;
    store.delete_many(&["k3", "k1", "k2"]).await?;
    ensure_eq!(
        store.get_many(&["k1", "k2", "k3"]).await?,
        [None, None, None],
        "the named keys are gone"
    );
    filled(&*store, neighbours).await
}

async fn set_many_overwrites_and_creates(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .set_many(vec![SetEntry::new("a", "old"), SetEntry::new("b", "b")])
        .await?;
    store
        .set_many(vec![SetEntry::new("a", "a"), SetEntry::new("c", "c")])
        .await?;
    filled(&*store, ["a", "b", "c"]).await
}

async fn hostile_keys_work_in_batches(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let longest = "é".repeat(512);
    let keys = [
        "a\0b",
        "a",
        "a\0",
        "\0",
        "100%",
        "100x",
        "'; --",
        "😀",
        "\u{10ffff}",
        " ",
        "A",
        "é",
        "e\u{301}",
        &longest,
    ];
    fill(&*store, keys).await?;
    let expected = keys.map(|key| Some(Bytes::copy_from_slice(key.as_bytes())));
    ensure_eq!(store.get_many(&keys).await?, expected, "each key has its own value");
    store.delete_many(&keys[..7]).await?;
    ensure_eq!(
        store.get_many(&keys[..7]).await?,
        vec![None; 7],
        "the first seven are gone"
    );
    filled(&*store, &keys[7..]).await
}

async fn values_of_every_length_work_in_a_batch(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let lengths = [0, 1, 1_000, 0, 393_216, 65_536, 1];
    let value = |at: usize, length| Bytes::from(vec![u8::try_from(at).unwrap_or_default(); length]);
    let names = names(lengths.len());
    let entries = names.iter().zip(lengths).enumerate();
    store
        .set_many(
            entries
                .map(|(at, (name, length))| SetEntry::new(name, value(at, length)))
                .collect(),
        )
        .await?;
    let seen = store.get_many(&refs(&names)).await?;
    for (at, (seen, length)) in seen.into_iter().zip(lengths).enumerate() {
        ensure!(
            seen.is_some_and(|seen| seen == value(at, length)),
            "the value {at} of {length} bytes"
        );
    }
    Ok(())
}

async fn random_batches_agree_with_a_map(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let (mut sampler, mut map) = (Sampler::new(40), BTreeMap::new());
    let strategy = vec((text("abcd", 1..3), option::of(text("xyz", 0..4))), 0..60);
    for round in 0..40 {
        let batch = sampler.next(&strategy)?;
        let sets = batch
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value.clone()?)));
        store
            .set_many(sets.clone().map(|(key, value)| SetEntry::new(key, value)).collect())
            .await?;
        map.extend(sets);
        let deletes: Vec<&str> = batch
            .iter()
            .filter(|(_, value)| value.is_none())
            .map(|(key, _)| key.as_str())
            .collect();
        store.delete_many(&deletes).await?;
        map.retain(|key, _| !deletes.contains(&key.as_str()));
        agrees(&*store, &map, round).await?;
    }
    Ok(())
}

async fn agrees(store: &dyn FullStore, map: &BTreeMap<String, String>, round: u32) -> Outcome {
    let letters = || ["", "a", "b", "c", "d"].into_iter();
    let keys: Vec<String> = letters()
        .skip(1)
        .flat_map(|first| letters().map(move |second| format!("{first}{second}")))
        .collect();
    let expected: Vec<Option<Bytes>> = keys.iter().map(|key| map.get(key).cloned().map(Bytes::from)).collect();
    ensure_eq!(store.get_many(&refs(&keys)).await?, expected, "round {round}");
    Ok(())
}
