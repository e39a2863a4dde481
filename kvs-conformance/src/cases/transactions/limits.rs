//! How large a transaction may be.

use kvs_core::{Error, ErrorKind, Limits, StoreExt, Transaction, Ttl};

use crate::cases::support::{Shared, bytes};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

/// Above that, a limit is not tried out: it would only cost memory.
const AFFORDABLE: usize = 32 << 20;

cases! {
    "transactions";
    "A transaction of as many keys as the limit says is committed; with one more it is TooLarge, with both numbers."
        => the_limit_of_keys_is_exact [atomic];
    "Keys that are only checked count like those that are written."
        => checked_keys_count [atomic];
    "A key that is checked and written counts once."
        => a_checked_and_written_key_counts_once [atomic];
    "Keys and values of as many bytes as the limit says are committed; with one more it is TooLarge, with both numbers."
        => the_limit_of_bytes_is_exact [atomic, lasting];
    "A value over the limit is TooLarge in a transaction too, and nothing is written."
        => a_large_value_is_refused [atomic];
    "An invalid key in a transaction is InvalidKey, checked or written, and nothing is written."
        => an_invalid_key_is_refused [atomic];
    "Every string is a key in a transaction: it writes, checks and deletes under it."
        => hostile_keys_are_keys [atomic];
}

/// Both numbers of a `TooLarge` error: what there was, and the limit.
fn too_large(outcome: kvs_core::Result<kvs_core::Committed>, what: &str) -> Result<(usize, usize), Failed> {
    match outcome {
        Err(Error::TooLarge(error)) if error.what == what => Ok((error.length, error.limit)),
        Err(error) => Err(format!("expected TooLarge of the {what}, seen {}: {error}", error.kind()).into()),
        Ok(_) => Err(format!("expected TooLarge of the {what}, seen success").into()),
    }
}

fn sets(count: usize) -> Transaction {
    (0..count).fold(Transaction::new(), |tx, n| tx.set(format!("key-{n}"), "v", Ttl::Never))
}

async fn the_limit_of_keys_is_exact(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let portable = Limits::PORTABLE.transaction_keys;
    store.commit(sets(portable)).await?;
    ensure_eq!(
        store.get_opt("key-99").await?,
        Some("v".into()),
        "the last key was written"
    );
    let limit = cx.limits().transaction_keys;
    if limit < 100_000 {
        store.commit(sets(limit)).await?;
        let seen = too_large(
            store.commit(sets(limit + 1).set("more", "v", Ttl::Never)).await,
            "transaction",
        )?;
        ensure_eq!(
            seen,
            (limit + 2, limit),
            "the error tells how many keys there were, and the limit"
        );
        ensure_eq!(store.get_opt("more").await?, None, "nothing was written");
    }
    Ok(())
}

async fn checked_keys_count(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let checks = |count| (0..count).fold(Transaction::new(), |tx, n| tx.check_absent(format!("key-{n}")));
    store.commit(checks(Limits::PORTABLE.transaction_keys)).await?;
    let limit = cx.limits().transaction_keys;
    if limit < 100_000 {
        let seen = too_large(store.commit(checks(limit + 1)).await, "transaction")?;
        ensure_eq!(
            seen,
            (limit + 1, limit),
            "the error tells how many keys there were, and the limit"
        );
    }
    Ok(())
}

async fn a_checked_and_written_key_counts_once(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let count = Limits::PORTABLE.transaction_keys;
    let both = (0..count).fold(sets(count), |tx, n| tx.check_absent(format!("key-{n}")));
    ensure_eq!(
        store.commit(both).await?.versions().count(),
        count,
        "every key was written"
    );
    Ok(())
}

/// A transaction of that many bytes of keys and values.
fn of_bytes(total: usize, largest: usize) -> Transaction {
    let (mut left, mut transaction) = (total, Transaction::new());
    for n in 100..200 {
        let key = format!("key-{n}");
        if left <= key.len() {
            break;
        }
        let length = (left - key.len()).min(largest);
        left -= key.len() + length;
        transaction = transaction.set(key, bytes(length), Ttl::Never);
    }
    transaction
}

async fn the_limit_of_bytes_is_exact(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limits = *cx.limits();
    let portable = Limits::PORTABLE;
    store
        .commit(of_bytes(portable.transaction_bytes, portable.value_bytes))
        .await?;
    ensure_eq!(
        store.get("key-100").await?.len(),
        portable.value_bytes,
        "the first value was written"
    );
    if limits.transaction_bytes <= AFFORDABLE && limits.value_bytes <= AFFORDABLE {
        let over = limits.transaction_bytes + 1;
        let seen = too_large(store.commit(of_bytes(over, limits.value_bytes)).await, "transaction")?;
        ensure_eq!(
            seen,
            (over, limits.transaction_bytes),
            "the error tells how many bytes there were, and the limit"
        );
    }
    Ok(())
}

async fn a_large_value_is_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limit = cx.limits().value_bytes;
    let transaction = Transaction::new()
        .set("a", "v", Ttl::Never)
        .set("b", bytes(limit + 1), Ttl::Never);
    let seen = too_large(store.commit(transaction).await, "value")?;
    ensure_eq!(
        seen,
        (limit + 1, limit),
        "the error tells how long the value was, and the limit"
    );
    ensure_eq!(store.get_many(&["a", "b"]).await?, [None, None], "nothing was written");
    Ok(())
}

async fn an_invalid_key_is_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for key in [String::new(), "k".repeat(1025), "é".repeat(513)] {
        let good = || Transaction::new().set("good", "v", Ttl::Never);
        let wrong = [
            good().set(key.clone(), "v", Ttl::Never),
            good().delete(key.clone()),
            good().touch(key.clone(), Ttl::Never),
            good().check_absent(key.clone()),
            good().check_exists(key),
        ];
        for transaction in wrong {
            ensure_kind!(
                store.commit(transaction).await,
                ErrorKind::InvalidKey,
                "a key has 1 to 1024 bytes"
            );
        }
    }
    ensure_eq!(store.get_opt("good").await?, None, "nothing was written");
    Ok(())
}

async fn hostile_keys_are_keys(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for keys in crate::cases::support::HOSTILE.chunks(50) {
        commit_under(&store, keys).await?;
    }
    Ok(())
}

async fn commit_under(store: &Shared, keys: &[&str]) -> Outcome {
    let create = keys.iter().fold(Transaction::new(), |tx, key| {
        tx.check_absent(*key).set(*key, key.as_bytes().to_vec(), Ttl::Never)
    });
    let committed = store.commit(create).await?;
    ensure_eq!(committed.versions().count(), keys.len(), "every key was written");
    for key in keys {
        ensure_eq!(store.get(key).await?, key.as_bytes(), "the value under {key:?}");
    }
    store
        .commit(
            keys.iter()
                .fold(Transaction::new(), |tx, key| tx.check_exists(*key).delete(*key)),
        )
        .await?;
    ensure_eq!(
        store.get_many(keys).await?,
        vec![None; keys.len()],
        "every key was deleted"
    );
    Ok(())
}
