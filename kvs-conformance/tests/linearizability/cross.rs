//! Random small histories: the checker agrees with one that tries everything, and with another author's.

use kvs_conformance::linearizability::Checker;
use todc_utils::linearizability::WGLChecker;
use todc_utils::linearizability::history::{Action, History};
use todc_utils::specifications::Specification;

use crate::brute;
use crate::model::{Held, perform};
use crate::notation::{Line, Reply, Verb, history};
use crate::simulate::{Random, Recipe, good, tamper, versions_are_known};

/// The verdict of the checker, which small histories always get.
fn verdict(lines: &[Line]) -> bool {
    let verdict = Checker::new().check(&history(lines));
    let text = verdict.to_string();
    assert!(!text.starts_with("unknown"), "{text}: {lines:#?}");
    verdict.is_linearizable()
}

/// How many histories had a verdict of each kind: linearizable, violation.
#[derive(Debug, Default)]
struct Tally(u32, u32);

impl Tally {
    fn count(&mut self, linearizable: bool) {
        *(if linearizable { &mut self.0 } else { &mut self.1 }) += 1;
    }

    /// Agreement says something only if both verdicts are common.
    fn is_telling(&self) -> bool {
        self.0.min(self.1) * 5 > self.0 + self.1
    }
}

#[test]
fn what_was_made_in_an_order_is_linearizable() {
    for seed in 0..3_000 {
        let mut random = Random(seed);
        let recipe = Recipe {
            operations: 4 + random.below(30),
            rich: seed % 2 == 0,
        };
        let lines = good(&mut random, recipe);
        let verdict = Checker::new().check(&history(&lines));
        assert!(verdict.is_linearizable(), "seed {seed}: {verdict}\n{lines:#?}");
    }
}

#[test]
fn a_checker_that_tries_everything_agrees() {
    let mut tally = Tally::default();
    for seed in 0..6_000 {
        let mut random = Random(seed);
        let recipe = Recipe {
            operations: 2 + random.below(4),
            rich: seed % 4 != 0,
        };
        let mut lines = good(&mut random, recipe);
        for _ in 0..random.below(3) {
            tamper(&mut random, &mut lines);
        }
        if !versions_are_known(&lines) {
            continue;
        }
        let expected = brute::linearizable(&lines);
        assert_eq!(verdict(&lines), expected, "seed {seed}: {lines:#?}");
        tally.count(expected);
    }
    assert!(tally.is_telling(), "{tally:?}");
}

/// One key, for the other checker: only what its answer decides, since it knows neither lost answers nor choices.
struct Key;

impl Specification for Key {
    type State = Option<Held>;
    type Operation = Line;

    fn init() -> Self::State {
        None
    }

    fn apply(line: &Line, state: &Self::State) -> (bool, Self::State) {
        let mut after = state.clone();
        let version = match line.reply {
            Reply::Wrote(version) => version,
            _ => 0,
        };
        let reply = perform(&mut after, &line.verb, line.ttl, version, 0, 0);
        let fits = reply == line.reply;
        (fits, if fits { after } else { state.clone() })
    }
}

fn other_verdict(lines: &[Line]) -> bool {
    let begins = lines.iter().enumerate().map(|(client, line)| (line.begin, 0, client));
    let ends = lines.iter().enumerate().map(|(client, line)| (line.end, 1, client));
    let mut events: Vec<_> = begins.chain(ends).collect();
    events.sort_unstable();
    let action = |(_, end, client): (u64, u32, usize)| {
        let line = lines[client].clone();
        (
            client,
            if end == 0 {
                Action::Call(line)
            } else {
                Action::Response(line)
            },
        )
    };
    WGLChecker::<Key>::is_linearizable(History::from_actions(events.into_iter().map(action).collect()))
}

#[test]
fn the_checker_of_another_author_agrees() {
    let mut tally = Tally::default();
    for seed in 0..3_000 {
        let mut random = Random(seed);
        let recipe = Recipe {
            operations: 4 + random.below(20),
            rich: false,
        };
        let mut lines = good(&mut random, recipe);
        for _ in 0..random.below(3) {
            tamper(&mut random, &mut lines);
        }
        let told = lines
            .iter()
            .all(|line| !matches!(line.verb, Verb::Getv) && line.reply != Reply::Lost);
        if lines.is_empty() || !told || !versions_are_known(&lines) {
            continue;
        }
        let expected = other_verdict(&lines);
        assert_eq!(verdict(&lines), expected, "seed {seed}: {lines:#?}");
        tally.count(expected);
    }
    assert!(tally.is_telling(), "{tally:?}");
}
