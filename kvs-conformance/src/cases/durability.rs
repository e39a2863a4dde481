//! What is there after the store was closed and opened again, and what a second handle sees.

mod handles;

use std::sync::Arc;

use kvs_core::{
    Bytes, Clock, Document, ErrorKind, Filter, FullStore, ListOptions, PutOptions, SetEntry, StoreExt, Ttl,
};
use serde_json::json;

use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::support::{fill, filled, keys, ms, secs, walk};

pub(crate) use self::handles::CASES as HANDLES;

cases! {
    "durability";
    "What was set is there after close and open."
        => a_set_survives_reopening [reopens];
    "Overwrites and deletes are there after close and open."
        => overwrites_and_deletes_survive_reopening [reopens];
    "Hostile keys and values survive close and open."
        => hostile_keys_and_values_survive_reopening [reopens];
    "The largest value survives close and open."
        => the_largest_value_survives_reopening [reopens];
    "An expiry is an instant: closing does not stop the clock, opening does not start it again."
        => an_expiry_survives_reopening [reopens, manual_clock];
    "An entry that expires while the store is closed is absent when it is opened."
        => an_entry_that_expired_while_closed_is_absent [reopens, manual_clock];
    "What expired while the store was closed can be swept, and the key set again."
        => what_expired_while_closed_can_be_swept [reopens, manual_clock];
    "Versions survive close and open, and conditions on them hold."
        => versions_survive_reopening [reopens, atomic];
    "Versions are not used again after close and open."
        => versions_are_not_used_again_after_reopening [reopens, atomic];
    "A committed transaction is there whole after close and open."
        => a_transaction_survives_reopening [reopens, atomic];
    "Documents survive close and open, with metadata, stamps and version."
        => documents_survive_reopening [reopens, documents];
    "A query finds after close and open what it found before."
        => a_query_finds_the_same_after_reopening [reopens, documents];
    "The order of a listing and its positions survive close and open."
        => listings_survive_reopening [reopens, listable];
    "Ten thousand entries survive close and open."
        => ten_thousand_entries_survive_reopening [reopens];
    "Acknowledged writes survive a store that is dropped without close."
        => writes_survive_a_drop_without_close [reopens];
    "Namespaces survive close and open, and stay apart."
        => namespaces_survive_reopening [reopens];
    "A store can be opened and closed thirty times."
        => a_store_can_be_opened_many_times [reopens];
    "Opening changes nothing."
        => opening_changes_nothing [reopens, atomic];
}

/// Closes the store and opens its site again.
async fn reopened(cx: &Context, store: Arc<dyn FullStore>) -> Result<Arc<dyn FullStore>, Failed> {
    store.close().await?;
    drop(store);
    cx.open().await
}

async fn a_set_survives_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "b"]).await?;
    let store = reopened(&cx, store).await?;
    filled(&*store, ["a", "b"]).await?;
    ensure_eq!(store.get_opt("c").await?, None, "and nothing else");
    Ok(())
}

async fn overwrites_and_deletes_survive_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "b", "c"]).await?;
    store.set("a", "new".into(), Ttl::Never).await?;
    store.delete("b").await?;
    let store = reopened(&cx, store).await?;
    let values = store.get_many(&["a", "b", "c"]).await?;
    ensure_eq!(
        values,
        [Some("new".into()), None, Some("c".into())],
        "overwritten, deleted, untouched"
    );
    Ok(())
}

async fn hostile_keys_and_values_survive_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let longest = "é".repeat(512);
    let hostile = [
        "a\0b",
        "a",
        "\0",
        "100%",
        "user_1",
        "userX1",
        "'; --",
        "😀",
        "\u{10ffff}",
        " ",
        &longest,
    ];
    fill(&*store, hostile).await?;
    store.set("bytes", (0..=u8::MAX).collect(), Ttl::Never).await?;
    store.set("empty", Bytes::new(), Ttl::Never).await?;
    let store = reopened(&cx, store).await?;
    filled(&*store, hostile).await?;
    ensure_eq!(
        store.get("bytes").await?,
        (0..=u8::MAX).collect::<Bytes>(),
        "all 256 bytes"
    );
    ensure_eq!(store.get_opt("empty").await?, Some(Bytes::new()), "the empty value");
    Ok(())
}

