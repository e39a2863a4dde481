//! Stores on the clock of the wall that are wrong about time.

use std::time::Duration;

use kvs_core::{Clock, SystemClock, Timestamp, Ttl};

use crate::call::Call;
use crate::mutation::{Mutation, after, around, before};

pub(crate) fn all() -> Vec<Mutation> {
    let all = vec![
        before("never expires", |_, call| {
            call.each_ttl(|ttl| {
                if let Ttl::After(_) = ttl {
                    *ttl = Ttl::Never;
                }
            });
        })
        .found_by("wall::an_entry_expires"),
        around(
            "removes an entry at its first expiry, whatever was written since",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Set { key, ttl, .. } = &mut call
                        && saboteur
                            .sound()
                            .get_versioned(key)
                            .await
                            .is_ok_and(|live| live.expires_at.is_some())
                    {
                        *ttl = Ttl::Keep;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("wall::an_entry_that_was_written_again_lives"),
        after("lists the expiry on a clock of another zone", |_, _, answer| {
            if let Ok(answer) = answer {
                let shifted = |at: Timestamp| at.checked_add(Duration::from_hours(2));
                answer.each_entry(|entry| entry.expires_at = entry.expires_at.and_then(shifted));
            }
        })
        .found_by("wall::a_listing_drops_what_expired"),
        before("takes an instant for one of another zone", |_, call| {
            call.each_ttl(|ttl| {
                if let Ttl::At(at) = ttl {
                    *ttl = at.checked_add(Duration::from_hours(2)).map_or(Ttl::Never, Ttl::At);
                }
            });
        })
        .found_by("wall::instants_are_absolute"),
        before("expires a fifth of a second early", |_, call| {
            call.each_ttl(|ttl| {
                if let Ttl::After(after) = ttl
                    && after.as_secs() > 0
                {
                    *after -= Duration::from_millis(200);
                }
            });
        })
        .found_by("wall::an_entry_never_expires_early"),
        around("prolongs an entry whenever it is read", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Get { key } = &call
                    && let Ok(live) = saboteur.sound().get_versioned(key).await
                    && live.expires_at.is_some()
                {
                    saboteur.sound().touch(key, Ttl::After(Duration::from_secs(1))).await?;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("wall::an_entry_never_expires_early"),
        around("lets no write bring an expiry forward", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Set { key, ttl, .. } = &mut call
                    && let Ttl::After(after) = *ttl
                    && let Ok(live) = saboteur.sound().get_versioned(key).await
                    && live.expires_at >= SystemClock.now().checked_add(after)
                {
                    *ttl = Ttl::Keep;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("wall::a_shorter_expiry_holds"),
    ];
    all.into_iter().map(Mutation::on_the_wall).collect()
}
