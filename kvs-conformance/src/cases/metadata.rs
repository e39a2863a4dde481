//! Stamps, versions, expiry and labels, as they are read back.

use std::time::Duration;

use kvs_core::{Clock, Document, Filter, ListOptions, Timestamp, Ttl};
use serde_json::json;

use crate::cases::support::{HOSTILE, Shared, document};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

type StampPair = (Option<Timestamp>, Option<Timestamp>);

cases! {
    "metadata";
    "A new document is created and updated now, by the store's clock."
        => a_new_document_is_stamped_now [documents, manual_clock];
    "Every document has both stamps, the later one not before the earlier one."
        => every_document_is_stamped [documents];
    "A replacement keeps created_at and moves updated_at."
        => a_replacement_keeps_its_birth [documents, manual_clock];
    "Stamps are in whole milliseconds."
        => stamps_have_a_resolution_of_a_millisecond [documents, manual_clock];
    "created_at begins anew after a delete."
        => a_recreated_document_is_born_again [documents, manual_clock];
    "put ignores the stamps that a document carries."
        => put_ignores_carried_stamps [documents, manual_clock];
    "updated_at follows a clock that was set back; created_at stays."
        => stamps_follow_a_clock_set_back [documents, manual_clock];
    "A conflict moves no stamp."
        => a_conflict_moves_no_stamp [documents, manual_clock];
    "get_doc and query show the same stamps and version."
        => get_and_query_show_the_same [documents, manual_clock];
    "The version of a document changes with every put, an equal one too, and none comes back."
        => every_put_gives_a_new_version [documents];
    "Stamps of one document do not move with another's."
        => stamps_are_each_documents_own [documents, manual_clock];
    "The expiry that get_versioned shows is the time of the write and the TTL."
        => get_versioned_shows_the_expiry [atomic, manual_clock];
    "The expiry that a listing shows is the time of the write and the TTL."
        => a_listing_shows_the_expiry [listable, manual_clock];
    "A listing without values shows the expiry, too, and both ways of reading agree."
        => listing_and_get_versioned_agree [listable, atomic, manual_clock];
    "A touch, and an update, show in the expiry of a listing."
        => a_touch_shows_in_a_listing [listable, atomic, manual_clock];
    "Labels come back as they are: every string is a name and a value."
        => labels_come_back [documents];
    "200 labels, an empty name, an empty value and one of 64 KiB come back."
        => many_and_large_labels_come_back [documents];
    "Labels are replaced with the document, not merged."
        => labels_are_replaced [documents];
    "Labels named like stamps change no stamp."
        => labels_are_no_stamps [documents, manual_clock];
    "Documents do not expire."
        => documents_do_not_expire [documents, manual_clock];
}

async fn stamps(store: &Shared, id: &str) -> Result<StampPair, Failed> {
    let got = store.get_doc("c", id).await?;
    Ok((got.created_at, got.updated_at))
}

async fn put(store: &Shared, id: &str) -> Outcome {
    store.put("c", document(id, json!({"a": 1}))?).await?;
    Ok(())
}

async fn a_new_document_is_stamped_now(cx: Context) -> Outcome {
    let store = cx.open().await?;
    cx.clock().advance(Duration::from_millis(1_234));
    put(&store, "d").await?;
    let now = Some(cx.clock().now());
    cx.clock().advance(Duration::from_secs(5));
    ensure_eq!(
        stamps(&store, "d").await?,
        (now, now),
        "created and updated when it was put"
    );
    Ok(())
}

async fn every_document_is_stamped(cx: Context) -> Outcome {
    let store = cx.open().await?;
    put(&store, "d").await?;
    put(&store, "d").await?;
    match stamps(&store, "d").await? {
        (Some(created), Some(updated)) => ensure!(created <= updated, "created {created}, updated {updated}"),
        missing => return Err(format!("both stamps are set by the store, seen {missing:?}").into()),
    }
    Ok(())
}

async fn a_replacement_keeps_its_birth(cx: Context) -> Outcome {
    let store = cx.open().await?;
    put(&store, "d").await?;
    let born = Some(cx.clock().now());
    for _ in 0..3 {
        cx.clock().advance(Duration::from_millis(1_500));
        put(&store, "d").await?;
        ensure_eq!(
            stamps(&store, "d").await?,
            (born, Some(cx.clock().now())),
            "born then, updated now"
        );
    }
    Ok(())
}

