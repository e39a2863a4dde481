//! Stores that do not close as they should.

use kvs_core::{Durability, Error, Store};
use tokio::task::{self, yield_now};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, otherwise};
use crate::saboteur::Saboteur;

pub(super) fn all() -> Vec<Mutation> {
    [closing(), others(), under_way(), ends()]
        .into_iter()
        .flatten()
        .collect()
}

/// Was it noted before? Notes it.
fn noted(saboteur: &Saboteur, what: &str) -> bool {
    saboteur
        .notes
        .values()
        .insert(what.to_owned(), "noted".into())
        .is_some()
}

fn is_noted(saboteur: &Saboteur, what: &str) -> bool {
    saboteur.notes.values().contains_key(what)
}

fn closing() -> Vec<Mutation> {
    vec![
        after("fails to close when it was never used", |saboteur, call, answer| {
            if !matches!(call, Call::Close) {
                noted(saboteur, "used");
            } else if !is_noted(saboteur, "used") {
                *answer = Err(Error::backend("there is nothing to close"));
            }
        })
        .found_by("lifecycle::a_fresh_store_closes"),
        after(
            "fails to close after a transaction",
            |saboteur, call, answer| match call {
                Call::Commit { .. } => {
                    noted(saboteur, "a transaction");
                }
                Call::Close if is_noted(saboteur, "a transaction") => {
                    *answer = Err(Error::backend("there are statements that were not finalised"));
                }
                _ => {}
            },
        )
        .found_by("lifecycle::a_used_store_closes")
        .found_by("lifecycle::works_on_a_multi_thread_runtime"),
        after("fails to close again", |saboteur, call, answer| {
            if matches!(call, Call::Close) && noted(saboteur, "closed") {
                *answer = Err(Error::closed());
            }
        })
        .found_by("lifecycle::close_may_be_called_again"),
        around("fails to close while it is being closed", |saboteur, mut call| {
            Box::pin(async move {
                if matches!(call, Call::Close) {
                    if noted(saboteur, "closing") && !is_noted(saboteur, "closed") {
                        return Err(Error::unavailable("the store is being closed"));
                    }
                    for _ in 0..8 {
                        yield_now().await;
                    }
                    noted(saboteur, "closed");
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("lifecycle::many_may_close_at_once")
        .found_by("lifecycle::a_dropped_close_may_be_repeated"),
        around(
            "is neither open nor closed after a close that was dropped",
            |saboteur, mut call| {
                Box::pin(async move {
                    if matches!(call, Call::Close) {
                        noted(saboteur, "closing");
                        yield_now().await;
                        return saboteur.soundly(&mut call).await;
                    }
                    if is_noted(saboteur, "closing") && !saboteur.is_closed() {
                        return Err(Error::unavailable("the store is being closed"));
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("lifecycle::a_dropped_close_leaves_no_third_state"),
    ]
}

fn others() -> Vec<Mutation> {
    vec![
        around("is closed for the task only that closed it", |saboteur, mut call| {
            Box::pin(async move {
                let caller = task::try_id().map_or_else(String::new, |id| id.to_string());
                match &call {
                    Call::Close => {
                        noted(saboteur, &caller);
                    }
                    Call::Get { key } if saboteur.is_closed() && !is_noted(saboteur, &caller) => {
                        return saboteur.storage().get(key).await.map(Answer::Value);
                    }
                    _ => {}
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("lifecycle::closing_one_handle_closes_all")
        .found_by("lifecycle::closes_on_another_runtime"),
        otherwise("opens the same storage everywhere")
            .placed(|_| "one".to_owned())
            .found_by("lifecycle::stores_open_at_once"),
        around("closes all stores with one", |saboteur, mut call| {
            Box::pin(async move {
                if matches!(call, Call::Close) {
                    saboteur.storage().close().await?;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .placed(|_| "one".to_owned())
        .found_by("lifecycle::closing_one_store_leaves_others_open")
        .found_by("lifecycle::stores_open_and_close_in_turn"),
        otherwise("says another durability than its subject")
            .announces(|profile| profile.durability = Durability::Power)
            .found_by("lifecycle::the_profile_works_after_close"),
        otherwise("shows nothing once it is closed")
            .shown_as(|saboteur| {
                if saboteur.is_closed() {
                    String::new()
                } else {
                    "Store".into()
                }
            })
            .found_by("lifecycle::debug_works_after_close"),
        after(
            "panics when it is dropped with writes that nobody read",
            |saboteur, call, _| {
                if matches!(call, Call::Set { .. }) {
                    noted(saboteur, "written");
                } else {
                    saboteur.notes.values().remove("written");
                }
            },
        )
        .dropped(|saboteur| assert!(!is_noted(saboteur, "written"), "the writes were not flushed"))
        .found_by("lifecycle::dropping_without_close_is_fine"),
    ]
}

/// A store that takes its time for some calls, and does not expect to be closed meanwhile.
macro_rules! surprised {
    ($name:literal, $calls:pat) => {
        around($name, |saboteur, mut call| {
            Box::pin(async move {
                if matches!(call, $calls) && !saboteur.is_closed() {
                    yield_now().await;
                    if saboteur.is_closed() {
                        return Err(Error::unavailable("the connection is gone"));
                    }
                }
                saboteur.soundly(&mut call).await
            })
        })
    };
}

fn under_way() -> Vec<Mutation> {
    vec![
        around(
            "acknowledges writes that are under way when it closes, and loses them",
            |saboteur, mut call| {
                Box::pin(async move {
                    if matches!(call, Call::Set { .. }) && !saboteur.is_closed() {
                        yield_now().await;
                        if saboteur.is_closed() {
                            return Ok(Answer::Done);
                        }
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("lifecycle::writes_in_flight_end"),
        surprised!(
            "fails writes otherwise that are under way when it closes",
            Call::Set { .. }
        )
        .found_by("lifecycle::writes_in_flight_end"),
        surprised!(
            "fails queries and transactions otherwise that are under way when it closes",
            Call::Query { .. } | Call::Commit { .. } | Call::List { .. }
        )
        .found_by("lifecycle::everything_in_flight_ends"),
    ]
}

fn ends() -> Vec<Mutation> {
    vec![
        after("ends a walk of keys when it is closed", |saboteur, call, answer| {
            let goes_on = matches!(call, Call::ListPage { options } if options.after.is_some());
            if goes_on && saboteur.is_closed() {
                *answer = Ok(Answer::Page(kvs_core::ListPage::default()));
            }
        })
        .found_by("lifecycle::an_open_stream_ends_with_closed"),
        after("finds no documents when it is closed", |saboteur, call, answer| {
            if saboteur.is_closed() && matches!((call, &answer), (Call::QueryPage { .. }, Err(Error::Closed(_)))) {
                *answer = Ok(Answer::QueryPage(kvs_core::QueryPage::default()));
            }
        })
        .found_by("lifecycle::a_stream_of_documents_gives_closed"),
    ]
}
