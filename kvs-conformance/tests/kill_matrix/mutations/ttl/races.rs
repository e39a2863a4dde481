//! Stores that act on an expiry which they saw some time ago.

use kvs_core::{Error, Result};
use tokio::task::yield_now;

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::saboteur::Saboteur;

pub(crate) fn all() -> Vec<Mutation> {
    let all = vec![
        around("removes what expired after it has read it", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await;
                if let Call::Get { key } = &call
                    && saboteur.ghost(key).is_some()
                {
                    yield_now().await;
                    saboteur.sound().delete(key).await?;
                }
                answer
            })
        })
        .found_by("ttl::a_paused_operation_never_removes_a_fresh_entry")
        .found_by("ttl::a_read_of_an_expired_entry_never_removes_a_fresh_one"),
        around(
            "removes what expired after it has listed the others",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::List { .. } = call {
                        remove(saboteur).await?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("ttl::a_paused_operation_never_removes_a_fresh_entry")
        .found_by("ttl::a_listing_never_removes_a_fresh_entry"),
        around("sweeps keys that it chose some time before", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::Sweep => Ok(Answer::Count(remove(saboteur).await?)),
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("ttl::a_paused_operation_never_removes_a_fresh_entry")
        .found_by("ttl::a_sweep_never_removes_a_fresh_entry"),
        around(
            "looks, and then creates a key whose entry has expired",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::SetIfAbsent { key, value, ttl } = &call
                        && saboteur.ghost(key).is_some()
                    {
                        if saboteur.sound().contains(key).await? {
                            return Err(Error::conflict([key.as_str()]));
                        }
                        yield_now().await;
                        saboteur.sound().set(key, value.clone(), *ttl).await?;
                        return Ok(Answer::Version(saboteur.sound().get_versioned(key).await?.version));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("ttl::one_task_creates_a_key_at_its_expiry"),
    ];
    all.into_iter().map(Mutation::remembering).collect()
}

/// Removes, a little later, what has expired now.
async fn remove(saboteur: &Saboteur) -> Result<u64> {
    let ghosts = saboteur.ghosts();
    yield_now().await;
    for (key, _) in &ghosts {
        saboteur.sound().delete(key).await?;
    }
    Ok(ghosts.len() as u64)
}
