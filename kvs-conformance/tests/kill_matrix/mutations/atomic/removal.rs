//! Stores that remove and take otherwise than the condition says.

use kvs_core::{Bytes, Error, Transaction};

use super::remains;
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};

pub(super) fn all() -> Vec<Mutation> {
    [removing(), taking()].into_iter().flatten().collect()
}

fn removing() -> Vec<Mutation> {
    vec![
        around(
            "acknowledges a conditional removal, and removes nothing",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::CompareAndDelete { key, expected } = &call {
                        let check = Transaction::new().check_version(key, *expected);
                        return saboteur.sound().commit(check).await.map(|_| Answer::Done);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::compare_and_delete_removes_with_the_current_version"),
        around(
            "removes whatever the version, if there is an entry",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::CompareAndDelete { key, .. } = &call {
                        let remove = Transaction::new().check_exists(key).delete(key);
                        return saboteur.sound().commit(remove).await.map(|_| Answer::Done);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::compare_and_delete_refuses_an_older_version"),
        around(
            "answers a conditional removal of nothing with NotFound",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::CompareAndDelete { key, .. } if !saboteur.sound().contains(key).await? => {
                            Err(Error::NotFound)
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("atomic::compare_and_delete_of_nothing_is_a_conflict"),
    ]
}

fn taking() -> Vec<Mutation> {
    vec![
        around("takes with a key all that begin with it", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::Take { key } = &call {
                    saboteur.sound().delete_prefix(key).await?;
                }
                Ok(answer)
            })
        })
        .found_by("atomic::take_gives_and_removes"),
        after(
            "gives an empty value where there is nothing to take",
            |_, call, answer| {
                if let (Call::Take { .. }, Err(Error::NotFound)) = (call, &*answer) {
                    *answer = Ok(Answer::Value(Bytes::new()));
                }
            },
        )
        .found_by("atomic::take_of_nothing_is_not_found"),
        around("takes what has expired and is still stored", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Take { key } = &call
                    && let Some(old) = remains(saboteur, key).await
                {
                    saboteur.sound().delete(key).await?;
                    return Ok(Answer::Value(old.value));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::take_of_an_expired_key_is_not_found"),
        after("takes an empty value for a miss", |_, call, answer| {
            if let (Call::Take { .. }, Ok(Answer::Value(value))) = (call, &*answer)
                && value.is_empty()
            {
                *answer = Err(Error::NotFound);
            }
        })
        .found_by("atomic::take_gives_an_empty_value"),
    ]
}
