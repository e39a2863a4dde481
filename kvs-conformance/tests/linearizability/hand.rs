//! Histories whose verdict is known.

use kvs_conformance::linearizability::{Checker, Verdict};

use crate::brute;
use crate::notation::{history, parse};

const GOOD: &[(&str, &str)] = &[
    ("nothing", ""),
    (
        "one after the other",
        "0-1 get = none; 2-3 set a; 4-5 get = a; 6-7 del; 8-9 get = none",
    ),
    (
        "a read during a set may see either side",
        "0-9 set a; 1-2 get = none; 3-4 get = a",
    ),
    ("simultaneous sets in one order", "0-9 set a; 0-9 set b; 10-11 get = a"),
    (
        "simultaneous sets in the other order",
        "0-9 set a; 0-9 set b; 10-11 get = b",
    ),
    (
        "three sets in the reverse of the order of their calls",
        "0-90 set a; 1-91 set b; 2-92 set c; 10-11 get = c; 20-21 get = b; 30-31 get = a",
    ),
    (
        "instants of the same number are simultaneous",
        "0-1 set a; 1-2 get = none",
    ),
    ("one of two creates", "0-9 nx a = v1; 0-9 nx b = no; 10-11 getv = a v1"),
    (
        "created, removed, created",
        "0-1 nx a = v1; 2-3 cad v1; 4-5 nx a = v2; 6-7 cad v1 = no",
    ),
    (
        "a set tells its version by a read",
        "0-1 set a; 2-3 getv = a v1; 4-5 cas v1 b = v2; 6-7 cas v1 c = no",
    ),
    (
        "one of two replaces",
        "0-1 nx a = v1; 2-9 cas v1 b = v2; 2-9 cas v1 c = no; 10-11 get = b",
    ),
    (
        "one of two takes",
        "0-1 set a; 2-9 take = a; 2-9 take = none; 10-11 get = none",
    ),
    (
        "touching gives a version and leaves the value",
        "0-1 nx a = v1; 2-3 touch = v2; 4-5 getv = a v2; 6-7 cas v1 b = no",
    ),
    (
        "expires with the clock",
        "0-1 set a ttl10; 2-3 get = a; 4-5 clock 1010; 6-7 get = none; 8-9 nx b = v1",
    ),
    (
        "lives until the last millisecond",
        "0-1 set a ttl10; 2-3 clock 1009; 4-5 get = a",
    ),
    (
        "an operation during a move sees the clock before it",
        "0-1 set a ttl10; 2-9 clock 1010; 3-4 get = a",
    ),
    (
        "an operation during a move sees the clock after it",
        "0-1 set a ttl10; 2-9 clock 1010; 3-4 get = none",
    ),
    (
        "a set during a move counts from either side",
        "0-9 set a ttl10; 5-5 clock 1010; 10-11 get = none",
    ),
    (
        "a set during a move counts from the later side",
        "0-9 set a ttl10; 5-5 clock 1010; 10-11 getv = a v1 @1020",
    ),
    (
        "a set that read the clock early and came late",
        "0-9 set a ttl10; 1-1 clock 1010; 2-3 set b; 4-5 get = b; 10-11 get = none",
    ),
    (
        "keep keeps",
        "0-1 set a ttl10; 2-3 set b keep; 4-5 getv = b v1 @1010; 6-6 clock 1010; 7-8 get = none",
    ),
    (
        "keep of what has expired is for ever",
        "0-1 set a ttl10; 2-2 clock 1010; 3-4 set b keep; 5-6 getv = b v1",
    ),
    (
        "an expiry in the past makes absent",
        "0-1 set a; 2-3 set b at900; 4-5 get = none",
    ),
    (
        "touch changes the expiry",
        "0-1 set a ttl10; 2-3 touch ttl30 = v1; 4-4 clock 1010; 5-6 getv = a v1 @1030",
    ),
    ("a lost set took effect", "0-1 set a = ?; 2-3 get = a"),
    ("a lost set took no effect", "0-1 set a = ?; 2-3 get = none"),
    (
        "a lost set takes effect after a read",
        "0-1 set a = ?; 2-3 get = none; 4-5 get = a",
    ),
    (
        "a lost delete takes effect after a read",
        "0-1 set a; 2-3 del = ?; 4-5 get = a; 6-7 get = none",
    ),
    (
        "a lost set, over which others wrote",
        "0-1 set a = ?; 2-3 set b; 4-5 get = b",
    ),
    (
        "a late set comes after a later one",
        "0-1 set a = ?late; 2-3 set b; 4-5 get = b; 6-7 get = a",
    ),
    (
        "a lost create fails the next one",
        "0-1 nx a = ?; 2-3 nx b = no; 4-5 get = a",
    ),
    ("a lost create that failed", "0-1 set b; 2-3 nx a = ?; 4-5 get = b"),
    (
        "a lost replacement took effect, with a version of its own",
        "0-1 nx a = v1; 2-3 cas v1 b = ?; 4-5 getv = b v7; 6-7 cas v1 c = no",
    ),
    (
        "a lost replacement took no effect",
        "0-1 nx a = v1; 2-3 cas v1 b = ?; 4-5 cas v1 c = v2",
    ),
    ("a lost take took it", "0-1 set a; 2-3 take = ?; 4-5 take = none"),
    ("a lost take did not", "0-1 set a; 2-3 take = ?; 4-5 take = a"),
    (
        "a set that was sent twice undoes another",
        "0-9 set a again9; 1-2 get = a; 3-4 set b; 5-6 get = b; 10-11 get = a",
    ),
    (
        "a set that may be repeated for ever",
        "0-1 set a again; 2-3 set b; 4-5 get = b; 6-7 get = a",
    ),
    (
        "a delete that was sent twice",
        "0-9 del again9; 1-2 set a; 3-4 get = a; 5-6 get = none; 7-8 nx b = v1",
    ),
];

