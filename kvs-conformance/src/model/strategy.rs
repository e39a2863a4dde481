//! Random operations: few keys, so that they meet, and hostile ones.

use kvs_core::{Bytes, Timestamp, Traits, Ttl};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};

use super::op::{Of, Op, Step, Walk};
use super::strategy_documents::documents;

/// Where the clock of a site begins: 2020-01-01T00:00:00Z.
const START: i64 = 1_577_836_800_000;

/// The most operations of a sequence.
const LENGTH: usize = 100;

/// The operations of a sequence, on the traits that every store in the race has: of all of them at once, or of one,
/// so that its operations meet more often.
pub(super) fn sequence(traits: Traits) -> impl Strategy<Value = Vec<Op>> {
    let each = [
        (traits.listable, listing as fn() -> Choices),
        (traits.atomic, atomic),
        (traits.documents, documents),
    ];
    let declared: Vec<_> = each
        .into_iter()
        .filter(|(declared, _)| *declared)
        .map(|(_, choices)| choices)
        .collect();
    let all = plain()
        .into_iter()
        .chain(declared.iter().flat_map(|choices| choices()))
        .collect();
    let alone = declared
        .iter()
        .map(|choices| choices().into_iter().chain(plain_few()).collect());
    let kinds = [all].into_iter().chain(alone);
    Union::new(kinds.map(|choices: Choices| vec(Union::new_weighted(choices), 1..LENGTH).boxed()))
}

type Choices = Vec<(u32, BoxedStrategy<Op>)>;

/// What a sequence on one trait needs beside it: something to work on, and time.
fn plain_few() -> Choices {
    vec![
        (
            4,
            (key(), value(), ttl())
                .prop_map(|(key, value, ttl)| Op::Set(key, value, ttl))
                .boxed(),
        ),
        (4, select(vec![1, 1, 2, 3, 10, 60_000]).prop_map(Op::Advance).boxed()),
    ]
}

fn plain() -> Choices {
    let entry = (key(), value(), ttl());
    let batch = vec(entry, 0..6).prop_map(Op::SetMany);
    vec![
        (6, key().prop_map(Op::Get).boxed()),
        (2, key().prop_map(Op::Contains).boxed()),
        (
            8,
            (key(), value(), ttl())
                .prop_map(|(key, value, ttl)| Op::Set(key, value, ttl))
                .boxed(),
        ),
        (3, key().prop_map(Op::Delete).boxed()),
        (2, vec(key(), 0..6).prop_map(Op::GetMany).boxed()),
        (2, batch.boxed()),
        (1, vec(key(), 0..4).prop_map(Op::DeleteMany).boxed()),
        (2, Just(Op::Sweep).boxed()),
        (6, select(vec![1, 1, 2, 3, 10, 60_000]).prop_map(Op::Advance).boxed()),
    ]
}

fn listing() -> Choices {
    let limit = select(vec![1, 1, 2, 3, 5, 1_000, usize::MAX, 0]);
    let walk = (prefix(), option::of(after()), limit, any::<bool>(), any::<bool>());
    let walk = walk.prop_map(|(prefix, after, limit, reverse, values)| {
        Op::Walk(Walk {
            prefix,
            after,
            limit,
            reverse,
            values,
        })
    });
    vec![
        (5, walk.boxed()),
        (2, prefix().prop_map(Op::List).boxed()),
        (1, prefix().prop_map(Op::DeletePrefix).boxed()),
    ]
}

