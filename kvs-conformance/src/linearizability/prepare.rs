//! A history as the search wants it: key by key, values and versions as numbers, events in the order of time.

use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};
use std::hash::Hash;

use kvs_core::{Timestamp, Version};

use super::history::{Answer, Call, History, Operation};
use super::register::{Condition, Effect, Readings, Step, Versions};

/// The operations on one key.
#[derive(Debug)]
pub(super) struct KeyHistory<'a> {
    pub(super) key: &'a str,
    /// First those that must take effect.
    pub(super) items: Vec<Item>,
    /// The begins and ends of these, in the order of time.
    pub(super) events: Vec<Event>,
    pub(super) versions: Versions,
    /// The numbers of the values and of the versions.
    pub(super) names: (HashMap<&'a [u8], u32>, HashMap<Version, u32>),
    /// How many items must take effect.
    pub(super) required: usize,
    /// Does one of them have to take effect before some instant, or not at all?
    pub(super) deadlines: bool,
}

/// An effect for which the search finds a place: that of an operation, or its repetition.
#[derive(Debug)]
pub(super) struct Item {
    /// The index of the operation in the history.
    pub(super) operation: usize,
    pub(super) step: Step,
    pub(super) invoked: u64,
    /// Is it a write that was acknowledged?
    pub(super) acknowledged: bool,
    /// Must it take effect?
    pub(super) required: bool,
    /// How many events come before its begin.
    pub(super) opens: usize,
    /// Comes before every operation that begins later.
    pub(super) until: u64,
    /// Comes before every acknowledged write that begins later.
    pub(super) settled: u64,
    readings: Vec<Timestamp>,
}

/// The begin or the end of an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) item: usize,
    pub(super) is_end: bool,
}

impl Item {
    /// Is it too late for it, once an item and an acknowledged write that began at these instants are done?
    pub(super) fn is_over(&self, latest: (u64, u64)) -> bool {
        latest.0 > self.until || latest.1 > self.settled
    }

    /// In how many ways it may have seen the clock.
    pub(super) fn ways(&self) -> usize {
        let entry = if self.readings.len() > 1 { 2 } else { 1 };
        let own = if self.step.counts_from_now() {
            self.readings.len()
        } else {
            1
        };
        entry * own
    }

    /// One of these ways. An entry is live at none, some or all readings, so that the first and the last say it all.
    pub(super) fn way(&self, number: usize) -> Readings {
        let last = self.readings.len() - 1;
        if last == 0 {
            return Readings {
                entry: self.readings[0],
                own: self.readings[0],
            };
        }
        Readings {
            entry: self.readings[if number.is_multiple_of(2) { 0 } else { last }],
            own: self.readings[number / 2],
        }
    }
}

/// The histories of the keys, in the order of the keys.
pub(super) fn by_key(history: &History) -> Vec<KeyHistory<'_>> {
    let mut keys: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, operation) in history.operations.iter().enumerate() {
        keys.entry(&operation.key).or_default().push(number);
    }
    let keys = keys.into_iter();
    keys.map(|(key, operations)| prepare(history, key, &operations))
        .collect()
}

fn prepare<'a>(history: &'a History, key: &'a str, operations: &[usize]) -> KeyHistory<'a> {
    let (mut values, mut versions) = (Numbers::default(), Numbers::default());
    let (mut required, mut optional) = (Vec::new(), Vec::new());
    for &number in operations {
        let operation = &history.operations[number];
        let Some(step) = step(operation, &mut values, &mut versions) else {
            continue;
        };
        let item = item(history, number, step);
        if let Some(until) = operation.repeats {
            optional.push(repetition(history, number, step, until));
        }
        if item.required { &mut required } else { &mut optional }.push(item);
    }
    // The search keeps sets of items as bits: those that happen at about the same time should lie together.
    required.sort_by_key(|item| item.invoked);
    let count = required.len();
    let mut items: Vec<Item> = required.into_iter().chain(optional).collect();
    let events = events(history, &mut items);
    let mut answered = vec![false; versions.0.len()];
    for item in &items {
        if let Effect::Write(_, _, Some(version)) = item.step.effect {
            answered[version as usize] = true;
        }
    }
    KeyHistory {
        key,
        events,
        deadlines: items.iter().any(|item| !item.required && item.until < u64::MAX),
        versions: Versions {
            told: vec![0; answered.len()],
            answered,
        },
        items,
        names: (values.0, versions.0),
        required: count,
    }
}

