//! What is a key, and that nothing is done to it.

mod text;

use std::collections::BTreeSet;

use kvs_core::{Bytes, ErrorKind, FullStore, MAX_KEY_BYTES, SetEntry, StoreExt, Transaction, Ttl, Version};
use proptest::collection::vec;
use proptest::prelude::any;

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{Sampler, fill, filled, text};

pub(crate) use self::text::CASES as TEXT;

cases! {
    "keys";
    "The empty key is InvalidKey in every operation on entries."
        => the_empty_key_is_invalid [];
    "The empty key is InvalidKey in every atomic operation."
        => the_empty_key_is_invalid_in_atomic_operations [atomic];
    "A key of 1,025 bytes is InvalidKey in every operation on entries."
        => a_key_of_1025_bytes_is_invalid [];
    "A key of 1,025 bytes is InvalidKey in every atomic operation."
        => a_key_of_1025_bytes_is_invalid_in_atomic_operations [atomic];
    "A refused key is not shown whole in the error."
        => a_refused_key_is_not_shown_whole [];
    "A key of one byte is a key."
        => a_key_of_one_byte_works [];
    "A key of 1,024 bytes is a key."
        => a_key_of_1024_bytes_works [];
    "The length of a key is counted in bytes, not in characters: 512 é fit, 513 do not."
        => the_length_is_counted_in_bytes [];
    "A key of 1,024 bytes works beside an entry with a large value and in a namespace."
        => the_longest_key_works_in_a_namespace [];
    "Long keys that differ in the last byte only are different."
        => long_keys_that_differ_at_the_end_are_different [];
    "Different keys are different entries, and a listing gives back exactly those: hundreds of random strings."
        => random_keys_are_distinct [];
    "Hostile keys can be deleted, each one alone."
        => hostile_keys_can_be_deleted [];
    "A listing gives every hostile key back as it was."
        => a_listing_gives_hostile_keys_back [listable];
    "Hostile keys have versions and take part in transactions."
        => hostile_keys_take_part_in_transactions [atomic];
}

/// Keys with which stores are known to go wrong.
const HOSTILE: [&str; 24] = [
    "user_1",
    "userX1",
    "USER_1",
    "100%",
    "100x",
    "a\0b",
    "a",
    "a\0",
    "\0",
    "😀",
    "é",
    "e\u{301}",
    "'; DROP TABLE kvs; --",
    "\"",
    "`",
    "\\",
    "*",
    "?",
    "[a]",
    " ",
    "\n",
    "\u{10FFFF}",
    "\u{D7FF}",
    "\u{E000}",
];

/// Sets all keys, each to its own text; then each still has it.
async fn distinct<K: AsRef<str>>(cx: &Context, keys: &[K]) -> Outcome {
    let store = cx.open().await?;
    for key in keys {
        store
            .set(
                key.as_ref(),
                Bytes::copy_from_slice(key.as_ref().as_bytes()),
                Ttl::Never,
            )
            .await?;
    }
    filled(&*store, keys).await
}

async fn refused(store: &dyn FullStore, key: &str) -> Outcome {
    let invalid = ErrorKind::InvalidKey;
    ensure_kind!(store.get(key).await, invalid, "get");
    ensure_kind!(store.set(key, "v".into(), Ttl::Never).await, invalid, "set");
    ensure_kind!(store.delete(key).await, invalid, "delete");
    ensure_kind!(store.contains(key).await, invalid, "contains");
    ensure_kind!(store.get_many(&["k", key]).await, invalid, "get_many");
    ensure_kind!(
        store
            .set_many(vec![SetEntry::new("k", "v"), SetEntry::new(key, "v")])
            .await,
        invalid,
        "set_many"
    );
    ensure_kind!(store.delete_many(&["k", key]).await, invalid, "delete_many");
    ensure_eq!(store.get_opt("k").await?, None, "nothing of a refused batch is written");
    Ok(())
}

async fn refused_atomically(store: &dyn FullStore, key: &str) -> Outcome {
    let (invalid, version, value) = (ErrorKind::InvalidKey, Version::from_bytes([1; 16]), || Bytes::from("v"));
    ensure_kind!(store.get_versioned(key).await, invalid, "get_versioned");
    ensure_kind!(
        store.set_if_absent(key, value(), Ttl::Never).await,
        invalid,
        "set_if_absent"
    );
    ensure_kind!(
        store.compare_and_set(key, version, value(), Ttl::Never).await,
        invalid,
        "compare_and_set"
    );
    ensure_kind!(
        store.compare_and_delete(key, version).await,
        invalid,
        "compare_and_delete"
    );
    ensure_kind!(store.take(key).await, invalid, "take");
    ensure_kind!(store.touch(key, Ttl::Never).await, invalid, "touch");
    ensure_kind!(store.update(key, &mut |_| Ok(value())).await, invalid, "update");
    ensure_kind!(store.increment(key, 1).await, invalid, "increment");
    let set = Transaction::new().set("k", "v", Ttl::Never).set(key, "v", Ttl::Never);
    ensure_kind!(store.commit(set).await, invalid, "commit of a set");
    ensure_kind!(
        store.commit(Transaction::new().check_absent(key)).await,
        invalid,
        "commit of a check"
    );
    ensure_eq!(
        store.get_opt("k").await?,
        None,
        "nothing of a refused transaction is written"
    );
    Ok(())
}

async fn the_empty_key_is_invalid(cx: Context) -> Outcome {
    refused(&*cx.open().await?, "").await
}

