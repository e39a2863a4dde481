//! Each operation, dropped at its n-th poll.

use kvs_core::{Bytes, DocumentStoreExt, Filter, ListOptions, PutOptions, SetEntry, StoreExt, Transaction, Ttl};
use serde_json::json;

use super::{POLLS, ensure_usable, new, old};
use crate::cases::support::{document, poll_times};
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "cancellation";
    "A set that is dropped at any poll leaves the old or the new value, whole."
        => a_dropped_set_leaves_one_of_the_two [];
    "A delete that is dropped at any poll leaves the value or nothing."
        => a_dropped_delete_leaves_one_of_the_two [];
    "A batch that is dropped at any poll leaves each entry old or new, whole."
        => a_dropped_batch_leaves_whole_entries [];
    "A compare_and_set that is dropped at any poll leaves the old or the new value, each with its version."
        => a_dropped_compare_and_set_leaves_one_of_the_two [atomic];
    "A set_if_absent that is dropped at any poll leaves nothing or its value."
        => a_dropped_set_if_absent_leaves_one_of_the_two [atomic];
    "A take that is dropped at any poll leaves the value or nothing."
        => a_dropped_take_leaves_one_of_the_two [atomic];
    "A touch that is dropped at any poll leaves the value."
        => a_dropped_touch_leaves_the_value [atomic];
    "An increment that is dropped at any poll counts once or not at all."
        => a_dropped_increment_counts_once_at_most [atomic];
    "A transaction that is dropped at any poll happened whole or not at all."
        => a_dropped_transaction_is_whole [atomic];
    "A put that is dropped at any poll leaves the old or the new document, whole."
        => a_dropped_put_leaves_one_of_the_two [documents];
    "A conditional put that is dropped at any poll leaves nothing or its document."
        => a_dropped_conditional_put_leaves_one_of_the_two [documents];
    "A delete of a document that is dropped at any poll leaves the document or nothing."
        => a_dropped_document_delete_leaves_one_of_the_two [documents];
    "Reads that are dropped at any poll change nothing."
        => dropped_reads_change_nothing [];
    "Listings that are dropped at any poll change nothing."
        => dropped_listings_change_nothing [listable];
    "Queries that are dropped at any poll change nothing."
        => dropped_queries_change_nothing [documents];
}

/// Of the two values, the one that is there. If the write ended, only the new one may be.
fn ensure_one_of(seen: Option<&Bytes>, old: Option<&Bytes>, new: Option<&Bytes>, ended: bool) -> Outcome {
    ensure!(
        seen == new || (!ended && seen == old),
        "neither the old nor the new value: {:?} bytes",
        seen.map(Bytes::len)
    );
    Ok(())
}

