//! Listings as streams.

use futures_util::{StreamExt, TryStreamExt};
use kvs_core::{Bytes, Entry, ErrorKind, ListableStoreExt};

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::fill;

cases! {
    "listing";
    "The stream of keys gives what list gives."
        => the_stream_of_keys_is_the_listing [listable];
    "The stream of entries gives keys with values, in the same order."
        => the_stream_of_entries_has_values [listable];
    "A stream that is dropped half-way leaves the store usable, a hundred times."
        => a_dropped_stream_leaves_the_store_usable [listable];
    "Entries may be deleted while they are streamed."
        => entries_may_be_deleted_while_streaming [listable, lasting];
    "A stream of a closed store ends with Closed."
        => a_stream_of_a_closed_store_is_closed [listable];
}

async fn the_stream_of_keys_is_the_listing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..300).map(|n| format!("k{n}"))).await?;
    fill(&*store, ["a", "l"]).await?;
    for prefix in ["", "k", "k1", "nobody"] {
        let streamed: Vec<String> = store.keys(prefix).try_collect().await?;
        ensure_eq!(streamed, store.list(prefix).await?, "the prefix {prefix:?}");
    }
    Ok(())
}

async fn the_stream_of_entries_has_values(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..300).map(|n| format!("k{n:03}"))).await?;
    let entries: Vec<Entry> = store.entries("k").try_collect().await?;
    let expected: Vec<String> = (0..300).map(|n| format!("k{n:03}")).collect();
    ensure_eq!(crate::support::keys(&entries), expected, "all keys, in order");
    let whole = entries
        .iter()
        .all(|entry| entry.value == Some(Bytes::from(entry.key.clone())));
    ensure!(whole, "each with its value");
    Ok(())
}

async fn a_dropped_stream_leaves_the_store_usable(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..250).map(|n| format!("k{n:03}"))).await?;
    for round in 0..100 {
        let taken = store.entries("k").take(round % 7).try_collect::<Vec<_>>().await?;
        ensure_eq!(taken.len(), round % 7, "as many as were taken");
    }
    fill(&*store, ["k"]).await?;
    ensure_eq!(store.list("").await?.len(), 251, "the store reads and writes as before");
    Ok(())
}

async fn entries_may_be_deleted_while_streaming(cx: Context) -> Outcome {
    let store = cx.open().await?;
    // More than a page: what is deleted lies before the position at which the stream goes on.
    fill(&*store, (0..1_025).map(|n| format!("k{n:04}"))).await?;
    let (mut chunks, mut count) = (store.keys("k").try_chunks(100), 0);
    while let Some(streamed) = chunks.next().await {
        let streamed = streamed.map_err(|error| error.1)?;
        let streamed: Vec<&str> = streamed.iter().map(String::as_str).collect();
        store.delete_many(&streamed).await?;
        count += streamed.len();
    }
    ensure_eq!(count, 1_025, "every key came once");
    ensure_eq!(store.list("").await?, Vec::<String>::new(), "and was deleted");
    Ok(())
}

async fn a_stream_of_a_closed_store_is_closed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["k"]).await?;
    store.close().await?;
    let result = store.keys("").try_collect::<Vec<_>>().await;
    ensure_kind!(result, ErrorKind::Closed, "the store was closed");
    Ok(())
}
