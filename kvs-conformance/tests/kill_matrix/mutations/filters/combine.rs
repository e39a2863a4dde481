//! Stores that combine conditions wrongly, or refuse and accept the wrong filters.

use kvs_core::{Error, ErrorKind, Expr, Filter, Value};

use super::evaluator::{Rules, SOUND, combine, decided, evaluates};
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};

pub(super) fn all() -> Vec<Mutation> {
    [logic(), sizes(), refusals()].into_iter().flatten().collect()
}

fn logic() -> Vec<Mutation> {
    vec![
        evaluates!("finds everything by an empty or", combine: |rules, expr, document| match expr {
            Expr::Nothing => Some(true),
            _ => combine(rules, expr, document),
        })
        .found_by("filters::empty_combinations_are_neutral"),
        evaluates!("passes over documents of nothing but nulls without a filter", combine: |rules, expr, document| {
            let is_void = !document.data.is_empty() && document.data.values().all(Value::is_null);
            match expr {
                Expr::All => Some(!is_void),
                _ => combine(rules, expr, document),
            }
        })
        .found_by("filters::the_empty_filter_matches_all"),
        evaluates!("forgets the parentheses around or", combine: |rules, expr, document| {
            let part = |filter: &Filter| (rules.combine)(rules, filter.expr(), document) == Some(true);
            let Expr::And(filters) = expr else {
                return combine(rules, expr, document);
            };
            // a and (b or c) and d is read as (a and b) or (c and d).
            let mut alternatives = vec![true];
            for filter in filters {
                match filter.expr() {
                    Expr::Or(choices) => {
                        for (n, choice) in choices.iter().enumerate() {
                            if n > 0 {
                                alternatives.push(true);
                            }
                            *alternatives.last_mut()? &= part(choice);
                        }
                    }
                    _ => *alternatives.last_mut()? &= part(filter),
                }
            }
            Some(alternatives.contains(&true))
        })
        .found_by("filters::combinations_nest"),
        evaluates!("negates once, however often it is told", combine: |rules, expr, document| match expr {
            Expr::Not(inner) if matches!(inner.expr(), Expr::Not(_)) => (rules.combine)(rules, inner.expr(), document),
            _ => combine(rules, expr, document),
        })
        .found_by("filters::double_negation_is_the_filter"),
        evaluates!("moves a negation into and without making it or", combine: |rules, expr, document| match expr {
            Expr::Not(inner) => match inner.expr() {
                Expr::And(filters) => {
                    let parts = filters.iter().map(|filter| (rules.combine)(rules, filter.expr(), document));
                    decided(parts.map(|part| part.map(|holds| !holds)), false)
                }
                _ => combine(rules, expr, document),
            },
            _ => combine(rules, expr, document),
        })
        .found_by("filters::de_morgan_holds"),
        evaluates!("lets or hold where exactly one part does", combine: |rules, expr, document| match expr {
            Expr::Or(filters) => {
                let part = |filter: &&Filter| (rules.combine)(rules, filter.expr(), document) == Some(true);
                Some(filters.iter().filter(part).count() == 1)
            }
            _ => combine(rules, expr, document),
        })
        .found_by("filters::order_and_repetition_do_not_matter"),
        evaluates!("keeps one condition for each field", combine: |rules, expr, document| match expr {
            Expr::And(filters) => {
                let is_last = |at: usize, filter: &Filter| match filter.expr() {
                    Expr::Field { path, .. } => !filters[at + 1..].iter().any(|later| names(later, path)),
                    _ => true,
                };
                let kept = filters.iter().enumerate().filter(|(at, filter)| is_last(*at, filter));
                decided(kept.map(|(_, filter)| (rules.combine)(rules, filter.expr(), document)), false)
            }
            _ => combine(rules, expr, document),
        })
        .found_by("filters::operators_on_a_field_hold_together"),
        evaluates!("ignores or beside fields", combine: |rules, expr, document| match expr {
            Expr::And(filters) => {
                let kept = filters.iter().filter(|filter| !matches!(filter.expr(), Expr::Or(_)));
                decided(kept.map(|filter| (rules.combine)(rules, filter.expr(), document)), false)
            }
            _ => combine(rules, expr, document),
        })
        .found_by("filters::members_hold_together"),
    ]
}

