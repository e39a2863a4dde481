//! What a case asks of a store, and what a subject declares.

use kvs_core::{Consistency, Profile};

use crate::subject::{Subject, Time};

/// What a store must have for a case to make sense. Decided by what the subject declares, before anything is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// `ListableStore`.
    Listable,
    /// `DocumentStore`.
    Documents,
    /// `AtomicStore`.
    Atomic,
    /// A clock that the case moves.
    ManualClock,
    /// The clock of the wall.
    WallClock,
    /// Drops nothing: for cases that write more than 1,000 entries or 16 MiB.
    Lasting,
    /// May drop what is live.
    Evicting,
    /// Opening the same site again gives the same storage.
    Reopens,
    /// Reads see every acknowledged write.
    Linearizable,
    /// Reads may be behind.
    Eventual,
}

impl Need {
    /// The unmet need, as a reason.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Listable => "not listable",
            Self::Documents => "no documents",
            Self::Atomic => "not atomic",
            Self::ManualClock => "no manual clock",
            Self::WallClock => "no wall clock",
            Self::Lasting => "evicting",
            Self::Evicting => "not evicting",
            Self::Reopens => "does not reopen",
            Self::Linearizable => "eventual reads",
            Self::Eventual => "no eventual reads",
        }
    }
}

/// What a subject says of itself, asked once for many cases.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) profile: Profile,
    pub(crate) time: Time,
    pub(crate) reopens: bool,
}

impl Declared {
    pub(crate) fn by(subject: &dyn Subject) -> Self {
        Self {
            profile: subject.profile(),
            time: subject.time(),
            reopens: subject.reopens(),
        }
    }

    pub(crate) fn meets(&self, need: Need) -> bool {
        let profile = &self.profile;
        match need {
            Need::Listable => profile.traits.listable,
            Need::Documents => profile.traits.documents,
            Need::Atomic => profile.traits.atomic,
            Need::ManualClock => self.time == Time::Manual,
            Need::WallClock => self.time != Time::Manual,
            Need::Lasting => !profile.evicting,
            Need::Evicting => profile.evicting,
            Need::Reopens => self.reopens,
            Need::Linearizable => profile.consistency == Consistency::Linearizable,
            Need::Eventual => profile.consistency == Consistency::Eventual,
        }
    }
}
