//! Stores that are wrong about when something was written, and when it ends.

use kvs_core::{Clock, Document, Error, PutOptions, Result, Timestamp};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};

pub(crate) fn all() -> Vec<Mutation> {
    [shown(), kept(), versions()].into_iter().flatten().collect()
}

fn shown() -> Vec<Mutation> {
    vec![
        after("keeps the stamps of documents in seconds", |_, _, answer| {
            let whole = |at: Timestamp| Timestamp::from_millis(at.as_millis() - at.as_millis().rem_euclid(1_000));
            each_document(answer, |document| {
                document.created_at = document.created_at.map(whole);
                document.updated_at = document.updated_at.map(whole);
            });
        })
        .found_by("metadata::a_new_document_is_stamped_now")
        .found_by("metadata::stamps_have_a_resolution_of_a_millisecond"),
        after("shows no update of a document that was put once", |_, _, answer| {
            each_document(answer, |document| {
                document.updated_at = document.updated_at.filter(|at| Some(*at) != document.created_at);
            });
        })
        .found_by("metadata::every_document_is_stamped"),
        after("shows no update before the creation", |_, _, answer| {
            each_document(answer, |document| {
                document.updated_at = document.updated_at.max(document.created_at);
            });
        })
        .found_by("metadata::stamps_follow_a_clock_set_back"),
        after(
            "keeps creations in a table of their own, which a delete forgets",
            |saboteur, call, answer| {
                let mut instants = saboteur.notes.instants();
                if let (Call::Put { collection, document }, Ok(_)) = (call, &*answer) {
                    instants
                        .entry(format!("{collection}/{}", document.id))
                        .or_insert(saboteur.clock.now());
                }
                if let (Call::GetDoc { collection, id }, Ok(Answer::Document(document))) = (call, answer) {
                    let created = instants.get(&format!("{collection}/{id}"));
                    document.created_at = created.copied().or(document.created_at);
                }
            },
        )
        .found_by("metadata::a_recreated_document_is_born_again"),
        after(
            "keeps the stamps of an id, whatever its collection",
            |saboteur, call, answer| match (call, answer) {
                (Call::Put { document, .. }, Ok(_)) => {
                    saboteur
                        .notes
                        .instants()
                        .insert(document.id.clone(), saboteur.clock.now());
                }
                (Call::GetDoc { id, .. }, Ok(Answer::Document(document))) => {
                    document.updated_at = saboteur.notes.instants().get(id).copied().or(document.updated_at);
                }
                _ => {}
            },
        )
        .found_by("metadata::stamps_are_each_documents_own"),
        after("lists the expiry that a set gave", |saboteur, call, answer| {
            if let (Call::Set { key, ttl, .. }, Ok(_)) = (call, &*answer) {
                let expiry = ttl.expires_at(saboteur.clock.now(), None);
                saboteur
                    .notes
                    .instants()
                    .extend(expiry.map(|expiry| (key.clone(), expiry)));
            }
            if let Ok(Answer::Page(page)) = answer {
                for entry in &mut page.entries {
                    entry.expires_at = entry
                        .expires_at
                        .and_then(|_| saboteur.notes.instants().get(&entry.key).copied());
                }
            }
        })
        .found_by("metadata::a_touch_shows_in_a_listing"),
    ]
}

fn kept() -> Vec<Mutation> {
    vec![
        around("begins anew with a document that is replaced", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Put { collection, document } = &call {
                    saboteur.sound().delete_doc(collection, &document.id).await?;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("metadata::a_replacement_keeps_its_birth"),
        around("keeps the stamps that a document carries", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Put { collection, document } = call else {
                    return saboteur.soundly(&mut call).await;
                };
                let options = PutOptions::default().carried_stamps();
                Ok(Answer::Version(
                    saboteur.sound().put_with(&collection, document, options).await?,
                ))
            })
        })
        .found_by("metadata::put_ignores_carried_stamps"),
        around("stamps a document that it refuses to replace", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await;
                if let (
                    Call::PutWith {
                        collection, document, ..
                    },
                    Err(Error::Conflict { .. }),
                ) = (&call, &answer)
                    && let Ok(old) = saboteur.sound().get_doc(collection, &document.id).await
                {
                    saboteur.sound().put(collection, old).await?;
                }
                answer
            })
        })
        .found_by("metadata::a_conflict_moves_no_stamp"),
    ]
}

fn versions() -> Vec<Mutation> {
    vec![
        after(
            "shows the version of a document to those who ask for that one",
            |_, _, answer| {
                if let Ok(Answer::Documents(documents)) = answer {
                    for document in documents {
                        document.version = None;
                    }
                }
            },
        )
        .found_by("metadata::get_and_query_show_the_same"),
        around(
            "keeps the version when an equal document is put",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, document } = &call
                        && let Ok(old) = saboteur.sound().get_doc(collection, &document.id).await
                        && (&old.data, &old.metadata) == (&document.data, &document.metadata)
                        && let Some(version) = old.version
                    {
                        return Ok(Answer::Version(version));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("metadata::every_put_gives_a_new_version"),
    ]
}

fn each_document(answer: &mut Result<Answer>, change: impl FnMut(&mut Document)) {
    if let Ok(answer) = answer {
        answer.each_document(change);
    }
}
