//! Filters: which documents a query returns.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`Filter`]: what it means, and what can be asked of it |
//! | `condition.rs` | the constructors for one field |
//! | `combine.rs` | `and`, `or`, `not`, and the bounds on nesting and size |
//! | `convert.rs` | filters from maps, text and serde |
//! | `expr.rs` | [`Expr`] and [`Operator`]: what a backend sees |
//! | `path.rs` | [`FieldPath`] |
//! | `parse.rs` | the JSON form |
//! | `eval.rs` | the one evaluator |

mod combine;
mod condition;
mod convert;
mod eval;
mod expr;
mod parse;
mod path;

use std::fmt;

use serde_json::{Map, Value};

pub use self::expr::{Expr, Operator};
pub use self::path::FieldPath;

use crate::error::{Error, Result};
use crate::json;

/// How deep `and`, `or` and `not` may nest; a single condition is level 1.
pub(crate) const MAX_FILTER_DEPTH: usize = 32;

/// How many conditions on fields a filter may hold.
pub(crate) const MAX_CONDITIONS: usize = 1_000;

/// Says which documents a query returns. The default matches all.
///
/// Build one from the constructors, from JSON ([`from_json`](Self::from_json), or [`str::parse`] for its text), or from
/// a map of field to value, where every field must equal its value.
///
/// ```
/// use kvs_core::Filter;
/// use serde_json::json;
///
/// let adults = Filter::gte("age", 18) & !Filter::eq("status", "banned");
/// let same: Filter = r#"{ "age": { "$gte": 18 }, "$not": { "status": "banned" } }"#.parse()?;
///
/// let data = json!({ "age": 36, "name": "Ada" });
/// let data = data.as_object().unwrap();
/// assert!(adults.matches(data) && same.matches(data));
/// # Ok::<(), kvs_core::Error>(())
/// ```
///
/// # Rules
///
/// These hold on every backend, since [`matches`](Self::matches) decides on all of them.
///
/// - A field is named by a [`FieldPath`]: `"address.city"` is the member `city` of the object `address`.
/// - A missing field is not null: [`eq`](Self::eq) with null matches an explicit null only; [`exists`](Self::exists)
///   tells presence. [`ne`](Self::ne) is exactly "not `eq`", so that a missing field matches it.
/// - Values of different JSON types are never equal: `true` is not 1, `"1"` is not 1.
/// - Numbers compare by mathematical value, exactly: 1 equals 1.0, and no large integer is rounded.
/// - There is an order between two numbers and between two strings (by UTF-8 bytes). Any other pair matches none of
///   `lt`, `lte`, `gt`, `gte`.
/// - Arrays are equal element by element, objects member by member in any order.
///
/// # Limits
///
/// `and`, `or` and `not` nest at most 32 levels; chains of one kind (`a & b & c`) count as one level. A filter holds at
/// most 1,000 conditions, where a list of [`is_in`](Self::is_in) of any length counts as one. Its values follow the
/// rules of documents: at most 32 levels, numbers within i64, u64 or finite f64. The constructors do not fail: a filter
/// that breaks a limit is refused by [`validate`](Self::validate), and so by every query, and matches nothing.
///
/// # Cost
///
/// A query reads its collection and tests each document; a test takes time in proportion to the filter, and allocates
/// nothing.
///
/// `Debug` shows structure, operators and field paths, never values. `==` asks whether two filters are built alike, not
/// whether they match the same documents.
#[derive(Clone, PartialEq, Default)]
pub struct Filter {
    /// Of an invalid filter: `Nothing`. So no part of a filter is ever invalid, only the whole.
    expr: Expr,
    depth: usize,
    conditions: usize,
    problem: Option<Problem>,
}

impl Filter {
    /// Matches every document.
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// assert_eq!(Filter::all(), Filter::default());
    /// ```
    pub fn all() -> Self {
        Self::default()
    }

