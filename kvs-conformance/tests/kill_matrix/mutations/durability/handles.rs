//! Stores of which one handle spoils another.

use kvs_core::{Bytes, Error, Result, Ttl};
use tokio::task::yield_now;

use super::is_new;
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::mutations::atomic::remains;
use crate::saboteur::{Saboteur, serial};

pub(super) fn all() -> Vec<Mutation> {
    vec![
        around(
            "shows other handles what one wrote only when it is closed",
            |saboteur, call| Box::pin(hidden(saboteur, call)),
        )
        .found_by("durability::a_second_handle_sees_the_writes")
        .found_by("durability::a_second_handle_lists_the_writes"),
        around("answers from what the handle itself wrote last", |saboteur, call| {
            Box::pin(cached(saboteur, call))
        })
        .found_by("durability::a_second_handle_sees_deletes_and_overwrites"),
        around(
            "finds in queries only documents that the handle itself put",
            |saboteur, mut call| {
                Box::pin(async move {
                    let me = Bytes::from(saboteur.handle.to_string());
                    if let Call::Put { collection, document }
                    | Call::PutWith {
                        collection, document, ..
                    } = &call
                    {
                        let name = format!("{collection}/{}", document.id);
                        saboteur.notes.values().insert(name, me.clone());
                    }
                    let mut answer = saboteur.soundly(&mut call).await?;
                    if let (Call::Query { collection, .. }, Answer::Documents(documents)) = (&call, &mut answer) {
                        let writers = saboteur.notes.values();
                        documents.retain(|document| {
                            let writer = writers.get(&format!("{collection}/{}", document.id));
                            writer.is_none_or(|writer| *writer == me)
                        });
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("durability::a_second_handle_sees_documents"),
        around(
            "looks at the expiry only of what the handle itself wrote",
            |saboteur, mut call| {
                Box::pin(async move {
                    let me = Bytes::from(saboteur.handle.to_string());
                    if let Call::Set { key, .. } = &call {
                        saboteur.notes.values().insert(key.clone(), me.clone());
                    }
                    if let Call::Contains { key } = &call {
                        let writer = saboteur.notes.values().get(key).cloned();
                        let foreign = writer.is_some_and(|writer| writer != me);
                        if foreign && remains(saboteur, key).await.is_some() {
                            return Ok(Answer::Flag(true));
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::a_second_handle_sees_the_expiry"),
        around(
            "closes with a handle all that were opened before",
            |saboteur, mut call| {
                Box::pin(async move {
                    if matches!(call, Call::Close) {
                        let closed = format!("{:020}", serial());
                        saboteur.notes.values().insert("closed".to_owned(), closed.into());
                    }
                    let closed = saboteur.notes.values().get("closed").cloned().unwrap_or_default();
                    if !saboteur.is_closed() && *closed > *format!("{:020}", saboteur.handle).as_bytes() {
                        saboteur.soundly(&mut Call::Close).await?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::closing_one_handle_leaves_the_other"),
        around(
            "makes the storage anew where it finds none when it is opened",
            |saboteur, mut call| {
                Box::pin(async move {
                    if is_new(saboteur) && saboteur.sound().list("").await?.is_empty() {
                        for _ in 0..5 {
                            yield_now().await;
                        }
                        saboteur.sound().delete_prefix("").await?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("durability::a_new_storage_is_opened_by_many_at_once"),
    ]
}

async fn hidden(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let me = Bytes::from(saboteur.handle.to_string());
    match &call {
        Call::SetMany { entries } => {
            let keys = entries.iter().map(|entry| (entry.key.clone(), me.clone()));
            saboteur.notes.values().extend(keys);
        }
        Call::Close => saboteur.notes.values().retain(|_, writer| *writer != me),
        _ => {}
    }
    let foreign = |key: &String| saboteur.notes.values().get(key).is_some_and(|writer| *writer != me);
    match &call {
        Call::Get { key } if foreign(key) => return Err(Error::NotFound),
        _ => {}
    }
    let mut answer = saboteur.soundly(&mut call).await?;
    if let Answer::Keys(keys) = &mut answer {
        keys.retain(|key| !foreign(key));
    }
    Ok(answer)
}

async fn cached(saboteur: &Saboteur, mut call: Call<'_>) -> Result<Answer> {
    let name = |key: &str| format!("{} {key}", saboteur.handle);
    let written: Vec<(String, Bytes)> = match &call {
        Call::SetMany { entries } => {
            let lasting = entries.iter().filter(|entry| entry.ttl == Ttl::Never);
            lasting.map(|entry| (name(&entry.key), entry.value.clone())).collect()
        }
        _ => Vec::new(),
    };
    if !matches!(call, Call::SetMany { .. } | Call::GetMany { .. } | Call::Get { .. }) {
        // Whatever it does may change what was written.
        let mine = name("");
        saboteur.notes.values().retain(|name, _| !name.starts_with(&mine));
    }
    let mut answer = saboteur.soundly(&mut call).await?;
    saboteur.notes.values().extend(written);
    if let (Call::GetMany { keys }, Answer::Values(values)) = (&call, &mut answer) {
        for (key, value) in keys.iter().zip(values) {
            if let Some(cached) = saboteur.notes.values().get(&name(key)) {
                *value = Some(cached.clone());
            }
        }
    }
    Ok(answer)
}
