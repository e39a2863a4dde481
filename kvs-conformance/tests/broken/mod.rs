//! Stores with one fault each, which the suite must find.

mod store;

use std::sync::Arc;

use kvs_conformance::{Site, Subject, async_trait};
use kvs_core::{FullStore, Profile, Result, Store};
use kvs_memory::{MemoryConfig, MemoryStore};

use self::store::Broken;

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: the control, so that a case which fails every store is not taken for one that finds a fault.
    None,
    ExpiresATickLate,
    ExpiresATickEarly,
    ReadDeletesWhatExpired,
    KeepIsNever,
    EmptyValueIsAbsent,
    LongValueIsCut,
    KeyEndsAtNul,
    KeyIsLowerCased,
    Panics,
    BatchForgetsTtl,
    BatchStopsAt25,
    FirstDuplicateWins,
    BatchChecksAsItWrites,
    GetManyMergesDuplicates,
    UnderscoreIsAWildcard,
    AfterIsInclusive,
    AfterOutsideOfThePrefixIsIgnored,
    OnePageOnly,
    ReverseIsIgnored,
    DeletePrefixStopsAfterAPage,
    LimitBeforeFilter,
    NeSkipsMissingFields,
    WholeFloatsBecomeIntegers,
    ReplacingResetsCreatedAt,
    ChecksAreIgnored,
    TransactionIsAppliedInPart,
    TouchRewritesNothing,
}

/// A subject with that fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saboteur(pub(crate) Fault);

#[async_trait]
impl Subject for Saboteur {
    fn name(&self) -> &'static str {
        "saboteur"
    }

    fn profile(&self) -> Profile {
        MemoryStore::new().profile().clone()
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let inner = MemoryStore::open(MemoryConfig::new().clock(site.clock().clone()))?;
        Ok(Arc::new(Broken { inner, fault: self.0 }))
    }
}
