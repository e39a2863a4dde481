//! Stores that confuse collections with one another, or with keys.

use kvs_core::{Error, Filter, Query};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

pub(super) fn all() -> Vec<Mutation> {
    [names(), keys(), unknown(), deletion()].into_iter().flatten().collect()
}

/// A store that changes the names of collections.
macro_rules! named {
    ($name:literal, $change:expr) => {
        before($name, |_, call| {
            if let Some(collection) = call.collection() {
                const CHANGE: fn(&str) -> String = $change;
                *collection = CHANGE(collection);
            }
        })
    };
}

fn names() -> Vec<Mutation> {
    vec![
        named!("keeps one collection under all short names", |name| match name.len() {
            1..=2 => "c".to_owned(),
            _ => name.to_owned(),
        })
        .found_by("documents::collections_are_apart"),
        named!("cuts long names of collections", |name| {
            let fits = name.char_indices().take_while(|(at, sign)| at + sign.len_utf8() <= 255);
            fits.map(|(_, sign)| sign).collect()
        })
        .found_by("documents::other_names_are_refused"),
        named!(
            "ends names of collections at NUL",
            |name| match name.split('\0').next() {
                Some(start) if !start.is_empty() => start.to_owned(),
                _ => name.to_owned(),
            }
        )
        .found_by("documents::similar_names_are_different_collections"),
        named!("folds the case of names of collections", |name| name.to_lowercase())
            .found_by("documents::similar_names_are_different_collections"),
        named!("escapes names of collections so that two become one", |name| {
            name.replace(|sign: char| !sign.is_alphanumeric(), "_")
        })
        .found_by("documents::hostile_names_are_names"),
        after("refuses names of collections over 64 bytes", |_, call, answer| {
            if let (Call::Put { collection, .. }, Ok(_)) = (call, &answer)
                && collection.len() > 64
            {
                *answer = Err(Error::backend("the name of the table is too long"));
            }
        })
        .found_by("documents::the_limits_of_names_work"),
        after(
            "has 1,200 bytes of room for collection and id together",
            |_, call, answer| {
                if let (Call::Put { collection, document }, Ok(_)) = (call, &answer)
                    && collection.len() + document.id.len() > 1_200
                {
                    *answer = Err(Error::backend("the key is too long"));
                }
            },
        )
        .found_by("documents::the_limits_of_names_work"),
        before("glues collection and id together with a slash", |_, call| match call {
            Call::Put { collection, document } => glue(collection, &mut document.id, '/'),
            Call::GetDoc { collection, id } => glue(collection, id, '/'),
            _ => {}
        })
        .found_by("documents::name_and_id_do_not_run_together"),
        before("glues collection and id together with NUL", |_, call| match call {
            Call::Put { collection, document } => glue(collection, &mut document.id, '\0'),
            Call::GetDoc { collection, id } => glue(collection, id, '\0'),
            _ => {}
        })
        .found_by("documents::name_and_id_do_not_run_together"),
    ]
}

/// What is found where the two were written one after the other, and were parted at the first separator.
fn glue(collection: &mut String, id: &mut String, separator: char) {
    let glued = format!("{collection}{separator}{id}");
    if let Some((first, rest)) = glued.split_once(separator)
        && !first.is_empty()
        && !rest.is_empty()
    {
        (*collection, *id) = (first.to_owned(), rest.to_owned());
    }
}

