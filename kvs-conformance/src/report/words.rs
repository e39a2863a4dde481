//! What a subject declares, in words.

use kvs_core::{Consistency, Durability, Limits};

use crate::need::Declared;
use crate::subject::Time;

/// Each property and what is declared of it.
pub(super) fn profile(declared: &Declared) -> Vec<(&'static str, String)> {
    let profile = &declared.profile;
    vec![
        ("backend", profile.name.to_owned()),
        ("traits", traits(declared).join(", ")),
        ("durability", durability(profile.durability).to_owned()),
        ("consistency", consistency(profile.consistency).to_owned()),
        ("evicting", yes_or_no(profile.evicting)),
        ("late writes", yes_or_no(profile.late_writes)),
        (
            "format",
            profile
                .format
                .map_or_else(|| "none".to_owned(), |number| number.to_string()),
        ),
        ("limits", limits(&profile.limits)),
        ("clock", clock(declared.time)),
        ("reopens", yes_or_no(declared.reopens)),
    ]
}

/// The traits that are declared, `Store` included.
pub(super) fn traits(declared: &Declared) -> Vec<&'static str> {
    let traits = declared.profile.traits;
    let named = [
        ("Store", true),
        ("ListableStore", traits.listable),
        ("DocumentStore", traits.documents),
        ("AtomicStore", traits.atomic),
    ];
    named.iter().filter(|(_, has)| *has).map(|(name, _)| *name).collect()
}

pub(super) fn durability(durability: Durability) -> &'static str {
    match durability {
        Durability::None => "none",
        Durability::Process => "process",
        Durability::Power => "power",
        _ => "other",
    }
}

pub(super) fn consistency(consistency: Consistency) -> &'static str {
    match consistency {
        Consistency::Linearizable => "linearizable",
        Consistency::Eventual => "eventual",
        _ => "other",
    }
}

/// A count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn limits(limits: &Limits) -> String {
    if *limits == Limits::PORTABLE {
        return "portable".to_owned();
    }
    format!(
        "values {}, documents {}, transactions {} bytes and {} keys",
        limits.value_bytes, limits.document_bytes, limits.transaction_bytes, limits.transaction_keys
    )
}

fn clock(time: Time) -> String {
    match time {
        Time::Manual => "manual: expiry is tested to the millisecond".to_owned(),
        Time::Wall { granularity } => format!("wall, granularity {granularity:?}"),
    }
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}
