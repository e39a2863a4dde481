//! What a store can reach.

use std::fmt;

use crate::need::{Declared, Need};

/// A part of the contract that a store has as a whole or not at all. Every case belongs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Keys, values, expiry, errors, lifecycle, concurrency: what every store has.
    Core,
    /// `ListableStore`: prefixes, order, pages.
    Listing,
    /// Many keys in one call.
    Batch,
    /// `AtomicStore`: versions, conditions, transactions.
    Atomic,
    /// `DocumentStore`: documents, filters, their metadata.
    Documents,
    /// What was acknowledged is there after reopening, and for a second handle.
    Durable,
}

impl Level {
    /// All levels, in the order in which reports show them.
    pub const ALL: [Self; 6] = [
        Self::Core,
        Self::Listing,
        Self::Batch,
        Self::Atomic,
        Self::Documents,
        Self::Durable,
    ];

    /// The level of a case. One that needs several traits counts for the rarest of them.
    pub(crate) fn of(group: &str, needs: &[Need]) -> Self {
        let by_need = [
            (Need::Reopens, Self::Durable),
            (Need::Documents, Self::Documents),
            (Need::Atomic, Self::Atomic),
            (Need::Listable, Self::Listing),
        ];
        let found = by_need.into_iter().find(|(need, _)| needs.contains(need));
        match found {
            Some((_, level)) => level,
            None if group == "batch" => Self::Batch,
            None => Self::Core,
        }
    }

    /// Does the subject say that it has it?
    pub(crate) fn is_declared(self, declared: &Declared) -> bool {
        match self {
            Self::Core | Self::Batch => true,
            Self::Listing => declared.meets(Need::Listable),
            Self::Atomic => declared.meets(Need::Atomic),
            Self::Documents => declared.meets(Need::Documents),
            Self::Durable => declared.meets(Need::Reopens),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Core => "Core",
            Self::Listing => "Listing",
            Self::Batch => "Batch",
            Self::Atomic => "Atomic",
            Self::Documents => "Documents",
            Self::Durable => "Durable",
        })
    }
}
