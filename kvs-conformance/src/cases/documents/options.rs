//! Conditional puts, and stamps that a document carries.

use std::sync::Arc;

use kvs_core::{Backoff, Clock, Document, DocumentStoreExt, ErrorKind, Expect, PutOptions, Timestamp, Value, Version};
use serde_json::json;

use crate::cases::support::{Shared, all, document, failed_keys};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

const BORN: Timestamp = Timestamp::from_millis(1_000);
const CHANGED: Timestamp = Timestamp::from_millis(2_000);

cases! {
    "documents";
    "put_with if_absent puts where nothing is."
        => if_absent_creates [documents];
    "put_with if_absent over a document is a Conflict, and the document stays as it is."
        => if_absent_leaves_a_document_alone [documents];
    "put_with if_absent works again after a delete."
        => if_absent_works_after_a_delete [documents];
    "put_with if_version replaces the document that has this version."
        => if_version_replaces [documents];
    "put_with if_version with an older version is a Conflict, and the document stays as it is."
        => if_version_refuses_an_older_version [documents];
    "put_with if_version of a missing document is a Conflict and creates nothing."
        => if_version_does_not_create [documents];
    "A version from before a delete is a Conflict after the document was put again."
        => a_version_of_a_document_does_not_come_back [documents];
    "The version of another document is a Conflict."
        => the_version_of_another_document_is_a_conflict [documents];
    "A conflict of a put names the id."
        => a_conflict_names_the_id [documents];
    "The default options put unconditionally, as put does."
        => default_options_ask_for_nothing [documents];
    "Carried stamps are stored as they are."
        => carried_stamps_are_stored [documents];
    "Where a carried stamp is missing, the store sets it."
        => missing_stamps_are_set [documents, manual_clock];
    "Carried stamps replace those of the stored document."
        => carried_stamps_replace [documents];
    "Carried stamps of any instant come back: before the epoch, at both ends of time."
        => extreme_stamps_come_back [documents];
    "Conditions and carried stamps go together."
        => conditions_go_with_carried_stamps [documents];
    "A version that a document carries is ignored: it is no condition."
        => a_carried_version_is_no_condition [documents];
    "Of 32 tasks that create one document exactly one does; the others get a Conflict."
        => one_of_many_creates_the_document [documents];
    "8 tasks with 20 conditional puts each count exactly."
        => conditional_puts_lose_nothing [documents];
}

async fn if_absent_creates(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store
        .put_with("c", document("d", json!({"a": 1}))?, PutOptions::if_absent())
        .await?;
    let got = store.get_doc("c", "d").await?;
    ensure_eq!(
        (got.version, got.data.get("a")),
        (Some(version), Some(&json!(1))),
        "the document is there"
    );
    Ok(())
}

async fn if_absent_leaves_a_document_alone(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({"a": 1}))?).await?;
    let before = store.get_doc("c", "d").await?;
    let outcome = store
        .put_with("c", document("d", json!({"a": 2}))?, PutOptions::if_absent())
        .await;
    ensure_kind!(outcome, ErrorKind::Conflict, "a document is in the way");
    ensure!(store.get_doc("c", "d").await? == before, "the document stays as it is");
    Ok(())
}

async fn if_absent_works_after_a_delete(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({}))?).await?;
    store.delete_doc("c", "d").await?;
    store
        .put_with("c", document("d", json!({}))?, PutOptions::if_absent())
        .await?;
    Ok(())
}

async fn if_version_replaces(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let first = store.put("c", document("d", json!({"a": 1}))?).await?;
    let new = document("d", json!({"a": 2}))?.with_metadata("label", "new");
    let second = store.put_with("c", new.clone(), PutOptions::if_version(first)).await?;
    ensure!(first != second, "the put gave a new version");
    let got = store.get_doc("c", "d").await?;
    ensure_eq!(
        (got.version, got.data, got.metadata),
        (Some(second), new.data, new.metadata),
        "the document was replaced, with its labels"
    );
    Ok(())
}

