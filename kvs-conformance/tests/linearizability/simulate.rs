//! Random histories of a store that does one operation after the other, and what a broken one might have answered.

use std::time::Duration;

use kvs_core::Ttl;

use crate::model::{Held, perform, writes};
use crate::notation::{Line, Reply, START, Verb};

/// Random numbers that are the same in every run (splitmix).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

/// What a history is made of.
#[derive(Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) operations: u64,
    /// Versions that are read, expiry with moves of the clock, lost answers, repeated effects.
    pub(crate) rich: bool,
}

/// An effect, at an instant.
struct Effect {
    at: u64,
    /// When it reads the clock.
    reads_at: u64,
    line: usize,
    answers: bool,
}

/// A history that is linearizable, because it was made in an order.
pub(crate) fn good(random: &mut Random, recipe: Recipe) -> Vec<Line> {
    let mut lines = clock_moves(random, recipe);
    let moves = lines.len();
    let mut effects = Vec::new();
    for number in moves..moves + usize::try_from(recipe.operations).unwrap() {
        let line = operation(random, recipe);
        effects.extend(plan(random, recipe, number, &line));
        lines.push(line);
    }
    effects.sort_by_key(|effect| effect.at);
    let (mut held, mut next, mut told) = (None, 1, vec![(0, 250)]);
    for effect in effects {
        let now = shown(&lines[..moves], effect.reads_at);
        let line = &mut lines[effect.line];
        aim(random, line, &told);
        let version = if writes(&line.verb) { next } else { 0 };
        let before: Option<Held> = held.clone();
        let reply = perform(&mut held, &line.verb, line.ttl, version, now, now);
        next += u8::from(held != before && version == next);
        if effect.answers {
            line.reply = reply;
            if let Reply::Wrote(version) | Reply::Versioned(_, version, _) = line.reply {
                told.push((line.end, version));
            }
        }
    }
    // What was never answered is in the history if its answer was lost; there, an aim is still to be taken.
    for line in &mut lines[moves..] {
        aim(random, line, &told);
    }
    lines
}

/// Another answer, or another time, for one of the operations.
pub(crate) fn tamper(random: &mut Random, lines: &mut Vec<Line>) {
    let (line, other) = (random.index(lines.len()), random.index(lines.len()));
    if random.one_in(4) {
        let (begin, end) = (lines[other].begin, lines[other].end);
        if !matches!(lines[line].verb, Verb::Clock(_)) && lines[line].again.is_none() {
            (lines[line].begin, lines[line].end) = (begin, end);
        }
        return;
    }
    let reply = &lines[line].reply;
    let value = ["a", "b", "c", "d"][random.index(4)].to_owned();
    lines[line].reply = match (&lines[line].verb, reply) {
        (_, Reply::Lost) | (Verb::Clock(_), _) | (Verb::Nx(_) | Verb::Cas(..) | Verb::Cad(_), Reply::No) => return,
        (Verb::Get | Verb::Take, Reply::Absent) => Reply::Value(value),
        (Verb::Getv, Reply::Versioned(seen, version, _)) if random.one_in(2) => {
            Reply::Versioned(seen.clone(), *version, None)
        }
        (Verb::Getv, Reply::Versioned(_, version, expiry)) => Reply::Versioned(value, *version, *expiry),
        (Verb::Get | Verb::Take, _) if random.one_in(2) => Reply::Value(value),
        (Verb::Get | Verb::Getv | Verb::Take | Verb::Touch, _) => Reply::Absent,
        (Verb::Nx(_) | Verb::Cas(..) | Verb::Cad(_), _) => Reply::No,
        (Verb::Set(_) | Verb::Del, _) => {
            lines.remove(line);
            return;
        }
    };
}

