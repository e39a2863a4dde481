//! Walking the shards of a listing as one ordered sequence.

use std::cmp::Ordering;
use std::collections::VecDeque;

use futures_util::future::try_join_all;
use kvs_core::{Document, Entry, Error, KeyRange, Result};

use crate::call::Effect;
use crate::change::Expression;
use crate::error;
use crate::handle::Table;
use crate::range::Span;
use crate::schema::{self, Item};

/// Rounds of requests that one page may cost. What is expired or does not match is read for nothing, and a page must not
/// take for ever.
const MOST_ROUNDS: usize = 20;

/// The most bytes that one page holds.
const MOST_BYTES: usize = 16 << 20;

/// A request for more items than this has no limit: it ends after 1 MB by itself.
const MOST_ASKED: usize = 4_000;

/// What to walk.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    pub(crate) partitions: Vec<String>,
    pub(crate) range: &'a KeyRange,
    pub(crate) reverse: bool,
    /// Only these attributes.
    pub(crate) attributes: Option<Expression>,
    /// About how many items are wanted; `None` means all.
    pub(crate) expected: Option<usize>,
}

/// A walk over several partitions in the order of their sort keys.
///
/// Each partition is read in order, ahead of what was taken from it. The least of the foremost items is the next one, as
/// soon as every partition has one or has ended.
pub(crate) struct Walk<'a, T, P> {
    source: Source<'a, P>,
    cursors: Vec<Cursor<T>>,
}

/// Where the items come from. `pick` makes something of an item, or nothing if it is not to be seen.
struct Source<'a, P> {
    table: &'a Table,
    course: Course<'a>,
    /// `None` if nothing can be there.
    span: Option<Span>,
    pick: P,
}

/// How far one partition was read.
struct Cursor<T> {
    partition: String,
    ahead: VecDeque<Picked<T>>,
    /// The sort key after which to go on.
    last: Option<String>,
    ended: bool,
    /// How many items to ask for; `None` as many as the server gives.
    asked: Option<usize>,
}

/// What was made of an item.
pub(crate) struct Picked<T> {
    pub(crate) item: T,
    /// About the bytes of memory that it takes.
    pub(crate) size: usize,
}

/// What a walk yields, which it orders by the sort key.
pub(crate) trait Sorted {
    fn sort_key(&self) -> &str;
}

impl Sorted for Entry {
    fn sort_key(&self) -> &str {
        &self.key
    }
}

impl Sorted for Document {
    fn sort_key(&self) -> &str {
        &self.id
    }
}

impl Sorted for String {
    fn sort_key(&self) -> &str {
        self
    }
}

/// A part of a walk.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// All up to here was seen; `None` at the end of the walk.
    pub(crate) next: Option<String>,
}

impl<'a, T, P> Walk<'a, T, P>
where
    T: Sorted,
    P: Fn(Item) -> Result<Option<Picked<T>>>,
{
    pub(crate) fn new(table: &'a Table, course: Course<'a>, pick: P) -> Self {
        let span = Span::of(course.range);
        let asked = course
            .expected
            .and_then(|expected| share(expected, course.partitions.len()));
        let cursor = |partition: &String| Cursor {
            partition: partition.clone(),
            ahead: VecDeque::new(),
            last: None,
            ended: span.is_none(),
            asked,
        };
        Self {
            cursors: course.partitions.iter().map(cursor).collect(),
            source: Source {
                table,
                course,
                span,
                pick,
            },
        }
    }

    /// All that is left of the walk.
    pub(crate) async fn rest(mut self) -> Result<Vec<T>> {
        let mut items = Vec::new();
        loop {
            while self.is_dry() {
                self.read_on().await?;
            }
            match self.take() {
                Some(picked) => items.push(picked.item),
                None => return Ok(items),
            }
        }
    }

    /// The next `limit` items, or fewer where that takes too many requests or too much memory.
    pub(crate) async fn page(&mut self, limit: usize) -> Result<Page<T>> {
        let mut items = Vec::new();
        let (mut bytes, mut rounds) = (0, 0);
        loop {
            while self.is_dry() {
                if rounds == MOST_ROUNDS {
                    return Ok(self.cut(items, limit));
                }
                rounds += 1;
                self.read_on().await?;
            }
            let Some(Picked { item, size }) = self.take() else {
                return Ok(Page { items, next: None });
            };
            bytes += size;
            if items.len() + 1 == limit || bytes >= MOST_BYTES {
                let next = (!self.is_over()).then(|| item.sort_key().to_owned());
                items.push(item);
                return Ok(Page { items, next });
            }
            items.push(item);
        }
    }

    /// Ends a page before its time, at the place that every partition was read up to.
    fn cut(&mut self, mut items: Vec<T>, limit: usize) -> Page<T> {
        let reverse = self.source.course.reverse;
        // Not of the dry ones alone: what is taken below may leave others dry.
        let unfinished = self.cursors.iter().filter(|cursor| !cursor.ended);
        let place = unfinished
            .filter_map(|cursor| cursor.last.clone())
            .min_by(|a, b| order(reverse, a, b));
        let Some(place) = place else {
            return Page { items, next: None };
        };
        while let Some(front) = self.front()
            && order(reverse, front, &place) != Ordering::Greater
        {
            let Some(Picked { item, .. }) = self.take() else {
                break;
            };
            if items.len() + 1 == limit {
                let next = Some(item.sort_key().to_owned());
                items.push(item);
                return Page { items, next };
            }
            items.push(item);
        }
        Page {
            items,
            next: Some(place),
        }
    }

    /// Reads on in all partitions of which nothing is left, side by side.
    async fn read_on(&mut self) -> Result<()> {
        let source = &self.source;
        let dry = self.cursors.iter_mut().filter(|cursor| cursor.is_dry());
        try_join_all(dry.map(|cursor| cursor.read_on(source))).await.map(drop)
    }

    /// Takes the next item of all partitions. Only sound while none is dry.
    fn take(&mut self) -> Option<Picked<T>> {
        let reverse = self.source.course.reverse;
        let filled = self.cursors.iter_mut().filter(|cursor| !cursor.ahead.is_empty());
        let next = filled.min_by(|a, b| match (a.ahead.front(), b.ahead.front()) {
            (Some(a), Some(b)) => order(reverse, a.item.sort_key(), b.item.sort_key()),
            _ => Ordering::Equal,
        })?;
        next.ahead.pop_front()
    }

    fn front(&self) -> Option<&str> {
        let reverse = self.source.course.reverse;
        let fronts = self.cursors.iter().filter_map(|cursor| cursor.ahead.front());
        fronts
            .map(|picked| picked.item.sort_key())
            .min_by(|a, b| order(reverse, a, b))
    }

    fn is_dry(&self) -> bool {
        self.cursors.iter().any(Cursor::is_dry)
    }

    fn is_over(&self) -> bool {
        self.cursors
            .iter()
            .all(|cursor| cursor.ended && cursor.ahead.is_empty())
    }
}

