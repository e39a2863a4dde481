//! The backends that this crate can be compiled with: the one list of them.

#[cfg(feature = "dynamodb")]
mod dynamodb;
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
        #[cfg(feature = "dynamodb")]
        ("dynamodb", Arc::new(dynamodb::DynamoDb)),
        #[cfg(feature = "memory")]
        ("memory", Arc::new(memory::Memory)),
        #[cfg(feature = "sqlite")]
        ("sqlite", Arc::new(sqlite::Sqlite)),
    ];
    let named = backends
        .iter()
        .map(|(kind, opener)| ((*kind).to_owned(), Arc::clone(opener)));
    named.collect()
}

/// The feature that brings a type which this build does not have.
pub(crate) fn missing_feature(kind: &str) -> Option<&'static str> {
    match kind {
        "dynamodb" if !cfg!(feature = "dynamodb") => Some("dynamodb"),
        "memory" if !cfg!(feature = "memory") => Some("memory"),
        "sqlite" if !cfg!(feature = "sqlite") => Some("sqlite"),
        _ => None,
    }
}
