//! Stores that break rules of the group `cancellation`: they leave half of an operation behind when it is dropped.

/// A store that does some calls in steps; `soundly` does the last one.
macro_rules! steps {
    ($name:literal, $call:pat, |$store:ident| $before:block) => {
        $crate::mutation::around($name, |saboteur, mut call| {
            Box::pin(async move {
                if saboteur.is_closed() {
                    return saboteur.soundly(&mut call).await;
                }
                if let $call = &mut call {
                    let $store = saboteur.storage();
                    $before
                    tokio::task::yield_now().await;
                }
                saboteur.soundly(&mut call).await
            })
        })
    };
}

mod documents;
mod expiry;
mod halves;
mod load;

use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    let files = [halves::all, expiry::all, documents::all, load::all];
    files.into_iter().flat_map(|file| file()).collect()
}