fn atomic() -> Choices {
    let write = || (key(), value(), ttl());
    let swap = (key(), of(), value(), ttl());
    let suffix = option::weighted(0.9, value());
    vec![
        (5, key().prop_map(Op::GetVersioned).boxed()),
        (
            3,
            write()
                .prop_map(|(key, value, ttl)| Op::SetIfAbsent(key, value, ttl))
                .boxed(),
        ),
        (
            4,
            swap.prop_map(|(key, of, value, ttl)| Op::CompareAndSet(key, of, value, ttl))
                .boxed(),
        ),
        (
            2,
            (key(), of())
                .prop_map(|(key, of)| Op::CompareAndDelete(key, of))
                .boxed(),
        ),
        (2, key().prop_map(Op::Take).boxed()),
        (3, (key(), ttl()).prop_map(|(key, ttl)| Op::Touch(key, ttl)).boxed()),
        (
            2,
            (key(), suffix)
                .prop_map(|(key, suffix)| Op::Update(key, suffix))
                .boxed(),
        ),
        (
            3,
            (key(), select(vec![1, -1, 41, i64::MAX, i64::MIN]))
                .prop_map(|(key, by)| Op::Increment(key, by))
                .boxed(),
        ),
        (6, vec(step(), 0..6).prop_map(Op::Commit).boxed()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    Union::new_weighted(vec![
        (2, key().prop_map(Step::Absent).boxed()),
        (2, key().prop_map(Step::Exists).boxed()),
        (2, (key(), of()).prop_map(|(key, of)| Step::Version(key, of)).boxed()),
        (
            5,
            (key(), value(), ttl())
                .prop_map(|(key, value, ttl)| Step::Set(key, value, ttl))
                .boxed(),
        ),
        (2, key().prop_map(Step::Delete).boxed()),
        (2, (key(), ttl()).prop_map(|(key, ttl)| Step::Touch(key, ttl)).boxed()),
    ])
}

pub(super) fn of() -> impl Strategy<Value = Of> {
    Union::new_weighted(vec![
        (6, Just(Of::Current).boxed()),
        (2, (0_usize..3).prop_map(Of::Earlier).boxed()),
        (1, Just(Of::Foreign).boxed()),
    ])
}

/// Keys that are prefixes of each other, or alike to a store that interprets them; rarely an invalid one.
pub(super) fn key() -> impl Strategy<Value = String> {
    // The first three so often that one key is written, kept and read within a sequence.
    let hot = select(vec!["a", "a\0", "A"]);
    let valid = select(vec!["a_", "a%", "ab", "é", "e\u{301}", "😀", "\u{10ffff}"]);
    let invalid = select(vec![String::new(), "k".repeat(1_025)]);
    let longest = Just("é".repeat(512));
    Union::new_weighted(vec![
        (80, hot.prop_map(str::to_owned).boxed()),
        (40, valid.prop_map(str::to_owned).boxed()),
        (2, longest.boxed()),
        (1, invalid.boxed()),
    ])
}

fn prefix() -> impl Strategy<Value = String> {
    let prefixes = select(vec!["", "", "a", "a\0", "a_", "a%", "A", "é", "\u{10ffff}", "b", "_"]);
    Union::new_weighted(vec![
        (20, prefixes.prop_map(str::to_owned).boxed()),
        (1, Just("é".repeat(600)).boxed()),
    ])
}

pub(super) fn after() -> impl Strategy<Value = String> {
    let others = select(vec!["", "a", "aa", "a\0\0", "b", "zz", "\u{10ffff}\u{10ffff}"]);
    Union::new_weighted(vec![
        (3, key().boxed()),
        (3, others.prop_map(str::to_owned).boxed()),
        (1, Just("é".repeat(700)).boxed()),
    ])
}

fn value() -> impl Strategy<Value = Bytes> {
    let texts = select(vec!["", "1", "-7", "x", "9223372036854775807", "null"]);
    let bytes = vec(any::<u8>(), 0..24).prop_map(Bytes::from);
    Union::new_weighted(vec![(3, texts.prop_map(Bytes::from).boxed()), (2, bytes.boxed())])
}

/// Short, so that the clock reaches them.
fn ttl() -> impl Strategy<Value = Ttl> {
    let nanos = select(vec![
        0,
        1,
        999_999,
        1_000_000,
        1_000_001,
        3_000_000,
        10_000_000,
        60_000_000_000,
    ]);
    Union::new_weighted(vec![
        (4, Just(Ttl::Never).boxed()),
        (
            8,
            nanos
                .prop_map(|nanos| Ttl::After(std::time::Duration::from_nanos(nanos)))
                .boxed(),
        ),
        (1, Just(Ttl::After(std::time::Duration::MAX)).boxed()),
        (
            3,
            (-5_i64..60)
                .prop_map(|millis| Ttl::At(Timestamp::from_millis(START + millis)))
                .boxed(),
        ),
        (
            1,
            select(vec![i64::MIN, 0, i64::MAX])
                .prop_map(|at| Ttl::At(Timestamp::from_millis(at)))
                .boxed(),
        ),
        (6, Just(Ttl::Keep).boxed()),
    ])
}