async fn the_empty_key_is_invalid_in_atomic_operations(cx: Context) -> Outcome {
    refused_atomically(&*cx.open().await?, "").await
}

async fn a_key_of_1025_bytes_is_invalid(cx: Context) -> Outcome {
    refused(&*cx.open().await?, &"k".repeat(MAX_KEY_BYTES + 1)).await
}

async fn a_key_of_1025_bytes_is_invalid_in_atomic_operations(cx: Context) -> Outcome {
    refused_atomically(&*cx.open().await?, &"k".repeat(MAX_KEY_BYTES + 1)).await
}

async fn a_refused_key_is_not_shown_whole(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let key = format!("{}secret", "k".repeat(MAX_KEY_BYTES));
    let Err(error) = store.get(&key).await else {
        return Err("a key that is too long is refused".into());
    };
    ensure!(
        !format!("{error} {error:?}").contains("secret"),
        "the error does not show the key"
    );
    ensure!(
        error.to_string().contains(cx.profile().name),
        "the error names the backend: {error}"
    );
    Ok(())
}

async fn a_key_of_one_byte_works(cx: Context) -> Outcome {
    let keys: Vec<String> = (0_u8..128).map(|byte| char::from(byte).to_string()).collect();
    distinct(&cx, &keys).await
}

async fn a_key_of_1024_bytes_works(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            "k".repeat(MAX_KEY_BYTES),
            "%".repeat(MAX_KEY_BYTES),
            "\0".repeat(MAX_KEY_BYTES),
        ],
    )
    .await
}

async fn the_length_is_counted_in_bytes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (character, fit) in [("é", 512), ("😀", 256), ("k", 1_024)] {
        let (longest, longer) = (character.repeat(fit), character.repeat(fit + 1));
        fill(&*store, [&longest]).await?;
        filled(&*store, [&longest]).await?;
        let result = store.set(&longer, "v".into(), Ttl::Never).await;
        ensure_kind!(
            result,
            ErrorKind::InvalidKey,
            "{} of {character} have more than 1,024 bytes",
            fit + 1
        );
    }
    Ok(())
}

async fn the_longest_key_works_in_a_namespace(cx: Context) -> Outcome {
    let store = cx.open_at(&cx.site_with_namespace(&"n".repeat(64))).await?;
    let key = "k".repeat(MAX_KEY_BYTES);
    let value = Bytes::from(vec![b'v'; cx.limits().value_bytes.min(1 << 20)]);
    store.set(&key, value.clone(), Ttl::Never).await?;
    ensure!(
        store.get(&key).await? == value,
        "the namespace takes nothing from key and value"
    );
    Ok(())
}

async fn long_keys_that_differ_at_the_end_are_different(cx: Context) -> Outcome {
    let stem = "k".repeat(MAX_KEY_BYTES - 1);
    let ends = ["a", "b", "A", "\0", "\u{7f}", " ", ""];
    distinct(&cx, &ends.map(|end| format!("{stem}{end}"))).await
}

async fn random_keys_are_distinct(cx: Context) -> Outcome {
    let strategy = (vec(vec(any::<char>(), 1..40), 150), vec(text("ab\0%_é😀", 1..6), 250));
    let (wild, alike) = Sampler::new(20).next(&strategy)?;
    let wild = wild.into_iter().map(String::from_iter);
    let keys: BTreeSet<String> = wild.chain(alike).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let store = cx.open().await?;
    fill(&*store, &keys).await?;
    filled(&*store, &keys).await?;
    if cx.profile().traits.listable {
        ensure_eq!(
            store.list("").await?,
            keys,
            "the listing has exactly these keys, in byte order"
        );
    }
    Ok(())
}

async fn hostile_keys_can_be_deleted(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for victim in HOSTILE {
        fill(&*store, HOSTILE).await?;
        store.delete(victim).await?;
        ensure_eq!(store.get_opt(victim).await?, None, "{victim:?} was deleted");
        let others: Vec<&str> = HOSTILE.into_iter().filter(|key| *key != victim).collect();
        filled(&*store, others).await?;
    }
    Ok(())
}

async fn a_listing_gives_hostile_keys_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let longest = "é".repeat(512);
    fill(&*store, HOSTILE).await?;
    fill(&*store, [&longest]).await?;
    let expected: BTreeSet<&str> = HOSTILE.into_iter().chain([longest.as_str()]).collect();
    let expected: Vec<&str> = expected.into_iter().collect();
    ensure_eq!(
        store.list("").await?,
        expected,
        "the listing has exactly these keys, in byte order"
    );
    for key in expected {
        ensure!(
            store.list(key).await?.contains(&key.to_owned()),
            "the prefix {key:?} finds the key that it is"
        );
    }
    Ok(())
}

async fn hostile_keys_take_part_in_transactions(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let all = HOSTILE.into_iter();
    let create = all.clone().fold(Transaction::new(), |tx, key| {
        tx.check_absent(key).set(key, key, Ttl::Never)
    });
    let created = store.commit(create).await?;
    filled(&*store, HOSTILE).await?;
    let mut delete = Transaction::new();
    for key in HOSTILE {
        let live = store.get_versioned(key).await?;
        ensure_eq!(
            Some(live.version),
            created.version(key),
            "{key:?} has the version that the commit gave"
        );
        delete = delete.check_version(key, live.version).delete(key);
    }
    store.commit(delete).await?;
    for key in HOSTILE {
        ensure_eq!(store.get_opt(key).await?, None, "{key:?} was deleted");
    }
    Ok(())
}
