//! Stores that delete wrongly.

use kvs_core::{Bytes, Error};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        around("reads a deleted entry from its cache", |saboteur, mut call| {
            Box::pin(async move {
                let cached = match &call {
                    Call::Get { key } => saboteur.notes.values().get(key).cloned(),
                    _ => None,
                };
                if let Some(value) = cached {
                    return Ok(Answer::Value(value));
                }
                let answer = saboteur.soundly(&mut call).await?;
                match (&call, &answer) {
                    (Call::Get { key }, Answer::Value(value)) => {
                        let live = saboteur.sound().get_versioned(key).await?;
                        let lasting = live.expires_at.is_none().then(|| (key.clone(), value.clone()));
                        saboteur.notes.values().extend(lasting);
                    }
                    (Call::Delete { .. }, _) => {}
                    _ => saboteur.notes.values().clear(),
                }
                Ok(answer)
            })
        })
        .found_by("basics::a_deleted_key_is_not_found"),
        around("lists what was deleted", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set { key, .. } = &call {
                    saboteur.notes.values().remove(key);
                }
                if let Call::Delete { key } = &call
                    && saboteur.sound().contains(key).await?
                {
                    saboteur.notes.values().insert(key.clone(), Bytes::new());
                }
                let mut answer = saboteur.soundly(&mut call).await?;
                if let (Call::List { prefix }, Answer::Keys(keys)) = (&call, &mut answer) {
                    let deleted = saboteur.notes.values();
                    keys.extend(deleted.keys().filter(|key| key.starts_with(prefix)).cloned());
                    keys.sort_unstable();
                }
                Ok(answer)
            })
        })
        .found_by("basics::a_deleted_key_is_not_listed"),
        around(
            "answers NotFound to the delete of an absent key",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Delete { key } = &call
                        && !saboteur.sound().contains(key).await?
                    {
                        return Err(Error::NotFound);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("basics::deleting_an_absent_key_is_ok")
        .found_by("basics::deleting_twice_is_ok")
        .found_by("ttl::a_delete_at_the_expiry_is_ok"),
        around("deletes the keys that start with the key, too", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::Delete { key } = &call {
                    saboteur.sound().delete_prefix(key).await?;
                }
                Ok(answer)
            })
        })
        .found_by("basics::delete_leaves_the_neighbours"),
    ]
}
