//! The search itself, over the operations of one key.

use std::collections::HashMap;
use std::mem;

use super::prepare::KeyHistory;
use super::register::State;

/// Where the list of events begins and ends.
const ENDS: usize = 0;

/// How a search ends.
#[derive(Debug)]
pub(super) enum End {
    Found,
    Stuck(Stuck),
    GivenUp,
}

/// The deepest place that any order reaches.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    /// The place of the event that no order gets past: the end of an item. Places begin at 1.
    pub(super) place: usize,
    pub(super) order: Vec<usize>,
    pub(super) state: State,
    /// The items that had begun and are not in the order.
    pub(super) pending: Vec<usize>,
}

/// Puts items in order, one after the other, and takes back the last one where it cannot go on.
///
/// `next` and `previous` link the events of the items that are not in the order yet, so that those before the first end
/// are the ones that may come next.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) key: KeyHistory<'a>,
    next: Vec<usize>,
    previous: Vec<usize>,
    /// The places of the begin and of the end of an item that must take effect.
    places: Vec<(usize, usize)>,
    frames: Vec<Frame>,
    state: State,
    missing: usize,
    /// When the latest item of the order began, and the latest acknowledged write.
    latest: (u64, u64),
    done: Bits,
    /// By what must take effect: the states, each with what else took effect.
    tried: HashMap<Words, Vec<(State, Words)>>,
    budget: u64,
    stuck: Stuck,
}

/// Where to look for the item that comes next: in each way that it may have seen the clock, from some way on.
#[derive(Debug, Clone, Copy)]
enum Candidate {
    /// The item that begins at this place.
    Event(usize, usize),
    /// Before the end at this place: the items that may take effect or not, from this one on.
    Optional(usize, usize, usize),
}

/// What to restore when an item is taken out of the order.
#[derive(Debug)]
struct Frame {
    item: usize,
    /// What to try instead.
    again: Candidate,
    state: State,
    latest: (u64, u64),
    /// Nothing is gained by putting it later.
    settled: bool,
}

/// What became of the attempt to put an item next.
enum Advance {
    Done,
    Refused,
    /// The item could come next at no loss, and from there everything was tried.
    Hopeless,
}

impl<'a> Search<'a> {
    pub(super) fn new(key: KeyHistory<'a>, budget: u64) -> Self {
        let length = key.events.len() + 1;
        let mut places = vec![(0, 0); key.required];
        for (place, event) in (1..).zip(&key.events) {
            let (begin, end) = &mut places[event.item];
            if event.is_end {
                *end = place;
            } else {
                *begin = place;
            }
        }
        Self {
            next: (1..length).chain([ENDS]).collect(),
            previous: [length - 1].into_iter().chain(0..length - 1).collect(),
            places,
            frames: Vec::new(),
            state: None,
            missing: key.required,
            latest: (0, 0),
            done: Bits::new(key.required, key.items.len()),
            tried: HashMap::new(),
            budget,
            stuck: Stuck::default(),
            key,
        }
    }

    pub(super) fn run(&mut self) -> End {
        let mut candidate = Candidate::Event(self.next[ENDS], 0);
        while self.missing > 0 {
            let Some((number, way)) = self.item_at(candidate) else {
                candidate = match candidate {
                    // What must take effect is tried first: most of what was lost is not needed.
                    Candidate::Event(place, _) => Candidate::Optional(place, self.key.required, 0),
                    Candidate::Optional(place, ..) => {
                        self.note_stuck(place);
                        let Some(again) = self.retreat() else {
                            return End::Stuck(mem::take(&mut self.stuck));
                        };
                        again
                    }
                };
                continue;
            };
            if self.budget == 0 {
                return End::GivenUp;
            }
            self.budget -= 1;
            candidate = match (self.advance(number, way, candidate), candidate) {
                (Advance::Done, _) => Candidate::Event(self.next[ENDS], 0),
                (Advance::Refused, Candidate::Event(place, _)) => Candidate::Event(self.next[place], 0),
                (Advance::Refused, Candidate::Optional(place, ..)) => Candidate::Optional(place, number + 1, 0),
                (Advance::Hopeless, _) => match self.retreat() {
                    Some(again) => again,
                    None => return End::Stuck(mem::take(&mut self.stuck)),
                },
            };
        }
        End::Found
    }

    /// The next item to try, from this candidate on.
    fn item_at(&self, candidate: Candidate) -> Option<(usize, usize)> {
        match candidate {
            Candidate::Event(place, way) => {
                let event = self.key.events[place - 1];
                (!event.is_end).then_some((event.item, way))
            }
            Candidate::Optional(place, from, way) => {
                let open = |number: &usize| {
                    let item = &self.key.items[*number];
                    item.opens < place && !item.is_over(self.latest) && !self.done.contains(*number)
                };
                let item = (from..self.key.items.len()).find(open)?;
                Some((item, if item == from { way } else { 0 }))
            }
        }
    }