async fn if_version_refuses_an_older_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let first = store.put("c", document("d", json!({"a": 1}))?).await?;
    store.put("c", document("d", json!({"a": 1}))?).await?;
    let before = store.get_doc("c", "d").await?;
    let outcome = store
        .put_with("c", document("d", json!({"a": 2}))?, PutOptions::if_version(first))
        .await;
    ensure_kind!(outcome, ErrorKind::Conflict, "the version is not the current one");
    ensure!(store.get_doc("c", "d").await? == before, "the document stays as it is");
    Ok(())
}

async fn if_version_does_not_create(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let options = PutOptions::if_version(Version::from_bytes([7; 16]));
    let outcome = store.put_with("c", document("d", json!({}))?, options).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "a missing document has no version");
    ensure!(store.get_doc_opt("c", "d").await?.is_none(), "nothing was created");
    Ok(())
}

async fn a_version_of_a_document_does_not_come_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let old = store.put("c", document("d", json!({}))?).await?;
    store.delete_doc("c", "d").await?;
    store.put("c", document("d", json!({}))?).await?;
    let outcome = store
        .put_with("c", document("d", json!({"a": 1}))?, PutOptions::if_version(old))
        .await;
    ensure_kind!(
        outcome,
        ErrorKind::Conflict,
        "the version from before the delete is not accepted"
    );
    Ok(())
}

async fn the_version_of_another_document_is_a_conflict(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({}))?).await?;
    store.put("c", document("d", json!({}))?).await?;
    let same_collection = store.put("c", document("e", json!({}))?).await?;
    let same_id = store.put("other", document("d", json!({}))?).await?;
    for foreign in [same_collection, same_id] {
        let outcome = store
            .put_with("c", document("d", json!({}))?, PutOptions::if_version(foreign))
            .await;
        ensure_kind!(outcome, ErrorKind::Conflict, "a version belongs to its document");
    }
    Ok(())
}

async fn a_conflict_names_the_id(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("the id", json!({}))?).await?;
    let other = Version::from_bytes([7; 16]);
    for options in [PutOptions::if_absent(), PutOptions::if_version(other)] {
        match store.put_with("c", document("the id", json!({}))?, options).await {
            Err(error) => ensure_eq!(failed_keys(&error), ["the id"], "a conflict names the id, whole"),
            Ok(_) => return Err("a condition that does not hold was accepted".into()),
        }
    }
    Ok(())
}

async fn default_options_ask_for_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(
        PutOptions::default().expect,
        Expect::Any,
        "by default nothing is expected"
    );
    for n in 0..3 {
        store
            .put_with("c", document("d", json!({"n": n}))?, PutOptions::default())
            .await?;
    }
    ensure_eq!(
        store.get_doc("c", "d").await?.data.get("n"),
        Some(&json!(2)),
        "the last put stands"
    );
    Ok(())
}

fn stamped(created: Option<Timestamp>, updated: Option<Timestamp>) -> Document {
    Document {
        id: "d".into(),
        created_at: created,
        updated_at: updated,
        ..Document::default()
    }
}

async fn stamps(store: &Shared) -> Result<(Option<Timestamp>, Option<Timestamp>), Failed> {
    let got = store.get_doc("c", "d").await?;
    Ok((got.created_at, got.updated_at))
}

async fn carried_stamps_are_stored(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let carried = PutOptions::default().carried_stamps();
    store.put_with("c", stamped(Some(BORN), Some(CHANGED)), carried).await?;
    ensure_eq!(
        stamps(&store).await?,
        (Some(BORN), Some(CHANGED)),
        "the stamps are those that were carried"
    );
    Ok(())
}

async fn missing_stamps_are_set(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let (now, carried) = (Some(cx.clock().now()), PutOptions::default().carried_stamps());
    let steps = [
        (stamped(None, None), (now, now)),
        (stamped(Some(BORN), None), (Some(BORN), now)),
        (stamped(None, Some(CHANGED)), (Some(BORN), Some(CHANGED))),
    ];
    for (put, expected) in steps {
        store.put_with("c", put, carried).await?;
        ensure_eq!(
            stamps(&store).await?,
            expected,
            "what is carried counts, what is missing is set or kept"
        );
    }
    Ok(())
}

