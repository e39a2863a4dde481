//! Stores that count wrong.

use kvs_core::{Bytes, Error, Result, Transaction, Ttl};

use super::remains;
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [sums(), entries()].into_iter().flatten().collect()
}

/// Adds in another way than with 64 bits and no overflow.
async fn adding(saboteur: &Saboteur, mut call: Call<'_>, sum: fn(i64, i64) -> i64) -> Result<Answer> {
    let Call::Increment { key, delta } = &call else {
        return saboteur.soundly(&mut call).await;
    };
    let mut new = 0;
    let add = &mut |old: Option<&Bytes>| {
        new = sum(kvs_core::counter_sum(old, 0)?, *delta);
        Ok(Bytes::from(new.to_string()))
    };
    saboteur.sound().update(key, add).await?;
    Ok(Answer::Number(new))
}

fn sums() -> Vec<Mutation> {
    vec![
        around("counts below zero no further", |saboteur, call| {
            Box::pin(adding(saboteur, call, |old, delta| old.saturating_add(delta).max(0)))
        })
        .found_by("atomic::increment_goes_down"),
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "that is the fault"
        )]
        around("counts in floating point", |saboteur, call| {
            Box::pin(adding(saboteur, call, |old, delta| (old as f64 + delta as f64) as i64))
        })
        .found_by("atomic::increment_reaches_both_ends"),
        around("wraps around at the end of the numbers", |saboteur, call| {
            Box::pin(adding(saboteur, call, i64::wrapping_add))
        })
        .found_by("atomic::increment_refuses_to_overflow"),
        around(
            "reads the digits at the beginning, as atoi does",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Increment { key, .. } = &call {
                        saboteur
                            .sound()
                            .update(key, &mut |old| Ok(leading(old).to_string().into()))
                            .await?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("atomic::increment_refuses_what_is_no_integer"),
        around("refuses a counter that begins with a zero", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Increment { key, .. } = &call {
                    let digits = saboteur.sound().get(key).await.unwrap_or_default();
                    if digits.len() > 1 && digits.starts_with(b"0") {
                        return Err(Error::invalid_argument("the value is no number"));
                    }
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::a_counter_is_decimal_text"),
        after("gives the number before the increment", |_, call, answer| {
            if let (Call::Increment { delta, .. }, Ok(Answer::Number(sum))) = (call, answer) {
                *sum -= *delta;
            }
        })
        .found_by("atomic::increment_begins_at_zero")
        .found_by("atomic::increments_give_every_number_once"),
    ]
}

/// The number at the beginning of a text; 0 if there is none.
fn leading(value: Option<&Bytes>) -> i64 {
    let text = value
        .and_then(|value| std::str::from_utf8(value).ok())
        .unwrap_or_default()
        .trim();
    let end = text.rfind(|c: char| c.is_ascii_digit()).map_or(0, |last| last + 1);
    (0..=end).rev().find_map(|end| text[..end].parse().ok()).unwrap_or(0)
}

fn entries() -> Vec<Mutation> {
    vec![
        around("does not write where it adds 0", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::Increment { key, delta: 0 } => {
                        let value = saboteur.sound().get(key).await.ok();
                        kvs_core::counter_sum(value.as_ref(), 0).map(Answer::Number)
                    }
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("atomic::increment_by_zero_creates_the_counter")
        .found_by("atomic::increment_gives_a_new_version"),
        around("takes the expiry from a counter", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::Increment { key, .. } = &call {
                    saboteur.sound().touch(key, Ttl::Never).await?;
                }
                Ok(answer)
            })
        })
        .found_by("atomic::increment_keeps_the_expiry")
        .found_by("ttl::increment_keeps_the_expiry"),
        around("counts on from a counter that has expired", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Increment { key, .. } = &call
                    && let Some(old) = remains(saboteur, key).await
                {
                    let revived = Transaction::new().set(key.as_str(), old.value, Ttl::Never);
                    saboteur.sound().commit(revived).await?;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("atomic::increment_of_an_expired_counter_begins_anew"),
        after(
            "counts a key no more that once held no number",
            |saboteur, call, answer| {
                if let Call::Increment { key, .. } = call {
                    if matches!(answer, Err(Error::InvalidArgument(_))) {
                        saboteur.notes.values().insert(key.clone(), Bytes::new());
                    } else if saboteur.notes.values().contains_key(key) {
                        *answer = Err(Error::invalid_argument("the key holds no number"));
                    }
                }
            },
        )
        .found_by("atomic::a_refused_increment_spoils_nothing"),
    ]
}
