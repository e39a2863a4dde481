//! Stores in which an operation that was dropped, or that failed, harms others.

use std::thread;
use std::time::Duration;

use kvs_core::{Bytes, Error, Result, Store, Ttl};
use tokio::task::yield_now;

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around};
use crate::saboteur::{Saboteur, serial};

/// So many operations can be under way.
const CONNECTIONS: usize = 4;

/// So many listings can be under way.
const CURSORS: usize = 64;

pub(super) fn all() -> Vec<Mutation> {
    [groups(), leaks(), poison()].into_iter().flatten().collect()
}

/// Does something unless it is told that all is done.
struct Unless<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Unless<F> {
    fn done(mut self) {
        self.0 = None;
    }
}

impl<F: FnOnce()> Drop for Unless<F> {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

/// How many notes there are whose names begin so.
fn noted(saboteur: &Saboteur, what: &str) -> usize {
    saboteur
        .notes
        .values()
        .keys()
        .filter(|name| name.starts_with(what))
        .count()
}

fn note(saboteur: &Saboteur, what: &str) {
    saboteur
        .notes
        .values()
        .insert(format!("{what} {}", serial()), Bytes::new());
}

fn groups() -> Vec<Mutation> {
    vec![
        around("drops a group of writes with one of them", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Set {
                    key,
                    value,
                    ttl: Ttl::Never,
                } = &call
                else {
                    return saboteur.soundly(&mut call).await;
                };
                let checked = saboteur
                    .declared()
                    .check("set")
                    .key(key)
                    .and_then(|check| check.value(value));
                if checked.is_err() || saboteur.is_closed() {
                    return saboteur.soundly(&mut call).await;
                }
                saboteur.notes.values().insert(key.clone(), value.clone());
                let group = Unless(Some(|| saboteur.notes.values().clear()));
                yield_now().await;
                group.done();
                let written = std::mem::take(&mut *saboteur.notes.values());
                for (key, value) in written {
                    saboteur.storage().set(&key, value, Ttl::Never).await?;
                }
                Ok(Answer::Done)
            })
        })
        .found_by("cancellation::acknowledged_writes_survive_random_drops")
        .found_by("cancellation::dropped_neighbours_harm_nobody"),
        around("fails a group of writes with one of them", |saboteur, mut call| {
            Box::pin(async move {
                if matches!(call, Call::Set { .. }) {
                    let failed = noted(saboteur, "failed");
                    yield_now().await;
                    if noted(saboteur, "failed") > failed {
                        return Err(Error::unavailable("the group of writes failed"));
                    }
                }
                let answer = saboteur.soundly(&mut call).await;
                if answer.as_ref().is_err_and(Error::is_conflict) {
                    note(saboteur, "failed");
                }
                answer
            })
        })
        .found_by("cancellation::a_failing_neighbour_harms_nobody"),
        around("repeats a write later that was dropped", |saboteur, mut call| {
            Box::pin(async move {
                let Call::Set { key, value, ttl } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let (store, key, value, ttl) = (saboteur.storage().clone(), key.clone(), value.clone(), *ttl);
                let repeat = Unless(Some(move || {
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                        store.set(&key, value, ttl).await
                    });
                }));
                yield_now().await;
                repeat.done();
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("cancellation::a_dropped_write_does_not_land_late"),
    ]
}

/// Waits in the middle of a write, and notes it if nobody waits for its end any more.
async fn begin(saboteur: &Saboteur) {
    let connection = Unless(Some(|| note(saboteur, "lost")));
    yield_now().await;
    connection.done();
}

fn leaks() -> Vec<Mutation> {
    vec![
        around(
            "loses a connection with each write that is dropped",
            |saboteur, mut call| {
                Box::pin(async move {
                    if matches!(call, Call::Set { .. }) {
                        if noted(saboteur, "lost") >= CONNECTIONS {
                            return Err(Error::unavailable("all connections are in use"));
                        }
                        begin(saboteur).await;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("lifecycle::a_runtime_may_end_amid_operations")
        .found_by("cancellation::dropped_neighbours_harm_nobody"),
        around(
            "waits at close for writes that were dropped, and gives up",
            |saboteur, mut call| {
                Box::pin(async move {
                    match call {
                        Call::Set { .. } => begin(saboteur).await,
                        Call::Close if noted(saboteur, "lost") > 0 => {
                            return Err(Error::timeout("there are writes under way"));
                        }
                        _ => {}
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("cancellation::aborted_tasks_do_not_stop_close"),
        around(
            "keeps a cursor for each listing that nobody ended",
            |saboteur, mut call| {
                Box::pin(async move {
                    let answer = saboteur.soundly(&mut call).await?;
                    if let (Call::ListPage { options }, Answer::Page(page)) = (&call, &answer)
                        && page.next.is_some()
                        && options.after.is_none()
                    {
                        note(saboteur, "cursor");
                        if noted(saboteur, "cursor") > CURSORS {
                            return Err(Error::unavailable("too many listings are open"));
                        }
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("cancellation::dropped_streams_leave_nothing_behind"),
    ]
}

fn poison() -> Vec<Mutation> {
    vec![
        around("is poisoned by a panic amid a write", |saboteur, mut call| {
            Box::pin(async move {
                unharmed(saboteur)?;
                if matches!(call, Call::Set { .. }) {
                    let lock = lock(saboteur);
                    yield_now().await;
                    lock.done();
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("cancellation::a_panicking_task_harms_nothing"),
        around(
            "is poisoned by a panic of the function of an update",
            |saboteur, mut call| {
                Box::pin(async move {
                    unharmed(saboteur)?;
                    let lock = lock(saboteur);
                    let answer = saboteur.soundly(&mut call).await;
                    lock.done();
                    answer
                })
            },
        )
        .found_by("cancellation::a_panicking_function_harms_nothing"),
        around(
            "makes an entry before it calls the function of an update",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Update { key, .. } = &call {
                        // Conflicts where there is an entry already.
                        let _ = saboteur.sound().set_if_absent(key, Bytes::new(), Ttl::Never).await;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("cancellation::a_panicking_function_harms_nothing"),
    ]
}

/// A lock as those of the standard library: poisoned when a panic drops it.
fn lock(saboteur: &Saboteur) -> Unless<impl FnOnce() + '_> {
    Unless(Some(|| {
        if thread::panicking() {
            note(saboteur, "poisoned");
        }
    }))
}

fn unharmed(saboteur: &Saboteur) -> Result<()> {
    match noted(saboteur, "poisoned") {
        0 => Ok(()),
        _ => Err(Error::backend("a lock is poisoned")),
    }
}
