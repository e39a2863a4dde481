//! Stores that write documents in more than one step.

use kvs_core::{Document, Expect, PutOptions};
use tokio::task::yield_now;

use super::under_way;
use crate::call::Call;
use crate::mutation::{Mutation, around};

pub(super) fn all() -> Vec<Mutation> {
    vec![
        around(
            "replaces a document by removing it, and then writing the new one",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, document } = &call
                        && let Ok(old) = saboteur.sound().get_doc(collection, &document.id).await
                    {
                        saboteur.sound().delete_doc(collection, &document.id).await?;
                        yield_now().await;
                        let carried = PutOptions::default().carried_stamps();
                        saboteur.sound().put_with(collection, old, carried).await?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("concurrency::a_moving_document_is_never_lost"),
        around(
            "writes the fields of a document one after the other",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, document } = &call
                        && document.data.len() > 1
                        && let Ok(mut half) = saboteur.sound().get_doc(collection, &document.id).await
                    {
                        half.data.extend(document.data.clone().into_iter().take(1));
                        saboteur.sound().put(collection, half).await?;
                        yield_now().await;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("concurrency::documents_are_read_whole"),
        around(
            "loses a document where forty others are put at once",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::Put { collection, document } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let (collection, Document { id, .. }) = (collection.clone(), document.clone());
                    let (others, answer) = under_way(saboteur, &mut call, "put").await;
                    if others >= 40 && answer.is_ok() {
                        saboteur.sound().delete_doc(&collection, &id).await?;
                    }
                    answer
                })
            },
        )
        .found_by("concurrency::distinct_documents_are_all_there"),
        around(
            "looks whether a document is absent, and then creates it",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::PutWith {
                        collection,
                        document,
                        options,
                    } = &mut call
                        && options.expect == Expect::Absent
                        && saboteur.sound().get_doc(collection, &document.id).await.is_err()
                    {
                        options.expect = Expect::Any;
                        yield_now().await;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::two_handles_create_a_document_once"),
    ]
}
