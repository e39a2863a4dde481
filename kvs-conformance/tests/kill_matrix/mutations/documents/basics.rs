//! Stores that put, get or delete another document than they were asked to.

use kvs_core::{Document, Error, PutOptions, Value, Version};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};
use crate::saboteur::serial;

pub(super) fn all() -> Vec<Mutation> {
    [putting(), reading(), deleting(), ids()]
        .into_iter()
        .flatten()
        .collect()
}

fn putting() -> Vec<Mutation> {
    vec![
        before("drops the labels of a document", |_, call| {
            if let Some(document) = call.document() {
                document.metadata.clear();
            }
        })
        .found_by("documents::put_then_get_gives_the_document"),
        around("merges what is put into what is there", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Put { collection, document } = &mut call
                    && let Ok(old) = saboteur.sound().get_doc(collection, &document.id).await
                {
                    let new = std::mem::replace(&mut document.data, old.data);
                    document.data.extend(new);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("documents::put_replaces_and_does_not_merge"),
        after("returns another version than it stores", |_, call, answer| {
            if let (Call::Put { .. }, Ok(Answer::Version(version))) = (call, answer) {
                *version = Version::from_bytes(u128::from(serial()).to_be_bytes());
            }
        })
        .found_by("documents::put_returns_the_stored_version"),
        around("does not put again what was deleted", |saboteur, mut call| {
            Box::pin(async move {
                let name = |collection: &str, id: &str| format!("{collection}\0{id}");
                if let Call::DeleteDoc { collection, id } = &call
                    && saboteur.sound().get_doc(collection, id).await.is_ok()
                {
                    saboteur.notes.values().insert(name(collection, id), "deleted".into());
                }
                let tombstone = match &call {
                    Call::Put { collection, document } => Some(name(collection, &document.id)),
                    _ => None,
                };
                let answer = saboteur.soundly(&mut call).await;
                if tombstone.is_some_and(|tombstone| saboteur.notes.values().contains_key(&tombstone))
                    && let Call::Put { collection, document } = &call
                {
                    saboteur.sound().delete_doc(collection, &document.id).await?;
                }
                answer
            })
        })
        .found_by("documents::a_deleted_document_can_be_put_again"),
    ]
}

fn reading() -> Vec<Mutation> {
    vec![
        after("gives an empty document for one that is missing", |_, call, answer| {
            if let (Call::GetDoc { id, .. }, Err(Error::NotFound)) = (call, &answer) {
                *answer = Ok(Answer::Document(Document {
                    id: id.clone(),
                    ..Document::default()
                }));
            }
        })
        .found_by("documents::get_of_a_missing_document_is_not_found"),
        around("writes down that a document was read", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await;
                if let (Call::GetDoc { collection, .. }, Ok(Answer::Document(document))) = (&call, &answer) {
                    let options = PutOptions::default().carried_stamps();
                    saboteur.sound().put_with(collection, document.clone(), options).await?;
                }
                answer
            })
        })
        .found_by("documents::reading_a_document_changes_nothing"),
        around(
            "gives what it read first, whatever was put since",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await?;
                    let (Call::GetDoc { collection, id }, Answer::Document(document)) = (&call, &answer) else {
                        return Ok(answer);
                    };
                    let mut cache = saboteur.notes.values();
                    let data = serde_json::to_vec(&document.data).unwrap_or_default();
                    let cached = cache
                        .entry(format!("{collection}\0{id}"))
                        .or_insert_with(|| data.into());
                    let data = serde_json::from_slice::<Value>(cached).ok();
                    let data = data.and_then(|data| data.as_object().cloned());
                    Ok(Answer::Document(Document {
                        data: data.unwrap_or_default(),
                        ..document.clone()
                    }))
                })
            },
        )
        .found_by("documents::conditional_puts_lose_nothing"),
    ]
}

fn deleting() -> Vec<Mutation> {
    vec![
        around("misses documents that were put an hour ago", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let (Call::GetDoc { .. }, Answer::Document(document)) = (&call, &answer)
                    && let Some(age) = document
                        .updated_at
                        .map(|at| kvs_core::Clock::now(&saboteur.clock).as_millis() - at.as_millis())
                    && age > 3_600_000
                {
                    return Err(Error::NotFound);
                }
                Ok(answer)
            })
        })
        .found_by("metadata::documents_do_not_expire"),
        around(
            "deletes a collection with one of its documents",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await?;
                    if let Call::DeleteDoc { collection, .. } = &call {
                        saboteur.sound().delete_collection(collection).await?;
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("documents::a_deleted_document_is_gone"),
        around("fails to delete a document that is not there", |saboteur, mut call| {
            Box::pin(async move {
                let missing = match &call {
                    Call::DeleteDoc { collection, id } => saboteur.sound().get_doc(collection, id).await.err(),
                    _ => None,
                };
                let answer = saboteur.soundly(&mut call).await?;
                missing.filter(Error::is_not_found).map_or(Ok(answer), Err)
            })
        })
        .found_by("documents::deleting_a_missing_document_is_fine"),
        around("empties a document instead of deleting it", |saboteur, mut call| {
            Box::pin(async move {
                let Call::DeleteDoc { collection, id } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let document = Document {
                    id: id.clone(),
                    ..Document::default()
                };
                match saboteur.sound().get_doc(collection, id).await {
                    Ok(_) => saboteur.sound().put(collection, document).await.map(|_| Answer::Done),
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("documents::a_deleted_document_is_gone"),
    ]
}

/// The id that a call names.
fn id_of<'a>(call: &'a mut Call<'_>) -> Option<&'a mut String> {
    match call {
        Call::GetDoc { id, .. } | Call::DeleteDoc { id, .. } => Some(id),
        Call::Put { document, .. } | Call::PutWith { document, .. } => Some(&mut document.id),
        _ => None,
    }
}

fn ids() -> Vec<Mutation> {
    vec![
        before("cuts long ids of documents", |_, call| {
            if let Some(id) = id_of(call) {
                while id.len() > 1_024 {
                    id.pop();
                }
            }
        })
        .found_by("documents::ids_follow_the_rules_of_keys"),
        after("refuses ids over 255 bytes", |_, call, answer| {
            if let (Call::Put { document, .. }, Ok(_)) = (call, &answer)
                && document.id.len() > 255
            {
                *answer = Err(Error::invalid_key("the name of the file is too long"));
            }
        })
        .found_by("documents::the_longest_ids_work"),
        before("ends ids of documents at NUL", |_, call| {
            if let Some(id) = id_of(call)
                && let Some((start, _)) = id.split_once('\0').filter(|(start, _)| !start.is_empty())
            {
                *id = start.to_owned();
            }
        })
        .found_by("documents::hostile_ids_are_ids"),
        before("folds the case of ids of documents", |_, call| {
            if let Some(id) = id_of(call) {
                *id = id.to_lowercase();
            }
        })
        .found_by("documents::similar_ids_are_different_documents"),
        before("trims ids of documents", |_, call| {
            if let Some(id) = id_of(call).filter(|id| !id.trim().is_empty()) {
                *id = id.trim().to_owned();
            }
        })
        .found_by("documents::similar_ids_are_different_documents"),
    ]
}
