//! Any bytes, and back comes what went in.

use kvs_core::{Bytes, ErrorKind, FullStore, SetEntry, StoreExt, Transaction, Ttl, Version};

use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "values";
    "The empty value is a value, and not an absent one."
        => the_empty_value_is_a_value [];
    "All 256 bytes come back."
        => every_byte_comes_back [];
    "Bytes that are not UTF-8 come back."
        => invalid_utf8_comes_back [];
    "A value with NULs is not cut."
        => nuls_do_not_end_a_value [];
    "Every length around the edges of pages and packets comes back."
        => lengths_around_edges_come_back [];
    "A value of exactly the limit comes back, incompressible as it may be."
        => the_largest_value_comes_back [];
    "A value one byte over the limit is TooLarge, and the old one stays."
        => one_byte_over_the_limit_is_too_large [];
    "TooLarge tells both lengths."
        => too_large_tells_both_lengths [];
    "Every way to write a value refuses one over the limit, and writes nothing."
        => a_batch_refuses_a_value_over_the_limit [];
    "Every atomic way to write a value refuses one over the limit, and writes nothing."
        => atomic_writes_refuse_a_value_over_the_limit [atomic];
    "An update whose new value is over the limit fails, and the old one stays."
        => an_update_over_the_limit_leaves_the_value [atomic];
    "JSON stored as bytes is not reformatted."
        => json_bytes_are_not_reformatted [];
    "A large value that a short one replaces leaves no tail."
        => a_shorter_value_leaves_no_tail [];
    "A short value grows to the limit."
        => a_value_grows [];
    "Values that look like numbers, booleans, null or encodings stay the bytes that they are."
        => values_are_not_interpreted [];
    "Values of one length are kept apart, and none is a view of the buffer that it was made from."
        => values_of_one_length_are_kept_apart [];
    "A value that was read stays as it is when the entry changes."
        => a_value_that_was_read_stays [];
    "Equal values under different keys are independent."
        => equal_values_are_independent [];
    "Every way to read gives the same bytes."
        => every_read_gives_the_same [listable, atomic];
    "Large values of several keys are kept apart."
        => large_values_are_kept_apart [];
    "The portable limits hold: the declared ones are not lower."
        => the_limits_are_not_below_the_portable_ones [];
}

/// Bytes without a pattern, the same for the same seed.
fn noise(length: usize, seed: u64) -> Bytes {
    let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
    let mut noise = Vec::with_capacity(length + 8);
    // Eight at a time: byte by byte it would be most of the time of these cases.
    while noise.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise.truncate(length);
    noise.into()
}

async fn comes_back(store: &dyn FullStore, value: &Bytes) -> Outcome {
    store.set("k", value.clone(), Ttl::Never).await?;
    let seen = store.get("k").await?;
    ensure_eq!(seen.len(), value.len(), "the value has the length that it had");
    ensure!(
        seen == *value,
        "the value of {} bytes is byte for byte what it was",
        value.len()
    );
    Ok(())
}

/// A value that is one byte too long.
fn too_long(cx: &Context) -> Bytes {
    Bytes::from(vec![b'x'; cx.limits().value_bytes + 1])
}

async fn the_empty_value_is_a_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", Bytes::new(), Ttl::Never).await?;
    ensure_eq!(
        store.get_opt("k").await?,
        Some(Bytes::new()),
        "the value is empty, and there"
    );
    ensure_eq!(
        store.get_many(&["k", "a"]).await?,
        [Some(Bytes::new()), None],
        "empty is not absent"
    );
    ensure!(store.contains("k").await?, "the key is there");
    Ok(())
}

async fn every_byte_comes_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    comes_back(&*store, &(0..=u8::MAX).collect()).await?;
    comes_back(&*store, &(0..=u8::MAX).rev().collect()).await
}

