//! The part of a filter that SQLite may decide beforehand: always at least the documents that match.

use std::fmt::Write as _;

use kvs_core::{Expr, FieldPath, Filter, Operator, Value};

/// More conditions than that are not worth their parsing.
const MOST_CONDITIONS: usize = 32;

/// Up to here each integer, and each of its neighbours, is a float of its own.
const EXACT: i64 = 1 << 53;

/// A condition in SQL that every matching document fulfils, and what to bind in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pushdown {
    condition: String,
    bounds: Vec<Bound>,
}

/// A value to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    Text(String),
    Integer(i64),
}

impl Pushdown {
    /// What of the filter can be pushed down; `None` if nothing can.
    pub(crate) fn new(filter: &Filter) -> Option<Self> {
        let parts = match filter.expr() {
            Expr::And(parts) => parts.iter().map(Filter::expr).collect(),
            other => vec![other],
        };
        let mut pushdown = Self {
            condition: String::new(),
            bounds: Vec::new(),
        };
        let fields = parts.into_iter().filter_map(|part| match part {
            Expr::Field { path, op } => Some((json_path(path)?, op)),
            _ => None,
        });
        let mut conditions = 0;
        for (path, op) in fields {
            if conditions < MOST_CONDITIONS {
                conditions += usize::from(pushdown.add(&path, op));
            }
        }
        (conditions > 0).then_some(pushdown)
    }

    /// The condition, to stand after others.
    pub(super) fn condition(&self) -> &str {
        &self.condition
    }

    /// What to bind, in order.
    pub(crate) fn bounds(&self) -> &[Bound] {
        &self.bounds
    }

    /// Adds a condition, if it is one of the few whose meaning in SQLite is equal or wider beyond doubt.
    fn add(&mut self, path: &str, op: &Operator) -> bool {
        match op {
            Operator::Exists(true) => self.write("json_type(data, ?) IS NOT NULL", path, []),
            Operator::Eq(Value::Null) => self.write("json_type(data, ?) = 'null'", path, []),
            // True is 1 to SQLite, and so is the number 1: wider.
            Operator::Eq(Value::Bool(value)) => {
                self.write("json_extract(data, ?) = ?", path, [Bound::Integer((*value).into())])
            }
            // SQLite ends a string at a NUL.
            Operator::Eq(Value::String(value)) if !value.contains('\0') => {
                self.write("json_extract(data, ?) = ?", path, [Bound::Text(value.clone())])
            }
            // SQLite may read a float one bit off; its neighbours make up for that.
            Operator::Eq(Value::Number(value)) => match value.as_i64() {
                Some(value) if (-EXACT..EXACT).contains(&value) => {
                    let bounds = [Bound::Integer(value - 1), Bound::Integer(value + 1)];
                    self.write("json_extract(data, ?) BETWEEN ? AND ?", path, bounds)
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn write<const N: usize>(&mut self, condition: &'static str, path: &str, values: [Bound; N]) -> bool {
        // Writing to a string cannot fail.
        let _ = write!(self.condition, " AND {condition}");
        self.bounds.push(Bound::Text(path.to_owned()));
        self.bounds.extend(values);
        true
    }
}

/// The path as SQLite reads it, each segment in quotes; `None` where quotes do not say it all.
fn json_path(path: &FieldPath) -> Option<String> {
    let mut text = "$".to_owned();
    for segment in path.segments() {
        let is_plain = !segment.is_empty()
            && segment.len() <= 255
            && !segment.contains(|c: char| c.is_control() || c == '"' || c == '\\');
        if !is_plain {
            return None;
        }
        let _ = write!(text, ".\"{segment}\"");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(filter: &Filter) -> Option<Vec<Bound>> {
        Pushdown::new(filter).map(|pushdown| pushdown.bounds)
    }

    #[test]
    fn a_field_is_bound_and_never_part_of_the_text() {
        let pushdown = Pushdown::new(&Filter::eq("a' OR 1=1 --.b", "x' OR 1=1 --")).unwrap();
        assert_eq!(pushdown.condition, " AND json_extract(data, ?) = ?");
        assert_eq!(pushdown.bounds[0], Bound::Text("$.\"a' OR 1=1 --\".\"b\"".into()));
    }

    #[test]
    fn what_is_in_doubt_is_not_pushed_down() {
        let doubtful = [
            Filter::all(),
            Filter::eq("a", "x\0y"),
            Filter::eq(FieldPath::literal("a\"b"), 1),
            Filter::eq(FieldPath::literal("a\\b"), 1),
            Filter::eq(FieldPath::literal(""), 1),
            Filter::eq(FieldPath::literal("a\nb"), 1),
            Filter::eq("a", 1.5),
            Filter::eq("a", u64::MAX),
            Filter::eq("a", EXACT),
            Filter::ne("a", 1),
            Filter::exists("a", false),
            !Filter::eq("a", 1),
            Filter::eq("a", 1) | Filter::eq("b", 1),
            Filter::gt("a", 1),
        ];
        for filter in doubtful {
            assert_eq!(bounds(&filter), None, "{filter:?}");
        }
    }

    #[test]
    fn of_a_conjunction_the_certain_parts_are_pushed_down() {
        let filter = Filter::eq("a", true) & Filter::ne("b", 1) & Filter::exists("c", true);
        let expected = vec![
            Bound::Text("$.\"a\"".into()),
            Bound::Integer(1),
            Bound::Text("$.\"c\"".into()),
        ];
        assert_eq!(bounds(&filter), Some(expected));
    }
}
