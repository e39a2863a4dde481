//! Which input gives which kind, and that an error leaves nothing behind.

use kvs_core::{Error, ErrorKind, Limits, MAX_KEY_BYTES, Result, SetEntry, StoreExt, Transaction, Ttl};

use crate::cases::support::{Shared, bytes};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "errors";
    "The empty key and one of 1,025 bytes are InvalidKey in every operation on entries; nothing changes."
        => invalid_keys_are_refused_everywhere [];
    "The longest key works in every operation on entries; one more byte is InvalidKey."
        => the_limit_of_keys_is_exact [];
    "A value of the longest length works; one more byte is TooLarge, with both lengths, and the old value stands."
        => the_limit_of_values_is_exact [];
    "A value over the limit is TooLarge in every conditional write, and the old value stands."
        => the_limit_of_values_holds_for_conditional_writes [atomic];
    "One entry over the limit, or with an invalid key, rejects a batch: nothing of it is written."
        => one_invalid_entry_rejects_a_batch [];
    "The declared limits are at least the portable ones."
        => the_limits_are_at_least_portable [];
    "A miss is NotFound in every reading operation, and nothing else is."
        => a_miss_is_not_found [];
}

async fn ensure_unharmed(store: &Shared) -> Outcome {
    ensure_eq!(store.get_opt("k").await?, Some("v".into()), "the old value stands");
    Ok(())
}

/// Every operation on entries with that key.
async fn with_key(store: &Shared, key: &str) -> Vec<(&'static str, Result<()>)> {
    let mut outcomes = vec![
        ("set", store.set(key, "w".into(), Ttl::Never).await),
        ("get", store.get(key).await.map(drop)),
        ("contains", store.contains(key).await.map(drop)),
        ("get_many", store.get_many(&["k", key]).await.map(drop)),
        ("delete", store.delete(key).await),
        ("set_many", store.set_many(vec![SetEntry::new(key, "w")]).await),
        ("delete_many", store.delete_many(&[key]).await),
    ];
    if store.profile().traits.atomic {
        outcomes.extend([
            (
                "set_if_absent",
                store.set_if_absent(key, "1".into(), Ttl::Never).await.map(drop),
            ),
            ("get_versioned", store.get_versioned(key).await.map(drop)),
            ("touch", store.touch(key, Ttl::Never).await.map(drop)),
            ("update", store.update(key, &mut |_| Ok("1".into())).await.map(drop)),
            ("increment", store.increment(key, 1).await.map(drop)),
            (
                "commit",
                store.commit(Transaction::new().check_exists(key)).await.map(drop),
            ),
            ("take", store.take(key).await.map(drop)),
        ]);
    }
    outcomes
}

async fn invalid_keys_are_refused_everywhere(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let invalid = [
        String::new(),
        "k".repeat(1_025),
        "é".repeat(513),
        "\0".repeat(2_000),
        "k".repeat(65_536),
    ];
    for key in &invalid {
        for (operation, outcome) in with_key(&store, key).await {
            ensure_kind!(
                outcome,
                ErrorKind::InvalidKey,
                "{operation} of a key of {} bytes",
                key.len()
            );
        }
    }
    ensure_unharmed(&store).await
}

async fn the_limit_of_keys_is_exact(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for longest in ["k".repeat(MAX_KEY_BYTES), "é".repeat(MAX_KEY_BYTES / 2)] {
        for (operation, outcome) in with_key(&store, &longest).await {
            outcome.map_err(|error| format!("{operation} of a key of {MAX_KEY_BYTES} bytes: {error}"))?;
        }
        let outcome = store.get(&format!("{longest}k")).await;
        ensure_kind!(outcome, ErrorKind::InvalidKey, "one more byte is too many");
    }
    Ok(())
}

/// Both lengths of a `TooLarge` error about a value.
fn too_large<T>(outcome: Result<T>) -> std::result::Result<(usize, usize), Failed> {
    match outcome {
        Err(Error::TooLarge(error)) if error.what == "value" => Ok((error.length, error.limit)),
        Err(error) => Err(format!("expected TooLarge of the value, seen {}: {error}", error.kind()).into()),
        Ok(_) => Err("expected TooLarge of the value, seen success".into()),
    }
}

