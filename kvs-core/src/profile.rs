//! What a store says of itself.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::check::Check;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// What a store promises: its name, its limits, and the properties in which stores differ.
///
/// A program reads it to decide whether a store fits; the conformance suite holds the store to it.
///
/// ```
/// use kvs_core::{Durability, Store};
/// let store = kvs_memory::MemoryStore::new();
/// assert_eq!(store.profile().name, "memory");
/// assert_eq!(store.profile().durability, Durability::None);
/// assert!(store.profile().traits.atomic);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The name of the backend, as it stands in errors.
    pub name: &'static str,
    /// The number of the physical format that the store reads and writes; `None` where nothing is kept.
    pub format: Option<u32>,
    /// How large things may be.
    pub limits: Limits,
    /// Which traits work beyond `Store`.
    pub traits: Traits,
    /// What an acknowledged write survives.
    pub durability: Durability,
    /// What a read sees of earlier writes.
    pub consistency: Consistency,
    /// May the store drop live entries to make room? A cache does; nothing else may.
    pub evicting: bool,
    /// May a write whose future was dropped, or that failed with
    /// [`may_have_applied`](crate::Error::may_have_applied), still land after a later one?
    pub late_writes: bool,
}

impl Profile {
    /// The profile of a store with only `Store`, portable limits, no durability and linearizable reads. Change what
    /// differs.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            format: None,
            limits: Limits::PORTABLE,
            traits: Traits::default(),
            durability: Durability::None,
            consistency: Consistency::Linearizable,
            evicting: false,
            late_writes: false,
        }
    }

    /// Begins the checks of an operation, which every store makes before anything else.
    pub fn check(&self, operation: &'static str) -> Check<'_> {
        Check::new(self, operation)
    }

    /// `Closed` if the flag is set.
    #[inline]
    pub(crate) fn open(&self, operation: &'static str, closed: &AtomicBool) -> Result<()> {
        if closed.load(Ordering::Acquire) {
            Err(Error::closed().during(self.name, operation))
        } else {
            Ok(())
        }
    }
}

/// Which traits a store implements beyond `Store`. The methods of the others answer `Unsupported`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits {
    /// `ListableStore`.
    pub listable: bool,
    /// `DocumentStore`.
    pub documents: bool,
    /// `AtomicStore`.
    pub atomic: bool,
}

impl Traits {
    /// All of them.
    pub const ALL: Self = Self {
        listable: true,
        documents: true,
        atomic: true,
    };
}

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// Nothing: entries live as long as the store.
    None,
    /// The end of the process, also a violent one; not a loss of power.
    Process,
    /// A loss of power.
    Power,
}

/// What a read sees of the writes that were acknowledged before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Consistency {
    /// All of them: operations on a key behave as if they happened one after the other.
    Linearizable,
    /// Perhaps an older state, for a short time.
    Eventual,
}
