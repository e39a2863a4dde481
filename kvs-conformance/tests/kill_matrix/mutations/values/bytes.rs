//! Stores that change bytes, or mix values up.

use kvs_core::Error;

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

/// From here on a value is stored in a place of its own.
const LARGE: usize = 1_000;

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        after("reads an empty value as none", |_, call, answer| {
            match (call, &mut *answer) {
                (Call::Get { .. }, Ok(Answer::Value(value))) if value.is_empty() => *answer = Err(Error::NotFound),
                (Call::GetMany { .. }, Ok(Answer::Values(values))) => {
                    for value in values {
                        *value = value.take().filter(|value| !value.is_empty());
                    }
                }
                _ => {}
            }
        })
        .found_by("values::the_empty_value_is_a_value"),
        before("replaces what is not UTF-8 in values", |_, call| {
            call.each_value(|value| *value = String::from_utf8_lossy(value).into_owned().into());
        })
        .found_by("values::invalid_utf8_comes_back")
        .found_by("values::every_byte_comes_back"),
        before("ends values at NUL", |_, call| {
            if let Call::Set { value, .. } = call {
                value.truncate(value.iter().position(|byte| *byte == 0).unwrap_or(value.len()));
            }
        })
        .found_by("values::nuls_do_not_end_a_value"),
        before("strips a byte order mark off values", |_, call| {
            call.each_value(|value| {
                if value.starts_with(b"\xEF\xBB\xBF") {
                    *value = value.slice(3..);
                }
            });
        })
        .found_by("values::invalid_utf8_comes_back"),
        before("takes values that are whole numbers for numbers", |_, call| {
            call.each_value(|value| {
                let number = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse::<i64>().ok());
                *value = number.map_or_else(|| value.clone(), |number| number.to_string().into());
            });
        })
        .found_by("values::values_are_not_interpreted"),
        before("takes large values of one length for one value", |saboteur, call| {
            call.each_value(|value| {
                if value.len() >= LARGE {
                    let (name, mut values) = (value.len().to_string(), saboteur.notes.values());
                    *value = values.entry(name).or_insert_with(|| value.clone()).clone();
                }
            });
        })
        .found_by("values::values_of_one_length_are_kept_apart"),
        around(
            "deletes a large value under all keys that have it",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Delete { key } = &call
                        && let Ok(value) = saboteur.sound().get(key).await
                        && value.len() >= LARGE
                    {
                        for other in saboteur.sound().list("").await? {
                            if saboteur.sound().get(&other).await? == value {
                                saboteur.sound().delete(&other).await?;
                            }
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("values::equal_values_are_independent"),
        around("has room for the large values of ten keys", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::Set { key, value, .. } = &call
                    && value.len() > 1 << 18
                {
                    let number = saboteur.notes.count("large");
                    saboteur.notes.values().insert(number.to_string(), key.clone().into());
                    let oldest = number.checked_sub(10).map(|oldest| oldest.to_string());
                    let oldest = oldest.and_then(|oldest| saboteur.notes.values().remove(&oldest));
                    if let Some(oldest) = oldest {
                        saboteur.sound().delete(&String::from_utf8_lossy(&oldest)).await?;
                    }
                }
                Ok(answer)
            })
        })
        .found_by("values::large_values_are_kept_apart"),
    ]
}
