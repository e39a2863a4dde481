//! Stores that do not treat every item of a batch alike.

mod writes;

use kvs_core::{Error, SetEntry};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

pub(crate) fn all() -> Vec<Mutation> {
    [gets(), sizes(), writes::all()].into_iter().flatten().collect()
}

fn gets() -> Vec<Mutation> {
    vec![
        after("answers get_many in the order of its keys", |_, call, answer| {
            if let (Call::GetMany { keys }, Ok(Answer::Values(values))) = (call, answer) {
                let mut pairs: Vec<_> = keys.iter().zip(std::mem::take(values)).collect();
                pairs.sort_by_key(|(key, _)| *key);
                values.extend(pairs.into_iter().map(|(_, value)| value));
            }
        })
        .found_by("batch::get_many_keeps_the_order"),
        after("fails to get many when it finds none", |_, call, answer| {
            if let (Call::GetMany { keys }, Ok(Answer::Values(values))) = (call, &*answer)
                && keys.len() == 2
                && values.iter().all(Option::is_none)
            {
                *answer = Err(Error::NotFound);
            }
        })
        .found_by("batch::get_many_answers_missing_keys_with_none"),
        after(
            "answers a key once, however often it is asked for",
            |_, call, answer| {
                if let (Call::GetMany { keys }, Ok(Answer::Values(values))) = (call, answer) {
                    let mut places = 0..;
                    values.retain(|_| {
                        places
                            .next()
                            .is_some_and(|place: usize| !keys[..place].contains(&keys[place]))
                    });
                }
            },
        )
        .found_by("batch::get_many_answers_duplicates"),
        after("answers the first hundred of get_many", |_, _, answer| {
            if let Ok(Answer::Values(values)) = answer {
                values.iter_mut().skip(100).for_each(|value| *value = None);
            }
        })
        .found_by("batch::more_than_a_hundred_gets_work"),
    ]
}

fn sizes() -> Vec<Mutation> {
    vec![
        around("refuses a batch of nothing", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::SetMany { entries } if entries.is_empty() => Err(Error::invalid_argument("no entries")),
                    Call::DeleteMany { keys } if keys.is_empty() => Err(Error::invalid_argument("no keys")),
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("batch::an_empty_batch_does_nothing"),
        before(
            "leaves the last of a delete_many that fills its chunks but for one",
            |_, call| {
                if let Call::DeleteMany { keys } = call
                    && keys.len() % 25 == 1
                {
                    keys.pop();
                }
            },
        )
        .found_by("batch::a_batch_of_one_works"),
        before("sets every item of a batch but the 26th", |_, call| {
            if let Call::SetMany { entries } = call
                && entries.len() > 25
            {
                entries.remove(25);
            }
        })
        .found_by("batch::more_than_twenty_five_sets_work"),
        before("deletes the first 25 of a batch", |_, call| {
            if let Call::DeleteMany { keys } = call {
                keys.truncate(25);
            }
        })
        .found_by("batch::more_than_twenty_five_deletes_work"),
        after("loses what is beyond 500 in a batch of gets", |_, _, answer| {
            if let Ok(Answer::Values(values)) = answer {
                values.truncate(500);
            }
        })
        .found_by("batch::a_batch_of_a_thousand_works"),
        after("binds no more than 32,766 parameters", |_, call, answer| {
            if matches!(call, Call::GetMany { keys } if keys.len() > 32_766) {
                *answer = Err(Error::backend("too many variables"));
            }
        })
        .found_by("batch::a_batch_of_tens_of_thousands_works"),
        after("takes no request of more than 16 MiB", |_, call, answer| {
            let length = |entries: &[SetEntry]| entries.iter().map(|entry| entry.value.len()).sum::<usize>();
            if matches!(call, Call::SetMany { entries } if length(entries) > 16 << 20) {
                *answer = Err(Error::backend("the request is too large"));
            }
        })
        .found_by("batch::a_batch_of_many_megabytes_works"),
        before("leaves empty values out of a batch", |_, call| {
            if let Call::SetMany { entries } = call {
                entries.retain(|entry| !entry.value.is_empty());
            }
        })
        .found_by("batch::values_of_every_length_work_in_a_batch"),
    ]
}
