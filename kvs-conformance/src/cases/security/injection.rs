//! Strings that other stores interpret are data here, wherever they stand.

use std::collections::BTreeMap;

use kvs_core::{Bytes, ErrorKind, FieldPath, Filter, ListOptions, Query, SetEntry, StoreExt, Transaction, Ttl};
use serde_json::json;

use crate::cases::support::{HOSTILE, Shared, document, ids};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "security";
    "Hostile strings are keys and values like any other: the store does what a map does."
        => hostile_keys_and_values_are_data [];
    "A hostile prefix finds exactly the keys that begin with it."
        => hostile_prefixes_are_literal [listable];
    "A hostile position walks on exactly behind it, in both directions."
        => hostile_positions_are_literal [listable];
    "delete_prefix with a hostile prefix removes exactly the keys that begin with it."
        => hostile_prefixes_delete_their_own [listable];
    "Hostile strings as collection, id, field, value and label leave every other document alone."
        => hostile_documents_are_data [documents];
    "Hostile strings as the operand of every operator find exactly what they equal, begin or are part of."
        => hostile_operands_are_data [documents];
    "A hostile field name in a filter never widens what is found."
        => hostile_fields_do_not_widen [documents];
    "Hostile keys in a transaction touch no other entry."
        => hostile_transactions_touch_their_own [atomic];
    "A prefix of 50,000 bytes, wildcards too, is answered: nothing begins with it."
        => a_very_long_prefix_is_answered [listable];
    "Strings of 64 KiB are refused as keys and collections, and work as values, fields, operands and labels."
        => very_long_strings_are_handled [documents];
    "10,000 keys that differ little are 10,000 keys."
        => ten_thousand_similar_keys_are_told_apart [listable, lasting];
    "Statements in values are stored, not executed, in batches too."
        => statements_in_batches_are_data [];
}

const CANARY: &str = "canary";

/// A store with an entry, and a document where there are documents, that nothing below may harm.
async fn with_canary(cx: &Context) -> Result<Shared, Failed> {
    let store = cx.open().await?;
    store.set(CANARY, "alive".into(), Ttl::Never).await?;
    if store.profile().traits.documents {
        store.put(CANARY, document(CANARY, json!({"alive": true}))?).await?;
    }
    Ok(store)
}

async fn ensure_alive(store: &Shared) -> Outcome {
    ensure_eq!(
        store.get_opt(CANARY).await?,
        Some("alive".into()),
        "the canary entry is unharmed"
    );
    if store.profile().traits.documents {
        let found = store.query(CANARY, &Filter::eq("alive", true)).await?;
        ensure_eq!(ids(&found), [CANARY], "the canary document is unharmed");
    }
    Ok(())
}

async fn hostile_keys_and_values_are_data(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    let mut model = BTreeMap::from([(CANARY, Bytes::from("alive"))]);
    for (key, value) in HOSTILE.iter().zip(HOSTILE.iter().rev()) {
        store.set(key, (*value).into(), Ttl::Never).await?;
        model.insert(*key, (*value).into());
    }
    for key in HOSTILE.iter().step_by(3) {
        store.delete(key).await?;
        model.remove(key);
    }
    for key in HOSTILE.iter().chain([&CANARY]) {
        ensure_eq!(
            store.get_opt(key).await?.as_ref(),
            model.get(key),
            "the value under {key:?}"
        );
    }
    if store.profile().traits.listable {
        ensure_eq!(store.list("").await?, model.into_keys().collect::<Vec<_>>(), "the keys");
    }
    ensure_alive(&store).await
}

/// All hostile strings, and each with something before and behind it, as keys.
async fn with_hostile_keys(cx: &Context) -> Result<(Shared, Vec<String>), Failed> {
    let store = with_canary(cx).await?;
    let around = HOSTILE
        .iter()
        .flat_map(|text| [(*text).to_owned(), format!("{text}x"), format!("x{text}")]);
    let mut keys: Vec<String> = around.collect();
    store
        .set_many(keys.iter().map(|key| SetEntry::new(key.clone(), "v")).collect())
        .await?;
    keys.push(CANARY.to_owned());
    keys.sort_unstable();
    keys.dedup();
    Ok((store, keys))
}

