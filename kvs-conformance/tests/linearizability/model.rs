//! One key, as a store behaves that does one operation after the other: what the checkers of the tests share.

use kvs_core::{Timestamp, Ttl};

use crate::notation::{Reply, Verb};

/// Value, version, expiry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Held(pub(crate) String, pub(crate) u8, pub(crate) Option<i64>);

/// Does the operation. A write gets `version`.
///
/// `sees` is the instant that decides whether the entry has expired, `now` the one from which a new expiry is counted.
pub(crate) fn perform(held: &mut Option<Held>, verb: &Verb, ttl: Ttl, version: u8, sees: i64, now: i64) -> Reply {
    let live = held.clone().filter(|entry| entry.2.is_none_or(|expiry| sees < expiry));
    let expiry = match ttl {
        Ttl::Never => None,
        Ttl::After(ttl) => Some(now + i64::try_from(ttl.as_millis()).unwrap()),
        Ttl::At(instant) => Some(Timestamp::as_millis(instant)),
        Ttl::Keep => live.as_ref().and_then(|entry| entry.2),
    };
    let write = |value: &String| Some(Held(value.clone(), version, expiry));
    match (verb, live) {
        (Verb::Set(value), _) => {
            *held = write(value);
            Reply::Done
        }
        (Verb::Del, _) => {
            *held = None;
            Reply::Done
        }
        (Verb::Nx(value), None) => {
            *held = write(value);
            Reply::Wrote(version)
        }
        (Verb::Cas(expected, value), Some(entry)) if entry.1 == *expected => {
            *held = write(value);
            Reply::Wrote(version)
        }
        (Verb::Cad(expected), Some(entry)) if entry.1 == *expected => {
            *held = None;
            Reply::Done
        }
        (Verb::Nx(_) | Verb::Cas(..) | Verb::Cad(_), _) => Reply::No,
        (_, None) => Reply::Absent,
        (Verb::Get, Some(entry)) => Reply::Value(entry.0),
        (Verb::Getv, Some(entry)) => Reply::Versioned(entry.0, entry.1, entry.2),
        (Verb::Take, Some(entry)) => {
            *held = None;
            Reply::Value(entry.0)
        }
        (Verb::Touch, Some(entry)) => {
            *held = write(&entry.0);
            Reply::Wrote(version)
        }
        (Verb::Clock(_), _) => panic!("a move of the clock is no operation on a key"),
    }
}

/// Does it write an entry, with a version?
pub(crate) fn writes(verb: &Verb) -> bool {
    matches!(verb, Verb::Set(_) | Verb::Nx(_) | Verb::Cas(..) | Verb::Touch)
}
