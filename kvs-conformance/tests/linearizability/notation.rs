//! Histories as text: one operation a line.
//!
//! ```text
//! 0-1 set a          between the instants 0 and 1, `a` was set
//! 2-3 get = a        read `a`; `= none` is absent
//! 2-3 getv = a v1    read `a` with version 1; `@1010` behind it is its expiry
//! 4-5 nx a = v1      set if absent, written as version 1; `= no` is a conflict
//! 4-5 cas v1 b = v2  compare and set; `cad v1 = ok` compare and delete; `take = a`; `touch = v2`
//! 4-5 set a ttl10    expires after 10 ms; `at1010` at that instant; `keep` as before
//! 4-5 del = ?        the answer was lost; `= ?late` may land after later writes
//! 4-5 set a again9   may take effect again until 9; `again` without end
//! 6-7 clock 1010     the clock, which begins at 1000, shows 1010
//! ```

use std::time::Duration;

use kvs_conformance::linearizability::{Answer, Call, History, Operation};
use kvs_core::{Timestamp, Ttl, Version, Versioned};

/// What the clock shows in the beginning.
pub(crate) const START: i64 = 1_000;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verb {
    Get,
    Getv,
    Set(String),
    Del,
    Nx(String),
    Cas(u8, String),
    Cad(u8),
    Take,
    Touch,
    Clock(i64),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    Value(String),
    Versioned(String, u8, Option<i64>),
    Absent,
    Done,
    Wrote(u8),
    No,
    Lost,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) begin: u64,
    pub(crate) end: u64,
    pub(crate) verb: Verb,
    pub(crate) ttl: Ttl,
    pub(crate) reply: Reply,
    pub(crate) late: bool,
    pub(crate) again: Option<u64>,
}

pub(crate) fn parse(text: &str) -> Vec<Line> {
    let lines = text.split([';', '\n']).map(str::trim);
    lines.filter(|line| !line.is_empty()).map(line).collect()
}

fn line(text: &str) -> Line {
    let (asked, replied) = text.split_once('=').unwrap_or((text, "ok"));
    let mut words = asked.split_whitespace();
    let (begin, end) = words.next().unwrap().split_once('-').unwrap();
    let mut word = || {
        words
            .next()
            .unwrap_or_else(|| panic!("a word is missing: {text}"))
            .to_owned()
    };
    let verb = match word().as_str() {
        "get" => Verb::Get,
        "getv" => Verb::Getv,
        "set" => Verb::Set(word()),
        "del" => Verb::Del,
        "nx" => Verb::Nx(word()),
        "cas" => Verb::Cas(number(&word(), "v"), word()),
        "cad" => Verb::Cad(number(&word(), "v")),
        "take" => Verb::Take,
        "touch" => Verb::Touch,
        "clock" => Verb::Clock(number(&word(), "")),
        other => panic!("{other} is no operation: {text}"),
    };
    let mut line = Line {
        begin: number(begin, ""),
        end: number(end, ""),
        verb,
        ttl: Ttl::Never,
        reply: reply(replied),
        late: replied.contains("?late"),
        again: None,
    };
    for option in words {
        match option {
            "keep" => line.ttl = Ttl::Keep,
            "again" => line.again = Some(u64::MAX),
            again if again.starts_with("again") => line.again = Some(number(again, "again")),
            at if at.starts_with("at") => line.ttl = Ttl::At(Timestamp::from_millis(number(at, "at"))),
            ttl => line.ttl = Ttl::After(Duration::from_millis(number(ttl, "ttl"))),
        }
    }
    line
}

fn reply(text: &str) -> Reply {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        ["ok"] => Reply::Done,
        ["no"] => Reply::No,
        ["none"] => Reply::Absent,
        ["?" | "?late"] => Reply::Lost,
        [version] if version.starts_with('v') => Reply::Wrote(number(version, "v")),
        [value] => Reply::Value(value.to_owned()),
        [value, version] => Reply::Versioned(value.to_owned(), number(version, "v"), None),
        [value, version, expiry] => Reply::Versioned(value.to_owned(), number(version, "v"), Some(number(expiry, "@"))),
        _ => panic!("no reply: {text}"),
    }
}

fn number<N: std::str::FromStr>(word: &str, prefix: &str) -> N {
    let digits = word.strip_prefix(prefix).and_then(|digits| digits.parse().ok());
    digits.unwrap_or_else(|| panic!("{word} should be a number after `{prefix}`"))
}

/// The history of one key, as the checker takes it. Each operation is of a client of its own.
pub(crate) fn history(lines: &[Line]) -> History {
    let mut history = History::starting_at(Timestamp::from_millis(START));
    for (client, line) in lines.iter().enumerate() {
        let span = line.begin..=line.end;
        if let Verb::Clock(now) = line.verb {
            history.move_clock(span, Timestamp::from_millis(now)).unwrap();
            continue;
        }
        let mut operation = match answer(&line.reply) {
            Some(answer) => Operation::answered(client, "key", span, call(line), answer),
            None => Operation::lost(client, "key", span, call(line)),
        };
        if line.late {
            operation = operation.late();
        }
        if let Some(until) = line.again {
            operation = operation.repeats_until(until);
        }
        history.push(operation).unwrap();
    }
    history
}

fn version(number: u8) -> Version {
    Version::from_bytes([number; 16])
}

fn call(line: &Line) -> Call {
    let ttl = line.ttl;
    match line.verb.clone() {
        Verb::Get => Call::Get,
        Verb::Getv => Call::GetVersioned,
        Verb::Set(value) => Call::Set {
            value: value.into(),
            ttl,
        },
        Verb::Del => Call::Delete,
        Verb::Nx(value) => Call::SetIfAbsent {
            value: value.into(),
            ttl,
        },
        Verb::Cas(expected, value) => Call::CompareAndSet {
            expected: version(expected),
            value: value.into(),
            ttl,
        },
        Verb::Cad(expected) => Call::CompareAndDelete {
            expected: version(expected),
        },
        Verb::Take => Call::Take,
        Verb::Touch => Call::Touch { ttl },
        Verb::Clock(_) => panic!("a move of the clock is no call"),
    }
}

fn answer(reply: &Reply) -> Option<Answer> {
    Some(match reply.clone() {
        Reply::Value(value) => Answer::Value(value.into()),
        Reply::Versioned(value, number, expires_at) => Answer::Versioned(Versioned {
            value: value.into(),
            version: version(number),
            expires_at: expires_at.map(Timestamp::from_millis),
        }),
        Reply::Absent => Answer::Absent,
        Reply::Done => Answer::Done,
        Reply::Wrote(number) => Answer::Written(version(number)),
        Reply::No => Answer::Conflict,
        Reply::Lost => return None,
    })
}
