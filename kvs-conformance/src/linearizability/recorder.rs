//! Records what clients do to a store.

use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kvs_core::{Clock as _, Error, FullStore, ManualClock, Result, Version};

use super::history::{Answer, Call, History, Move, Operation};

/// Records a history: hands out clients, and moves the clock. Clones record the same history.
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Log>);

#[derive(Debug)]
struct Log {
    instants: AtomicU64,
    clients: AtomicUsize,
    clock: ManualClock,
    history: Mutex<History>,
}

impl Log {
    fn tick(&self) -> u64 {
        self.instants.fetch_add(1, Ordering::SeqCst)
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder {
    /// A recorder of stores that read this clock. Only the recorder may move it.
    pub fn new(clock: ManualClock) -> Self {
        let history = Mutex::new(History::starting_at(clock.now()));
        Self(Arc::new(Log {
            instants: AtomicU64::new(0),
            clients: AtomicUsize::new(0),
            clock,
            history,
        }))
    }

    /// Another client, of that store. Clients of one history may use several handles of one storage.
    pub fn client(&self, store: Arc<dyn FullStore>) -> Client {
        Client {
            number: self.0.clients.fetch_add(1, Ordering::SeqCst),
            log: Arc::clone(&self.0),
            store,
        }
    }

    /// Moves the clock forward. One task at a time may do so.
    pub fn advance(&self, by: Duration) {
        let begin = self.0.tick();
        self.0.clock.advance(by);
        let (end, now) = (self.0.tick(), self.0.clock.now());
        let span = begin..=end;
        self.0.history().moves.push(Move { span, now });
    }

    /// What was recorded so far.
    pub fn history(&self) -> History {
        self.0.history().clone()
    }
}

/// One client of a store, which does one operation after the other.
#[derive(Debug)]
pub struct Client {
    number: usize,
    log: Arc<Log>,
    store: Arc<dyn FullStore>,
}

impl Client {
    /// Does an operation and records it. Drop the future to record one whose outcome is not known.
    ///
    /// Where the profile declares late writes, a `set` or a `delete` is recorded as one that may have been sent again.
    ///
    /// # Errors
    ///
    /// Those of the operation, but `NotFound` and `Conflict`, which are answers. One that may have applied is recorded
    /// as lost, any other is left out of the history.
    pub async fn call(&mut self, key: &str, call: Call) -> Result<Answer> {
        let begin = self.log.tick();
        let mut pending = Pending {
            client: self,
            key,
            call: &call,
            begin,
            open: true,
        };
        let outcome = perform(&*pending.client.store, key, &call).await;
        match &outcome {
            Ok(answer) => pending.end(Some(answer.clone())),
            Err(error) if error.may_have_applied() => pending.end(None),
            Err(_) => pending.open = false,
        }
        outcome
    }
}

/// An operation without an answer so far.
struct Pending<'a> {
    client: &'a Client,
    key: &'a str,
    call: &'a Call,
    begin: u64,
    open: bool,
}

impl Pending<'_> {
    fn end(&mut self, answer: Option<Answer>) {
        if !mem::take(&mut self.open) {
            return;
        }
        let log = &self.client.log;
        let span = self.begin..=log.tick();
        let late = self.client.store.profile().late_writes;
        let again = late && matches!(self.call, Call::Set { .. } | Call::Delete);
        let until = if answer.is_some() { *span.end() } else { u64::MAX };
        log.history().operations.push(Operation {
            client: self.client.number,
            key: self.key.into(),
            span,
            call: self.call.clone(),
            late: late && answer.is_none(),
            answer,
            repeats: again.then_some(until),
        });
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.end(None);
    }
}

async fn perform(store: &dyn FullStore, key: &str, call: &Call) -> Result<Answer> {
    let outcome = match call {
        Call::Get => store.get(key).await.map(Answer::Value),
        Call::GetVersioned => store.get_versioned(key).await.map(Answer::Versioned),
        Call::Set { value, ttl } => store.set(key, value.clone(), *ttl).await.map(|()| Answer::Done),
        Call::Delete => store.delete(key).await.map(|()| Answer::Done),
        Call::SetIfAbsent { value, ttl } => written(store.set_if_absent(key, value.clone(), *ttl).await),
        Call::CompareAndSet { expected, value, ttl } => {
            written(store.compare_and_set(key, *expected, value.clone(), *ttl).await)
        }
        Call::CompareAndDelete { expected } => store.compare_and_delete(key, *expected).await.map(|()| Answer::Done),
        Call::Take => store.take(key).await.map(Answer::Value),
        Call::Touch { ttl } => written(store.touch(key, *ttl).await),
    };
    match outcome {
        Err(error) if error.is_not_found() && !matches!(call, Call::Set { .. } | Call::Delete) => Ok(Answer::Absent),
        Err(Error::Conflict { .. }) if conditional(call) => Ok(Answer::Conflict),
        other => other,
    }
}

fn written(outcome: Result<Version>) -> Result<Answer> {
    outcome.map(Answer::Written)
}

fn conditional(call: &Call) -> bool {
    matches!(
        call,
        Call::SetIfAbsent { .. } | Call::CompareAndSet { .. } | Call::CompareAndDelete { .. }
    )
}