const BAD: &[(&str, &str, usize)] = &[
    ("a value that was never written", "0-1 set a; 2-3 get = b", 1),
    ("a value before anything was written", "0-1 get = a; 2-3 set a", 0),
    ("a stale read", "0-1 set a; 2-3 set b; 4-5 get = a", 2),
    ("absent after a set", "0-1 set a; 2-3 get = none", 1),
    ("there after a delete", "0-1 set a; 2-3 del; 4-5 get = a", 2),
    (
        "it comes back after a delete was seen",
        "0-1 set a; 2-9 del; 3-4 get = none; 5-6 get = a",
        3,
    ),
    ("reads go back", "0-9 set a; 1-2 get = a; 3-4 get = none", 2),
    (
        "readers disagree on the order of two sets",
        "0-9 set a; 0-9 set b; 10-11 get = a; 12-13 get = b",
        3,
    ),
    (
        "a set took effect twice",
        "0-9 set a; 1-2 get = a; 3-4 set b; 5-6 get = b; 10-11 get = a",
        4,
    ),
    ("two create", "0-9 nx a = v1; 0-9 nx b = v2", 1),
    (
        "two replace one version: an update is lost",
        "0-1 nx a = v1; 2-9 cas v1 b = v2; 2-9 cas v1 c = v3",
        2,
    ),
    (
        "a replacement of what was replaced",
        "0-1 nx a = v1; 2-3 set b; 4-5 cas v1 c = v2",
        2,
    ),
    ("a conflict without a reason", "0-1 nx a = v1; 2-3 cas v1 b = no", 1),
    ("a create conflicts with nothing", "0-1 nx a = no", 0),
    ("a create over an entry", "0-1 set a; 2-3 nx b = v1", 1),
    ("both take", "0-1 set a; 2-9 take = a; 2-9 take = a", 2),
    ("taken and still there", "0-1 set a; 2-3 take = a; 4-5 get = a", 2),
    ("touched what is absent", "0-1 touch = v1", 0),
    (
        "a version is used again after a delete",
        "0-1 nx a = v1; 2-3 del; 4-5 nx a = v1",
        2,
    ),
    (
        "a set leaves the version",
        "0-1 set a; 2-3 getv = a v1; 4-5 set a; 6-7 getv = a v1",
        3,
    ),
    (
        "a touch leaves the version",
        "0-1 nx a = v1; 2-3 touch = v2; 4-5 getv = a v1",
        2,
    ),
    ("a touch gives the version that was", "0-1 nx a = v1; 2-3 touch = v1", 1),
    (
        "a replacement gives the version that was",
        "0-1 set a; 2-3 cas v1 b = v1",
        1,
    ),
    (
        "a version with another's value",
        "0-1 nx a = v1; 2-3 set b; 4-5 getv = b v1",
        2,
    ),
    (
        "a version that changes by itself",
        "0-1 set a; 2-3 getv = a v1; 4-5 getv = a v2",
        2,
    ),
    (
        "seen after it expired",
        "0-1 set a ttl10; 2-3 clock 1010; 4-5 get = a",
        1,
    ),
    (
        "gone before it expired",
        "0-1 set a ttl10; 2-3 clock 1009; 4-5 get = none",
        1,
    ),
    (
        "expired blocks a create",
        "0-1 set a ttl10; 2-3 clock 1010; 4-5 nx b = no",
        1,
    ),
    (
        "expired and replaced",
        "0-1 nx a ttl10 = v1; 2-3 clock 1010; 4-5 cas v1 b = v2",
        1,
    ),
    (
        "back after it was seen to expire",
        "0-1 set a ttl10; 2-3 clock 1010; 4-5 get = none; 6-7 get = a",
        2,
    ),
    (
        "a set did not take its own expiry",
        "0-1 set a ttl10; 2-3 set b; 4-4 clock 1010; 5-6 get = none",
        2,
    ),
    (
        "another expiry than was asked",
        "0-1 set a ttl10; 2-3 getv = a v1 @1011",
        1,
    ),
    (
        "a touch that did not reach the expiry",
        "0-1 set a ttl10; 2-3 touch ttl30 = v1; 4-4 clock 1010; 5-6 get = none",
        2,
    ),
    (
        "a lost set lands after a later one",
        "0-1 set a = ?; 2-3 set b; 4-5 get = b; 6-7 get = a",
        3,
    ),
    (
        "a lost set lands after a delete",
        "0-1 set a = ?; 2-3 del; 4-5 get = a",
        2,
    ),
    (
        "a lost set took effect twice",
        "0-9 set a = ?; 1-2 get = a; 3-4 del; 5-6 get = a",
        3,
    ),
    (
        "a late set took effect twice",
        "0-1 set a = ?late; 2-3 del; 4-5 get = a; 6-7 set b; 8-9 get = a",
        4,
    ),
    ("a lost create over an entry", "0-1 set b; 2-3 nx a = ?; 4-5 get = a", 2),
    (
        "a lost replacement of what was replaced",
        "0-1 nx a = v1; 2-3 set b; 4-5 cas v1 c = ?; 6-7 get = c",
        3,
    ),
    (
        "a lost take and a take",
        "0-1 set a; 2-3 take = ?; 4-5 get = none; 6-7 take = a",
        3,
    ),
    ("repeated after its time", "0-3 set a again3; 4-5 set b; 6-7 get = a", 2),
    (
        "repeated twice",
        "0-1 set a again; 2-3 del; 4-5 get = a; 6-7 del; 8-9 get = a",
        4,
    ),
    ("a lost set of a time before", "4-5 get = a; 6-7 set a = ?", 0),
];

