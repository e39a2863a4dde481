//! Stores that break the rules of pages and positions.

use kvs_core::{Entry, Error, ListOptions, MAX_PAGE};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

pub(super) fn all() -> Vec<Mutation> {
    [limits(), ends(), values(), positions()]
        .into_iter()
        .flatten()
        .collect()
}

/// Changes the options of a page.
fn with_options(call: &mut Call<'_>, change: impl FnOnce(&mut ListOptions)) {
    if let Call::ListPage { options } = call {
        change(options);
    }
}

fn limits() -> Vec<Mutation> {
    vec![
        before("takes a limit of 0 for the default", |_, call| {
            with_options(call, |options| {
                if options.limit == 0 {
                    options.limit = 1_000;
                }
            });
        })
        .found_by("listing::a_limit_of_zero_is_invalid"),
        before("gives one entry more than the limit, backwards", |_, call| {
            with_options(call, |options| {
                options.limit = options.limit.saturating_add(usize::from(options.reverse));
            });
        })
        .found_by("listing::a_page_is_never_longer_than_the_limit"),
        after("refuses a limit over that of a page", |_, call, answer| match call {
            Call::ListPage { options } if options.limit > MAX_PAGE => {
                *answer = Err(Error::invalid_argument("the limit is too large; lower it"));
            }
            _ => {}
        })
        .found_by("listing::a_huge_limit_is_cut"),
        around("turns a page around after it was cut", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::ListPage { options } if options.reverse && options.after.is_none() => {
                        let mut found = saboteur.sound().list_page(&options.clone().reverse(false)).await?;
                        found.entries.reverse();
                        found.next = found.entries.last().map(|entry| entry.key.clone());
                        Ok(Answer::Page(found))
                    }
                    _ => saboteur.soundly(&mut call).await,
                }
            })
        })
        .found_by("listing::backwards_gives_the_last_keys_first")
        .found_by("listing::backwards_is_the_reverse"),
    ]
}

fn ends() -> Vec<Mutation> {
    vec![
        around(
            "skips the first key of every page but the first",
            |saboteur, mut call| {
                Box::pin(async move {
                    let later = matches!(&call, Call::ListPage { options } if options.after.is_some());
                    let mut answer = saboteur.soundly(&mut call).await?;
                    if let Answer::Page(page) = &mut answer
                        && later
                        && page.entries.len() > 1
                    {
                        page.entries.remove(0);
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("listing::pages_together_are_the_listing")
        .found_by("listing::no_key_is_lost_where_pages_meet"),
        after("takes the end of a page for the end of the walk", |_, _, answer| {
            if let Ok(Answer::Page(page)) = answer {
                page.next = None;
            }
        })
        .found_by("listing::the_end_is_where_next_is_none"),
        around("begins anew beyond the last key", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                match (&answer, &mut call) {
                    (Answer::Page(page), Call::ListPage { options }) if page.entries.is_empty() => {
                        options.after = None;
                        saboteur.soundly(&mut call).await
                    }
                    _ => Ok(answer),
                }
            })
        })
        .found_by("listing::the_end_is_where_next_is_none"),
    ]
}

fn values() -> Vec<Mutation> {
    vec![
        after("lists an empty value as none", |_, _, answer| {
            if let Ok(Answer::Page(page)) = answer {
                for entry in &mut page.entries {
                    entry.value.take_if(|value| value.is_empty());
                }
            }
        })
        .found_by("listing::values_come_if_asked_for")
        .found_by("model::listings_agree_with_a_map"),
        after("reads values for the first page alone", |_, call, answer| {
            if let (Call::ListPage { options }, Ok(Answer::Page(page))) = (call, answer)
                && options.after.is_some()
            {
                page.entries.iter_mut().for_each(|entry| entry.value = None);
            }
        })
        .found_by("listing::the_stream_of_entries_has_values"),
        after("ends the walk where a page has a megabyte of values", |_, _, answer| {
            if let Ok(Answer::Page(page)) = answer {
                let mut room = 1 << 20;
                let fits = |entry: &Entry| {
                    room -= entry
                        .value
                        .as_ref()
                        .map_or(0, |value| i64::try_from(value.len()).unwrap_or(0));
                    room >= 0
                };
                let whole = page.entries.len();
                page.entries = std::mem::take(&mut page.entries).into_iter().take_while(fits).collect();
                page.next.take_if(|_| page.entries.len() < whole);
            }
        })
        .found_by("listing::many_large_values_are_listed"),
    ]
}

fn positions() -> Vec<Mutation> {
    vec![
        around(
            "begins a page with the key that it is to come after",
            |saboteur, mut call| {
                Box::pin(async move {
                    let mut answer = saboteur.soundly(&mut call).await?;
                    if let (Answer::Page(page), Call::ListPage { options }) = (&mut answer, &call)
                        && let Some(key) = options.after.clone().filter(|after| after.starts_with(&options.prefix))
                        && let Ok(found) = saboteur.sound().get_versioned(&key).await
                    {
                        let (value, expires_at) = (options.values.then_some(found.value), found.expires_at);
                        page.entries.insert(0, Entry { key, value, expires_at });
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("listing::after_is_exclusive"),
        around(
            "begins anew where the key of the position is gone",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::ListPage { options } = &mut call
                        && let Some(after) = &options.after
                        && !saboteur.sound().contains(after).await.unwrap_or(false)
                    {
                        options.after = None;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("listing::after_may_be_absent")
        .found_by("listing::a_walk_goes_on_after_its_key_was_deleted"),
        before("ignores a position outside of the prefix", |_, call| {
            with_options(call, |options| {
                options.after.take_if(|after| !after.starts_with(&options.prefix));
            });
        })
        .found_by("listing::after_may_lie_outside_of_the_prefix"),
        before("takes an empty position for none", |_, call| {
            with_options(call, |options| drop(options.after.take_if(|after| after.is_empty())));
        })
        .found_by("listing::after_may_be_empty"),
        before("cuts a position to the length of a key", |_, call| {
            with_options(call, |options| {
                let long = options.after.as_mut().filter(|after| after.is_char_boundary(1_024));
                if let Some(after) = long {
                    after.truncate(1_024);
                }
            });
        })
        .found_by("listing::after_may_be_longer_than_any_key"),
        before("ends a position at NUL", |_, call| {
            with_options(call, |options| {
                let whole = options.after.take();
                options.after = whole.map(|after| after.split('\0').next().unwrap_or_default().to_owned());
            });
        })
        .found_by("listing::after_may_be_any_string"),
        before("ignores a position that is the prefix", |_, call| {
            with_options(call, |options| {
                options.after.take_if(|after| *after == options.prefix);
            });
        })
        .found_by("listing::after_may_be_the_prefix"),
    ]
}
