//! Stores that touch otherwise than they should.

use std::time::Duration;

use kvs_core::{Bytes, Error, Ttl};

use super::{current, remains, write};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around, before};

pub(super) fn all() -> Vec<Mutation> {
    [times(), entries()].into_iter().flatten().collect()
}

fn times() -> Vec<Mutation> {
    vec![
        before("leaves the expiry as it is when touched with Never", |_, call| {
            if let Call::Touch { ttl, .. } = call
                && matches!(ttl, Ttl::Never | Ttl::After(Duration::ZERO))
            {
                *ttl = Ttl::Keep;
            }
        })
        .found_by("atomic::touch_can_take_the_expiry_away"),
        before("takes the expiry away when touched with Keep", |_, call| {
            if let Call::Touch { ttl, .. } = call
                && *ttl == Ttl::Keep
            {
                *ttl = Ttl::Never;
            }
        })
        .found_by("atomic::touch_with_keep_keeps_the_expiry")
        .found_by("ttl::touch_with_keep_keeps_the_expiry"),
        around(
            "adds the TTL of a touch to the expiry that there is",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Touch { key, ttl } = &mut call
                        && let Ttl::After(more) = *ttl
                        && let Ok(live) = saboteur.sound().get_versioned(key).await
                        && let Some(later) = live.expires_at.and_then(|at| at.checked_add(more))
                    {
                        *ttl = Ttl::At(later);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::touch_lets_an_expiry_slide"),
        before("cuts the TTL of a touch to whole milliseconds", |_, call| {
            if let Call::Touch {
                ttl: Ttl::After(ttl), ..
            } = call
            {
                *ttl = Duration::from_millis(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
            }
        })
        .found_by("atomic::touch_rounds_up"),
        before("keeps 47 bits of the milliseconds of a touch", |_, call| {
            if let Call::Touch {
                ttl: Ttl::After(ttl), ..
            } = call
            {
                let low = u64::try_from(ttl.as_millis() & 0x7FFF_FFFF_FFFF).unwrap_or(0);
                *ttl = (*ttl).min(Duration::from_millis(low.saturating_add(1)));
            }
        })
        .found_by("atomic::touch_does_not_wrap"),
    ]
}

fn entries() -> Vec<Mutation> {
    vec![
        around("empties what it touches", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::Touch { key, ttl } if saboteur.sound().contains(key).await? => {
                        write(saboteur, key, Bytes::new(), *ttl).await
                    }
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("atomic::touch_changes_only_the_expiry"),
        around("gives the version from before the touch", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Touch { key, .. } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let before = current(saboteur, key).await;
                let answer = saboteur.soundly(&mut call).await?;
                Ok(before.map_or(answer, Answer::Version))
            })
        })
        .found_by("atomic::every_touch_gives_a_new_version")
        .found_by("atomic::a_hundred_writes_give_as_many_versions"),
        around(
            "creates an empty entry where there is nothing to touch",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await;
                    match (&call, &answer) {
                        (Call::Touch { key, ttl }, Err(Error::NotFound)) => {
                            write(saboteur, key, Bytes::new(), *ttl).await
                        }
                        _ => answer,
                    }
                })
            },
        )
        .found_by("atomic::touch_of_an_absent_key_is_not_found"),
        around("revives an expired entry by a touch", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Touch { key, ttl } = &call
                    && let Some(old) = remains(saboteur, key).await
                {
                    return write(saboteur, key, old.value, *ttl).await;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::touch_does_not_revive"),
    ]
}
