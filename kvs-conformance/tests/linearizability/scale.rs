//! Histories of the size that recording gives, and those that are too much for any search.

use kvs_conformance::linearizability::{Answer, Call, Checker, History, Operation, Verdict};

use crate::simulate::Random;

/// Clients that set and get one key without a pause. The index of each value says which set wrote it.
struct Load {
    /// Begin, effect, end, client, and what was set if it was a set.
    operations: Vec<(u64, u64, u64, usize, Option<usize>)>,
}

impl Load {
    fn new(clients: usize, operations: usize) -> Self {
        let mut random = Random(operations as u64);
        let mut free = vec![0; clients];
        let mut done = Vec::new();
        for number in 0..operations {
            let client = (0..clients).min_by_key(|client| free[*client]).unwrap();
            let begin = free[client] + random.below(20);
            let end = begin + 1 + random.below(200);
            let effect = begin + random.below(end - begin);
            free[client] = end + 1;
            done.push((begin, effect, end, client, (random.below(2) == 0).then_some(number)));
        }
        done.sort_unstable_by_key(|operation| operation.1);
        Self { operations: done }
    }

    /// Its history, in which each set may have taken effect twice.
    fn repeated(&self) -> History {
        let (once, _) = self.history(None);
        let mut twice = History::default();
        for (operation, (_, _, end, ..)) in once.operations().iter().zip(&self.operations) {
            let operation = operation.clone();
            let repeated = match operation.call() {
                Call::Set { .. } => operation.repeats_until(*end),
                _ => operation,
            };
            twice.push(repeated).unwrap();
        }
        twice
    }

    /// Its history, where the get in the place `stale` answers what was set two hundred operations before it.
    fn history(&self, stale: Option<usize>) -> (History, Option<usize>) {
        let (mut history, mut planted) = (History::default(), None);
        let (mut last, mut sets) = (None, Vec::new());
        for (place, (begin, _, end, client, set)) in self.operations.iter().enumerate() {
            let (call, answer) = match set {
                Some(set) => {
                    last = Some(*set);
                    sets.push(*set);
                    (Call::set(set.to_string()), Answer::Done)
                }
                None if planted.is_none() && stale.is_some_and(|stale| place >= stale) => {
                    planted = Some(place);
                    (Call::Get, Answer::Value(sets[sets.len() - 100].to_string().into()))
                }
                None => (
                    Call::Get,
                    last.map_or(Answer::Absent, |last| Answer::Value(last.to_string().into())),
                ),
            };
            let operation = Operation::answered(*client, "key", *begin..=*end, call, answer);
            history.push(operation).unwrap();
        }
        (history, planted)
    }
}

#[test]
fn two_thousand_operations_of_eight_clients_are_linearizable() {
    let (history, _) = Load::new(8, 2_000).history(None);
    let verdict = Checker::new().check(&history);
    assert!(verdict.is_linearizable(), "{verdict}");
}

#[test]
fn sets_that_may_have_taken_effect_twice_cost_little() {
    let verdict = Checker::new().check(&Load::new(6, 1_000).repeated());
    assert!(verdict.is_linearizable(), "{verdict}");
}

#[test]
fn a_stale_read_among_two_thousand_operations_is_found() {
    for stale in [250, 1_000, 1_900] {
        let (history, planted) = Load::new(8, 2_000).history(Some(stale));
        let verdict = Checker::new().check(&history);
        let Verdict::Violation(violation) = verdict else {
            panic!("{verdict}");
        };
        assert_eq!(Some(violation.operation()), planted, "{violation}");
        assert!(violation.to_string().len() < 3_000, "{violation}");
    }
}

#[test]
fn beyond_the_budget_nothing_is_known() {
    // Sixteen writes at once, of which each may be the last, over and over; and at the end a value that nobody wrote.
    let mut history = History::default();
    for round in 0..20 {
        for client in 0..16 {
            let set = Call::set(format!("{client}-{round}"));
            let span = round * 10..=round * 10 + 9;
            history
                .push(Operation::answered(client, "key", span, set, Answer::Done))
                .unwrap();
        }
    }
    let get = Operation::answered(0, "key", 500..=501, Call::Get, Answer::Value("none of them".into()));
    history.push(get).unwrap();
    let verdict = Checker::new().budget(20_000).check(&history);
    assert!(matches!(verdict, Verdict::Unknown { steps: 20_000, .. }), "{verdict}");
    assert!(!verdict.is_linearizable());
    assert!(verdict.into_outcome().unwrap_err().message().starts_with("unknown"));
}

#[test]
fn a_violation_on_one_key_counts_more_than_not_knowing_another() {
    let mut history = History::default();
    for (key, count) in [("a", 12), ("b", 1)] {
        for client in 0..count {
            let set = Call::set(client.to_string());
            history
                .push(Operation::answered(client, key, 0..=1, set, Answer::Done))
                .unwrap();
        }
        let get = Operation::answered(0, key, 2..=3, Call::Get, Answer::Value("none of them".into()));
        history.push(get).unwrap();
    }
    let verdict = Checker::new().budget(100).check(&history);
    assert!(
        matches!(&verdict, Verdict::Violation(violation) if violation.operation() == 14),
        "{verdict}"
    );
}