async fn hostile_prefixes_are_literal(cx: Context) -> Outcome {
    let (store, keys) = with_hostile_keys(&cx).await?;
    for prefix in HOSTILE
        .iter()
        .copied()
        .chain(["x", "x'", "x%", "", "%%", "_x", "' OR 1=1 --"])
    {
        let expected: Vec<&String> = keys.iter().filter(|key| key.starts_with(prefix)).collect();
        let found = store.list(prefix).await?;
        ensure_eq!(
            found.iter().collect::<Vec<_>>(),
            expected,
            "the keys that begin with {prefix:?}"
        );
    }
    ensure_alive(&store).await
}

async fn hostile_positions_are_literal(cx: Context) -> Outcome {
    let (store, keys) = with_hostile_keys(&cx).await?;
    for after in HOSTILE.iter().copied() {
        for reverse in [false, true] {
            let options = ListOptions::new("").after(after).reverse(reverse).limit(10_000);
            let page = store.list_page(&options).await?;
            let found: Vec<&str> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
            let mut expected: Vec<&str> = keys.iter().map(String::as_str).collect();
            expected.retain(|key| if reverse { *key < after } else { *key > after });
            if reverse {
                expected.reverse();
            }
            ensure!(
                page.next.is_some() || found == expected,
                "behind {after:?}, reverse: {reverse}: {found:?}"
            );
            ensure!(
                expected.starts_with(&found),
                "behind {after:?}, reverse: {reverse}: {found:?}"
            );
        }
    }
    ensure_alive(&store).await
}

async fn hostile_prefixes_delete_their_own(cx: Context) -> Outcome {
    let (store, mut keys) = with_hostile_keys(&cx).await?;
    for prefix in HOSTILE.iter().step_by(2) {
        store.delete_prefix(prefix).await?;
        keys.retain(|key| !key.starts_with(prefix));
        ensure_eq!(store.list("").await?, keys, "what is left without {prefix:?}");
    }
    ensure_alive(&store).await
}

async fn hostile_documents_are_data(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    for text in HOSTILE {
        let data = kvs_core::Map::from_iter([((*text).to_owned(), json!(text))]);
        store
            .put(text, document(text, data.into())?.with_metadata(*text, *text))
            .await?;
    }
    for text in HOSTILE {
        let found = store.query(text, &Filter::eq(FieldPath::literal(*text), *text)).await?;
        ensure_eq!(ids(&found), [*text], "the one document of {text:?}");
        ensure_eq!(
            found[0].metadata.get(*text).map(String::as_str),
            Some(*text),
            "its label"
        );
    }
    for text in HOSTILE {
        store.delete_doc(text, text).await?;
        ensure!(
            store.query(text, &Filter::all()).await?.is_empty(),
            "the document of {text:?} is gone"
        );
    }
    ensure_alive(&store).await
}

/// Says of a text whether a filter must find it.
type Holds<'a> = &'a (dyn Fn(&str) -> bool + Sync);