    /// Reads the JSON form. All members of the object hold together:
    ///
    /// | member | matches |
    /// |---|---|
    /// | `"status": "active"` | the field equals the value (null, arrays and objects too) |
    /// | `"age": {"$gte": 18, "$lt": 65}` | all operators hold: `$eq $ne $lt $lte $gt $gte $in $exists $starts_with $contains` |
    /// | `"$and": [{…}, {…}]`, `"$or": [{…}, {…}]` | all, or one of the filters; of none: everything, or nothing |
    /// | `"$not": {…}` | the filter does not match |
    ///
    /// A dot in a name separates a [path](FieldPath). To compare a field to an object whose members look like
    /// operators, write `{"$eq": {…}}`.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](Error::InvalidArgument) if it is not an object; for an unknown operator, which is named; for
    /// an operand of the wrong type; for operators mixed with other members; and beyond the [limits](Self#limits).
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// use serde_json::json;
    /// let filter = Filter::from_json(&json!({ "age": { "$gte": 18, "$lt": 65 }, "$not": { "tags": { "$contains": "test" } } }))?;
    /// assert!(Filter::from_json(&json!({ "age": { "$above": 18 } })).is_err());
    /// # Ok::<(), kvs_core::Error>(())
    /// ```
    pub fn from_json(filter: &Value) -> Result<Self> {
        parse::parse(filter)
    }

    /// Does the data of a document match? An [invalid](Self::validate) filter matches nothing.
    ///
    /// Every backend decides by this function, whatever it has sorted out before.
    pub fn matches(&self, data: &Map<String, Value>) -> bool {
        self.expr.matches(data)
    }

    /// Is this filter within the [limits](Self#limits)? Every query asks before it reads anything.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](Error::InvalidArgument), which says what to change.
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// let mut filter = Filter::eq("a", 1);
    /// assert!(filter.validate().is_ok());
    /// for _ in 0..100_000 {
    ///     filter = !filter;
    /// }
    /// assert!(filter.validate().is_err());
    /// ```
    pub fn validate(&self) -> Result<()> {
        self.problem
            .map_or(Ok(()), |problem| Err(Error::invalid_argument(problem.advice())))
    }

    /// The structure, for a backend that lets its engine preselect documents. Whatever it pushes down, the result must
    /// hold every match, and each document in it must be tested by [`matches`](Self::matches) again. Of an
    /// [invalid](Self::validate) filter it is [`Expr::Nothing`].
    ///
    /// ```
    /// use kvs_core::{Expr, Filter, Operator};
    /// let filter = Filter::eq("status", "active");
    /// let Expr::Field { path, op: Operator::Eq(value) } = filter.expr() else { unreachable!() };
    /// assert_eq!((path.segments(), value), (&["status".to_owned()][..], &"active".into()));
    /// ```
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    fn invalid(problem: Problem) -> Self {
        Self {
            expr: Expr::Nothing,
            problem: Some(problem),
            ..Self::default()
        }
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            None => write!(f, "Filter({:?})", self.expr),
            Some(problem) => write!(f, "Filter(invalid: {})", problem.advice()),
        }
    }
}

/// Why a filter is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    TooDeep,
    TooLarge,
    EmptyPath,
    Value(json::Problem),
}

impl Problem {
    fn advice(self) -> &'static str {
        match self {
            Self::TooDeep => "the filter nests more than 32 levels of and, or and not; flatten it",
            Self::TooLarge => {
                "the filter has more than 1000 conditions; use `in` for a list of values, or several queries"
            }
            Self::EmptyPath => "a field path of the filter has no segments; name a field",
            Self::Value(json::Problem::Depth) => {
                "a value in the filter nests more than 32 levels, which no document does; compare a part of it"
            }
            Self::Value(json::Problem::Number) => {
                "a number in the filter fits neither i64, u64 nor a finite f64, so no document holds it"
            }
        }
    }
}
