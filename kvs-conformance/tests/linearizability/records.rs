//! What the recorder makes of operations, and which histories are refused.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use kvs_conformance::linearizability::{Answer, Call, Checker, History, Operation, Recorder};
use kvs_core::{FullStore, ManualClock, Partial, Timestamp, Ttl, Version};
use kvs_memory::{MemoryConfig, MemoryStore};

fn memory(clock: &ManualClock) -> Arc<dyn FullStore> {
    Arc::new(MemoryStore::open(MemoryConfig::new().clock(clock.clone())).unwrap())
}

fn recorded(recorder: &Recorder) -> Vec<String> {
    let history = recorder.history();
    let lines = history.operations().iter().map(ToString::to_string);
    lines.map(|line| line.replace(" \"k…\" (3 bytes)", "")).collect()
}

#[tokio::test]
async fn operations_are_recorded_with_their_answers() {
    let clock = ManualClock::default();
    let recorder = Recorder::new(clock.clone());
    let mut client = recorder.client(memory(&clock));
    client.call("key", Call::Get).await.unwrap();
    let created = Call::SetIfAbsent {
        value: "value".into(),
        ttl: Ttl::After(Duration::from_secs(1)),
    };
    assert!(matches!(
        client.call("key", created.clone()).await.unwrap(),
        Answer::Written(_)
    ));
    assert_eq!(client.call("key", created).await.unwrap(), Answer::Conflict);
    recorder.advance(Duration::from_secs(1));
    assert_eq!(client.call("key", Call::Take).await.unwrap(), Answer::Absent);
    assert_eq!(
        recorded(&recorder),
        [
            "client 0 [0..1] get -> absent",
            "client 0 [2..3] set_if_absent(5 bytes) -> written",
            "client 0 [4..5] set_if_absent(5 bytes) -> conflict",
            "client 0 [8..9] take -> absent",
        ]
    );
    assert!(Checker::new().check(&recorder.history()).is_linearizable());
}

#[tokio::test]
async fn a_dropped_operation_is_lost_and_a_refused_one_is_left_out() {
    let clock = ManualClock::default();
    let recorder = Recorder::new(clock.clone());
    let mut client = recorder.client(memory(&clock));
    // An async method does nothing before it is polled, and nothing is recorded then.
    drop(client.call("key", Call::set("value")));
    assert_eq!(recorded(&recorder), [""; 0]);
    let store = Partial::new(MemoryStore::new()).build();
    let mut partial = recorder.client(Arc::new(store));
    partial.call("key", Call::Take).await.unwrap_err();
    assert_eq!(recorded(&recorder), [""; 0]);
    let slow = pending::Pending(MemoryStore::new());
    let mut slow = recorder.client(Arc::new(Partial::new(slow).build()));
    assert!(slow.call("key", Call::set("value")).now_or_never().is_none());
    assert_eq!(recorded(&recorder), ["client 2 [1..2] set(5 bytes) -> lost"]);
}

#[test]
fn what_cannot_have_happened_is_refused() {
    let mut history = History::starting_at(Timestamp::from_millis(10));
    let version = Version::from_bytes([1; 16]);
    let wrong = [
        Operation::answered(0, "key", RangeInclusive::new(5, 4), Call::Get, Answer::Absent),
        Operation::answered(0, "key", 4..=5, Call::Get, Answer::Done),
        Operation::answered(0, "key", 4..=5, Call::set("value"), Answer::Written(version)),
        Operation::answered(0, "key", 4..=5, Call::Delete, Answer::Done).late(),
        Operation::lost(0, "key", 4..=5, Call::Take).repeats_until(9),
    ];
    for operation in wrong {
        let refused = history.push(operation).unwrap_err();
        assert!(refused.message().ends_with("correct the history"), "{refused}");
        assert!(!refused.message().contains("value"), "{refused}");
    }
    history.move_clock(5..=9, Timestamp::from_millis(20)).unwrap();
    history.move_clock(8..=10, Timestamp::from_millis(30)).unwrap_err();
    history.move_clock(10..=10, Timestamp::from_millis(19)).unwrap_err();
    assert_eq!(history.operations(), []);
}

/// A store that never ends a write.
mod pending {
    use kvs_core::{Bytes, Profile, Result, Store, Ttl, async_trait};
    use kvs_memory::MemoryStore;

    #[derive(Debug)]
    pub(super) struct Pending(pub(super) MemoryStore);

    #[async_trait]
    impl Store for Pending {
        async fn get(&self, key: &str) -> Result<Bytes> {
            self.0.get(key).await
        }

        async fn set(&self, _: &str, _: Bytes, _: Ttl) -> Result<()> {
            std::future::pending().await
        }

        async fn delete(&self, key: &str) -> Result<()> {
            self.0.delete(key).await
        }

        async fn close(&self) -> Result<()> {
            self.0.close().await
        }

        fn profile(&self) -> &Profile {
            self.0.profile()
        }
    }
}
