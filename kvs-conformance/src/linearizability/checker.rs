//! The search for an order: Wing and Gong's, with Lowe's memory of what was tried.

use kvs_core::KeyName;

use super::history::History;
use super::prepare::{KeyHistory, by_key};
use super::register::State;
use super::search::{End, Search, Stuck};
use super::verdict::{Verdict, Violation, line};

/// How many steps a key may take, unless the caller says otherwise: some seconds, and some hundred megabytes at worst.
const BUDGET: u64 = 5_000_000;

/// How much of an order a violation shows.
const SHOWN: usize = 4;

/// Finds an order of the operations of a history that explains every answer, or that there is none.
///
/// Keys are independent, so each is searched for itself. The work grows with the number of operations, and exponentially
/// with the number of those that run at the same time on one key: have at most 8 clients a key. Beyond the budget the
/// verdict is [`Unknown`](Verdict::Unknown).
#[derive(Debug, Clone)]
pub struct Checker {
    budget: u64,
}

impl Checker {
    /// A checker with a budget of five million steps for each key.
    pub fn new() -> Self {
        Self { budget: BUDGET }
    }

    /// Sets how many steps the search of one key may take. A step is one attempt to put an operation next.
    #[must_use]
    pub fn budget(mut self, steps: u64) -> Self {
        self.budget = steps;
        self
    }

    /// Checks a history: a violation on any key is the verdict, and otherwise not knowing is.
    pub fn check(&self, history: &History) -> Verdict {
        let mut verdict = Verdict::Linearizable;
        for key in by_key(history) {
            match self.check_key(history, key) {
                Verdict::Linearizable => {}
                Verdict::Violation(violation) => return Verdict::Violation(violation),
                unknown @ Verdict::Unknown { .. } => verdict = unknown,
            }
        }
        verdict
    }

    fn check_key(&self, history: &History, key: KeyHistory<'_>) -> Verdict {
        let mut search = Search::new(key, self.budget);
        match search.run() {
            End::Found => Verdict::Linearizable,
            End::GivenUp => Verdict::Unknown {
                key: KeyName::from(search.key.key),
                steps: self.budget,
            },
            End::Stuck(stuck) => Verdict::Violation(Box::new(explain(history, &search.key, &stuck))),
        }
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

fn explain(history: &History, key: &KeyHistory<'_>, stuck: &Stuck) -> Violation {
    let told = |item: &usize| {
        let operation = &history.operations[key.items[*item].operation];
        let (values, versions) = &key.names;
        line(
            operation,
            |value| values.get(value).copied(),
            |version| versions.get(version).copied(),
        )
    };
    let hidden = stuck.order.len().saturating_sub(SHOWN);
    let ended = key.events[..stuck.place].iter().filter(|event| event.is_end);
    Violation {
        key: KeyName::from(key.key),
        operation: key.items[key.events[stuck.place - 1].item].operation,
        ended: ended.count(),
        total: key.required,
        state: held(stuck.state),
        before: stuck.order[hidden..].iter().map(told).collect(),
        pending: stuck.pending.iter().map(told).collect(),
    }
}

fn held(state: State) -> String {
    let Some(entry) = state else {
        return "the key is absent".to_owned();
    };
    let expiry = entry.expires_at.map(|instant| format!(", which expires at {instant}"));
    format!("the key holds #{}{}", entry.value, expiry.unwrap_or_default())
}
