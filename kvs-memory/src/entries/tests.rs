//! That map, index and queue of deadlines agree, whatever happens at the same time.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use kvs_core::{Bytes, Clock, ManualClock, Profile, Ttl};

use super::*;

struct Fixture {
    entries: Entries,
    clock: ManualClock,
    profile: Profile,
}

impl Fixture {
    fn new() -> Self {
        Self {
            entries: Entries::new(VersionSource::new().unwrap()),
            clock: ManualClock::default(),
            profile: Profile::new("memory"),
        }
    }

    fn op(&self) -> Op<'_> {
        Op::new(self.profile.check("test"), &self.clock)
    }

    fn set(&self, key: &str, ttl: Ttl) {
        let value = Bytes::from_static(b"value");
        drop(
            self.entries
                .write(&self.op(), key, None, Write::Set { value, ttl })
                .unwrap(),
        );
    }

    fn delete(&self, key: &str) {
        drop(self.entries.write(&self.op(), key, None, Write::Delete).unwrap());
    }

    fn tickets(&self) -> usize {
        let tickets = |shard: &RwLock<Shard>| shard.read().unwrap().deadlines.len();
        self.entries.shards.iter().map(tickets).sum()
    }

    fn assert_agreement(&self) {
        let mut keys = BTreeSet::new();
        for shard in &self.entries.shards {
            let shard = shard.read().unwrap();
            keys.extend(shard.slots.keys().cloned());
            let expected: BTreeSet<_> = (shard.slots.iter())
                .filter_map(|(key, slot)| Some((slot.expires_at?, key.clone())))
                .collect();
            assert!(shard.deadlines == expected, "one ticket for each entry with a deadline");
        }
        assert!(
            *self.entries.index.read().unwrap() == keys,
            "the index has the keys of the map"
        );
    }

    /// One of the things that can happen to a key, chosen by a number.
    fn disturb(&self, choice: u64) {
        let key = format!("key{}", choice / 8 % 40);
        let second = format!("key{}", choice / 320 % 40);
        let soon = Ttl::After(Duration::from_millis(choice / 8 % 5 + 1));
        match choice % 8 {
            0 => self.set(&key, Ttl::Never),
            1 => self.set(&key, soon),
            2 => self.set(&key, Ttl::Keep),
            3 => self.set(&key, Ttl::At(self.clock.now())),
            4 => self.delete(&key),
            5 => self.clock.advance(Duration::from_millis(1)),
            6 => {
                let shard = self.entries.shard_of(&key);
                self.entries.reclaim(&self.op(), shard).unwrap();
            }
            _ if key == second => self.delete(&key),
            _ => {
                let value = Bytes::from_static(b"committed");
                let write = |key: String, write| Action {
                    key,
                    check: None,
                    write: Some(write),
                };
                let actions = vec![
                    write(key, Write::Set { value, ttl: soon }),
                    write(second, Write::Delete),
                ];
                self.entries.commit(&self.op(), actions).unwrap();
            }
        }
    }
}

#[test]
fn map_index_and_deadlines_agree_after_a_storm() {
    let fixture = Fixture::new();
    thread::scope(|scope| {
        for seed in 1..=8_u64 {
            let fixture = &fixture;
            scope.spawn(move || {
                let mut random = seed;
                for _ in 0..5_000 {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    fixture.disturb(random >> 8);
                }
            });
        }
    });
    fixture.assert_agreement();
}

#[test]
fn an_entry_has_one_ticket_however_often_it_is_written() {
    let fixture = Fixture::new();
    for millis in 1..=1_000 {
        fixture.set("key", Ttl::After(Duration::from_millis(millis)));
        fixture.set("other", Ttl::After(Duration::from_millis(2_000 - millis)));
    }
    assert_eq!(fixture.tickets(), 2);
    fixture.set("key", Ttl::Never);
    fixture.delete("other");
    assert_eq!(fixture.tickets(), 0);
}

#[test]
fn the_map_gives_its_memory_back() {
    let fixture = Fixture::new();
    let keys: Vec<String> = (0..20_000).map(|number| format!("key{number}")).collect();
    let room = || -> usize {
        let capacity = |shard: &RwLock<Shard>| shard.read().unwrap().slots.capacity();
        fixture.entries.shards.iter().map(capacity).sum()
    };
    for key in &keys {
        fixture.set(key, Ttl::Never);
    }
    assert!(room() >= 20_000);
    for key in &keys {
        fixture.delete(key);
    }
    assert!(room() <= SHARDS * 128, "room for {} entries is left", room());
}

#[test]
fn the_shards_are_used_evenly() {
    let fixture = Fixture::new();
    let used: HashSet<usize> = (0..2_000)
        .map(|number| fixture.entries.shard_of(&format!("key{number}")))
        .collect();
    assert_eq!(used.len(), SHARDS);
}
