//! Two handles that were opened apart on one storage.

use std::sync::Arc;

use kvs_core::{Document, ErrorKind, Filter, FullStore, StoreExt, Transaction, Ttl};
use serde_json::json;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::support::{fill, filled, finish, secs};

cases! {
    "durability";
    "A second handle sees what the first one wrote, and the reverse."
        => a_second_handle_sees_the_writes [reopens, linearizable];
    "A second handle sees deletes and overwrites."
        => a_second_handle_sees_deletes_and_overwrites [reopens, linearizable];
    "A second handle lists what the first one wrote."
        => a_second_handle_lists_the_writes [reopens, linearizable, listable];
    "A second handle sees documents."
        => a_second_handle_sees_documents [reopens, linearizable, documents];
    "A second handle sees an expiry at the same instant."
        => a_second_handle_sees_the_expiry [reopens, linearizable, manual_clock];
    "Of two handles that replace one version only one succeeds."
        => two_handles_race_for_a_version [reopens, atomic];
    "Two handles that increment one counter lose nothing."
        => two_handles_increment_one_counter [reopens, atomic];
    "Two handles that take one entry get it once."
        => two_handles_take_an_entry_once [reopens, atomic];
    "Two handles that create one document: one succeeds."
        => two_handles_create_a_document_once [reopens, documents];
    "Handles that write at the same time disturb each other in nothing."
        => handles_write_at_the_same_time [reopens];
    "Closing one handle leaves another one open."
        => closing_one_handle_leaves_the_other [reopens];
    "A sweep of one handle leaves what another one writes."
        => a_sweep_of_one_handle_leaves_the_others_writes [reopens, manual_clock];
    "Eight handles open a new storage at the same time."
        => a_new_storage_is_opened_by_many_at_once [reopens];
}

async fn two(cx: &Context) -> Result<[Arc<dyn FullStore>; 2], Failed> {
    Ok([cx.open().await?, cx.open().await?])
}

async fn a_second_handle_sees_the_writes(cx: Context) -> Outcome {
    let [one, other] = two(&cx).await?;
    for round in 0..10 {
        let (here, there) = (format!("here {round}"), format!("there {round}"));
        fill(&*one, [&here]).await?;
        filled(&*other, [&here]).await?;
        fill(&*other, [&there]).await?;
        filled(&*one, [&there]).await?;
    }
    Ok(())
}

async fn a_second_handle_sees_deletes_and_overwrites(cx: Context) -> Outcome {
    let [one, other] = two(&cx).await?;
    fill(&*one, ["a", "b"]).await?;
    filled(&*other, ["a", "b"]).await?;
    other.delete("a").await?;
    other.set("b", "new".into(), Ttl::Never).await?;
    ensure_eq!(
        one.get_many(&["a", "b"]).await?,
        [None, Some("new".into())],
        "what the other handle did"
    );
    Ok(())
}

async fn a_second_handle_lists_the_writes(cx: Context) -> Outcome {
    let [one, other] = two(&cx).await?;
    fill(&*one, ["a", "c"]).await?;
    fill(&*other, ["b"]).await?;
    for store in [&one, &other] {
        ensure_eq!(store.list("").await?, ["a", "b", "c"], "the keys of both");
    }
    one.delete_prefix("").await?;
    ensure_eq!(
        other.list("").await?,
        Vec::<String>::new(),
        "all keys are gone for both"
    );
    Ok(())
}

async fn a_second_handle_sees_documents(cx: Context) -> Outcome {
    let [one, other] = two(&cx).await?;
    one.put("c", Document::new("id", json!({"n": 1}))?).await?;
    ensure_eq!(
        other.query("c", &Filter::eq("n", 1)).await?.len(),
        1,
        "the document of the first handle"
    );
    other.delete_doc("c", "id").await?;
    ensure_kind!(
        one.get_doc("c", "id").await,
        ErrorKind::NotFound,
        "the second handle deleted it"
    );
    Ok(())
}

async fn a_second_handle_sees_the_expiry(cx: Context) -> Outcome {
    let [one, other] = two(&cx).await?;
    one.set("k", "value".into(), Ttl::After(secs(1))).await?;
    ensure!(other.contains("k").await?, "there before the expiry");
    cx.clock().advance(secs(1));
    for store in [&one, &other] {
        ensure!(!store.contains("k").await?, "gone at the expiry, for both");
    }
    Ok(())
}

