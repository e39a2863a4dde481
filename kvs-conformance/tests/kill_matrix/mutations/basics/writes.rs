//! Stores that write wrongly.

use kvs_core::{Bytes, Error, Limits};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};

const LIMIT: usize = Limits::PORTABLE.value_bytes;

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        around(
            "tells by its length and its beginning whether a value has changed",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, value, .. } = &call
                        && saboteur
                            .sound()
                            .get(key)
                            .await
                            .is_ok_and(|old| old.len() == value.len() && old.starts_with(&value[..value.len().min(4)]))
                    {
                        return Ok(Answer::Done);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("basics::the_second_set_wins"),
        after("lists a key once for each set", |saboteur, call, answer| {
            match (call, answer) {
                (Call::Set { key, .. }, Ok(_)) => {
                    saboteur.notes.count(key);
                }
                (_, Ok(Answer::Keys(keys))) => {
                    let times = |key: &String| saboteur.notes.counted(key).clamp(1, 3);
                    *keys = keys
                        .iter()
                        .flat_map(|key| (0..times(key)).map(|_| key.clone()))
                        .collect();
                }
                _ => {}
            }
        })
        .found_by("basics::overwriting_leaves_one_entry"),
        around("refuses to set the value that is there", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set { key, value, .. } = &call
                    && saboteur.sound().get(key).await.is_ok_and(|old| old == *value)
                {
                    return Err(Error::conflict([key.as_str()]));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("basics::setting_the_same_value_twice_is_fine"),
        around("keeps no more than nine hundred entries", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::SetMany { .. } = &call {
                    for key in saboteur.sound().list("").await?.iter().skip(900) {
                        saboteur.sound().delete(key).await?;
                    }
                }
                Ok(answer)
            })
        })
        .found_by("basics::a_thousand_keys_are_kept"),
        around(
            "removes the old value before it checks the new one",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, value, .. } = &call
                        && value.len() > LIMIT
                    {
                        saboteur.sound().delete(key).await?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("basics::a_refused_set_leaves_the_value"),
        around("stores what fits of a value that it refuses", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set { key, value, ttl } = &call
                    && value.len() > LIMIT
                {
                    saboteur.sound().set(key, value.slice(..LIMIT), *ttl).await?;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("basics::a_refused_set_creates_nothing"),
        around("loses a set that follows a delete", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::Delete { key } => {
                        saboteur.notes.values().insert(key.clone(), Bytes::new());
                    }
                    Call::Set { key, .. } if saboteur.notes.values().remove(key).is_some() => return Ok(Answer::Done),
                    _ => {}
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("basics::a_deleted_key_can_be_set_again"),
    ]
}