#[test]
fn good_histories_are_linearizable() {
    for (name, text) in GOOD {
        let verdict = Checker::new().check(&history(&parse(text)));
        assert!(verdict.is_linearizable(), "{name}: {verdict}");
    }
}

#[test]
fn bad_histories_are_violations_where_they_become_bad() {
    for (name, text, at) in BAD {
        let verdict = Checker::new().check(&history(&parse(text)));
        let Verdict::Violation(violation) = verdict else {
            panic!("{name}: {verdict}");
        };
        assert_eq!(violation.operation(), *at, "{name}: {violation}");
    }
}

#[test]
fn the_checker_that_tries_everything_knows_them_too() {
    for (name, text) in GOOD {
        assert!(brute::linearizable(&parse(text)), "{name}");
    }
    for (name, text, _) in BAD {
        assert!(!brute::linearizable(&parse(text)), "{name}");
    }
}

#[test]
fn a_violation_tells_what_happened_around_it() {
    let text = "0-1 set secret; 2-3 set b; 4-9 get = b; 5-6 get = secret; 20-21 get = b";
    let verdict = Checker::new().check(&history(&parse(text)));
    let message = verdict.into_outcome().unwrap_err().message().to_owned();
    let expected =
        "not linearizable: no order explains the answers of the first 3 of 5 operations on key \"k…\" (3 bytes) to end
  before: client 0 [0..1] set(#0) -> done
  before: client 1 [2..3] set(#1) -> done
  before: client 2 [4..9] get() -> #1
  then:   the key holds #1
  open:   client 3 [5..6] get() -> #0
";
    assert!(message.starts_with(expected), "{message}");
    assert!(!message.contains("secret"), "{message}");
}
