//! What a filter is made of.

use std::fmt;

use serde_json::Value;

use super::{FieldPath, Filter};

/// The structure of a [`Filter`], for backends; users need the constructors of [`Filter`] only.
///
/// `All` and `Nothing` occur only as the whole filter: the constructors resolve them inside `and`, `or` and `not`.
/// `Debug` shows structure, operators and field paths, never values.
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Expr {
    /// Matches every document.
    #[default]
    All,
    /// Matches no document.
    Nothing,
    /// All of them match: two or more, none of which is `And` itself.
    And(Vec<Filter>),
    /// One of them matches: two or more, none of which is `Or` itself.
    Or(Vec<Filter>),
    /// It does not match.
    Not(Box<Filter>),
    /// The field fulfils the condition.
    Field {
        /// Which field; at least one segment.
        path: FieldPath,
        /// The condition.
        op: Operator,
    },
}

/// A condition on one field. Described at the constructors of [`Filter`].
///
/// `Debug` shows the operator, never its value.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Operator {
    /// [`Filter::eq`]
    Eq(Value),
    /// [`Filter::ne`]: a missing field matches.
    Ne(Value),
    /// [`Filter::lt`]
    Lt(Value),
    /// [`Filter::lte`]
    Lte(Value),
    /// [`Filter::gt`]
    Gt(Value),
    /// [`Filter::gte`]
    Gte(Value),
    /// [`Filter::is_in`]
    In(Vec<Value>),
    /// [`Filter::exists`]
    Exists(bool),
    /// [`Filter::starts_with`]
    StartsWith(String),
    /// [`Filter::contains`]
    Contains(Value),
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Nothing => f.write_str("nothing"),
            Self::And(filters) => list(f, "and", filters),
            Self::Or(filters) => list(f, "or", filters),
            Self::Not(filter) => write!(f, "not({:?})", filter.expr()),
            Self::Field { path, op } => write!(f, "{path} {op:?}"),
        }
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eq(_) => f.write_str("eq _"),
            Self::Ne(_) => f.write_str("ne _"),
            Self::Lt(_) => f.write_str("lt _"),
            Self::Lte(_) => f.write_str("lte _"),
            Self::Gt(_) => f.write_str("gt _"),
            Self::Gte(_) => f.write_str("gte _"),
            Self::In(values) => write!(f, "in [_; {}]", values.len()),
            Self::Exists(present) => write!(f, "exists {present}"),
            Self::StartsWith(_) => f.write_str("starts_with _"),
            Self::Contains(_) => f.write_str("contains _"),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, filters: &[Filter]) -> fmt::Result {
    write!(f, "{name}(")?;
    for (index, filter) in filters.iter().enumerate() {
        let separator = if index > 0 { ", " } else { "" };
        write!(f, "{separator}{:?}", filter.expr())?;
    }
    f.write_str(")")
}
