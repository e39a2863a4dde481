//! All broken stores, in files by the groups of cases that are to find them.

pub(crate) mod atomic;
mod basics;
mod batch;
mod cancellation;
mod concurrency;
mod documents;
mod durability;
mod errors;
mod eventual;
mod evicting;
mod filters;
mod keys;
mod lifecycle;
mod limits;
mod linearizability;
mod listing;
mod metadata;
mod model;
mod security;
mod traits;
mod transactions;
mod ttl;
mod values;
mod wall;

use crate::mutation::Mutation;

/// The mutations of one file.
type File = fn() -> Vec<Mutation>;

const FILES: &[(&str, File)] = &[
    ("traits", traits::all),
    ("basics", basics::all),
    ("keys", keys::all),
    ("values", values::all),
    ("ttl", ttl::all),
    ("limits", limits::all),
    ("wall", wall::all),
    ("eventual", eventual::all),
    ("evicting", evicting::all),
    ("listing", listing::all),
    ("batch", batch::all),
    ("durability", durability::all),
    ("model", model::all),
    ("atomic", atomic::all),
    ("transactions", transactions::all),
    ("documents", documents::all),
    ("filters", filters::all),
    ("metadata", metadata::all),
    ("lifecycle", lifecycle::all),
    ("concurrency", concurrency::all),
    ("linearizability", linearizability::all),
    ("cancellation", cancellation::all),
    ("errors", errors::all),
    ("security", security::all),
];

/// Each mutation with the file that it stands in.
pub(crate) fn all() -> Vec<(&'static str, Mutation)> {
    let named = |(name, file): &(&'static str, File)| {
        let name = *name;
        file().into_iter().map(move |mutation| (name, mutation))
    };
    FILES.iter().flat_map(named).collect()
}
