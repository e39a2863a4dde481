//! Recorded histories of concurrent clients, each of which must have an order that explains every answer.

mod workload;

use std::sync::Arc;

use kvs_core::FullStore;

use self::workload::{Mix, Workload};
use crate::cases::support::Shared;
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "linearizability";
    "Gets, sets and deletes of one key by four clients have an order that explains every answer."
        => four_clients_of_one_key [linearizable];
    "Gets, sets and deletes of three keys by eight clients have an order that explains every answer."
        => eight_clients_of_three_keys [linearizable];
    "Conditional writes, takes and touches amid sets and gets have an order that explains every answer and version."
        => conditional_writes [atomic, linearizable];
    "Entries that expire while clients read and write them have an order, with the moves of the clock."
        => expiry [linearizable, manual_clock];
    "Conditional writes over entries that expire have an order, with the moves of the clock."
        => conditional_writes_with_expiry [atomic, linearizable, manual_clock];
    "Operations that were dropped took effect once or never, before any later write unless the profile says otherwise."
        => dropped_operations [linearizable];
    "Conditional writes that were dropped took effect once or never."
        => dropped_conditional_writes [atomic, linearizable];
    "The clients of two handles on one storage have one order."
        => two_handles [linearizable, reopens];
    "Conditional writes through two handles on one storage have one order."
        => conditional_writes_of_two_handles [atomic, linearizable, reopens];
    "Entries that expire have one order for the clients of two handles, with the moves of the clock."
        => expiry_of_two_handles [linearizable, manual_clock, reopens];
}

async fn one(cx: &Context) -> Result<Vec<Shared>, Failed> {
    Ok(vec![cx.open().await?])
}

async fn two(cx: &Context) -> Result<Vec<Arc<dyn FullStore>>, Failed> {
    Ok(vec![cx.open().await?, cx.open().await?])
}

async fn four_clients_of_one_key(cx: Context) -> Outcome {
    Workload::new(Mix::PLAIN)
        .clients(4)
        .keys(1)
        .run(&cx, one(&cx).await?)
        .await
}

async fn eight_clients_of_three_keys(cx: Context) -> Outcome {
    Workload::new(Mix::PLAIN)
        .clients(8)
        .keys(3)
        .run(&cx, one(&cx).await?)
        .await
}

async fn conditional_writes(cx: Context) -> Outcome {
    Workload::new(Mix::ATOMIC)
        .clients(6)
        .keys(2)
        .run(&cx, one(&cx).await?)
        .await
}

async fn expiry(cx: Context) -> Outcome {
    Workload::new(Mix::PLAIN.expiring()).run(&cx, one(&cx).await?).await
}

async fn conditional_writes_with_expiry(cx: Context) -> Outcome {
    Workload::new(Mix::ATOMIC.expiring()).run(&cx, one(&cx).await?).await
}

async fn dropped_operations(cx: Context) -> Outcome {
    Workload::new(Mix::PLAIN.dropping()).run(&cx, one(&cx).await?).await
}

async fn dropped_conditional_writes(cx: Context) -> Outcome {
    Workload::new(Mix::ATOMIC.dropping()).run(&cx, one(&cx).await?).await
}

async fn two_handles(cx: Context) -> Outcome {
    Workload::new(Mix::PLAIN)
        .clients(6)
        .keys(2)
        .run(&cx, two(&cx).await?)
        .await
}

async fn conditional_writes_of_two_handles(cx: Context) -> Outcome {
    Workload::new(Mix::ATOMIC)
        .clients(6)
        .keys(2)
        .run(&cx, two(&cx).await?)
        .await
}

async fn expiry_of_two_handles(cx: Context) -> Outcome {
    Workload::new(Mix::PLAIN.expiring()).run(&cx, two(&cx).await?).await
}
