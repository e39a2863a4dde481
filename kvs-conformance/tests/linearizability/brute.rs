//! A checker that tries everything: every order, every version of a write that was not told, every reading of the clock.

use std::collections::BTreeSet;

use crate::model::{Held, perform, writes};
use crate::notation::{Line, Reply, START, Verb};

/// Is there an order that explains every answer? For a handful of operations only.
pub(crate) fn linearizable(lines: &[Line]) -> bool {
    let (moves, operations): (Vec<_>, Vec<_>) = lines.iter().cloned().partition(|line| clock(line).is_some());
    let repeated = operations.iter().filter_map(|line| {
        let again = Line {
            reply: Reply::Lost,
            late: true,
            again: None,
            end: line.again?,
            ..line.clone()
        };
        // Its end is a limit, not the end of an operation.
        Some((again, true))
    });
    let repeated: Vec<_> = repeated.collect();
    let mut items: Vec<_> = operations.into_iter().map(|line| (line, false)).collect();
    items.extend(repeated);
    let told = items.iter().filter_map(|(line, _)| told(line)).collect();
    let attempt = Attempt { items, moves, told };
    attempt.place(&mut Vec::new(), None, &mut BTreeSet::new())
}

struct Attempt {
    items: Vec<(Line, bool)>,
    moves: Vec<Line>,
    told: BTreeSet<u8>,
}

impl Attempt {
    /// Is there a way to go on from these placed items, with the key in this state and these versions used?
    fn place(&self, placed: &mut Vec<usize>, held: Option<&Held>, used: &mut BTreeSet<u8>) -> bool {
        let open = (0..self.items.len()).filter(|item| !placed.contains(item));
        let open: Vec<_> = open.collect();
        if open.iter().all(|item| self.items[*item].0.reply == Reply::Lost) {
            return true;
        }
        let mut open = open.into_iter();
        open.any(|item| self.may_come_next(item, placed) && self.place_item(item, placed, held, used))
    }

    fn place_item(&self, item: usize, placed: &mut Vec<usize>, held: Option<&Held>, used: &mut BTreeSet<u8>) -> bool {
        let line = &self.items[item].0;
        placed.push(item);
        let mut found = false;
        for (sees, now) in self.readings(item) {
            for version in self.versions(line, used) {
                let mut after = held.cloned();
                let reply = perform(&mut after, &line.verb, line.ttl, version, sees, now);
                if line.reply != Reply::Lost && line.reply != reply {
                    continue;
                }
                let new = after.as_ref() != held && writes(&line.verb) && used.insert(version);
                found = found || self.place(placed, after.as_ref(), used);
                if new {
                    used.remove(&version);
                }
            }
        }
        placed.pop();
        found
    }

    fn may_come_next(&self, item: usize, placed: &[usize]) -> bool {
        let (line, repetition) = &self.items[item];
        let overdue = (0..self.items.len())
            .filter(|other| *other != item && !placed.contains(other))
            .map(|other| &self.items[other].0)
            .any(|other| other.reply != Reply::Lost && other.end < line.begin);
        let too_late = placed.iter().map(|other| &self.items[*other].0).any(|other| {
            let later = other.begin > line.end;
            let settles = *repetition || (line.reply == Reply::Lost && !line.late && acknowledged(other));
            later && settles
        });
        !overdue && !too_late
    }

    /// The versions that a write may have been given.
    fn versions(&self, line: &Line, used: &BTreeSet<u8>) -> Vec<u8> {
        match line.reply {
            _ if !writes(&line.verb) => vec![0],
            Reply::Wrote(version) if used.contains(&version) => Vec::new(),
            Reply::Wrote(version) => vec![version],
            Reply::Done | Reply::Lost => {
                let fresh = 200 + u8::try_from(used.len()).unwrap();
                self.told.difference(used).copied().chain([fresh]).collect()
            }
            // Nothing is written.
            _ => vec![0],
        }
    }

    fn readings(&self, item: usize) -> Vec<(i64, i64)> {
        let (line, repetition) = &self.items[item];
        let end = if line.reply == Reply::Lost && !repetition {
            u64::MAX
        } else {
            line.end
        };
        let mut shown = Vec::new();
        let (mut now, mut since) = (START, 0);
        for step in &self.moves {
            if since <= end && line.begin <= step.end {
                shown.push(now);
            }
            (now, since) = (clock(step).unwrap(), step.begin);
        }
        if since <= end {
            shown.push(now);
        }
        shown
            .iter()
            .flat_map(|sees| shown.iter().map(|now| (*sees, *now)))
            .collect()
    }
}

fn clock(line: &Line) -> Option<i64> {
    match line.verb {
        Verb::Clock(now) => Some(now),
        _ => None,
    }
}

fn acknowledged(line: &Line) -> bool {
    match line.verb {
        Verb::Take => matches!(line.reply, Reply::Value(_)),
        _ => matches!(line.reply, Reply::Done | Reply::Wrote(_)),
    }
}

fn told(line: &Line) -> Option<u8> {
    match line.reply {
        Reply::Versioned(_, version, _) | Reply::Wrote(version) => Some(version),
        _ => None,
    }
}
