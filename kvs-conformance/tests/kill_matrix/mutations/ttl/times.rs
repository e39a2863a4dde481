//! Stores that compute the instant of an expiry wrongly.

use std::time::Duration;

use kvs_core::{Clock, Timestamp, Ttl};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around, before};
use crate::saboteur::Saboteur;

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn all() -> Vec<Mutation> {
    [durations(), ranges(), instants()].into_iter().flatten().collect()
}

fn durations() -> Vec<Mutation> {
    vec![
        before("expires a millisecond late", |_, call| {
            each_duration(call, |ttl| Ttl::After(ttl.saturating_add(Duration::from_millis(1))));
        })
        .wide()
        .found_by("ttl::expires_at_the_exact_millisecond"),
        before("expires a millisecond early", |_, call| {
            each_duration(call, |ttl| match ttl.checked_sub(Duration::from_millis(1)) {
                Some(less) if !less.is_zero() => Ttl::After(less),
                _ => Ttl::After(ttl),
            });
        })
        .wide()
        .found_by("ttl::expires_at_the_exact_millisecond"),
        before("lets an entry live for a second at least", |_, call| {
            each_duration(call, |ttl| Ttl::After(ttl.max(SECOND)));
        })
        .found_by("ttl::expires_at_the_exact_millisecond"),
        before("spreads longer times to live, against stampedes", |_, call| {
            each_duration(call, |ttl| match ttl {
                long if long >= SECOND * 5 => Ttl::After(long.saturating_add(long / 100)),
                short => Ttl::After(short),
            });
        })
        .found_by("ttl::ten_seconds_are_ten_seconds"),
        before("drops the fraction of a millisecond", |saboteur, call| {
            let now = saboteur.clock.now();
            each_duration(call, |ttl| match ttl.subsec_nanos() % 1_000_000 {
                0 => Ttl::After(ttl),
                _ if ttl < Duration::from_millis(1) => Ttl::At(now),
                more => Ttl::After(ttl.saturating_sub(Duration::from_nanos(more.into()))),
            });
        })
        .found_by("ttl::fractions_of_a_millisecond_round_up"),
        before("counts whole seconds from the last whole second", |saboteur, call| {
            let begun = saboteur.clock.now().as_millis().rem_euclid(1_000).unsigned_abs();
            each_duration(call, |ttl| match ttl.subsec_nanos() {
                0 => Ttl::After(ttl.saturating_sub(Duration::from_millis(begun))),
                _ => Ttl::After(ttl),
            });
        })
        .found_by("ttl::a_second_is_a_second_wherever_it_begins"),
        before("takes a duration of zero for the end", |saboteur, call| {
            let now = saboteur.clock.now();
            call.each_ttl(|ttl| {
                if *ttl == Ttl::After(Duration::ZERO) {
                    *ttl = Ttl::At(now);
                }
            });
        })
        .found_by("ttl::a_zero_duration_is_never"),
        before("keeps for fifty years what has no time to live", |_, call| {
            call.each_ttl(|ttl| {
                if *ttl == Ttl::Never {
                    *ttl = Ttl::After(SECOND * 86_400 * 365 * 50);
                }
            });
        })
        .found_by("ttl::an_entry_without_ttl_stays"),
    ]
}

fn ranges() -> Vec<Mutation> {
    vec![
        before("wraps around with the longest durations", |saboteur, call| {
            each_expiry(saboteur, call, |ttl, expiry| match expiry {
                None => Ttl::At(Timestamp::from_millis(i64::MIN)),
                Some(_) => ttl,
            });
        })
        .found_by("ttl::the_longest_durations_never_expire"),
        before("ends the longest durations at the last instant", |saboteur, call| {
            each_expiry(saboteur, call, |ttl, expiry| {
                expiry.map_or(Ttl::At(Timestamp::MAX), |_| ttl)
            });
        })
        .found_by("ttl::the_longest_durations_never_expire"),
        before("counts the seconds of an expiry in 32 bits", |saboteur, call| {
            each_expiry(saboteur, call, |ttl, expiry| match expiry {
                Some(expiry) if expiry.as_millis() / 1_000 > i64::from(u32::MAX) => Ttl::Never,
                _ => ttl,
            });
        })
        .found_by("ttl::a_hundred_years_are_exact"),
        before("takes an expiry before 1970 for none", |saboteur, call| {
            each_expiry(saboteur, call, |ttl, expiry| match expiry {
                Some(expiry) if expiry < Timestamp::default() => Ttl::Never,
                _ => ttl,
            });
        })
        .found_by("ttl::a_store_works_at_the_epoch"),
        before("counts from the latest time that it has seen", |saboteur, call| {
            let (now, mut instants) = (saboteur.clock.now(), saboteur.notes.instants());
            let latest = instants.entry("latest".to_owned()).or_insert(now);
            *latest = now.max(*latest);
            each_duration(call, |ttl| Ttl::After(ttl.saturating_add(latest.saturating_since(now))));
        })
        .found_by("ttl::a_clock_that_is_set_back_does_no_harm"),
    ]
}

fn instants() -> Vec<Mutation> {
    vec![
        before("keeps instants in whole seconds", |_, call| {
            each_instant(call, |at| Ttl::At(Timestamp::from_millis(at - at.rem_euclid(1_000))));
        })
        .found_by("ttl::an_instant_is_exact"),
        before("takes an instant in the past for none", |saboteur, call| {
            let now = saboteur.clock.now().as_millis();
            each_instant(call, |at| match at {
                past if past <= now => Ttl::Never,
                future => Ttl::At(Timestamp::from_millis(future)),
            });
        })
        .found_by("ttl::an_instant_in_the_past_makes_the_entry_absent"),
        before("takes an instant before 1970 for the far future", |_, call| {
            each_instant(call, |at| {
                Ttl::At(Timestamp::from_millis(if at < 0 { i64::MAX } else { at }))
            });
        })
        .found_by("ttl::an_instant_in_the_past_makes_the_entry_absent"),
        around("does not write what has expired already", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::Set { ttl: Ttl::At(at), .. } if *at <= saboteur.clock.now() => Ok(Answer::Done),
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("ttl::an_instant_in_the_past_removes_the_old_value"),
        before("wraps around near the last instant", |_, call| {
            // An hour of grace is added, and taken off again.
            each_instant(call, |at| match at.checked_add(3_600_000) {
                Some(_) => Ttl::At(Timestamp::from_millis(at)),
                None => Ttl::At(Timestamp::from_millis(i64::MIN)),
            });
        })
        .found_by("ttl::the_last_instant_is_in_the_future"),
    ]
}

/// Changes the durations that are not zero.
fn each_duration(call: &mut Call<'_>, change: impl Fn(Duration) -> Ttl) {
    call.each_ttl(|ttl| match *ttl {
        Ttl::After(duration) if !duration.is_zero() => *ttl = change(duration),
        _ => {}
    });
}

/// Changes the durations that are not zero, with the instant at which they end, if there is one.
fn each_expiry(saboteur: &Saboteur, call: &mut Call<'_>, change: impl Fn(Ttl, Option<Timestamp>) -> Ttl) {
    let now = saboteur.clock.now();
    each_duration(call, |ttl| change(Ttl::After(ttl), now.checked_add(ttl)));
}

/// Changes the instants, in milliseconds.
fn each_instant(call: &mut Call<'_>, change: impl Fn(i64) -> Ttl) {
    call.each_ttl(|ttl| {
        if let Ttl::At(at) = *ttl {
            *ttl = change(at.as_millis());
        }
    });
}