async fn the_largest_value_survives_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let value = Bytes::from(vec![0xA5; cx.limits().value_bytes.min(16 << 20)]);
    store.set("k", value.clone(), Ttl::Never).await?;
    let store = reopened(&cx, store).await?;
    ensure!(store.get("k").await? == value, "the value is whole");
    Ok(())
}

async fn an_expiry_survives_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(ms(10_001))).await?;
    cx.clock().advance(secs(4));
    let store = reopened(&cx, store).await?;
    cx.clock().advance(ms(6_000));
    ensure!(store.contains("k").await?, "there one millisecond before the expiry");
    let store = reopened(&cx, store).await?;
    cx.clock().advance(ms(1));
    ensure!(!store.contains("k").await?, "gone at the expiry");
    Ok(())
}

async fn an_entry_that_expired_while_closed_is_absent(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(1))).await?;
    store.set("stays", "stays".into(), Ttl::After(secs(3))).await?;
    store.close().await?;
    cx.clock().advance(secs(1));
    let store = cx.open().await?;
    ensure_eq!(
        store.get_opt("k").await?,
        None,
        "the entry expired while nobody had it open"
    );
    filled(&*store, ["stays"]).await?;
    if cx.profile().traits.listable {
        ensure_eq!(store.list("").await?, ["stays"], "it is not listed either");
    }
    if cx.profile().traits.atomic {
        store.set_if_absent("k", "new".into(), Ttl::Never).await?;
    }
    Ok(())
}

async fn what_expired_while_closed_can_be_swept(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let entries = (0..50).map(|n| SetEntry::new(format!("{n}"), "value").ttl(secs(1)));
    store.set_many(entries.collect()).await?;
    store.close().await?;
    cx.clock().advance(secs(1));
    let store = cx.open().await?;
    let reclaimed = store.sweep().await?;
    ensure!(reclaimed <= 50, "no more than the 50 that expired, not {reclaimed}");
    fill(&*store, ["0", "1"]).await?;
    let store = reopened(&cx, store).await?;
    filled(&*store, ["0", "1"]).await
}

async fn versions_survive_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(3_600))).await?;
    let before = store.get_versioned("k").await?;
    let store = reopened(&cx, store).await?;
    ensure_eq!(store.get_versioned("k").await?, before, "value, version and expiry");
    store
        .compare_and_set("k", before.version, "new".into(), Ttl::Never)
        .await?;
    let result = store.compare_and_delete("k", before.version).await;
    ensure_kind!(result, ErrorKind::Conflict, "the version from before was replaced");
    Ok(())
}

async fn versions_are_not_used_again_after_reopening(cx: Context) -> Outcome {
    let mut store = cx.open().await?;
    let mut seen = Vec::new();
    for round in 0..5 {
        for _ in 0..5 {
            store.delete("k").await?;
            let version = store.set_if_absent("k", "value".into(), Ttl::Never).await?;
            ensure!(!seen.contains(&version), "round {round}: the version is new");
            seen.push(version);
        }
        store = reopened(&cx, store).await?;
    }
    Ok(())
}

async fn a_transaction_survives_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["deleted", "touched"]).await?;
    let transaction = kvs_core::Transaction::new()
        .set("set", "set", Ttl::Never)
        .delete("deleted")
        .touch("touched", secs(3_600));
    let committed = store.commit(transaction).await?;
    let store = reopened(&cx, store).await?;
    filled(&*store, ["set", "touched"]).await?;
    ensure!(!store.contains("deleted").await?, "the delete took place");
    for key in ["set", "touched"] {
        let version = store.get_versioned(key).await?.version;
        ensure_eq!(
            Some(version),
            committed.version(key),
            "{key:?} has the version of the commit"
        );
    }
    Ok(())
}

async fn documents_survive_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let data = json!({"n": u64::MAX, "f": 0.1, "deep": {"a": [null, true, "é\0"]}, "": ""});
    let document = Document::new("id", data)?.with_metadata("label", "value");
    store.put("c", document.clone()).await?;
    store.put("c", document).await?;
    let before = store.get_doc("c", "id").await?;
    let store = reopened(&cx, store).await?;
    let after = store.get_doc("c", "id").await?;
    ensure_eq!(after.data, before.data, "the data");
    ensure!(
        after == before,
        "metadata, stamps and version: {before:?}, then {after:?}"
    );
    let version = before.version.ok_or("a stored document has a version")?;
    store
        .put_with("c", Document::new("id", json!({}))?, PutOptions::if_version(version))
        .await?;
    Ok(())
}

