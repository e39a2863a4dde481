//! The last valid value of every limit, in every method that takes it. (The first invalid one stands with its subject.)

use kvs_core::{Bytes, FullStore, ListOptions, MAX_PAGE, Query, SetEntry, StoreExt, Transaction, Ttl};
use serde_json::json;

use crate::cases::support::document;
use crate::context::Context;
use crate::failed::Outcome;

/// Above that, a limit is not tried out: it would only cost memory.
const AFFORDABLE: usize = 32 << 20;

cases! {
    "limits";
    "A key of 1,024 bytes with a value of exactly the limit is set, read and deleted in batches."
        => batches_take_the_largest_entry [];
    "A key of 1,024 bytes works in every plain method."
        => every_plain_method_takes_the_longest_key [];
    "A key of 1,024 bytes works in every atomic method."
        => every_atomic_method_takes_the_longest_key [atomic];
    "Every atomic way to write a value takes one of exactly the limit."
        => every_atomic_write_takes_the_largest_value [atomic];
    "A transaction of exactly as many bytes as the store declares is committed."
        => a_transaction_of_all_its_bytes_is_committed [atomic, lasting];
    "A transaction that checks as many keys as the store declares is committed, and so is one that checks and writes each."
        => a_transaction_of_all_its_keys_is_committed [atomic, lasting];
    "Keys of 1,024 bytes are listed, and are a prefix and a position like any other."
        => the_longest_keys_are_listed [listable];
    "A page of exactly the most entries works, and one more is cut to it."
        => the_longest_page_works [listable];
    "A document of exactly the limit, with an id of 1,024 bytes in a collection of 255, is put, queried and deleted."
        => the_largest_document_works_under_the_longest_names [documents];
}

/// The longest key that ends like that.
fn longest(end: &str) -> String {
    format!("{}{end}", "k".repeat(1_024 - end.len()))
}

/// A value of exactly the limit, or as much of it as is affordable.
fn largest(cx: &Context) -> Bytes {
    vec![b'v'; cx.limits().value_bytes.min(AFFORDABLE)].into()
}

async fn batches_take_the_largest_entry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let (keys, value) = (["a", "b"].map(longest), largest(&cx));
    let names = [keys[0].as_str(), &keys[1]];
    let entry = |key: &String| SetEntry::new(key, value.clone());
    store.set_many(keys.iter().map(entry).collect()).await?;
    let there = store.get_many(&names).await?;
    ensure!(
        there.iter().all(|seen| seen.as_ref() == Some(&value)),
        "both values are whole"
    );
    store.delete_many(&names).await?;
    ensure_eq!(store.get_many(&names).await?, [None, None], "both are deleted");
    Ok(())
}

async fn every_plain_method_takes_the_longest_key(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let key = longest("");
    store.set(&key, "value".into(), Ttl::Never).await?;
    ensure_eq!(store.get(&key).await?, "value", "get");
    ensure!(store.contains(&key).await?, "contains");
    store.delete(&key).await?;
    ensure!(!store.contains(&key).await?, "delete");
    Ok(())
}

async fn every_atomic_method_takes_the_longest_key(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let key = longest("");
    store.set_if_absent(&key, "1".into(), Ttl::Never).await?;
    let version = store.get_versioned(&key).await?.version;
    let version = store.compare_and_set(&key, version, "2".into(), Ttl::Never).await?;
    ensure_eq!(store.increment(&key, 1).await?, 3, "increment");
    store.touch(&key, Ttl::Never).await?;
    let current = store.update(&key, &mut |_| Ok("4".into())).await?.version;
    ensure!(current != version, "an update gives a new version");
    ensure_eq!(store.take(&key).await?, "4", "take");
    let put = Transaction::new().check_absent(&key).set(&key, "5", Ttl::Never);
    store.commit(put).await?;
    store.commit(Transaction::new().check_exists(&key).delete(&key)).await?;
    let version = store.set_if_absent(&key, "6".into(), Ttl::Never).await?;
    store.compare_and_delete(&key, version).await?;
    ensure_eq!(store.get_opt(&key).await?, None, "compare_and_delete");
    Ok(())
}