async fn invalid_utf8_comes_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for bytes in [
        &b"\xFF\xFE"[..],
        b"\xC3",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        b"ok\x80ok",
        b"\xEF\xBB\xBF",
    ] {
        comes_back(&*store, &Bytes::from_static(bytes)).await?;
    }
    Ok(())
}

async fn nuls_do_not_end_a_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for bytes in [&b"\0"[..], b"a\0b", b"\0\0\0", b"a\0", b"\0a"] {
        comes_back(&*store, &Bytes::from_static(bytes)).await?;
    }
    Ok(())
}

async fn lengths_around_edges_come_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for edge in [128, 256, 512, 1 << 12, 1 << 14, 1 << 16, 1 << 18] {
        for length in [edge - 1, edge, edge + 1] {
            comes_back(&*store, &noise(length, 7)).await?;
        }
    }
    Ok(())
}

async fn the_largest_value_comes_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    // A store with limits of gigabytes is believed.
    comes_back(&*store, &noise(cx.limits().value_bytes.min(16 << 20), 8)).await
}

async fn one_byte_over_the_limit_is_too_large(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::Never).await?;
    ensure_kind!(
        store.set("k", too_long(&cx), Ttl::Never).await,
        ErrorKind::TooLarge,
        "one byte over the limit"
    );
    ensure_eq!(store.get("k").await?, "old", "the old value stays");
    Ok(())
}

async fn too_large_tells_both_lengths(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let error = match store.set("k", too_long(&cx), Ttl::Never).await {
        Err(kvs_core::Error::TooLarge(error)) => error,
        other => return Err(Failed::from(format!("expected TooLarge, seen {other:?}"))),
    };
    let limit = cx.limits().value_bytes;
    ensure_eq!(
        (error.what, error.length, error.limit),
        ("value", limit + 1, limit),
        "the error tells what and how much"
    );
    let message = error.to_string();
    ensure!(
        message.contains(cx.profile().name),
        "the message names the backend: {message}"
    );
    Ok(())
}

async fn a_batch_refuses_a_value_over_the_limit(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entries = vec![
        SetEntry::new("a", "v"),
        SetEntry::new("b", too_long(&cx)),
        SetEntry::new("c", "v"),
    ];
    ensure_kind!(
        store.set_many(entries).await,
        ErrorKind::TooLarge,
        "one entry is over the limit"
    );
    ensure_eq!(
        store.get_many(&["a", "b", "c"]).await?,
        [None, None, None],
        "nothing of the batch is written"
    );
    Ok(())
}

async fn atomic_writes_refuse_a_value_over_the_limit(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let (large, version) = (ErrorKind::TooLarge, Version::from_bytes([1; 16]));
    let result = store.set_if_absent("k", too_long(&cx), Ttl::Never).await;
    ensure_kind!(result, large, "set_if_absent");
    let result = store.compare_and_set("k", version, too_long(&cx), Ttl::Never).await;
    ensure_kind!(
        result,
        large,
        "compare_and_set: the argument is checked before the condition"
    );
    let transaction = Transaction::new()
        .set("a", "v", Ttl::Never)
        .set("k", too_long(&cx), Ttl::Never);
    ensure_kind!(store.commit(transaction).await, large, "commit");
    ensure_eq!(store.get_many(&["a", "k"]).await?, [None, None], "nothing is written");
    Ok(())
}

async fn an_update_over_the_limit_leaves_the_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::Never).await?;
    let before = store.get_versioned("k").await?;
    let result = store.update("k", &mut |_| Ok(too_long(&cx))).await;
    ensure_kind!(result, ErrorKind::TooLarge, "the new value is over the limit");
    ensure_eq!(store.get_versioned("k").await?, before, "the entry is as it was");
    Ok(())
}

async fn json_bytes_are_not_reformatted(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for text in [
        "{ \"b\" : 1.0 ,\n\t\"a\":1e2, \"b\":2 }",
        "[1,  2]",
        "\"\\u0041\"",
        "1.10",
        " null ",
    ] {
        comes_back(&*store, &Bytes::from_static(text.as_bytes())).await?;
    }
    Ok(())
}

