//! Stores that do in two steps what must be done in one.
//!
//! Each lets others run between the steps, so that it loses its races always, not only with bad luck.

use std::time::Duration;

use kvs_core::{Bytes, Error, Result, Transaction, Ttl, Versioned};
use tokio::task::yield_now;

use super::{current, write};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [conditions(), computations()].into_iter().flatten().collect()
}

fn conditions() -> Vec<Mutation> {
    vec![
        around(
            "looks whether a key is absent, and then creates it",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::SetIfAbsent { key, value, ttl } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    if saboteur.sound().contains(key).await? {
                        return Err(Error::conflict([key.as_str()]));
                    }
                    pause().await;
                    write(saboteur, key, value.clone(), *ttl).await
                })
            },
        )
        .found_by("atomic::one_of_many_creators_wins"),
        around(
            "compares the version, and then replaces the value",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::CompareAndSet {
                        key,
                        expected,
                        value,
                        ttl,
                    } = &call
                    else {
                        return saboteur.soundly(&mut call).await;
                    };
                    if current(saboteur, key).await != Some(*expected) {
                        return saboteur.soundly(&mut call).await;
                    }
                    yield_now().await;
                    write(saboteur, key, value.clone(), *ttl).await
                })
            },
        )
        .found_by("atomic::one_of_many_with_the_same_version_wins")
        .found_by("atomic::compare_and_set_loses_no_increment")
        .found_by("durability::two_handles_race_for_a_version"),
        around(
            "compares the version, and then removes the entry",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::CompareAndDelete { key, expected } = &call
                        && current(saboteur, key).await == Some(*expected)
                    {
                        pause().await;
                        return saboteur.sound().delete(key).await.map(|()| Answer::Done);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::one_of_many_removers_wins"),
    ]
}

fn computations() -> Vec<Mutation> {
    vec![
        around("reads what it takes, and then removes it", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Take { key } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let value = saboteur.sound().get(key).await?;
                yield_now().await;
                saboteur.sound().delete(key).await?;
                Ok(Answer::Value(value))
            })
        })
        .found_by("atomic::one_of_many_takers_gets_the_value")
        .found_by("atomic::every_token_is_taken_once")
        .found_by("durability::two_handles_take_an_entry_once"),
        around("reads a counter, and then writes the sum", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Increment { key, delta } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let live = live(saboteur, key).await?;
                let sum = kvs_core::counter_sum(live.as_ref().map(|live| &live.value), *delta)?;
                yield_now().await;
                write(saboteur, key, sum.to_string().into(), Ttl::Keep).await?;
                Ok(Answer::Number(sum))
            })
        })
        .found_by("atomic::increments_give_every_number_once")
        .found_by("durability::two_handles_increment_one_counter"),
        around(
            "writes what an update makes over whatever came meanwhile",
            |saboteur, call| {
                Box::pin(async move {
                    let Call::Update { key, change } = call else {
                        let mut call = call;
                        return saboteur.soundly(&mut call).await;
                    };
                    let live = live(saboteur, &key).await?;
                    let value = change(live.as_ref().map(|live| &live.value))?;
                    yield_now().await;
                    write(saboteur, &key, value, Ttl::Keep).await?;
                    saboteur.sound().get_versioned(&key).await.map(Answer::Versioned)
                })
            },
        )
        .found_by("atomic::updates_lose_nothing"),
        around(
            "touches an entry by writing again what it read",
            |saboteur, mut call| {
                Box::pin(async move {
                    let Call::Touch { key, ttl } = &call else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let read = saboteur.sound().get(key).await?;
                    pause().await;
                    rewrite(saboteur, key, read, *ttl).await
                })
            },
        )
        .found_by("atomic::touches_do_not_undo_updates"),
    ]
}

async fn live(saboteur: &Saboteur, key: &str) -> Result<Option<Versioned>> {
    match saboteur.sound().get_versioned(key).await {
        Ok(live) => Ok(Some(live)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the value if there is an entry still, whatever it holds.
async fn rewrite(saboteur: &Saboteur, key: &str, value: Bytes, ttl: Ttl) -> Result<Answer> {
    let rewrite = Transaction::new().check_exists(key).set(key, value, ttl);
    let committed = saboteur.sound().commit(rewrite).await.map_err(|_| Error::NotFound)?;
    committed.version(key).map(Answer::Version).ok_or(Error::NotFound)
}

/// Long enough for all others that compete to come to the same point.
pub(crate) async fn pause() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}