async fn carried_stamps_replace(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", stamped(None, None)).await?;
    store
        .put_with(
            "c",
            stamped(Some(BORN), Some(CHANGED)),
            PutOptions::default().carried_stamps(),
        )
        .await?;
    ensure_eq!(
        stamps(&store).await?,
        (Some(BORN), Some(CHANGED)),
        "the carried stamps are stored"
    );
    Ok(())
}

async fn extreme_stamps_come_back(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for millis in [i64::MIN, -1, 0, 1, (1 << 53) + 1, i64::MAX] {
        let at = Some(Timestamp::from_millis(millis));
        store
            .put_with("c", stamped(at, at), PutOptions::default().carried_stamps())
            .await?;
        ensure_eq!(stamps(&store).await?, (at, at), "a stamp of {millis} ms");
    }
    Ok(())
}

async fn conditions_go_with_carried_stamps(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let restore = PutOptions::if_absent().carried_stamps();
    let version = store.put_with("c", stamped(Some(BORN), Some(CHANGED)), restore).await?;
    let outcome = store
        .put_with("c", stamped(Some(CHANGED), Some(CHANGED)), restore)
        .await;
    ensure_kind!(outcome, ErrorKind::Conflict, "the document is there already");
    ensure_eq!(
        stamps(&store).await?,
        (Some(BORN), Some(CHANGED)),
        "the stamps are those of the first"
    );
    let replace = PutOptions::if_version(version).carried_stamps();
    store
        .put_with("c", stamped(Some(CHANGED), Some(CHANGED)), replace)
        .await?;
    ensure_eq!(
        stamps(&store).await?,
        (Some(CHANGED), Some(CHANGED)),
        "the version held"
    );
    Ok(())
}

async fn a_carried_version_is_no_condition(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let foreign = Version::from_bytes([7; 16]);
    let carrying = Document {
        version: Some(foreign),
        ..document("d", json!({}))?
    };
    let given = store.put("c", carrying).await?;
    ensure!(given != foreign, "the store gives a version of its own");
    ensure_eq!(
        store.get_doc("c", "d").await?.version,
        Some(given),
        "the version is the one that put returned"
    );
    Ok(())
}

fn put_succeeded(outcome: kvs_core::Result<Version>) -> Result<bool, Failed> {
    match outcome {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn create(store: Shared, task: usize) -> Result<bool, Failed> {
    put_succeeded(
        store
            .put_with("c", document("d", json!({"task": task}))?, PutOptions::if_absent())
            .await,
    )
}

async fn one_of_many_creates_the_document(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let created = all((0..32).map(|task| create(Arc::clone(&store), task))).await?;
    let winners: Vec<usize> = (0..32).filter(|task| created[*task]).collect();
    ensure_eq!(winners.len(), 1, "exactly one task creates the document");
    let got = store.get_doc("c", "d").await?;
    ensure_eq!(
        got.data.get("task"),
        Some(&json!(winners[0])),
        "the document is the winner's"
    );
    Ok(())
}

async fn count(store: Shared) -> Outcome {
    for _ in 0..20 {
        let mut backoff = Backoff::default();
        loop {
            let read = store.get_doc("c", "d").await?;
            let version = read.version.ok_or("a document that was read has a version")?;
            let n = read
                .data
                .get("n")
                .and_then(Value::as_u64)
                .ok_or("the counter is a number")?;
            let next = document("d", json!({"n": n + 1}))?;
            if put_succeeded(store.put_with("c", next, PutOptions::if_version(version)).await)? {
                break;
            }
            backoff.wait().await;
        }
    }
    Ok(())
}

async fn conditional_puts_lose_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({"n": 0}))?).await?;
    all((0..8).map(|_| count(Arc::clone(&store)))).await?;
    ensure_eq!(
        store.get_doc("c", "d").await?.data.get("n"),
        Some(&json!(160)),
        "every put counted"
    );
    Ok(())
}
