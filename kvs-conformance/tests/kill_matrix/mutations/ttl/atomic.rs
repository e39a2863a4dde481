//! Stores whose atomic operations are wrong about an expiry.

use std::time::Duration;

use kvs_core::{Clock, Error, Timestamp, Ttl, Versioned};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

pub(crate) fn all() -> Vec<Mutation> {
    [touches(), others()].into_iter().flatten().collect()
}

fn touches() -> Vec<Mutation> {
    vec![
        around("never shortens a time to live with a touch", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Touch { key, ttl } = &mut call
                    && let Ok(live) = saboteur.sound().get_versioned(key).await
                    && let Some(new) = ttl.expires_at(saboteur.clock.now(), live.expires_at)
                    && live.expires_at.is_some_and(|old| new < old)
                {
                    *ttl = Ttl::Keep;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("ttl::touch_replaces_the_expiry"),
        before("takes a touch without a time to live for Keep", |_, call| {
            if let Call::Touch { ttl, .. } = call
                && *ttl == Ttl::Never
            {
                *ttl = Ttl::Keep;
            }
        })
        .found_by("ttl::touch_with_never_takes_the_expiry_away"),
        before("does not touch into the past", |saboteur, call| {
            if let Call::Touch { ttl, .. } = call
                && matches!(*ttl, Ttl::At(at) if at <= saboteur.clock.now())
            {
                *ttl = Ttl::Keep;
            }
        })
        .found_by("ttl::touch_into_the_past_makes_the_entry_absent"),
        around("cannot touch an entry in its last seconds", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Touch { key, .. } = &call
                    && let Ok(Versioned {
                        expires_at: Some(at), ..
                    }) = saboteur.sound().get_versioned(key).await
                    && at.saturating_since(saboteur.clock.now()) < Duration::from_secs(5)
                {
                    return Err(Error::NotFound);
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("ttl::a_session_slides"),
    ]
}

fn others() -> Vec<Mutation> {
    vec![
        around("forgets the expiry in an update", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::Update { key, .. } = &call {
                    saboteur.sound().touch(key, Ttl::Never).await?;
                }
                Ok(answer)
            })
        })
        .found_by("ttl::update_keeps_the_expiry"),
        before("forgets the time to live in set_if_absent", |_, call| {
            if let Call::SetIfAbsent { ttl, .. } = call {
                *ttl = Ttl::Never;
            }
        })
        .found_by("ttl::set_if_absent_obeys_its_ttl"),
        after("shows no expiry beside a version", |_, _, answer| {
            if let Ok(Answer::Versioned(entry)) = answer {
                entry.expires_at = None;
            }
        })
        .found_by("ttl::get_versioned_obeys_expiry")
        .found_by("metadata::get_versioned_shows_the_expiry"),
        after("shows the expiry of an entry in whole seconds", |_, _, answer| {
            if let Ok(answer) = answer {
                answer.each_entry(|entry| {
                    let whole = |at: Timestamp| at.as_millis() - at.as_millis().rem_euclid(1_000);
                    entry.expires_at = entry.expires_at.map(|at| Timestamp::from_millis(whole(at)));
                });
            }
        })
        .found_by("ttl::a_listing_shows_the_expiry")
        .found_by("metadata::a_listing_shows_the_expiry")
        .found_by("metadata::listing_and_get_versioned_agree"),
    ]
}