/// Is every version that a client expects one that some operation told before? Others cannot be guessed.
pub(crate) fn versions_are_known(lines: &[Line]) -> bool {
    lines.iter().all(|line| match line.verb {
        Verb::Cas(expected, _) | Verb::Cad(expected) if expected != 250 || line.reply == Reply::Lost => {
            lines.iter().any(|other| {
                let told = match other.reply {
                    Reply::Wrote(version) | Reply::Versioned(_, version, _) => version == expected,
                    _ => false,
                };
                told && other.end < line.begin
            })
        }
        _ => true,
    })
}

fn clock_moves(random: &mut Random, recipe: Recipe) -> Vec<Line> {
    let count = if recipe.rich { random.below(3) } else { 0 };
    let mut instants: Vec<u64> = (0..count).map(|_| random.below(4 * recipe.operations)).collect();
    instants.sort_unstable();
    let moves = (1..).zip(instants);
    moves
        .map(|(number, at)| Line {
            begin: at,
            end: at,
            verb: Verb::Clock(START + 10 * number),
            ttl: Ttl::Never,
            reply: Reply::Done,
            late: false,
            again: None,
        })
        .collect()
}

fn operation(random: &mut Random, recipe: Recipe) -> Line {
    let begin = random.below(4 * recipe.operations);
    let value = ["a", "b", "c", "d"][random.index(4)].to_owned();
    let verb = match random.below(12) {
        0..=2 => Verb::Get,
        3 | 4 => Verb::Set(value),
        5 => Verb::Del,
        6 => Verb::Nx(value),
        7 => Verb::Cas(0, value),
        8 => Verb::Cad(0),
        9 => Verb::Take,
        10 => Verb::Touch,
        _ if recipe.rich => Verb::Getv,
        _ => Verb::Get,
    };
    let ttl = match random.below(6) {
        0 => Ttl::After(Duration::from_millis(10)),
        1 => Ttl::After(Duration::from_millis(15)),
        2 => Ttl::Keep,
        _ => Ttl::Never,
    };
    let repeatable = matches!(verb, Verb::Set(_) | Verb::Del);
    let end = begin + 1 + random.below(8);
    Line {
        begin,
        end,
        ttl: if recipe.rich { ttl } else { Ttl::Never },
        again: (recipe.rich && repeatable && random.one_in(4)).then_some(if random.one_in(2) { end } else { u64::MAX }),
        late: false,
        verb,
        reply: Reply::Lost,
    }
}

/// When the operation takes effect: once, never, or twice.
fn plan(random: &mut Random, recipe: Recipe, line: usize, operation: &Line) -> Vec<Effect> {
    let mut effect = |until: u64, answers| {
        let mut within = || operation.begin + random.below(until - operation.begin + 1);
        let (one, other) = (within(), within());
        Effect {
            at: one.max(other),
            reads_at: one.min(other),
            line,
            answers,
        }
    };
    let first = effect(operation.end, true);
    let again = operation.again.map(|until| effect(until.min(operation.end + 9), false));
    let lost = recipe.rich && random.one_in(6);
    let mut effects: Vec<Effect> = again.filter(|_| random.one_in(2)).into_iter().collect();
    if !lost {
        effects.push(first);
    } else if random.one_in(2) {
        effects.push(Effect {
            answers: false,
            ..first
        });
    }
    effects
}

/// Lets a conditional write expect a version that was told before it began, if there is one.
fn aim(random: &mut Random, line: &mut Line, told: &[(u64, u8)]) {
    if let Verb::Cas(expected, _) | Verb::Cad(expected) = &mut line.verb
        && *expected == 0
    {
        let known: Vec<u8> = told
            .iter()
            .filter(|(at, _)| *at < line.begin)
            .map(|(_, version)| *version)
            .collect();
        *expected = match known.last() {
            Some(last) if !random.one_in(4) => *last,
            Some(_) => known[random.index(known.len())],
            None => 250,
        };
    }
}

fn shown(moves: &[Line], at: u64) -> i64 {
    let last = moves.iter().rev().find(|step| step.begin <= at);
    last.map_or(START, |step| match step.verb {
        Verb::Clock(now) => now,
        _ => START,
    })
}
