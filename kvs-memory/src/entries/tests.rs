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
        self.entries.delete(&self.op(), key).unwrap();
    }

    fn tickets(&self) -> usize {
        let tickets = |shard: &RwLock<Shard>| shard.read().unwrap().deadlines.len();
        self.entries.shards.iter().map(tickets).sum()
    }

    #[expect(clippy::mutable_key_type, reason = "ordered by the key, which never changes")]
    fn assert_agreement(&self) {
        let mut nodes = BTreeSet::new();
        for (number, shard) in self.entries.shards.iter().enumerate() {
            let shard = shard.read().unwrap();
            for node in &shard.table {
                assert_eq!(shard_of(self.entries.hash(&node.key.to_text())), number);
                let tickets = usize::from(node.read().expires_at.is_some());
                assert_eq!(Arc::strong_count(node), 2 + tickets, "nothing else holds a node");
                assert!(nodes.insert(ByKey(Arc::clone(node))), "one node for each key");
            }
            let expected: BTreeSet<_> = (shard.table.iter())
                .filter_map(|node| Some((node.read().expires_at?, ByKey(Arc::clone(node)))))
                .collect();
            assert!(shard.deadlines == expected, "one ticket for each entry with a deadline");
        }
        let index = self.entries.index.read().unwrap();
        assert!(*index == nodes, "the index has the keys of the map");
        let same = |(a, b): (&ByKey, &ByKey)| Arc::ptr_eq(&a.0, &b.0);
        assert!(index.iter().zip(&nodes).all(same), "and its nodes");
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
                let shard = shard_of(self.entries.hash(&key));
                self.entries.reclaim(&self.op(), shard).unwrap();
            }
            _ if key == second => drop(self.entries.write(&self.op(), &key, None, Write::Delete).unwrap()),
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
fn the_map_gives_its_memory_back_after_removals_and_after_expiry() {
    let fixture = Fixture::new();
    let keys: Vec<String> = (0..20_000).map(|number| format!("key{number}")).collect();
    let room = || -> usize {
        let capacity = |shard: &RwLock<Shard>| shard.read().unwrap().table.capacity();
        fixture.entries.shards.iter().map(capacity).sum()
    };
    let delete = || keys.iter().for_each(|key| fixture.delete(key));
    let expire = || {
        fixture.clock.advance(Duration::from_secs(1));
        for shard in 0..SHARDS {
            while fixture.entries.reclaim(&fixture.op(), shard).unwrap() == SWEEP_BATCH {}
        }
    };
    let cases: [(Ttl, &dyn Fn()); 2] = [(Ttl::Never, &delete), (Ttl::After(Duration::from_secs(1)), &expire)];
    for (ttl, empty) in cases {
        for key in &keys {
            fixture.set(key, ttl);
        }
        assert!(room() >= 20_000);
        empty();
        assert!(room() <= SHARDS * 128, "room for {} entries is left", room());
        assert_eq!((fixture.entries.len(), fixture.tickets()), (0, 0));
    }
}

#[test]
fn the_shards_are_used_evenly() {
    let fixture = Fixture::new();
    let used: HashSet<usize> = (0..2_000)
        .map(|number| shard_of(fixture.entries.hash(&format!("key{number}"))))
        .collect();
    assert_eq!(used.len(), SHARDS);
}