fn sizes() -> Vec<Mutation> {
    vec![
        evaluates!("looks at 100 parts of an or", combine: |rules, expr, document| match expr {
            Expr::Or(filters) if filters.len() > 100 => {
                decided(filters[..100].iter().map(|part| (rules.combine)(rules, part.expr(), document)), true)
            }
            _ => combine(rules, expr, document),
        })
        .found_by("filters::an_or_of_500_conditions_works"),
        evaluates!("looks at 100 parts of an and", combine: |rules, expr, document| match expr {
            Expr::And(filters) if filters.len() > 100 => {
                decided(filters[..100].iter().map(|part| (rules.combine)(rules, part.expr(), document)), false)
            }
            _ => combine(rules, expr, document),
        })
        .found_by("filters::an_and_of_500_conditions_works"),
        after("refuses filters of more than 20 levels", |_, call, answer| {
            if answer.is_ok() && filter_of(call).is_some_and(|filter| depth(filter.expr()) > 20) {
                *answer = Err(Error::backend("the expression is too deep"));
            }
        })
        .found_by("filters::the_limit_of_depth_is_exact"),
        after("refuses filters of more than 999 conditions", |_, call, answer| {
            if answer.is_ok() && filter_of(call).is_some_and(|filter| width(filter.expr()) > 999) {
                *answer = Err(Error::backend("there are too many variables"));
            }
        })
        .found_by("filters::the_limit_of_conditions_is_exact"),
    ]
}

fn refusals() -> Vec<Mutation> {
    vec![
        around("does not validate filters", |saboteur, mut call| {
            Box::pin(async move {
                let is_invalid = filter_of(&call).is_some_and(|filter| filter.validate().is_err());
                let answer = saboteur.soundly(&mut call).await;
                match (&call, answer) {
                    (Call::Query { .. }, Err(_)) if is_invalid => Ok(Answer::Documents(Vec::new())),
                    (Call::QueryPage { .. }, Err(_)) if is_invalid => {
                        Ok(Answer::QueryPage(kvs_core::QueryPage::default()))
                    }
                    (_, answer) => answer,
                }
            })
        })
        .found_by("filters::the_limit_of_conditions_is_exact")
        .found_by("filters::the_limit_of_depth_is_exact")
        .found_by("filters::the_limit_of_a_value_is_exact")
        .found_by("filters::a_path_without_segments_is_refused")
        .found_by("filters::a_hundred_thousand_levels_are_refused")
        .found_by("filters::deep_values_are_refused"),
        after("fails with another kind for an invalid filter", |_, call, answer| {
            let is_refusal = answer
                .as_ref()
                .is_err_and(|error| error.kind() == ErrorKind::InvalidArgument);
            if is_refusal && filter_of(call).is_some_and(|filter| filter.validate().is_err()) {
                *answer = Err(Error::invalid_document("the filter is invalid"));
            }
        })
        .found_by("filters::a_hundred_thousand_levels_are_refused")
        .found_by("filters::deep_values_are_refused"),
    ]
}

/// The filter that a call asks with.
pub(super) fn filter_of<'a>(call: &'a Call<'_>) -> Option<&'a Filter> {
    match call {
        Call::Query { filter, .. } => Some(filter),
        Call::QueryPage { query, .. } => Some(&query.filter),
        _ => None,
    }
}

fn names(filter: &Filter, field: &kvs_core::FieldPath) -> bool {
    matches!(filter.expr(), Expr::Field { path, .. } if path == field)
}

fn depth(expr: &Expr) -> usize {
    match expr {
        Expr::And(filters) | Expr::Or(filters) => {
            1 + filters
                .iter()
                .map(|filter| depth(filter.expr()))
                .max()
                .unwrap_or_default()
        }
        Expr::Not(filter) => 1 + depth(filter.expr()),
        _ => 1,
    }
}

fn width(expr: &Expr) -> usize {
    match expr {
        Expr::And(filters) | Expr::Or(filters) => filters.iter().map(|filter| width(filter.expr())).sum(),
        Expr::Not(filter) => width(filter.expr()),
        _ => 1,
    }
}
