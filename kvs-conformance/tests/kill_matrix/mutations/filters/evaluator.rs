//! An evaluator of filters beside the one of `kvs-core`, made of parts that can be wrong one at a time.

use futures_util::future::BoxFuture;
use kvs_core::{Document, Expr, FieldPath, Filter, MAX_PAGE, Map, Operator, Query, QueryPage, Result, Value};

use crate::call::{Answer, Call};
use crate::saboteur::Saboteur;

/// How filters are evaluated. Three-valued, because many engines are: `None` is unknown.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Looks a field up.
    pub(super) find: fn(&[String], &Document) -> Option<Value>,
    /// Does the condition hold for the field?
    pub(super) holds: fn(&Operator, Option<&Value>) -> Option<bool>,
    /// Combines conditions; calls itself for the parts.
    pub(super) combine: fn(&Self, &Expr, &Document) -> Option<bool>,
}

/// As the contract has it.
pub(super) const SOUND: Rules = Rules {
    find,
    holds: |operator, field| Some(holds(operator, field)),
    combine,
};

/// A store that answers queries by these rules.
macro_rules! evaluates {
    ($name:literal, $($part:ident: $rule:expr),+) => {
        $crate::mutation::around($name, |saboteur, call| {
            const RULES: Rules = Rules { $($part: $rule,)+ ..SOUND };
            $crate::mutations::filters::evaluator::answer(saboteur, call, &RULES)
        })
    };
}

/// A store that converts both sides of a comparison before it compares.
macro_rules! converts {
    ($name:literal, $convert:expr) => {
        evaluates!($name, holds: |operator, field| {
            const CONVERT: fn(&Value) -> Value = $convert;
            Some(holds(&with_operands(operator, CONVERT), field.map(CONVERT).as_ref()))
        })
    };
}

pub(super) use {converts, evaluates};

/// Answers queries by the rules, and everything else as a sound store.
pub(super) fn answer<'a>(
    saboteur: &'a Saboteur,
    mut call: Call<'a>,
    rules: &'static Rules,
) -> BoxFuture<'a, Result<Answer>> {
    Box::pin(async move {
        // For the checks of the arguments, and of whether the store is closed.
        let answer = saboteur.soundly(&mut call).await?;
        match call {
            Call::Query { collection, filter } => {
                let found = matching(saboteur, &collection, &filter, rules).await?;
                Ok(Answer::Documents(found))
            }
            Call::QueryPage { collection, query } => {
                let found = matching(saboteur, &collection, &query.filter, rules).await?;
                Ok(Answer::QueryPage(page_of(found, &query)))
            }
            _ => Ok(answer),
        }
    })
}

/// The documents that the rules find, by ascending id.
async fn matching(saboteur: &Saboteur, collection: &str, filter: &Filter, rules: &Rules) -> Result<Vec<Document>> {
    let mut documents = saboteur.sound().query(collection, &Filter::all()).await?;
    documents.retain(|document| (rules.combine)(rules, filter.expr(), document) == Some(true));
    Ok(documents)
}

/// The page that the query asks for, of all that it finds.
pub(super) fn page_of(mut found: Vec<Document>, query: &Query) -> QueryPage {
    if let Some(after) = &query.after {
        found.retain(|document| document.id > *after);
    }
    let limit = query.limit.min(MAX_PAGE);
    let is_end = found.len() <= limit;
    found.truncate(limit);
    let last = found.last().map(|document| document.id.clone());
    QueryPage {
        documents: found,
        next: last.filter(|_| !is_end),
    }
}

/// The field at that path, through objects only.
pub(super) fn find(path: &[String], document: &Document) -> Option<Value> {
    FieldPath::new(path).find(&document.data).cloned()
}

/// What the evaluator of `kvs-core` says of one condition.
pub(super) fn holds(operator: &Operator, field: Option<&Value>) -> bool {
    let filter = match operator.clone() {
        Operator::Eq(value) => Filter::eq("f", value),
        Operator::Ne(value) => Filter::ne("f", value),
        Operator::Lt(value) => Filter::lt("f", value),
        Operator::Lte(value) => Filter::lte("f", value),
        Operator::Gt(value) => Filter::gt("f", value),
        Operator::Gte(value) => Filter::gte("f", value),
        Operator::In(values) => Filter::is_in("f", values),
        Operator::Exists(present) => Filter::exists("f", present),
        Operator::StartsWith(prefix) => Filter::starts_with("f", prefix),
        Operator::Contains(value) => Filter::contains("f", value),
        other => unreachable!("an operator that is not known here: {other:?}"),
    };
    let fields = field.map(|field| ("f".to_owned(), field.clone()));
    filter.matches(&Map::from_iter(fields))
}

/// And, or, not, as SQL knows them; without unknown parts as everybody does.
pub(super) fn combine(rules: &Rules, expr: &Expr, document: &Document) -> Option<bool> {
    let part = |filter: &Filter| (rules.combine)(rules, filter.expr(), document);
    match expr {
        Expr::All => Some(true),
        Expr::Nothing => Some(false),
        Expr::And(filters) => decided(filters.iter().map(part), false),
        Expr::Or(filters) => decided(filters.iter().map(part), true),
        Expr::Not(filter) => part(filter).map(|holds| !holds),
        Expr::Field { path, op } => (rules.holds)(op, (rules.find)(path.segments(), document).as_ref()),
        other => unreachable!("a filter that is not known here: {other:?}"),
    }
}

/// One part that is `decisive` decides; otherwise one that is unknown.
pub(super) fn decided(parts: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    if parts.contains(&None) { None } else { Some(!decisive) }
}

/// The operator with other operands.
pub(super) fn with_operands(operator: &Operator, convert: fn(&Value) -> Value) -> Operator {
    match operator {
        Operator::Eq(value) => Operator::Eq(convert(value)),
        Operator::Ne(value) => Operator::Ne(convert(value)),
        Operator::Lt(value) => Operator::Lt(convert(value)),
        Operator::Lte(value) => Operator::Lte(convert(value)),
        Operator::Gt(value) => Operator::Gt(convert(value)),
        Operator::Gte(value) => Operator::Gte(convert(value)),
        Operator::In(values) => Operator::In(values.iter().map(convert).collect()),
        Operator::Contains(value) => Operator::Contains(convert(value)),
        Operator::StartsWith(prefix) => match convert(&Value::from(prefix.as_str())) {
            Value::String(prefix) => Operator::StartsWith(prefix),
            _ => operator.clone(),
        },
        other => other.clone(),
    }
}

/// Converts all values within arrays and objects, and those themselves.
pub(super) fn deeply(value: &Value, convert: fn(Value) -> Value) -> Value {
    convert(match value {
        Value::Array(items) => items.iter().map(|item| deeply(item, convert)).collect(),
        Value::Object(members) => {
            let members = members.iter();
            Value::Object(
                members
                    .map(|(name, member)| (name.clone(), deeply(member, convert)))
                    .collect(),
            )
        }
        scalar => scalar.clone(),
    })
}
