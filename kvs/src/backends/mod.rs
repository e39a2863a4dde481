//! The backends that this crate can be compiled with: the one list of them.

#[cfg(feature = "memory")]
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::registry::Opener;

/// The types of the backends that are compiled in.
pub(crate) fn compiled_in() -> BTreeMap<String, Arc<dyn Opener>> {
    let backends: &[(&str, Arc<dyn Opener>)] = &[
        #[cfg(feature = "memory")]
        ("memory", Arc::new(memory::open)),
        #[cfg(feature = "sqlite")]
        ("sqlite", Arc::new(sqlite::open)),
    ];
    let named = backends
        .iter()
        .map(|(kind, opener)| ((*kind).to_owned(), Arc::clone(opener)));
    named.collect()
}

/// Why a backend that one may expect is not there.
pub(crate) enum Missing {
    /// The feature was not asked for.
    Feature(&'static str),
    /// It does not exist yet.
    Release,
}

/// What to tell somebody who asks for a type that this build does not have.
pub(crate) fn missing(kind: &str) -> Option<Missing> {
    match kind {
        "memory" if !cfg!(feature = "memory") => Some(Missing::Feature("memory")),
        "sqlite" if !cfg!(feature = "sqlite") => Some(Missing::Feature("sqlite")),
        "dynamodb" => Some(Missing::Release),
        _ => None,
    }
}