async fn the_limit_of_values_is_exact(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limit = cx.limits().value_bytes;
    store.set("k", bytes(limit), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?.len(), limit, "the longest value comes back");
    store.set("k", "v".into(), Ttl::Never).await?;
    let over = bytes(limit + 1);
    ensure_eq!(
        too_large(store.set("k", over.clone(), Ttl::Never).await)?,
        (limit + 1, limit),
        "both lengths"
    );
    let batch = vec![SetEntry::new("k", over)];
    ensure_eq!(
        too_large(store.set_many(batch).await)?,
        (limit + 1, limit),
        "both lengths"
    );
    ensure_unharmed(&store).await
}

async fn the_limit_of_values_holds_for_conditional_writes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let (limit, over) = (cx.limits().value_bytes, bytes(cx.limits().value_bytes + 1));
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let outcomes = [
        store.set_if_absent("new", over.clone(), Ttl::Never).await.map(drop),
        store
            .compare_and_set("k", version, over.clone(), Ttl::Never)
            .await
            .map(drop),
        store
            .commit(Transaction::new().set("k", over.clone(), Ttl::Never))
            .await
            .map(drop),
        store.update("k", &mut |_| Ok(over.clone())).await.map(drop),
    ];
    for outcome in outcomes {
        ensure_eq!(too_large(outcome)?, (limit + 1, limit), "both lengths");
    }
    ensure!(!store.contains("new").await?, "nothing was created");
    ensure_unharmed(&store).await
}

async fn one_invalid_entry_rejects_a_batch(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let good = || vec![SetEntry::new("k", "w"), SetEntry::new("new", "w")];
    for (wrong, kind) in [
        (SetEntry::new("", "w"), ErrorKind::InvalidKey),
        (SetEntry::new("k".repeat(1_025), "w"), ErrorKind::InvalidKey),
        (
            SetEntry::new("large", bytes(cx.limits().value_bytes + 1)),
            ErrorKind::TooLarge,
        ),
    ] {
        let batch = [good(), vec![wrong], good()].concat();
        ensure_kind!(store.set_many(batch).await, kind, "the batch is rejected");
    }
    ensure_kind!(
        store.delete_many(&["k", ""]).await,
        ErrorKind::InvalidKey,
        "the batch is rejected"
    );
    ensure_eq!(store.get_opt("new").await?, None, "nothing was written");
    ensure_unharmed(&store).await
}

async fn the_limits_are_at_least_portable(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let (limits, portable) = (store.profile().limits, Limits::PORTABLE);
    ensure!(
        limits.value_bytes >= portable.value_bytes,
        "values: {}",
        limits.value_bytes
    );
    ensure!(
        limits.document_bytes >= portable.document_bytes,
        "documents: {}",
        limits.document_bytes
    );
    ensure!(
        limits.transaction_keys >= portable.transaction_keys,
        "keys: {}",
        limits.transaction_keys
    );
    ensure!(
        limits.transaction_bytes >= portable.transaction_bytes,
        "transactions: {}",
        limits.transaction_bytes
    );
    Ok(())
}

async fn a_miss_is_not_found(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let traits = store.profile().traits;
    let mut outcomes = vec![("get", store.get("missing").await.map(drop))];
    if traits.atomic {
        outcomes.push(("get_versioned", store.get_versioned("missing").await.map(drop)));
        outcomes.push(("take", store.take("missing").await.map(drop)));
        outcomes.push(("touch", store.touch("missing", Ttl::Never).await.map(drop)));
    }
    if traits.documents {
        outcomes.push(("get_doc", store.get_doc("missing", "missing").await.map(drop)));
    }
    for (operation, outcome) in outcomes {
        let is_miss = outcome.as_ref().is_err_and(Error::is_not_found);
        ensure_kind!(outcome, ErrorKind::NotFound, "{operation} of what is missing");
        ensure!(is_miss, "is_not_found says so");
    }
    ensure!(!store.contains("missing").await?, "contains is false");
    ensure_eq!(
        store.get_many(&["missing"]).await?,
        [None],
        "get_many has an empty slot"
    );
    store.delete("missing").await?;
    Ok(())
}
