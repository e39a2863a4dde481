//! What a transaction knows of its keys, and what it will write to them.
//!
//! The writes of a group are worked out here, in memory, one after the other, and only what is left in the end is
//! written. A hundred increments of one counter are one row.

use std::collections::BTreeMap;

use kvs_core::{Bytes, Timestamp, Ttl, Version, is_live};

/// The keys of a group, at one instant.
#[derive(Debug)]
pub(super) struct Overlay<'a> {
    now: Timestamp,
    slots: BTreeMap<&'a str, Slot>,
}

/// One key.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) entry: Option<Entry>,
    pub(super) change: Change,
}

/// What is stored, or will be.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) version: Version,
    pub(super) expires_at: Option<Timestamp>,
    /// `None` if it was not asked for.
    pub(super) value: Option<Bytes>,
}

/// How the stored row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Change {
    #[default]
    Nothing,
    /// All of it.
    Put,
    /// Version and expiry.
    Touch,
    /// It goes.
    Delete,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            now,
            slots: BTreeMap::new(),
        }
    }

    /// Notes what is stored.
    pub(super) fn load(&mut self, key: &'a str, entry: Option<Entry>) {
        let slot = Slot {
            entry,
            change: Change::Nothing,
        };
        self.slots.insert(key, slot);
    }

    /// The live entry. Right only for a key that was loaded or written.
    pub(super) fn live(&self, key: &str) -> Option<&Entry> {
        let entry = self.slots.get(key)?.entry.as_ref()?;
        is_live(entry.expires_at, self.now).then_some(entry)
    }

    /// Writes an entry. The key must have been loaded if the TTL is `Keep`.
    pub(super) fn set(&mut self, key: &'a str, value: Bytes, ttl: Ttl, version: Version) {
        let current = self.live(key).and_then(|live| live.expires_at);
        let entry = Entry {
            version,
            expires_at: ttl.expires_at(self.now, current),
            value: Some(value),
        };
        self.slots.insert(
            key,
            Slot {
                entry: Some(entry),
                change: Change::Put,
            },
        );
    }

    /// Changes the expiry of a live entry; says whether there is one.
    pub(super) fn touch(&mut self, key: &'a str, ttl: Ttl, version: Version) -> bool {
        let Some(live) = self.live(key) else { return false };
        let expires_at = ttl.expires_at(self.now, live.expires_at);
        let Some(slot) = self.slots.get_mut(key) else {
            return false;
        };
        if let Some(entry) = &mut slot.entry {
            entry.expires_at = expires_at;
            entry.version = version;
        }
        if slot.change == Change::Nothing {
            slot.change = Change::Touch;
        }
        true
    }

    /// Removes an entry, whether it exists or not.
    pub(super) fn delete(&mut self, key: &'a str) {
        let slot = Slot {
            entry: None,
            change: Change::Delete,
        };
        self.slots.insert(key, slot);
    }

    /// All keys, in order.
    pub(super) fn into_slots(self) -> impl Iterator<Item = (&'a str, Slot)> {
        self.slots.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const V1: Version = Version::from_bytes([1; 16]);
    const V2: Version = Version::from_bytes([2; 16]);

    fn stored(expires_at: Option<i64>) -> Entry {
        Entry {
            version: V1,
            expires_at: expires_at.map(Timestamp::from_millis),
            value: None,
        }
    }

    fn changes(overlay: Overlay<'_>) -> Vec<(&str, Change)> {
        overlay.into_slots().map(|(key, slot)| (key, slot.change)).collect()
    }

    #[test]
    fn an_expired_entry_is_absent_and_keeps_nothing() {
        let mut overlay = Overlay::new(NOW);
        overlay.load("k", Some(stored(Some(1_000))));
        assert!(overlay.live("k").is_none());
        assert!(!overlay.touch("k", Ttl::Never, V2));
        overlay.set("k", "v".into(), Ttl::Keep, V2);
        assert_eq!(overlay.live("k").unwrap().expires_at, None);
    }

    #[test]
    fn keep_sees_what_the_group_wrote_before() {
        let mut overlay = Overlay::new(NOW);
        let at = Timestamp::from_millis(5_000);
        overlay.set("k", "v".into(), Ttl::At(at), V1);
        overlay.set("k", "w".into(), Ttl::Keep, V2);
        assert_eq!(overlay.live("k").unwrap().expires_at, Some(at));
    }

    #[test]
    fn only_the_last_change_of_a_key_is_left() {
        let mut overlay = Overlay::new(NOW);
        for key in ["touched", "touched and set", "read"] {
            overlay.load(key, Some(stored(None)));
            assert_eq!(overlay.live(key).unwrap().version, V1);
        }
        assert!(overlay.touch("touched", Ttl::Never, V2));
        assert!(overlay.touch("touched and set", Ttl::Never, V2));
        overlay.set("touched and set", "v".into(), Ttl::Never, V2);
        overlay.set("set and touched", "v".into(), Ttl::Never, V1);
        assert!(overlay.touch("set and touched", Ttl::Never, V2));
        overlay.set("set and deleted", "v".into(), Ttl::Never, V1);
        overlay.delete("set and deleted");
        assert!(!overlay.touch("set and deleted", Ttl::Never, V2));
        overlay.set("past", "v".into(), Ttl::At(NOW), V1);
        assert!(overlay.live("past").is_none());
        let expected = [
            ("past", Change::Put),
            ("read", Change::Nothing),
            ("set and deleted", Change::Delete),
            ("set and touched", Change::Put),
            ("touched", Change::Touch),
            ("touched and set", Change::Put),
        ];
        assert_eq!(changes(overlay), expected);
    }
}