fn keys() -> Vec<Mutation> {
    vec![
        around("keeps documents among the keys", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Delete { key } = &call
                    && let Some((collection, id)) = key.split_once('/')
                    && !collection.is_empty()
                    && !id.is_empty()
                {
                    saboteur.sound().delete_doc(collection, id).await?;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("documents::documents_and_keys_are_apart"),
        around(
            "deletes the key of the same name with a document",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await?;
                    if let Call::DeleteDoc { id, .. } = &call {
                        saboteur.sound().delete(id).await?;
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("documents::documents_and_keys_are_apart"),
        around("lists documents among the keys", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Put { collection, document } = &call {
                    let name = format!("{collection}/{}", document.id);
                    saboteur.notes.values().insert(name, "document".into());
                }
                let mut answer = saboteur.soundly(&mut call).await?;
                if let (Call::List { prefix }, Answer::Keys(keys)) = (&call, &mut answer) {
                    keys.extend(
                        saboteur
                            .notes
                            .values()
                            .keys()
                            .filter(|name| name.starts_with(prefix))
                            .cloned(),
                    );
                    keys.sort_unstable();
                }
                Ok(answer)
            })
        })
        .found_by("documents::listings_do_not_see_documents"),
        around(
            "empties itself whole when all keys are deleted",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, .. } = &call {
                        saboteur.notes.values().insert(collection.clone(), "collection".into());
                    }
                    let answer = saboteur.soundly(&mut call).await?;
                    if matches!(&call, Call::DeletePrefix { prefix } if prefix.is_empty()) {
                        let collections = std::mem::take(&mut *saboteur.notes.values());
                        for collection in collections.into_keys() {
                            saboteur.sound().delete_collection(&collection).await?;
                        }
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("documents::listings_do_not_see_documents"),
    ]
}

fn unknown() -> Vec<Mutation> {
    vec![
        around("finds no collection where nothing was put", |saboteur, mut call| {
            Box::pin(async move {
                let unknown = match &call {
                    Call::Query { collection, .. } | Call::QueryPage { collection, .. } => {
                        let all = saboteur.sound().query(collection, &Filter::all()).await;
                        all.is_ok_and(|all| all.is_empty())
                    }
                    _ => false,
                };
                let answer = saboteur.soundly(&mut call).await?;
                let known = saboteur.notes.values().contains_key("any");
                if matches!(call, Call::Put { .. }) {
                    saboteur.notes.values().insert("any".into(), "put".into());
                }
                if unknown && !known && matches!(call, Call::Query { .. }) {
                    return Err(Error::backend("there is no such table"));
                }
                Ok(answer)
            })
        })
        .found_by("documents::ids_follow_the_rules_of_keys"),
        around(
            "refuses queries in a collection that it does not know",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, .. } | Call::PutWith { collection, .. } = &call {
                        saboteur.notes.values().insert(collection.clone(), "known".into());
                    }
                    let answer = saboteur.soundly(&mut call).await?;
                    match &call {
                        Call::Query { collection, .. } | Call::QueryPage { collection, .. }
                            if !saboteur.notes.values().contains_key(collection) =>
                        {
                            Err(Error::invalid_argument("there is no such collection"))
                        }
                        _ => Ok(answer),
                    }
                })
            },
        )
        .found_by("documents::an_unknown_collection_is_empty"),
        around("fails to delete a collection that is empty", |saboteur, mut call| {
            Box::pin(async move {
                let is_empty = match &call {
                    Call::DeleteCollection { collection } => {
                        let page = saboteur.sound().query_page(collection, &Query::default()).await;
                        page.is_ok_and(|page| page.documents.is_empty())
                    }
                    _ => false,
                };
                let answer = saboteur.soundly(&mut call).await?;
                if is_empty { Err(Error::NotFound) } else { Ok(answer) }
            })
        })
        .found_by("documents::deleting_an_unknown_collection_is_fine"),
    ]
}

fn deletion() -> Vec<Mutation> {
    vec![
        around(
            "deletes every collection whose name begins alike",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, .. } = &call {
                        saboteur.notes.values().insert(collection.clone(), "known".into());
                    }
                    let answer = saboteur.soundly(&mut call).await?;
                    if let Call::DeleteCollection { collection } = &call {
                        let known: Vec<_> = saboteur.notes.values().keys().cloned().collect();
                        for alike in known.iter().filter(|name| name.starts_with(collection)) {
                            saboteur.sound().delete_collection(alike).await?;
                        }
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("documents::delete_collection_removes_only_its_own"),
        around("deletes the first page of a collection", |saboteur, mut call| {
            Box::pin(async move {
                let Call::DeleteCollection { collection } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let page = saboteur.sound().query_page(collection, &Query::default()).await?;
                for document in page.documents {
                    saboteur.sound().delete_doc(collection, &document.id).await?;
                }
                Ok(Answer::Done)
            })
        })
        .found_by("documents::delete_collection_goes_beyond_a_page"),
    ]
}
