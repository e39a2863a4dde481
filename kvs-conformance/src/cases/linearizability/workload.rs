//! Random operations of concurrent clients, recorded and checked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kvs_core::{Ttl, Version};

use crate::cases::support::{Random, Shared, all, poll_times};
use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::linearizability::{Answer, Call, Checker, Client, Recorder};
use crate::model::{SEED, first_seed};
use crate::support::ms;

/// How many histories a case records, and how many at least.
const HISTORIES: u64 = 12;
const FEWEST: u64 = 3;

/// When no more than the fewest are recorded: where each operation is a request, they say enough.
const TIME: Duration = Duration::from_millis(250);

/// How many operations each client does in a history.
const OPERATIONS: usize = 18;

/// Which operations there are.
#[derive(Clone, Copy)]
pub(super) struct Mix {
    atomic: bool,
    expiring: bool,
    dropping: bool,
}

impl Mix {
    /// `get`, `set`, `delete`.
    pub(super) const PLAIN: Self = Self {
        atomic: false,
        expiring: false,
        dropping: false,
    };

    /// All of one key.
    pub(super) const ATOMIC: Self = Self {
        atomic: true,
        ..Self::PLAIN
    };

    /// With expiry, while the clock moves.
    pub(super) fn expiring(self) -> Self {
        Self { expiring: true, ..self }
    }

    /// Some are dropped before they end.
    pub(super) fn dropping(self) -> Self {
        Self { dropping: true, ..self }
    }
}

/// So many clients of so many keys.
#[derive(Clone, Copy)]
pub(super) struct Workload {
    mix: Mix,
    clients: usize,
    keys: usize,
}

impl Workload {
    /// Four clients of two keys.
    pub(super) fn new(mix: Mix) -> Self {
        Self {
            mix,
            clients: 4,
            keys: 2,
        }
    }

    pub(super) fn clients(self, clients: usize) -> Self {
        Self { clients, ..self }
    }

    pub(super) fn keys(self, keys: usize) -> Self {
        Self { keys, ..self }
    }

    /// Records histories of clients that share these handles, each on keys of its own, and checks them.
    pub(super) async fn run(self, cx: &Context, stores: Vec<Shared>) -> Outcome {
        let first = first_seed()?;
        let begun = Instant::now();
        for number in 0..HISTORIES {
            let seed = first.wrapping_add(number);
            let recorded = self.record(cx, &stores, seed).await;
            recorded.map_err(|failed| failed.while_at(format_args!("a history with {SEED}={seed}")))?;
            if number + 1 >= FEWEST && begun.elapsed() > TIME {
                break;
            }
        }
        Ok(())
    }

    async fn record(self, cx: &Context, stores: &[Shared], seed: u64) -> Outcome {
        let recorder = Recorder::new(cx.clock());
        let keys: Vec<String> = (0..self.keys).map(|key| format!("history {seed} key {key}")).collect();
        let clients = (0..self.clients).map(|number| {
            let script = Script {
                mix: self.mix,
                random: Random::new(seed.wrapping_mul(64).wrapping_add(number as u64)),
                client: recorder.client(Arc::clone(&stores[number % stores.len()])),
                keys: keys.clone(),
                name: number,
                version: None,
                // One client moves the clock.
                clock: (self.mix.expiring && number == 0).then(|| recorder.clone()),
            };
            script.run()
        });
        all(clients).await?;
        let history = recorder.history();
        let (done, asked) = (history.operations().len(), self.clients * OPERATIONS);
        ensure!(
            done * 2 > asked,
            "most of {asked} operations take effect, or else the history says nothing: {done}"
        );
        Checker::new().check(&history).into_outcome()
    }
}

/// What one client does.
struct Script {
    mix: Mix,
    random: Random,
    client: Client,
    keys: Vec<String>,
    name: usize,
    /// The version that it heard of last, and the key.
    version: Option<(usize, Version)>,
    clock: Option<Recorder>,
}

impl Script {
    async fn run(mut self) -> Outcome {
        for round in 0..OPERATIONS {
            if let Some(recorder) = self.clock.as_ref().filter(|_| round % 3 == 2) {
                recorder.advance(ms(10));
            }
            let key = self.random.below(self.keys.len());
            let call = self.call(key, round);
            let polls = match self.random.below(4) {
                0 if self.mix.dropping => *self.random.pick(&[1, 1, 2, 3]),
                _ => usize::MAX,
            };
            let outcome = poll_times(polls, self.client.call(&self.keys[key], call)).await;
            match outcome {
                Some(Ok(Answer::Versioned(read))) => self.version = Some((key, read.version)),
                Some(Ok(Answer::Written(version))) => self.version = Some((key, version)),
                // What may have applied is part of the history.
                Some(Err(error)) if !error.may_have_applied() => return Err(Failed::from(error)),
                _ => {}
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// A random operation. No value is written twice.
    fn call(&mut self, key: usize, round: usize) -> Call {
        let value = format!("{}-{round}", self.name).into();
        let ttl = match self.random.below(4) {
            0 | 1 if self.mix.expiring => Ttl::After(*self.random.pick(&[ms(5), ms(15), ms(25)])),
            2 if self.mix.expiring => Ttl::Keep,
            _ => Ttl::Never,
        };
        let known = self.version.filter(|(of, _)| *of == key).map(|(_, version)| version);
        match (self.random.below(if self.mix.atomic { 12 } else { 6 }), known) {
            (0 | 1, _) => Call::Set { value, ttl },
            (2, _) => Call::Delete,
            (6, _) => Call::SetIfAbsent { value, ttl },
            (7, _) => Call::Take,
            (8, _) => Call::Touch { ttl },
            (9 | 10, Some(expected)) => Call::CompareAndSet { expected, value, ttl },
            (11, Some(expected)) => Call::CompareAndDelete { expected },
            (9.., None) => Call::GetVersioned,
            _ => Call::Get,
        }
    }
}
