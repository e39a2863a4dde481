//! `and`, `or` and `not`. Here the bounds are kept that make recursion over a filter safe: a filter that would exceed
//! one becomes an invalid filter without parts, and stays invalid whatever is made of it.

use std::ops::{BitAnd, BitOr, Not};

use super::{Expr, Filter, MAX_CONDITIONS, MAX_FILTER_DEPTH, Problem};

impl Filter {
    /// All of the filters match; of none: everything matches.
    ///
    /// `a & b` does the same for two, and may be repeated in a loop: chains are flattened.
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// let filter = Filter::and([Filter::eq("a", 1), Filter::eq("b", 2)]);
    /// assert_eq!(filter, Filter::eq("a", 1) & Filter::eq("b", 2));
    /// assert_eq!(Filter::and([]), Filter::all());
    /// ```
    pub fn and(filters: impl IntoIterator<Item = Self>) -> Self {
        join(Kind::And, filters)
    }

    /// One of the filters matches; of none: nothing matches.
    ///
    /// `a | b` does the same for two, and may be repeated in a loop: chains are flattened.
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// let filter = Filter::or([Filter::eq("a", 1), Filter::exists("b", true)]);
    /// assert_eq!(filter, Filter::eq("a", 1) | Filter::exists("b", true));
    /// ```
    pub fn or(filters: impl IntoIterator<Item = Self>) -> Self {
        join(Kind::Or, filters)
    }

    /// The filter does not match. `!filter` does the same.
    ///
    /// ```
    /// # use kvs_core::Filter;
    /// assert_eq!(Filter::not(Filter::all()), Filter::or([]));
    /// assert_eq!(Filter::not(Filter::eq("a", 1)), !Filter::eq("a", 1));
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "it does, too; this one stands beside `and` and `or`"
    )]
    pub fn not(filter: Self) -> Self {
        if filter.problem.is_some() {
            return filter;
        }
        match filter.expr {
            Expr::All => Kind::Or.neutral(),
            Expr::Nothing => Kind::And.neutral(),
            _ => bounded(filter.depth + 1, filter.conditions, Expr::Not(Box::new(filter))),
        }
    }
}

impl Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::not(self)
    }
}

impl BitAnd for Filter {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self::and([self, other])
    }
}

impl BitOr for Filter {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self::or([self, other])
    }
}

#[derive(Clone, Copy)]
enum Kind {
    And,
    Or,
}

impl Kind {
    /// The filter that changes nothing when joined.
    fn neutral(self) -> Filter {
        match self {
            Self::And => Filter::all(),
            Self::Or => Filter {
                expr: Expr::Nothing,
                ..Filter::all()
            },
        }
    }

    /// The filter that alone decides when joined.
    fn absorbing(self) -> Filter {
        match self {
            Self::And => Self::Or.neutral(),
            Self::Or => Self::And.neutral(),
        }
    }

    fn expr(self, parts: Vec<Filter>) -> Expr {
        match self {
            Self::And => Expr::And(parts),
            Self::Or => Expr::Or(parts),
        }
    }

    /// Adds a filter to the parts: its own parts, if it is of the same kind. Says whether it alone decides.
    fn append(self, parts: &mut Vec<Filter>, filter: Filter) -> bool {
        match (self, filter.expr) {
            (Self::And, Expr::Nothing) | (Self::Or, Expr::All) => return true,
            (Self::And, Expr::All) | (Self::Or, Expr::Nothing) => {}
            // Keeping the first list makes a loop of `filter = filter & next` cheap.
            (Self::And, Expr::And(inner)) | (Self::Or, Expr::Or(inner)) if parts.is_empty() => *parts = inner,
            (Self::And, Expr::And(inner)) | (Self::Or, Expr::Or(inner)) => parts.extend(inner),
            (_, expr) => parts.push(Filter { expr, ..filter }),
        }
        false
    }
}

fn join(kind: Kind, filters: impl IntoIterator<Item = Filter>) -> Filter {
    let (mut parts, mut conditions, mut decided, mut problem) = (Vec::new(), 0, false, None);
    // Goes on after a problem: what a lazy iterator has not yet made into filters may not be safe to drop.
    for filter in filters {
        conditions += filter.conditions;
        let too_large = (conditions > MAX_CONDITIONS).then_some(Problem::TooLarge);
        problem = problem.or(filter.problem).or(too_large);
        if problem.is_none() {
            decided |= kind.append(&mut parts, filter);
        }
    }
    match (problem, parts.pop()) {
        (Some(problem), _) => Filter::invalid(problem),
        (None, _) if decided => kind.absorbing(),
        (None, None) => kind.neutral(),
        (None, Some(only)) if parts.is_empty() => only,
        (None, Some(last)) => {
            parts.push(last);
            let depth = parts.iter().map(|part| part.depth).max().unwrap_or_default();
            bounded(depth + 1, conditions, kind.expr(parts))
        }
    }
}

/// Dropping an `expr` that is too deep is safe: its parts are within the bounds.
fn bounded(depth: usize, conditions: usize, expr: Expr) -> Filter {
    if depth > MAX_FILTER_DEPTH {
        return Filter::invalid(Problem::TooDeep);
    }
    Filter {
        expr,
        depth,
        conditions,
        problem: None,
    }
}