async fn hostile_operands_are_data(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    for (n, text) in HOSTILE.iter().enumerate() {
        store
            .put("c", document(&format!("{n:03}"), json!({"f": text}))?)
            .await?;
    }
    for operand in HOSTILE.iter().copied().step_by(2) {
        let rows: [(Filter, Holds<'_>); 5] = [
            (Filter::eq("f", operand), &|text| text == operand),
            (Filter::ne("f", operand), &|text| text != operand),
            (Filter::lt("f", operand), &|text| text < operand),
            (Filter::starts_with("f", operand), &|text| text.starts_with(operand)),
            (Filter::contains("f", operand), &|text| text.contains(operand)),
        ];
        for (filter, holds) in rows {
            let matching = HOSTILE.iter().enumerate().filter(|(_, text)| holds(text));
            let expected: Vec<String> = matching.map(|(n, _)| format!("{n:03}")).collect();
            ensure_eq!(
                ids(&store.query("c", &filter).await?),
                expected,
                "{filter:?} of {operand:?}"
            );
        }
    }
    ensure_alive(&store).await
}

async fn hostile_fields_do_not_widen(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    store.put("c", document("secret", json!({"owner": "ada"}))?).await?;
    let more = [
        "owner') OR 1=1 --",
        "owner' OR '1'='1",
        "$.owner",
        "$",
        "owner\0",
        "\"owner\"",
        "owner[0]",
        "*",
        "owner}",
        "', data) --",
    ];
    for field in HOSTILE.iter().chain(&more) {
        for path in [
            FieldPath::literal(*field),
            FieldPath::from(*field),
            FieldPath::new(["owner", *field]),
        ] {
            for filter in [
                Filter::eq(path.clone(), "ada"),
                Filter::exists(path.clone(), true),
                Filter::gte(path, ""),
            ] {
                ensure!(
                    store.query("c", &filter).await?.is_empty(),
                    "there is no field {field:?}: {filter:?}"
                );
            }
        }
    }
    ensure_alive(&store).await
}

async fn hostile_transactions_touch_their_own(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    for key in HOSTILE {
        store
            .commit(Transaction::new().check_absent(*key).set(*key, *key, Ttl::Never))
            .await?;
        let version = store.get_versioned(key).await?.version;
        store.compare_and_set(key, version, "w".into(), Ttl::Never).await?;
        store.touch(key, Ttl::Never).await?;
        store.commit(Transaction::new().check_exists(*key).delete(*key)).await?;
        ensure_eq!(store.get_opt(key).await?, None, "the entry {key:?} is gone");
    }
    ensure_alive(&store).await
}

async fn a_very_long_prefix_is_answered(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    store.set("%a%a", "v".into(), Ttl::Never).await?;
    for prefix in [
        "x".repeat(50_000),
        "%a".repeat(25_000),
        "*?[".repeat(20_000),
        "\u{10ffff}".repeat(12_500),
        "'".repeat(50_000),
    ] {
        ensure_eq!(store.list(&prefix).await?, Vec::<String>::new(), "no key is as long");
        store.delete_prefix(&prefix).await?;
        let page = store
            .list_page(&ListOptions::new("").after(prefix.clone()).reverse(true))
            .await?;
        ensure!(
            page.entries.iter().all(|entry| entry.key < prefix),
            "a position of 50,000 bytes keeps its place"
        );
    }
    ensure_alive(&store).await
}

async fn very_long_strings_are_handled(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    let long = "a'\"%_\\;--\0".repeat(6_554);
    ensure_kind!(
        store.set(&long, "v".into(), Ttl::Never).await,
        ErrorKind::InvalidKey,
        "a key"
    );
    ensure_kind!(
        store.query(&long, &Filter::all()).await,
        ErrorKind::InvalidArgument,
        "a collection"
    );
    ensure_kind!(
        store.put("c", document(&long, json!({}))?).await,
        ErrorKind::InvalidKey,
        "an id"
    );
    store.set("k", long.clone().into(), Ttl::Never).await?;
    ensure_eq!(store.get("k").await?, long, "a value");
    let data = kvs_core::Map::from_iter([(long.clone(), json!(long))]);
    store.put("c", document("d", data.into())?).await?;
    let filter = Filter::eq(FieldPath::literal(&long), long.as_str());
    ensure_eq!(ids(&store.query("c", &filter).await?), ["d"], "a field and an operand");
    let page = store.query_page("c", &Query::new(filter).after(&long)).await?;
    ensure_eq!(ids(&page.documents), ["d"], "a position");
    store
        .put("c", document("d", json!({}))?.with_metadata(&long, &long))
        .await?;
    let labels = store.get_doc("c", "d").await?.metadata;
    ensure_eq!(labels.get(&long), Some(&long), "a label");
    ensure_alive(&store).await
}

async fn ten_thousand_similar_keys_are_told_apart(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    let stem = "k".repeat(40);
    let keys: Vec<String> = (0..10_000).map(|n| format!("{stem}{n:05}")).collect();
    for part in keys.chunks(2_500) {
        store
            .set_many(part.iter().map(|key| SetEntry::new(key.clone(), key.clone())).collect())
            .await?;
    }
    ensure!(store.list(&stem).await? == keys, "all keys, in order");
    for key in keys.iter().step_by(997) {
        ensure_eq!(store.get(key).await?, *key, "each has its own value");
    }
    ensure_alive(&store).await
}

async fn statements_in_batches_are_data(cx: Context) -> Outcome {
    let store = with_canary(&cx).await?;
    store
        .set_many(HOSTILE.iter().map(|text| SetEntry::new(*text, *text)).collect())
        .await?;
    let values = store.get_many(HOSTILE).await?;
    for (text, value) in HOSTILE.iter().zip(values) {
        ensure_eq!(value, Some((*text).into()), "the value under {text:?}");
    }
    store.delete_many(HOSTILE).await?;
    ensure!(
        store.get_many(HOSTILE).await?.iter().all(Option::is_none),
        "each was deleted"
    );
    ensure_alive(&store).await
}
