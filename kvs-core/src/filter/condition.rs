//! The constructors for a condition on one field.

use serde_json::Value;

use super::{Expr, FieldPath, Filter, Operator, Problem};
use crate::json;

impl Filter {
    /// The field equals `value`.
    ///
    /// ```
    /// # use kvs_core::{Filter, FieldPath};
    /// let active = Filter::eq("status", "active");
    /// let in_paris = Filter::eq("address.city", "Paris");
    /// let dotted = Filter::eq(FieldPath::literal("example.com"), true);
    /// ```
    pub fn eq(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, value, Operator::Eq)
    }

    /// The field does not equal `value`, or is missing: exactly `not(eq(…))`.
    pub fn ne(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, value, Operator::Ne)
    }

    /// The field is less than `value`: both are numbers, or both are strings.
    pub fn lt(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, value, Operator::Lt)
    }

    /// The field is less than or equal to `value`: both are numbers, or both are strings.
    pub fn lte(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, value, Operator::Lte)
    }

    /// The field is greater than `value`: both are numbers, or both are strings.
    pub fn gt(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, value, Operator::Gt)
    }

    /// The field is greater than or equal to `value`: both are numbers, or both are strings.
    pub fn gte(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, value, Operator::Gte)
    }

    /// The field equals one of `values`; of none, if there are none. Each document is compared to each value.
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// let weekend = Filter::is_in("day", ["saturday", "sunday"]);
    /// ```
    pub fn is_in(path: impl Into<FieldPath>, values: impl IntoIterator<Item: Into<Value>>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        match values.iter().find_map(|value| json::check_value(value).err()) {
            None => Self::condition(path.into(), Operator::In(values)),
            Some(problem) => {
                values.into_iter().for_each(json::dismantle);
                Self::invalid(Problem::Value(problem))
            }
        }
    }

    /// The field is present, null included (`true`), or missing (`false`).
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// let unverified = Filter::exists("verified_at", false);
    /// ```
    pub fn exists(path: impl Into<FieldPath>, present: bool) -> Self {
        Self::condition(path.into(), Operator::Exists(present))
    }

    /// The field is a string that begins with `prefix`, byte for byte; nothing in it is a wildcard.
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// let images = Filter::starts_with("media_type", "image/");
    /// ```
    pub fn starts_with(path: impl Into<FieldPath>, prefix: impl Into<String>) -> Self {
        Self::condition(path.into(), Operator::StartsWith(prefix.into()))
    }

    /// The field is an array with an element that equals `value`, or a string of which the string `value` is a part.
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// let tagged = Filter::contains("tags", "rust");
    /// ```
    pub fn contains(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, value, Operator::Contains)
    }

    fn compare(path: impl Into<FieldPath>, value: impl Into<Value>, operator: fn(Value) -> Operator) -> Self {
        let value = value.into();
        match json::check_value(&value) {
            Ok(()) => Self::condition(path.into(), operator(value)),
            Err(problem) => {
                json::dismantle(value);
                Self::invalid(Problem::Value(problem))
            }
        }
    }

    fn condition(path: FieldPath, op: Operator) -> Self {
        if path.segments().is_empty() {
            return Self::invalid(Problem::EmptyPath);
        }
        Self {
            expr: Expr::Field { path, op },
            depth: 1,
            conditions: 1,
            problem: None,
        }
    }
}
