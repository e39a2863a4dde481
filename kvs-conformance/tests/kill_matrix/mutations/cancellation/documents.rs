//! Stores that put or read in two steps what is one, and wait in between.

use kvs_core::{Document, DocumentStore, Error, Expect, PutOptions, Result, Store, Ttl};
use tokio::task::yield_now;

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};

pub(super) fn all() -> Vec<Mutation> {
    [documents(), reads()].into_iter().flatten().collect()
}

/// The document without content and labels.
fn emptied(document: &Document) -> Document {
    Document {
        id: document.id.clone(),
        ..Document::default()
    }
}

fn documents() -> Vec<Mutation> {
    vec![
        steps!(
            "writes the content of a document before its labels",
            Call::Put { collection, document },
            |store| {
                if !document.metadata.is_empty()
                    && let Ok(old) = store.get_doc(collection, &document.id).await
                {
                    let half = Document {
                        metadata: old.metadata,
                        ..document.clone()
                    };
                    store.put(collection, half).await?;
                }
            }
        )
        .found_by("cancellation::a_dropped_put_leaves_one_of_the_two"),
        steps!(
            "makes an empty document before it fills it",
            Call::Put { collection, document },
            |store| {
                if let Err(Error::NotFound) = store.get_doc(collection, &document.id).await {
                    store.put(collection, emptied(document)).await?;
                }
            }
        )
        .found_by("cancellation::documents_survive_random_drops"),
        around("creates an empty document before it fills it", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::PutWith {
                    collection,
                    document,
                    options,
                } = &mut call
                    && options.expect == Expect::Absent
                    && !document.data.is_empty()
                    && !saboteur.is_closed()
                {
                    let created = saboteur
                        .sound()
                        .put_with(collection, emptied(document), *options)
                        .await?;
                    yield_now().await;
                    options.expect = Expect::Version(created);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("cancellation::a_dropped_conditional_put_leaves_one_of_the_two"),
        steps!(
            "empties a document before it deletes it",
            Call::DeleteDoc { collection, id },
            |store| {
                if let Ok(old) = store.get_doc(collection, id).await
                    && let Some(version) = old.version
                {
                    let _ = store
                        .put_with(collection, emptied(&old), PutOptions::if_version(version))
                        .await;
                }
            }
        )
        .found_by("cancellation::a_dropped_document_delete_leaves_one_of_the_two"),
    ]
}

fn reads() -> Vec<Mutation> {
    vec![
        around("takes values out to read many", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let (Call::GetMany { keys }, Answer::Values(values)) = (&call, &answer) {
                    saboteur
                        .storage()
                        .delete_many(&keys.iter().map(String::as_str).collect::<Vec<_>>())
                        .await?;
                    yield_now().await;
                    for (key, value) in keys.iter().zip(values) {
                        if let Some(value) = value {
                            saboteur.storage().set(key, value.clone(), Ttl::Never).await?;
                        }
                    }
                }
                Ok(answer)
            })
        })
        .found_by("cancellation::dropped_reads_change_nothing"),
        around("keeps its place in a listing among the keys", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::List { .. } = &call {
                    saboteur.storage().set("cursor", "open".into(), Ttl::Never).await?;
                    yield_now().await;
                    saboteur.storage().delete("cursor").await?;
                }
                Ok(answer)
            })
        })
        .found_by("cancellation::dropped_listings_change_nothing"),
        around(
            "keeps its place in a query among the documents",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer: Result<Answer> = saboteur.soundly(&mut call).await;
                    if let (Call::Query { collection, .. }, Ok(Answer::Documents(found))) = (&call, &answer)
                        && let Some(last) = found.last()
                    {
                        let cursor = Document {
                            id: "cursor".into(),
                            ..last.clone()
                        };
                        saboteur.storage().put(collection, cursor).await?;
                        yield_now().await;
                        saboteur.storage().delete_doc(collection, "cursor").await?;
                    }
                    answer
                })
            },
        )
        .found_by("cancellation::dropped_queries_change_nothing"),
    ]
}
