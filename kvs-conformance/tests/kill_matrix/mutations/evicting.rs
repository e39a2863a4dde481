//! Stores that make room, and that are wrong about what they keep once they are full.

use kvs_core::{Bytes, Error, Profile, Result, Ttl};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};
use crate::saboteur::Saboteur;

/// How many entries there is room for.
const ROOM: u64 = 1_000;

/// How many writes go by before what waits is written back.
const BUFFER: u64 = 64;

pub(crate) fn all() -> Vec<Mutation> {
    let all = [slots(), replacements(), expiries(), sizes()].into_iter().flatten();
    all.map(|mutation| mutation.declares(evicting).announces(evicting))
        .collect()
}

fn evicting(profile: &mut Profile) {
    profile.evicting = true;
}

/// Counts the writes. Is the store full?
fn full(saboteur: &Saboteur, call: &Call<'_>) -> bool {
    if let Call::Set { .. } = call {
        saboteur.notes.count("written");
    }
    saboteur.notes.counted("written") > ROOM
}

/// Where a table with few slots keeps the key.
fn slot(key: &str) -> String {
    let hash = key
        .bytes()
        .fold(7_u32, |hash, byte| hash * 31 % 8_191 + u32::from(byte));
    format!("slot {}", hash % 512)
}

fn slots() -> Vec<Mutation> {
    vec![
        around(
            "gives back what lies in the slot of a key, once it is full",
            |saboteur, mut call| {
                Box::pin(async move {
                    let full = full(saboteur, &call);
                    if let Call::Set { key, value, .. } = &call {
                        saboteur.notes.values().insert(slot(key), value.clone());
                    }
                    if let Call::Get { key } = &call
                        && full
                    {
                        let found = saboteur.notes.values().get(&slot(key)).cloned();
                        return found.map(Answer::Value).ok_or(Error::NotFound);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("evicting::what_is_kept_is_right")
        .found_by("evicting::nothing_is_made_up"),
        around(
            "drops everything when it is full, and takes nothing any more",
            |saboteur, mut call| {
                Box::pin(async move {
                    if full(saboteur, &call)
                        && let Call::Set { .. } = call
                    {
                        saboteur.sound().delete_prefix("").await?;
                        return Ok(Answer::Done);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("evicting::what_is_kept_is_right"),
        around(
            "answers contains from a filter that takes one key for another, once it is full",
            |saboteur, mut call| {
                Box::pin(async move {
                    let full = full(saboteur, &call);
                    if let Call::Set { key, .. } = &call {
                        saboteur.notes.values().insert(slot(key), Bytes::new());
                    }
                    if let Call::Contains { key } = &call
                        && full
                    {
                        return Ok(Answer::Flag(saboteur.notes.values().contains_key(&slot(key))));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("evicting::nothing_is_made_up"),
    ]
}

/// Writes back what waits in the buffer, now and then.
async fn writing_back(saboteur: &Saboteur, mut call: Call<'_>, deleted: bool) -> Result<Answer> {
    if !full(saboteur, &call) {
        return saboteur.soundly(&mut call).await;
    }
    if let Call::Set { key, .. } | Call::Delete { key } = &call
        && matches!(call, Call::Delete { .. }) == deleted
        && let Ok(old) = saboteur.sound().get(key).await
    {
        saboteur.notes.values().insert(key.clone(), old);
    }
    let answer = saboteur.soundly(&mut call).await;
    if matches!(call, Call::Set { .. }) && saboteur.notes.counted("written").is_multiple_of(BUFFER) {
        let waiting = std::mem::take(&mut *saboteur.notes.values());
        for (key, value) in waiting {
            saboteur.sound().set(&key, value, Ttl::Never).await?;
        }
    }
    answer
}

fn replacements() -> Vec<Mutation> {
    vec![
        around(
            "drops the new value and not the old one, once it is full",
            |saboteur, mut call| {
                Box::pin(async move {
                    if full(saboteur, &call)
                        && let Call::Set { key, .. } = &call
                        && saboteur.sound().contains(key).await?
                    {
                        return Ok(Answer::Done);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("evicting::what_was_replaced_is_never_seen")
        .found_by("evicting::a_fresh_write_is_readable_or_gone"),
        around(
            "writes back what was replaced meanwhile, once it is full",
            |saboteur, call| Box::pin(writing_back(saboteur, call, false)),
        )
        .found_by("evicting::a_fresh_write_is_readable_or_gone"),
        around(
            "writes back what was deleted meanwhile, once it is full",
            |saboteur, call| Box::pin(writing_back(saboteur, call, true)),
        )
        .found_by("evicting::what_was_deleted_stays_away"),
    ]
}

fn expiries() -> Vec<Mutation> {
    vec![
        before(
            "moves entries to where nothing expires, once it is full",
            |saboteur, call| {
                if full(saboteur, call)
                    && let Call::Set { ttl, .. } = call
                {
                    *ttl = Ttl::Never;
                }
            },
        )
        .found_by("evicting::what_expired_is_never_seen"),
        around(
            "keeps the expiry of what it replaces, once it is full",
            |saboteur, mut call| {
                Box::pin(async move {
                    if full(saboteur, &call)
                        && let Call::Set { key, ttl, .. } = &mut call
                        && saboteur.sound().contains(key).await?
                    {
                        *ttl = Ttl::Keep;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("evicting::a_replaced_expiry_is_never_applied"),
    ]
}

fn sizes() -> Vec<Mutation> {
    vec![
        before(
            "writes the end of a batch larger than its room over the beginning",
            |_, call| {
                if let Call::SetMany { entries } = call {
                    let keys: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
                    for (entry, key) in entries.iter_mut().skip(1_000).zip(keys) {
                        entry.key = key;
                    }
                }
            },
        )
        .found_by("evicting::a_batch_larger_than_the_room_is_taken"),
        around("refuses a batch larger than its room", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::SetMany { entries } if entries.len() > 1_000 => {
                        Err(Error::too_large("batch", "entries", entries.len(), 1_000))
                    }
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("evicting::a_batch_larger_than_the_room_is_taken"),
        before("cuts a large value to the room that is left", |saboteur, call| {
            if let Call::Set { value, .. } = call
                && value.len() > 128 << 10
                && saboteur.notes.count("large") > 60
            {
                value.truncate(64 << 10);
            }
        })
        .found_by("evicting::large_values_are_whole_or_gone"),
        after(
            "begins the second thousand of a listing with the last of the first",
            |_, _, answer| {
                if let Ok(Answer::Keys(keys)) = answer
                    && keys.len() > 1_000
                {
                    keys.insert(1_000, keys[999].clone());
                }
            },
        )
        .found_by("evicting::a_listing_shows_what_was_written"),
    ]
}