async fn a_query_finds_the_same_after_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for n in 0..50 {
        store
            .put(
                "c",
                Document::new(format!("{n:02}"), json!({"n": n, "even": n % 2 == 0}))?,
            )
            .await?;
    }
    let filter = Filter::eq("even", true) & Filter::gte("n", 10);
    let before = store.query("c", &filter).await?;
    ensure_eq!(before.len(), 20, "the even numbers from 10 to 48");
    let store = reopened(&cx, store).await?;
    ensure!(
        store.query("c", &filter).await? == before,
        "the same documents, with the same stamps and versions"
    );
    Ok(())
}

async fn listings_survive_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..100).map(|n| format!("k{n}"))).await?;
    let before = walk(&*store, ListOptions::new("k").values(true)).await?;
    let page = store.list_page(&ListOptions::new("k").limit(10)).await?;
    let next = page.next.ok_or("ten of a hundred keys are not the end")?;
    let rest = walk(&*store, ListOptions::new("k").after(next.clone())).await?;
    let store = reopened(&cx, store).await?;
    ensure_eq!(
        walk(&*store, ListOptions::new("k").values(true)).await?,
        before,
        "the whole listing"
    );
    let after = walk(&*store, ListOptions::new("k").after(next)).await?;
    ensure_eq!(keys(&after), keys(&rest), "the walk goes on where it was");
    Ok(())
}

async fn ten_thousand_entries_survive_reopening(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let names: Vec<String> = (0..10_000).map(|n| format!("k{n}")).collect();
    fill(&*store, &names).await?;
    let store = reopened(&cx, store).await?;
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let values = store.get_many(&refs).await?;
    let wrong = names
        .iter()
        .zip(&values)
        .find(|(name, value)| value.as_deref() != Some(name.as_bytes()));
    ensure_eq!(wrong, None, "each of 10,000 keys has its own value");
    Ok(())
}

async fn writes_survive_a_drop_without_close(cx: Context) -> Outcome {
    for round in 0..5 {
        let store = cx.open().await?;
        let key = format!("round {round}");
        fill(&*store, [&key]).await?;
        drop(store);
        let store = cx.open().await?;
        filled(&*store, [&key]).await?;
    }
    let store = cx.open().await?;
    filled(&*store, (0..5).map(|round| format!("round {round}"))).await
}

async fn namespaces_survive_reopening(cx: Context) -> Outcome {
    let sites = [
        cx.site().clone(),
        cx.site_with_namespace("a"),
        cx.site_with_namespace("a_b"),
    ];
    for (n, site) in sites.iter().enumerate() {
        let store = cx.open_at(site).await?;
        store.set("k", format!("{n}").into(), Ttl::Never).await?;
        store.close().await?;
    }
    for (n, site) in sites.iter().enumerate() {
        let store = cx.open_at(site).await?;
        ensure_eq!(
            store.get("k").await?,
            format!("{n}"),
            "the namespace {:?}",
            site.namespace()
        );
    }
    Ok(())
}

async fn a_store_can_be_opened_many_times(cx: Context) -> Outcome {
    for round in 0..30 {
        let store = cx.open().await?;
        fill(&*store, [format!("{round}")]).await?;
        filled(&*store, (0..=round).map(|n| format!("{n}"))).await?;
        store.close().await?;
    }
    Ok(())
}

async fn opening_changes_nothing(cx: Context) -> Outcome {
    let mut store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(3_600))).await?;
    let before = store.get_versioned("k").await?;
    for _ in 0..3 {
        store = reopened(&cx, store).await?;
        ensure_eq!(store.get_versioned("k").await?, before, "value, version and expiry");
    }
    let expires_at = cx.clock().now().checked_add(secs(3_600));
    if cx.subject().time() == crate::subject::Time::Manual {
        ensure_eq!(before.expires_at, expires_at, "the expiry is an instant");
    }
    Ok(())
}