async fn a_shorter_value_leaves_no_tail(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for shorter in [1, 0, 4_095] {
        comes_back(&*store, &noise(100_000, 9)).await?;
        comes_back(&*store, &noise(shorter, 10)).await?;
    }
    Ok(())
}

async fn a_value_grows(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for length in [1, 100, 10_000, 393_216] {
        comes_back(&*store, &noise(length, 11)).await?;
    }
    Ok(())
}

async fn values_are_not_interpreted(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for text in [
        "1",
        "01",
        "1.0",
        "-0",
        "true",
        "null",
        "NaN",
        "QUJD",
        "x'00'",
        "\\x00",
        "2020-01-01",
        "NULL",
        "'a'",
    ] {
        comes_back(&*store, &Bytes::from_static(text.as_bytes())).await?;
    }
    Ok(())
}

async fn values_of_one_length_are_kept_apart(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut buffer = vec![b'a'; 1_000];
    store.set("k", Bytes::copy_from_slice(&buffer), Ttl::Never).await?;
    buffer.fill(b'b');
    store.set("other", buffer.into(), Ttl::Never).await?;
    ensure!(
        store.get("k").await? == vec![b'a'; 1_000],
        "the stored value is a value, not a view of the buffer"
    );
    ensure!(
        store.get("other").await? == vec![b'b'; 1_000],
        "the other value of that length is its own"
    );
    Ok(())
}

async fn a_value_that_was_read_stays(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "first".into(), Ttl::Never).await?;
    let read = store.get("k").await?;
    store.set("k", "second".into(), Ttl::Never).await?;
    store.delete("k").await?;
    ensure_eq!(read, "first", "a value in the caller's hands does not change");
    let mut copy = Vec::from(read);
    store.set("k", "third".into(), Ttl::Never).await?;
    let read = store.get("k").await?;
    copy.clear();
    ensure_eq!(read, "third", "nor does changing it change what is stored");
    Ok(())
}

async fn equal_values_are_independent(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let value = noise(5_000, 12);
    for key in ["a", "b", "c"] {
        store.set(key, value.clone(), Ttl::Never).await?;
    }
    store.set("a", "changed".into(), Ttl::Never).await?;
    store.delete("b").await?;
    ensure!(store.get("c").await? == value, "the value of c is its own");
    Ok(())
}

async fn every_read_gives_the_same(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for length in [0, 1, 70_000] {
        let value = noise(length, 13);
        store.set("k", value.clone(), Ttl::Never).await?;
        ensure!(store.get("k").await? == value, "get, {length} bytes");
        ensure!(
            store.get_many(&["k"]).await? == [Some(value.clone())],
            "get_many, {length} bytes"
        );
        ensure!(
            store.get_versioned("k").await?.value == value,
            "get_versioned, {length} bytes"
        );
        let page = store.list_page(&kvs_core::ListOptions::new("k").values(true)).await?;
        ensure!(
            page.entries.iter().all(|entry| entry.value.as_ref() == Some(&value)),
            "list_page, {length} bytes"
        );
        ensure!(store.take("k").await? == value, "take, {length} bytes");
    }
    Ok(())
}

async fn large_values_are_kept_apart(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for seed in 0..16_u64 {
        store
            .set(&format!("key {seed}"), noise(300_000, seed), Ttl::Never)
            .await?;
    }
    for seed in 0..16_u64 {
        let seen = store.get(&format!("key {seed}")).await?;
        ensure!(seen == noise(300_000, seed), "the large value {seed} is its own");
    }
    Ok(())
}

async fn the_limits_are_not_below_the_portable_ones(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limits = store.profile().limits;
    ensure!(
        limits.check(usize::MAX).is_ok(),
        "no limit is below the portable one: {limits:?}"
    );
    Ok(())
}