async fn two_handles_race_for_a_version(cx: Context) -> Outcome {
    let stores = two(&cx).await?;
    for round in 0..20 {
        stores[0].set("k", "start".into(), Ttl::Never).await?;
        let version = stores[0].get_versioned("k").await?.version;
        let mut tasks = JoinSet::new();
        for (n, store) in stores.iter().enumerate() {
            let store = Arc::clone(store);
            tasks.spawn(async move {
                let result = store
                    .compare_and_set("k", version, format!("{n}").into(), Ttl::Never)
                    .await;
                match result {
                    Ok(_) => Ok(Some(format!("{n}"))),
                    Err(error) if error.is_conflict() => Ok(None),
                    Err(error) => Err(Failed::from(error)),
                }
            });
        }
        let winners: Vec<String> = finish(tasks).await?.into_iter().flatten().collect();
        ensure_eq!(winners.len(), 1, "round {round}: one handle replaces the version");
        ensure_eq!(
            stores[1].get("k").await?,
            winners[0],
            "round {round}: the value is the winner's"
        );
    }
    Ok(())
}

async fn two_handles_increment_one_counter(cx: Context) -> Outcome {
    let stores = two(&cx).await?;
    let mut tasks = JoinSet::new();
    for task in 0..4 {
        let store = Arc::clone(&stores[task % 2]);
        tasks.spawn(async move {
            for _ in 0..25 {
                store.increment("k", 1).await?;
            }
            Ok::<_, Failed>(())
        });
    }
    finish(tasks).await?;
    ensure_eq!(stores[0].get("k").await?, "100", "four tasks added 25 each");
    Ok(())
}

async fn two_handles_take_an_entry_once(cx: Context) -> Outcome {
    let stores = two(&cx).await?;
    for round in 0..20 {
        stores[0].set("k", "value".into(), Ttl::Never).await?;
        let mut tasks = JoinSet::new();
        for store in &stores {
            let store = Arc::clone(store);
            tasks.spawn(async move {
                match store.take("k").await {
                    Ok(_) => Ok(1),
                    Err(error) if error.is_not_found() => Ok(0),
                    Err(error) => Err(Failed::from(error)),
                }
            });
        }
        let taken: i32 = finish(tasks).await?.into_iter().sum();
        ensure_eq!(taken, 1, "round {round}: one handle takes the entry");
    }
    Ok(())
}

async fn two_handles_create_a_document_once(cx: Context) -> Outcome {
    let stores = two(&cx).await?;
    for round in 0..20 {
        let mut tasks = JoinSet::new();
        for store in &stores {
            let (store, document) = (Arc::clone(store), Document::new(format!("{round}"), json!({}))?);
            tasks.spawn(async move {
                match store.put_with("c", document, kvs_core::PutOptions::if_absent()).await {
                    Ok(_) => Ok(1),
                    Err(error) if error.is_conflict() => Ok(0),
                    Err(error) => Err(Failed::from(error)),
                }
            });
        }
        let created: i32 = finish(tasks).await?.into_iter().sum();
        ensure_eq!(created, 1, "round {round}: one handle creates the document");
    }
    Ok(())
}

async fn handles_write_at_the_same_time(cx: Context) -> Outcome {
    let mut tasks = JoinSet::new();
    for task in 0..4 {
        let store = cx.open().await?;
        tasks.spawn(async move {
            for n in 0..25 {
                fill(&*store, [format!("{task} {n}")]).await?;
            }
            Ok::<_, Failed>(())
        });
    }
    finish(tasks).await?;
    let store = cx.open().await?;
    filled(
        &*store,
        (0..4).flat_map(|task| (0..25).map(move |n| format!("{task} {n}"))),
    )
    .await
}

async fn closing_one_handle_leaves_the_other(cx: Context) -> Outcome {
    let [one, other] = two(&cx).await?;
    one.close().await?;
    ensure_kind!(one.get("k").await, ErrorKind::Closed, "the first handle is closed");
    fill(&*other, ["k"]).await?;
    filled(&*other, ["k"]).await?;
    if cx.profile().traits.atomic {
        other.commit(Transaction::new().check_exists("k").delete("k")).await?;
        ensure_eq!(other.get_opt("k").await?, None, "transactions work too");
    }
    Ok(())
}

async fn a_sweep_of_one_handle_leaves_the_others_writes(cx: Context) -> Outcome {
    let [one, other] = two(&cx).await?;
    for round in 0..30 {
        one.set("k", "old".into(), Ttl::After(secs(1))).await?;
        cx.clock().advance(secs(1));
        let sweeper = Arc::clone(&one);
        let sweep = tokio::spawn(async move { sweeper.sweep().await });
        other.set("k", "fresh".into(), Ttl::Never).await?;
        sweep.await??;
        ensure_eq!(
            one.get_opt("k").await?,
            Some("fresh".into()),
            "round {round}: the fresh entry stays"
        );
    }
    Ok(())
}

async fn a_new_storage_is_opened_by_many_at_once(cx: Context) -> Outcome {
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let cx = cx.clone();
        tasks.spawn(async move {
            let store = cx.open().await?;
            fill(&*store, [format!("{task}")]).await?;
            Ok::<_, Failed>(store)
        });
    }
    let stores = finish(tasks).await?;
    for store in &stores {
        filled(&**store, (0..8).map(|task| format!("{task}"))).await?;
    }
    Ok(())
}