async fn every_atomic_write_takes_the_largest_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let value = largest(&cx);
    let version = store.set_if_absent("k", value.clone(), Ttl::Never).await?;
    holds(&*store, &value, "set_if_absent").await?;
    store.compare_and_set("k", version, value.clone(), Ttl::Never).await?;
    holds(&*store, &value, "compare_and_set").await?;
    store.update("k", &mut |_| Ok(value.clone())).await?;
    holds(&*store, &value, "update").await?;
    if value.len() < cx.limits().transaction_bytes {
        store
            .commit(Transaction::new().set("k", value.clone(), Ttl::Never))
            .await?;
        holds(&*store, &value, "commit").await?;
    }
    Ok(())
}

async fn holds(store: &dyn FullStore, value: &Bytes, method: &str) -> Outcome {
    let seen = store.get("k").await?;
    ensure!(seen == *value, "{method} writes a value of {} bytes whole", value.len());
    Ok(())
}

async fn a_transaction_of_all_its_bytes_is_committed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limits = *cx.limits();
    let total = limits.transaction_bytes;
    let value = limits.value_bytes;
    // Keys of three bytes: `000`, `001`, and so on. The last value is whatever is left.
    let keys = total.div_ceil(value + 3);
    if total > AFFORDABLE || keys > limits.transaction_keys.min(1_000) {
        return Ok(());
    }
    let (mut left, mut transaction) = (total, Transaction::new());
    for number in 0..keys {
        let length = value.min(left - 3);
        left -= 3 + length;
        transaction = transaction.set(format!("{number:03}"), vec![b'v'; length], Ttl::Never);
    }
    ensure_eq!(left, 0, "the transaction is as large as it may be");
    ensure_eq!(
        store.commit(transaction).await?.versions().count(),
        keys,
        "all of it is written"
    );
    Ok(())
}

async fn a_transaction_of_all_its_keys_is_committed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let keys = cx.limits().transaction_keys;
    if keys > 100_000 {
        return Ok(());
    }
    let checks = (0..keys).fold(Transaction::new(), |tx, number| {
        tx.check_absent(format!("key-{number}"))
    });
    store.commit(checks.clone()).await?;
    let both = (0..keys).fold(checks, |tx, number| tx.set(format!("key-{number}"), "v", Ttl::Never));
    ensure_eq!(
        store.commit(both).await?.versions().count(),
        keys,
        "every key is written"
    );
    Ok(())
}

async fn the_longest_keys_are_listed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let keys = ["a", "b", "c"].map(longest);
    crate::support::fill(&*store, &keys).await?;
    ensure_eq!(store.list("k").await?, keys, "all are listed");
    ensure_eq!(store.list(&keys[1]).await?, [keys[1].as_str()], "one is its own prefix");
    let page = store.list_page(&ListOptions::new("").after(&keys[0])).await?;
    ensure_eq!(
        crate::support::keys(&page.entries),
        [&*keys[1], &*keys[2]],
        "one is a position"
    );
    store.delete_prefix(&keys[1]).await?;
    ensure_eq!(
        store.list("").await?,
        [&*keys[0], &*keys[2]],
        "delete_prefix removes just it"
    );
    Ok(())
}

async fn the_longest_page_works(cx: Context) -> Outcome {
    let store = cx.open().await?;
    crate::support::fill(&*store, ["a", "b", "c"]).await?;
    for limit in [1, MAX_PAGE, MAX_PAGE + 1] {
        let walked = crate::support::walk(&*store, ListOptions::new("").limit(limit)).await?;
        ensure_eq!(crate::support::keys(&walked), ["a", "b", "c"], "pages of {limit}");
    }
    Ok(())
}

async fn the_largest_document_works_under_the_longest_names(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let (collection, id) = ("c".repeat(255), longest(""));
    let bytes = cx.limits().document_bytes.min(AFFORDABLE);
    // Data and metadata count as their JSON: `{"s":"…"}` and `{}`.
    let text = "x".repeat(bytes - r#"{"s":""}{}"#.len());
    store.put(&collection, document(&id, json!({"s": text}))?).await?;
    let page = store.query_page(&collection, &Query::default()).await?;
    ensure_eq!(page.documents.len(), 1, "a query finds it");
    let seen = store.get_doc(&collection, &id).await?;
    ensure!(
        seen.data.get("s").and_then(|s| s.as_str()) == Some(&text),
        "it comes back whole"
    );
    store.delete_doc(&collection, &id).await?;
    ensure!(
        store.query(&collection, &kvs_core::Filter::all()).await?.is_empty(),
        "it is deleted"
    );
    Ok(())
}