async fn a_dropped_set_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        store.set(&key, old(), Ttl::Never).await?;
        let ended = dropped!(times, store.set(&key, new(), Ttl::Never));
        ensure_one_of(store.get_opt(&key).await?.as_ref(), Some(&old()), Some(&new()), ended)?;
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_delete_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        store.set(&key, old(), Ttl::Never).await?;
        let ended = dropped!(times, store.delete(&key));
        ensure_one_of(store.get_opt(&key).await?.as_ref(), Some(&old()), None, ended)?;
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_batch_leaves_whole_entries(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let keys = ["a", "b", "c", "d", "e"];
    let batch = |value: fn() -> Bytes| keys.iter().map(|key| SetEntry::new(*key, value())).collect::<Vec<_>>();
    for times in 0..=POLLS {
        store.set_many(batch(old)).await?;
        let ended = dropped!(times, store.set_many(batch(new)));
        for seen in store.get_many(&keys).await? {
            ensure_one_of(seen.as_ref(), Some(&old()), Some(&new()), ended)?;
        }
        drop(poll_times(times, store.delete_many(&keys)).await);
        for seen in store.get_many(&keys).await?.into_iter().flatten() {
            ensure_one_of(Some(&seen), Some(&old()), Some(&new()), false)?;
        }
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_compare_and_set_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        let version = store.set_if_absent(&key, old(), Ttl::Never).await?;
        let ended = dropped!(times, store.compare_and_set(&key, version, new(), Ttl::Never));
        let seen = store.get_versioned(&key).await?;
        ensure_one_of(Some(&seen.value), Some(&old()), Some(&new()), ended)?;
        ensure_eq!(
            seen.version == version,
            seen.value == old(),
            "the version is the value's own"
        );
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_set_if_absent_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        let ended = dropped!(times, store.set_if_absent(&key, new(), Ttl::Never));
        ensure_one_of(store.get_opt(&key).await?.as_ref(), None, Some(&new()), ended)?;
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_take_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        store.set(&key, old(), Ttl::Never).await?;
        let taken = poll_times(times, store.take(&key)).await.transpose()?;
        ensure!(
            taken.as_ref().is_none_or(|taken| *taken == old()),
            "take gives the value"
        );
        ensure_one_of(store.get_opt(&key).await?.as_ref(), Some(&old()), None, taken.is_some())?;
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_touch_leaves_the_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let key = format!("k{times}");
        store.set(&key, old(), Ttl::Never).await?;
        dropped!(times, store.touch(&key, Ttl::Never));
        ensure_eq!(
            store.get_opt(&key).await?,
            Some(old()),
            "a touch never changes the value"
        );
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_increment_counts_once_at_most(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut least = 0;
    let mut most = 0;
    for times in (0..=POLLS).chain(0..=POLLS) {
        let ended = dropped!(times, store.increment("n", 1));
        most += 1;
        least += i64::from(ended);
        let seen = store.increment("n", 0).await?;
        ensure!(
            (least..=most).contains(&seen),
            "expected {least} to {most}, seen {seen}"
        );
        (least, most) = if cx.profile().late_writes {
            (least, most)
        } else {
            (seen, seen)
        };
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_transaction_is_whole(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let keys = [format!("a{times}"), format!("b{times}"), format!("c{times}")];
        let [a, b, c] = &keys;
        store.set(c, old(), Ttl::Never).await?;
        let transaction = Transaction::new()
            .set(a, new(), Ttl::Never)
            .check_absent(b)
            .set(b, new(), Ttl::Never)
            .delete(c);
        let ended = dropped!(times, store.commit(transaction));
        let seen = store.get_many(&[a, b, c]).await?;
        let before = [None, None, Some(old())];
        let after = [Some(new()), Some(new()), None];
        // A transaction that is still under way may land between two reads of a batch, which is no snapshot.
        let seen = if seen == before || seen == after {
            seen
        } else {
            store.get_many(&[a, b, c]).await?
        };
        ensure!(seen == after || (!ended && seen == before), "all of it or nothing");
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_put_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let id = format!("d{times}");
        let first = document(&id, json!({"a": 1, "b": [1]}))?.with_metadata("n", "1");
        let second = document(&id, json!({"a": 2, "b": [2]}))?.with_metadata("n", "2");
        store.put("c", first.clone()).await?;
        let ended = dropped!(times, store.put("c", second.clone()));
        let seen = store.get_doc("c", &id).await?;
        let expected = if ended || seen.data == second.data {
            second
        } else {
            first
        };
        ensure_eq!(
            (seen.data, seen.metadata),
            (expected.data, expected.metadata),
            "content and labels of one put"
        );
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_conditional_put_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let put = document(&format!("d{times}"), json!({"a": 1}))?;
        let ended = dropped!(times, store.put_with("c", put.clone(), PutOptions::if_absent()));
        let seen = store.get_doc_opt("c", &put.id).await?;
        ensure!(seen.is_some() || !ended, "a put that ended is there");
        ensure!(
            seen.is_none_or(|seen| seen.data == put.data && seen.version.is_some()),
            "the document is whole"
        );
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn a_dropped_document_delete_leaves_one_of_the_two(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for times in 0..=POLLS {
        let put = document(&format!("d{times}"), json!({"a": 1}))?;
        store.put("c", put.clone()).await?;
        let ended = dropped!(times, store.delete_doc("c", &put.id));
        let seen = store.get_doc_opt("c", &put.id).await?;
        ensure!(seen.is_none() || !ended, "a delete that ended took effect");
        ensure!(seen.is_none_or(|seen| seen.data == put.data), "the document is whole");
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn dropped_reads_change_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", old(), Ttl::Never).await?;
    for times in 0..=POLLS {
        drop(poll_times(times, store.get("k")).await);
        drop(poll_times(times, store.contains("k")).await);
        drop(poll_times(times, store.get_many(&["k", "l", "k"])).await);
        drop(poll_times(times, store.sweep()).await);
        ensure_eq!(store.get_opt("k").await?, Some(old()), "the value stays");
        ensure_usable(&store, times).await?;
    }
    Ok(())
}

async fn dropped_listings_change_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let keys = ["a", "b", "c"];
    store.set_many(keys.map(|key| SetEntry::new(key, "v")).into()).await?;
    for times in 0..=POLLS {
        drop(poll_times(times, store.list("")).await);
        drop(poll_times(times, store.list_page(&ListOptions::new("").limit(1).values(true))).await);
        ensure_eq!(store.list("").await?, keys, "the keys stay");
    }
    for times in 0..=POLLS {
        drop(poll_times(times, store.delete_prefix("")).await);
        ensure!(
            store.list("").await?.iter().all(|key| keys.contains(&key.as_str())),
            "no other key appears"
        );
    }
    ensure_usable(&store, 0).await
}

async fn dropped_queries_change_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for id in ["a", "b", "c"] {
        store.put("c", document(id, json!({"a": 1}))?).await?;
    }
    for times in 0..=POLLS {
        drop(poll_times(times, store.query("c", &Filter::eq("a", 1))).await);
        drop(poll_times(times, store.get_doc("c", "a")).await);
        ensure_eq!(
            store.query("c", &Filter::eq("a", 1)).await?.len(),
            3,
            "the documents stay"
        );
    }
    ensure_usable(&store, 0).await
}
