//! What the contract says a store holds, in the simplest form: maps, and a clock.

use std::collections::BTreeMap;

use kvs_core::{Bytes, Document, ErrorKind, Profile, Timestamp, Ttl, Version};

use super::op::Of;
use super::reply::{Content, Place, Reply};

/// The reference. Its versions are the numbers of the writes.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) profile: Profile,
    pub(super) now: Timestamp,
    pub(super) entries: BTreeMap<String, Held>,
    pub(super) documents: BTreeMap<Place, Document>,
    /// Versions that an answer has shown, so that every store knows them by now.
    shown: BTreeMap<Place, Vec<Version>>,
    writes: u128,
}

/// An entry, perhaps expired.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) value: Bytes,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) version: Version,
}

impl Reference {
    pub(super) fn new(profile: Profile, now: Timestamp) -> Self {
        Self {
            profile,
            now,
            entries: BTreeMap::new(),
            documents: BTreeMap::new(),
            shown: BTreeMap::new(),
            writes: 0,
        }
    }

    /// Remembers which versions an answer shows.
    pub(super) fn show(&mut self, reply: &Reply) {
        for (place, version) in &reply.versions {
            let shown = self.shown.entry(place.clone()).or_default();
            if !shown.contains(version) {
                shown.push(*version);
            }
        }
    }

    /// The version that a condition means. One that was not shown yet cannot be named by a store's user.
    pub(super) fn resolve(&self, place: &Place, of: Of) -> Version {
        let shown = self.shown.get(place).map(Vec::as_slice).unwrap_or_default();
        let found = match of {
            Of::Current => shown.last(),
            Of::Earlier(back) => shown.iter().rev().nth(1 + back % 3),
            Of::Foreign => None,
        };
        found.copied().unwrap_or(Version::from_bytes([0xFF; 16]))
    }

    /// The live entry.
    pub(super) fn live(&self, key: &str) -> Option<&Held> {
        self.entries
            .get(key)
            .filter(|held| held.expires_at.is_none_or(|at| self.now < at))
    }

    pub(super) fn value(&self, key: &str) -> Option<Bytes> {
        self.live(key).map(|held| held.value.clone())
    }

    /// All live entries.
    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &Held)> {
        self.entries
            .iter()
            .filter(|(_, held)| held.expires_at.is_none_or(|at| self.now < at))
    }

    pub(super) fn write(&mut self, key: &str, value: Bytes, ttl: Ttl) -> Version {
        let current = self.live(key).and_then(|held| held.expires_at);
        let expires_at = self.expires_at(ttl, current);
        let version = self.next();
        self.entries.insert(
            key.to_owned(),
            Held {
                value,
                expires_at,
                version,
            },
        );
        version
    }

    pub(super) fn next(&mut self) -> Version {
        self.writes += 1;
        Version::from_bytes(self.writes.to_be_bytes())
    }

    /// Removes a key; the answer is what a read of it was.
    pub(super) fn take(&mut self, key: &str) -> Reply {
        let value = self.value(key);
        self.entries.remove(key);
        value.map_or(missing(), |value| Reply::of(Content::Bytes(value)))
    }

    /// Computed apart from the library under test, which has the same rule.
    fn expires_at(&self, ttl: Ttl, current: Option<Timestamp>) -> Option<Timestamp> {
        match ttl {
            Ttl::Never => None,
            Ttl::Keep => current,
            Ttl::At(at) => Some(at),
            Ttl::After(duration) => {
                let millis = i128::try_from(duration.as_nanos().div_ceil(1_000_000))
                    .ok()
                    .filter(|millis| *millis > 0)?;
                i64::try_from(i128::from(self.now.as_millis()) + millis)
                    .ok()
                    .map(Timestamp::from_millis)
            }
        }
    }
}

/// The place of a key.
pub(super) fn entry(key: &str) -> Place {
    (String::new(), key.to_owned())
}

pub(super) fn missing() -> Reply {
    Reply::of(Content::Failed(ErrorKind::NotFound))
}
