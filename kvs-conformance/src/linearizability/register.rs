//! What one key does when operations come one after the other: the sequential model.

use kvs_core::{Timestamp, Ttl, is_live};

/// What a key holds, physically: an expired entry may be there still.
pub(super) type State = Option<Entry>;

/// Values and versions are numbers here: equal numbers are equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) value: u32,
    /// `None` until an answer tells it: a plain `set` does not.
    pub(super) version: Option<u32>,
    pub(super) expires_at: Option<Timestamp>,
}

/// What an operation asks of the entry and makes of it. Its answer is known, so this is one condition and one effect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) condition: Condition,
    pub(super) effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Anything,
    Absent,
    Present,
    Value(u32),
    Version(u32),
    /// Absent, or another version.
    NotVersion(u32),
    /// Value, version and expiry.
    Exactly(u32, u32, Option<Timestamp>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Effect {
    Nothing,
    Remove,
    /// The new value (none: it stays), the expiry, and the version if it is known.
    Write(Option<u32>, Ttl, Option<u32>),
}

/// What the clock shows to one operation. It overlaps a move, so that it may see either side, twice: what has expired
/// meanwhile may have been reclaimed before it looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readings {
    pub(super) entry: Timestamp,
    pub(super) own: Timestamp,
}

/// Which versions the operations so far have told. Each belongs to one write.
#[derive(Debug)]
pub(super) struct Versions {
    /// How many operations have told it.
    pub(super) told: Vec<u32>,
    /// Is it the answer of a write?
    pub(super) answered: Vec<bool>,
}

impl Versions {
    fn is_new(&self, version: u32) -> bool {
        self.told[version as usize] == 0
    }

    /// May an entry whose write was not answered with a version have this one?
    fn may_be_of_a_plain_write(&self, version: u32) -> bool {
        self.is_new(version) && !self.answered[version as usize]
    }
}

impl Step {
    /// Does it leave the entry as it is, whatever the entry?
    pub(super) fn reads(&self) -> bool {
        matches!(self.effect, Effect::Nothing)
    }

    /// Is the state after it the same, whatever was before?
    pub(super) fn overwrites(&self) -> bool {
        let effect = match self.effect {
            Effect::Remove => true,
            Effect::Write(value, ttl, _) => value.is_some() && ttl != Ttl::Keep,
            Effect::Nothing => false,
        };
        effect && self.condition == Condition::Anything
    }

    /// The state after it; `None` if the answer does not fit the state.
    pub(super) fn apply(&self, state: State, clock: Readings, versions: &Versions) -> Option<State> {
        let live = state.filter(|entry| is_live(entry.expires_at, clock.entry));
        let version_is = |entry: &Entry, version: u32| match entry.version {
            Some(own) => own == version,
            None => versions.may_be_of_a_plain_write(version),
        };
        let mut after = state;
        let holds = match self.condition {
            Condition::Anything => true,
            Condition::Absent => live.is_none(),
            Condition::Present => live.is_some(),
            Condition::Value(value) => live.is_some_and(|entry| entry.value == value),
            Condition::Version(version) => live.is_some_and(|entry| version_is(&entry, version)),
            Condition::NotVersion(version) => live.is_none_or(|entry| entry.version != Some(version)),
            Condition::Exactly(value, version, expires_at) => live.is_some_and(|entry| {
                after = Some(Entry {
                    version: Some(version),
                    ..entry
                });
                entry.value == value && entry.expires_at == expires_at && version_is(&entry, version)
            }),
        };
        if !holds {
            return None;
        }
        match self.effect {
            Effect::Nothing => Some(after),
            Effect::Remove => Some(None),
            Effect::Write(_, _, Some(version)) if !versions.is_new(version) => None,
            Effect::Write(_, _, Some(version)) if self.condition == Condition::Version(version) => None,
            Effect::Write(value, ttl, version) => Some(Some(Entry {
                value: value.or(live.map(|entry| entry.value))?,
                version,
                expires_at: ttl.expires_at(clock.own, live.and_then(|entry| entry.expires_at)),
            })),
        }
    }

    /// The versions that are in use once the step was done.
    pub(super) fn tells(&self) -> impl Iterator<Item = u32> + use<> {
        let seen = match self.condition {
            Condition::Version(version) | Condition::Exactly(_, version, _) => Some(version),
            _ => None,
        };
        let given = match self.effect {
            Effect::Write(_, _, version) => version,
            _ => None,
        };
        seen.into_iter().chain(given)
    }

    /// Does its outcome depend on its own reading of the clock?
    pub(super) fn counts_from_now(&self) -> bool {
        matches!(self.effect, Effect::Write(_, Ttl::After(_), _))
    }
}