async fn stamps_have_a_resolution_of_a_millisecond(cx: Context) -> Outcome {
    let store = cx.open().await?;
    put(&store, "d").await?;
    let (born, first) = stamps(&store, "d").await?;
    cx.clock().advance(Duration::from_millis(1));
    put(&store, "d").await?;
    let later = first.and_then(|first| first.checked_add(Duration::from_millis(1)));
    ensure_eq!(stamps(&store, "d").await?, (born, later), "one millisecond shows");
    Ok(())
}

async fn a_recreated_document_is_born_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    put(&store, "d").await?;
    store.delete_doc("c", "d").await?;
    cx.clock().advance(Duration::from_secs(1));
    put(&store, "d").await?;
    let now = Some(cx.clock().now());
    ensure_eq!(
        stamps(&store, "d").await?,
        (now, now),
        "nothing of the deleted document is left"
    );
    Ok(())
}

async fn put_ignores_carried_stamps(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let past = Some(Timestamp::from_millis(1));
    let carrying = Document {
        created_at: past,
        updated_at: past,
        ..document("d", json!({}))?
    };
    let now = Some(cx.clock().now());
    store.put("c", carrying.clone()).await?;
    ensure_eq!(stamps(&store, "d").await?, (now, now), "the store sets the stamps");
    cx.clock().advance(Duration::from_secs(1));
    store.put("c", carrying).await?;
    ensure_eq!(
        stamps(&store, "d").await?,
        (now, Some(cx.clock().now())),
        "of a replacement, too"
    );
    Ok(())
}

async fn stamps_follow_a_clock_set_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    put(&store, "d").await?;
    let born = cx.clock().now();
    let before = Timestamp::from_millis(born.as_millis() - 3_600_000);
    cx.clock().set(before);
    put(&store, "d").await?;
    ensure_eq!(
        stamps(&store, "d").await?,
        (Some(born), Some(before)),
        "stamps are what the clock showed"
    );
    Ok(())
}

async fn a_conflict_moves_no_stamp(cx: Context) -> Outcome {
    let store = cx.open().await?;
    put(&store, "d").await?;
    let before = stamps(&store, "d").await?;
    cx.clock().advance(Duration::from_secs(1));
    let outcome = store
        .put_with("c", document("d", json!({}))?, kvs_core::PutOptions::if_absent())
        .await;
    ensure_kind!(outcome, kvs_core::ErrorKind::Conflict, "the document is there");
    ensure_eq!(
        stamps(&store, "d").await?,
        before,
        "a put that did not happen leaves no trace"
    );
    Ok(())
}

async fn get_and_query_show_the_same(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for id in ["a", "b", "c"] {
        put(&store, id).await?;
        cx.clock().advance(Duration::from_millis(7));
    }
    put(&store, "b").await?;
    for found in store.query("c", &Filter::all()).await? {
        let got = store.get_doc("c", &found.id).await?;
        ensure!(found == got, "query shows {found:?}, get_doc shows {got:?}");
    }
    Ok(())
}

async fn every_put_gives_a_new_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut seen = std::collections::HashSet::new();
    for round in 0..20 {
        let version = store.put("c", document("d", json!({"a": 1}))?).await?;
        ensure!(
            seen.insert(version),
            "put {round} gives a version never used before: {version}"
        );
        ensure_eq!(
            store.get_doc("c", "d").await?.version,
            Some(version),
            "the version shows"
        );
        if round % 5 == 4 {
            store.delete_doc("c", "d").await?;
        }
    }
    Ok(())
}

async fn stamps_are_each_documents_own(cx: Context) -> Outcome {
    let store = cx.open().await?;
    put(&store, "old").await?;
    let before = stamps(&store, "old").await?;
    cx.clock().advance(Duration::from_secs(1));
    put(&store, "new").await?;
    store.put("other", document("old", json!({}))?).await?;
    ensure_eq!(stamps(&store, "old").await?, before, "nobody put this document again");
    Ok(())
}

/// TTLs, and the expiry that each gives to an entry written at `now`.
fn ttls(now: Timestamp) -> [(Ttl, Option<Timestamp>); 8] {
    let at = |millis: i64| Some(Timestamp::from_millis(now.as_millis() + millis));
    [
        (Ttl::Never, None),
        (Ttl::After(Duration::ZERO), None),
        (Ttl::After(Duration::from_millis(1)), at(1)),
        (Ttl::After(Duration::from_micros(1_001)), at(2)),
        (Ttl::After(Duration::from_hours(24 * 365 * 100)), at(3_153_600_000_000)),
        (Ttl::After(Duration::MAX), None),
        (Ttl::At(Timestamp::from_millis(now.as_millis() + 99)), at(99)),
        (Ttl::At(Timestamp::MAX), Some(Timestamp::MAX)),
    ]
}