fn item(history: &History, number: usize, step: Step) -> Item {
    let operation = &history.operations[number];
    let (begin, end) = (*operation.span.start(), *operation.span.end());
    let required = operation.answer.is_some();
    Item {
        operation: number,
        step,
        invoked: begin,
        acknowledged: required && !step.reads(),
        required,
        opens: 0,
        until: u64::MAX,
        settled: if required || operation.late { u64::MAX } else { end },
        readings: readings(history, begin, if required { end } else { u64::MAX }),
    }
}

fn repetition(history: &History, number: usize, step: Step, until: u64) -> Item {
    let begin = *history.operations[number].span.start();
    Item {
        acknowledged: false,
        required: false,
        until,
        settled: u64::MAX,
        readings: readings(history, begin, until),
        ..item(history, number, step)
    }
}

/// All that the clock may have shown between two instants.
fn readings(history: &History, begin: u64, end: u64) -> Vec<Timestamp> {
    let shown_from = [0]
        .into_iter()
        .chain(history.moves.iter().map(|step| *step.span.start()));
    let shown_until = history.moves.iter().map(|step| *step.span.end()).chain([u64::MAX]);
    let shown = [history.start]
        .into_iter()
        .chain(history.moves.iter().map(|step| step.now));
    let mut readings: Vec<Timestamp> = (shown_from.zip(shown_until))
        .zip(shown)
        .filter(|((from, until), _)| *from <= end && begin <= *until)
        .map(|(_, shown)| shown)
        .collect();
    readings.dedup();
    readings
}

/// The events of the items that must take effect, and where among them the others begin. Begins come before ends where
/// instants are the same: such operations are simultaneous.
fn events(history: &History, items: &mut [Item]) -> Vec<Event> {
    let required = || items.iter().enumerate().filter(|(_, item)| item.required);
    let begins = required().map(|(number, item)| (item.invoked, false, number));
    let ends = required().map(|(number, item)| (*history.operations[item.operation].span.end(), true, number));
    let mut events: Vec<_> = begins.chain(ends).collect();
    events.sort_unstable();
    for item in items.iter_mut() {
        item.opens = events.partition_point(|(at, is_end, _)| (*at, *is_end) < (item.invoked, true));
    }
    let events = events.into_iter();
    events.map(|(_, is_end, item)| Event { item, is_end }).collect()
}

/// Equal things have equal numbers.
#[derive(Debug)]
struct Numbers<T>(HashMap<T, u32>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + Hash> Numbers<T> {
    fn of(&mut self, thing: T) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        match self.0.entry(thing) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => *free.insert(next),
        }
    }
}

/// What the operation asks and does; `None` if its answer was lost and it changes nothing in any case.
fn step<'a>(operation: &'a Operation, values: &mut Numbers<&'a [u8]>, versions: &mut Numbers<Version>) -> Option<Step> {
    let value = operation.call.value().map(|value| values.of(value));
    let answer = operation.answer.as_ref();
    let given = match answer {
        Some(Answer::Written(version)) => Some(versions.of(*version)),
        _ => None,
    };
    let (condition, effect) = match (&operation.call, answer) {
        (Call::Set { ttl, .. }, _) => (Condition::Anything, Effect::Write(value, *ttl, None)),
        (Call::Delete, _) => (Condition::Anything, Effect::Remove),
        (Call::Take, Some(Answer::Value(seen))) => (Condition::Value(values.of(seen)), Effect::Remove),
        (_, Some(Answer::Value(seen))) => (Condition::Value(values.of(seen)), Effect::Nothing),
        (_, Some(Answer::Versioned(seen))) => {
            let (value, version) = (values.of(&seen.value), versions.of(seen.version));
            (Condition::Exactly(value, version, seen.expires_at), Effect::Nothing)
        }
        (_, Some(Answer::Absent)) => (Condition::Absent, Effect::Nothing),
        (Call::SetIfAbsent { .. }, Some(Answer::Conflict)) => (Condition::Present, Effect::Nothing),
        (Call::SetIfAbsent { ttl, .. }, _) => (Condition::Absent, Effect::Write(value, *ttl, given)),
        (Call::CompareAndSet { expected, .. } | Call::CompareAndDelete { expected }, Some(Answer::Conflict)) => {
            (Condition::NotVersion(versions.of(*expected)), Effect::Nothing)
        }
        (Call::CompareAndSet { expected, ttl, .. }, _) => (
            Condition::Version(versions.of(*expected)),
            Effect::Write(value, *ttl, given),
        ),
        (Call::CompareAndDelete { expected }, _) => (Condition::Version(versions.of(*expected)), Effect::Remove),
        (Call::Take, _) => (Condition::Present, Effect::Remove),
        (Call::Touch { ttl }, _) => (Condition::Present, Effect::Write(None, *ttl, given)),
        (Call::Get | Call::GetVersioned, _) => return None,
    };
    Some(Step { condition, effect })
}