    /// Puts the item next, in the first way from `way` on in which its answer fits and that was not tried before.
    fn advance(&mut self, number: usize, way: usize, candidate: Candidate) -> Advance {
        let item = &self.key.items[number];
        if item.is_over(self.latest) {
            return Advance::Refused;
        }
        let (step, required) = (item.step, item.required);
        // Without the effect just put, which need not be there, the order is as good.
        if step.overwrites()
            && self
                .frames
                .last()
                .is_some_and(|last| !self.key.items[last.item].required)
        {
            return Advance::Refused;
        }
        for way in way..item.ways() {
            let readings = self.key.items[number].way(way);
            let Some(after) = step.apply(self.state, readings, &self.key.versions) else {
                continue;
            };
            // An effect that may never come is of no use where it changes nothing.
            if !required && after == self.state {
                continue;
            }
            let settled = step.reads() && after == self.state && !self.key.deadlines;
            self.done.insert(number);
            if self.remember(after) {
                let again = match candidate {
                    Candidate::Event(place, _) => Candidate::Event(place, way + 1),
                    Candidate::Optional(place, ..) => Candidate::Optional(place, number, way + 1),
                };
                self.put(number, after, settled, again);
                return Advance::Done;
            }
            self.done.remove(number);
            if settled {
                return Advance::Hopeless;
            }
        }
        Advance::Refused
    }

    fn put(&mut self, number: usize, after: State, settled: bool, again: Candidate) {
        self.frames.push(Frame {
            item: number,
            again,
            state: self.state,
            latest: self.latest,
            settled,
        });
        let item = &self.key.items[number];
        self.latest.0 = self.latest.0.max(item.invoked);
        if item.acknowledged {
            self.latest.1 = self.latest.1.max(item.invoked);
        }
        self.missing -= usize::from(item.required);
        for version in item.step.tells() {
            self.key.versions.told[version as usize] += 1;
        }
        self.state = after;
        if let Some(&(begin, end)) = self.places.get(number) {
            self.unlink(begin);
            self.unlink(end);
        }
    }

    /// Takes back the last item that could come later, and says where to go on.
    fn retreat(&mut self) -> Option<Candidate> {
        loop {
            let frame = self.frames.pop()?;
            if let Some(&(begin, end)) = self.places.get(frame.item) {
                self.link(end);
                self.link(begin);
            }
            let item = &self.key.items[frame.item];
            for version in item.step.tells() {
                self.key.versions.told[version as usize] -= 1;
            }
            self.missing += usize::from(item.required);
            self.done.remove(frame.item);
            (self.state, self.latest) = (frame.state, frame.latest);
            if !frame.settled {
                return Some(frame.again);
            }
        }
    }

    fn unlink(&mut self, place: usize) {
        let (previous, next) = (self.previous[place], self.next[place]);
        self.next[previous] = next;
        self.previous[next] = previous;
    }

    fn link(&mut self, place: usize) {
        let (previous, next) = (self.previous[place], self.next[place]);
        self.next[previous] = place;
        self.previous[next] = place;
    }

    /// Is this state new after the required items that are done? It is not where it was reached with fewer of the
    /// others: what can follow now could follow then.
    fn remember(&mut self, after: State) -> bool {
        let tried = self.tried.entry(self.done.required()).or_default();
        let optional = &self.done.optional;
        let fewer = |known: &[u64]| known.iter().zip(optional).all(|(known, now)| known & !now == 0);
        let new = !tried.iter().any(|(state, known)| *state == after && fewer(known));
        if new {
            tried.push((after, optional.as_slice().into()));
        }
        new
    }

    /// Keeps the first of the deepest places.
    fn note_stuck(&mut self, place: usize) {
        if place <= self.stuck.place {
            return;
        }
        let mut pending = Vec::new();
        let mut open = self.next[ENDS];
        while open != ENDS && open <= place {
            let event = self.key.events[open - 1];
            if !event.is_end {
                pending.push(event.item);
            }
            open = self.next[open];
        }
        let optional = self.key.required..self.key.items.len();
        pending.extend(optional.filter(|item| self.key.items[*item].opens < place && !self.done.contains(*item)));
        self.stuck = Stuck {
            place,
            order: self.frames.iter().map(|frame| frame.item).collect(),
            state: self.state,
            pending,
        };
    }
}

/// A set of items, or a part of one, as bits.
type Words = Box<[u64]>;

/// A set of items. Those that must take effect are done in about the order of time, so that all words before `low` are
/// full, and all after `high` are empty.
#[derive(Debug)]
struct Bits {
    required: Vec<u64>,
    optional: Vec<u64>,
    count: usize,
    low: usize,
    high: usize,
}

impl Bits {
    fn new(required: usize, items: usize) -> Self {
        Self {
            required: vec![0; required / 64 + 1],
            optional: vec![0; (items - required).div_ceil(64)],
            count: required,
            low: 0,
            high: 0,
        }
    }

    fn insert(&mut self, item: usize) {
        let Some(word) = item.checked_sub(self.count) else {
            self.required[item / 64] |= 1 << (item % 64);
            self.high = self.high.max(item / 64);
            while self.required[self.low] == u64::MAX {
                self.low += 1;
            }
            return;
        };
        self.optional[word / 64] |= 1 << (word % 64);
    }

    fn remove(&mut self, item: usize) {
        let Some(word) = item.checked_sub(self.count) else {
            self.required[item / 64] &= !(1 << (item % 64));
            self.low = self.low.min(item / 64);
            while self.high > 0 && self.required[self.high] == 0 {
                self.high -= 1;
            }
            return;
        };
        self.optional[word / 64] &= !(1 << (word % 64));
    }

    fn contains(&self, item: usize) -> bool {
        let (words, bit) = match item.checked_sub(self.count) {
            None => (&self.required, item),
            Some(bit) => (&self.optional, bit),
        };
        words[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// The required items of the set, short.
    fn required(&self) -> Words {
        let words = self.required.get(self.low..=self.high).unwrap_or_default();
        [self.low as u64].iter().chain(words).copied().collect()
    }
}