async fn get_versioned_shows_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (ttl, expected) in ttls(cx.clock().now()) {
        store.set("k", "v".into(), ttl).await?;
        ensure_eq!(
            store.get_versioned("k").await?.expires_at,
            expected,
            "the expiry under {ttl:?}"
        );
    }
    Ok(())
}

async fn listed_expiry(store: &Shared, key: &str, values: bool) -> Result<Option<Timestamp>, Failed> {
    let page = store.list_page(&ListOptions::new(key).values(values)).await?;
    let entry = page.entries.into_iter().next().ok_or("the listing shows the entry")?;
    Ok(entry.expires_at)
}

async fn a_listing_shows_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (ttl, expected) in ttls(cx.clock().now()) {
        store.set("k", "v".into(), ttl).await?;
        for values in [false, true] {
            ensure_eq!(
                listed_expiry(&store, "k", values).await?,
                expected,
                "the expiry under {ttl:?}, values: {values}"
            );
        }
    }
    Ok(())
}

async fn listing_and_get_versioned_agree(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (n, (ttl, _)) in ttls(cx.clock().now()).into_iter().enumerate() {
        store.set(&format!("k{n}"), "v".into(), ttl).await?;
    }
    for entry in store.list_page(&ListOptions::new("k")).await?.entries {
        let read = store.get_versioned(&entry.key).await?;
        ensure_eq!(entry.expires_at, read.expires_at, "the expiry of {}", entry.key);
    }
    Ok(())
}

async fn a_touch_shows_in_a_listing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    store.touch("k", Ttl::After(Duration::from_secs(1))).await?;
    let expected = cx.clock().now().checked_add(Duration::from_secs(1));
    ensure_eq!(
        listed_expiry(&store, "k", false).await?,
        expected,
        "the listing shows the touched expiry"
    );
    cx.clock().advance(Duration::from_millis(500));
    store.update("k", &mut |_| Ok("w".into())).await?;
    ensure_eq!(listed_expiry(&store, "k", true).await?, expected, "an update keeps it");
    Ok(())
}

async fn ensure_labels(store: &Shared, labels: Vec<(String, String)>) -> Outcome {
    let mut put = document("d", json!({}))?;
    put.metadata.extend(labels);
    store.put("c", put.clone()).await?;
    ensure_eq!(
        store.get_doc("c", "d").await?.metadata,
        put.metadata,
        "get_doc gives the labels"
    );
    ensure_eq!(
        store.query("c", &Filter::all()).await?[0].metadata,
        put.metadata,
        "query gives the labels"
    );
    Ok(())
}

async fn labels_come_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let values = HOSTILE.iter().rev();
    ensure_labels(
        &store,
        HOSTILE
            .iter()
            .zip(values)
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
    )
    .await
}

async fn many_and_large_labels_come_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut labels: Vec<_> = (0..200).map(|n| (format!("label-{n}"), n.to_string())).collect();
    labels.push((String::new(), "no name".into()));
    labels.push(("no value".into(), String::new()));
    labels.push(("large".into(), "é".repeat(32 << 10)));
    ensure_labels(&store, labels).await
}

async fn labels_are_replaced(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_labels(&store, vec![("a".into(), "1".into()), ("b".into(), "2".into())]).await?;
    ensure_labels(&store, vec![("b".into(), "3".into())]).await?;
    ensure_labels(&store, Vec::new()).await
}

async fn labels_are_no_stamps(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let names = ["created_at", "updated_at", "version", "expires_at", "id", "data"];
    ensure_labels(&store, names.map(|name| (name.into(), "1".into())).into()).await?;
    let now = Some(cx.clock().now());
    ensure_eq!(stamps(&store, "d").await?, (now, now), "labels are labels");
    Ok(())
}

async fn documents_do_not_expire(cx: Context) -> Outcome {
    let store = cx.open().await?;
    put(&store, "d").await?;
    cx.clock().set(Timestamp::MAX);
    store.sweep().await?;
    ensure_eq!(
        store.get_doc("c", "d").await?.id,
        "d",
        "the document is there at the end of time"
    );
    Ok(())
}
