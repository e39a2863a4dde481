//! Stores that depend on the runtime in which they are used.

use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use kvs_core::Error;
use tokio::runtime::Handle;
use tokio::task;

use crate::call::Call;
use crate::mutation::{Mutation, around, otherwise};
use crate::saboteur::Saboteur;

/// Longer than a case may take, so that a thread which waits for its store ends at last.
const LONG: Duration = Duration::from_secs(10);

pub(super) fn all() -> Vec<Mutation> {
    vec![
        around(
            "blocks as only a runtime of several threads allows",
            |saboteur, mut call| {
                task::block_in_place(|| {});
                Box::pin(async move { saboteur.soundly(&mut call).await })
            },
        )
        .found_by("lifecycle::works_on_a_current_thread_runtime")
        .found_by("lifecycle::works_within_a_local_set"),
        around("works on the runtime only that opened it", |saboteur, mut call| {
            Box::pin(async move {
                if saboteur
                    .kept::<Handle>()
                    .is_some_and(|own| own.id() != Handle::current().id())
                {
                    return Err(Error::unavailable("the connection belongs to another runtime"));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .opened(remember_runtime)
        .found_by("lifecycle::works_on_another_runtime")
        .found_by("lifecycle::two_runtimes_share_a_store"),
        around(
            "lets the runtime that opened it do its sweeping",
            |saboteur, mut call| {
                Box::pin(async move {
                    if matches!(call, Call::Sweep)
                        && let Some(runtime) = saboteur.kept::<Handle>()
                    {
                        let done = runtime.spawn(async {}).await;
                        done.map_err(|_| Error::unavailable("the sweeper is gone"))?;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .opened(remember_runtime)
        .found_by("lifecycle::survives_the_runtime_that_opened_it")
        .found_by("lifecycle::does_not_need_the_runtime_that_opened_it"),
        otherwise("sweeps on a thread of the runtime until it is dropped")
            .opened(occupy_a_thread)
            .found_by("lifecycle::background_work_does_not_hold_a_runtime"),
        otherwise("needs a runtime to be dropped in")
            .dropped(|_| drop(Handle::current()))
            .found_by("lifecycle::may_be_dropped_outside_a_runtime"),
    ]
}

fn remember_runtime(saboteur: &Saboteur) {
    if let Ok(runtime) = Handle::try_current() {
        saboteur.keep(runtime);
    }
}

fn occupy_a_thread(saboteur: &Saboteur) {
    let (sender, receiver) = mpsc::channel::<()>();
    // Ends when the sender is dropped, with the handle.
    task::spawn_blocking(move || receiver.recv_timeout(LONG));
    saboteur.keep(Mutex::<Sender<()>>::new(sender));
}
