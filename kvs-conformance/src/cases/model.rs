//! Random sequences of operations, in lockstep with a model of maps.

use std::sync::Arc;

use kvs_core::Traits;
use tokio::runtime::Handle;

use crate::context::Context;
use crate::failed::Outcome;
use crate::model::races;

/// Sequences of each case.
const SEQUENCES: u32 = 12;

cases! {
    "model";
    "Random sequences of plain operations answer as a map does."
        => plain_operations_agree_with_a_map [manual_clock];
    "Random sequences with listings answer as a map does."
        => listings_agree_with_a_map [manual_clock, listable];
    "Random sequences with conditions and transactions answer as a map with versions does."
        => atomic_operations_agree_with_a_map [manual_clock, atomic];
    "Random sequences on documents, filters included, answer as maps do."
        => documents_agree_with_a_map [manual_clock, documents];
    "Random sequences of all operations answer as the model does."
        => all_operations_agree_with_the_model [manual_clock, listable, atomic, documents];
}

async fn agree(cx: &Context, traits: Traits) -> Outcome {
    let (subject, runtime) = (Arc::clone(cx.subject()), Handle::current());
    // A sequence that can be made shorter stays on its thread.
    tokio::task::spawn_blocking(move || runtime.block_on(races(&[subject], traits, SEQUENCES))).await?
}

async fn plain_operations_agree_with_a_map(cx: Context) -> Outcome {
    agree(&cx, Traits::default()).await
}

async fn listings_agree_with_a_map(cx: Context) -> Outcome {
    let traits = Traits {
        listable: true,
        ..Traits::default()
    };
    agree(&cx, traits).await
}

async fn atomic_operations_agree_with_a_map(cx: Context) -> Outcome {
    let traits = Traits {
        atomic: true,
        ..Traits::default()
    };
    agree(&cx, traits).await
}

async fn documents_agree_with_a_map(cx: Context) -> Outcome {
    let traits = Traits {
        documents: true,
        ..Traits::default()
    };
    agree(&cx, traits).await
}

async fn all_operations_agree_with_the_model(cx: Context) -> Outcome {
    agree(&cx, Traits::ALL).await
}