impl<T> Cursor<T> {
    fn is_dry(&self) -> bool {
        self.ahead.is_empty() && !self.ended
    }

    /// One request. Asks for more each time: what came last was not enough.
    async fn read_on<P>(&mut self, source: &Source<'_, P>) -> Result<()>
    where
        P: Fn(Item) -> Result<Option<Picked<T>>>,
    {
        let (items, last) = source.query(&self.partition, self.last.as_deref(), self.asked).await?;
        for item in items {
            self.ahead.extend((source.pick)(item)?);
        }
        self.asked = self.asked.map(|asked| asked * 2).filter(|asked| *asked <= MOST_ASKED);
        match last {
            None => self.ended = true,
            Some(next) => {
                let moved = |last: &String| order(source.course.reverse, last, &next) == Ordering::Less;
                if !self.last.as_ref().is_none_or(moved) {
                    return Err(Error::corrupt("DynamoDB repeats a page of the listing; try again"));
                }
                self.last = Some(next);
            }
        }
        Ok(())
    }
}

impl<P> Source<'_, P> {
    /// Reads on in a partition: the items, and where to go on unless it has ended.
    async fn query(
        &self,
        partition: &str,
        after: Option<&str>,
        asked: Option<usize>,
    ) -> Result<(Vec<Item>, Option<String>)> {
        let Some(span) = &self.span else {
            return Ok((Vec::new(), None));
        };
        let mut condition = span.condition(partition);
        let attributes = self.course.attributes.clone();
        let attributes = attributes.map(|attributes| {
            condition.names.extend(attributes.names);
            attributes.text
        });
        let start = after.map(|after| schema::primary_key(partition.to_owned(), after));
        let request = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(self.table.consistent)
            .scan_index_forward(!self.course.reverse)
            .key_condition_expression(condition.text)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(Some(condition.values))
            .set_projection_expression(attributes)
            .set_exclusive_start_key(start)
            .set_limit(asked.and_then(|asked| i32::try_from(asked).ok()));
        let output = self.table.ask(Effect::Nothing, || request.clone().send()).await?;
        let items = output.items.ok_or_else(error::not_an_answer)?;
        let last = output.last_evaluated_key.filter(|key| !key.is_empty());
        let last = last.map(|mut key| schema::take_sort_key(&mut key)).transpose()?;
        Ok((items, last))
    }
}

/// The order of the walk.
fn order(reverse: bool, a: &str, b: &str) -> Ordering {
    if reverse { b.cmp(a) } else { a.cmp(b) }
}

/// How many items to ask each of `partitions` for, so that `expected` are rarely too few: the mean and three standard
/// deviations, as keys spread at random.
fn share(expected: usize, partitions: usize) -> Option<usize> {
    let mean = expected.div_ceil(partitions.max(1));
    let asked = mean + 3 * (mean.isqrt() + 1);
    Some(asked.min(expected)).filter(|asked| *asked <= MOST_ASKED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_is_asked_for_its_share_and_a_little_more() {
        assert_eq!(share(1, 8), Some(1));
        assert_eq!(share(10, 8), Some(8));
        assert_eq!(share(1_000, 8), Some(161));
        assert_eq!(share(1_000, 1), Some(1_000));
        assert_eq!(share(10_000, 1), None);
    }
}
