//! The report for programs.

use serde_json::{Value, json};

use super::{CaseResult, Counts, Report, Standing, words};
use crate::case::{Case, Verdict};
use crate::need::Declared;
use crate::subject::Time;

/// All that the report holds.
pub(super) fn value(report: &Report) -> Value {
    let failures: Vec<Value> = report
        .failures()
        .map(|(case, message)| failure(report, case, message))
        .collect();
    json!({
        "suite": {"name": "kvs-conformance", "version": env!("CARGO_PKG_VERSION")},
        "subject": report.subject(),
        "passed": report.passed(),
        "partial": report.partial,
        "seed": report.seed,
        "seconds": report.elapsed.as_secs_f64(),
        "profile": profile(&report.plan.declared),
        "levels": levels(report),
        "totals": counts(report.totals()),
        "groups": groups(report),
        "failures": failures,
        "not_applicable": not_applicable(report),
        "exclusions": exclusions(report),
        "undeclared": report.undeclared,
        "problems": report.problems,
        "cases": report.results.iter().map(case).collect::<Vec<_>>(),
    })
}

fn profile(declared: &Declared) -> Value {
    let profile = &declared.profile;
    let clock = match declared.time {
        Time::Manual => json!({"kind": "manual"}),
        Time::Wall { granularity } => json!({"kind": "wall", "granularity_seconds": granularity.as_secs_f64()}),
    };
    json!({
        "name": profile.name,
        "traits": words::traits(declared),
        "durability": words::durability(profile.durability),
        "consistency": words::consistency(profile.consistency),
        "evicting": profile.evicting,
        "late_writes": profile.late_writes,
        "format": profile.format,
        "limits": profile.limits,
        "clock": clock,
        "reopens": declared.reopens,
    })
}

fn levels(report: &Report) -> Vec<Value> {
    let level = |result: super::LevelResult| {
        let status = match result.standing() {
            Standing::Reached => "reached",
            Standing::Failed(_) => "failed",
            Standing::Incomplete(_) => "incomplete",
            Standing::NotDeclared => "not declared",
        };
        let mut value = counts(result.counts());
        value["level"] = json!(result.level().to_string());
        value["status"] = json!(status);
        if let Standing::Incomplete(why) = result.standing() {
            value["why"] = json!(why);
        }
        value
    };
    report.levels().into_iter().map(level).collect()
}

fn counts(counts: Counts) -> Value {
    json!({"passed": counts.passed, "failed": counts.failed, "not_applicable": counts.not_applicable})
}

fn groups(report: &Report) -> Vec<Value> {
    let group = |(name, of_group): (&str, Counts)| {
        let mut value = counts(of_group);
        value["group"] = json!(name);
        value["seconds"] = json!(of_group.elapsed.as_secs_f64());
        value
    };
    report.groups().into_iter().map(group).collect()
}

fn failure(report: &Report, case: &Case, message: &str) -> Value {
    let name = case.name();
    json!({
        "alone": report.alone.of(&name),
        "case": name,
        "level": case.level().to_string(),
        "rule": case.rule(),
        "message": message,
    })
}

fn not_applicable(report: &Report) -> Vec<Value> {
    let reason = |(reason, cases): (&str, Vec<&'static Case>)| {
        let names: Vec<String> = cases.into_iter().map(Case::name).collect();
        json!({"reason": reason, "cases": names})
    };
    report.not_applicable().into_iter().map(reason).collect()
}

fn exclusions(report: &Report) -> Vec<Value> {
    let exclusions = report.exclusions().iter();
    exclusions
        .map(|exclusion| json!({"excludes": exclusion.what(), "reason": exclusion.reason()}))
        .collect()
}

fn case(result: &CaseResult) -> Value {
    let verdict = match result.verdict() {
        Verdict::Passed => "passed",
        Verdict::Failed(_) => "failed",
        Verdict::NotApplicable(_) => "not applicable",
    };
    json!({"case": result.name(), "verdict": verdict, "seconds": result.elapsed().as_secs_f64()})
}
