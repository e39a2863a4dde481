//! How a walk over keys or ids becomes a page, in steps that hold no lock and no executor for long.

use kvs_core::{KeyRange, Result};

use crate::op::pause;

/// The most keys or documents that one page looks at: expired ones, or ones that do not match, may leave it short.
const MOST_LOOKED_AT: usize = 20_000;

/// What to walk.
pub(crate) struct Walk {
    pub(crate) range: KeyRange,
    pub(crate) reverse: bool,
    /// The most results.
    pub(crate) limit: usize,
    /// The most items of one step, after which other tasks may run.
    pub(crate) step: usize,
}

/// What was found, and where the next page begins; `None` at the end.
pub(crate) type Page<R> = (Vec<R>, Option<String>);

impl Walk {
    /// Takes items of a range, `take`, and keeps what `look` makes of them, until the page is full or the range ends.
    pub(crate) async fn page<T, R>(
        mut self,
        take: impl Fn(&KeyRange, usize) -> Result<(Vec<T>, bool)>,
        key: impl Fn(&T) -> &str,
        look: impl Fn(&T) -> Result<Option<R>>,
    ) -> Result<Page<R>> {
        let mut found = Vec::new();
        let mut looked_at = 0;
        // What is looked for is mostly there, so that the first step is rarely too short and never much too long.
        let mut step = self.limit.min(self.step);
        loop {
            let (items, more) = take(&self.range, step)?;
            let mut rest = items.iter();
            let mut last = None;
            while found.len() < self.limit
                && let Some(item) = rest.next()
            {
                found.extend(look(item)?);
                last = Some(item);
                looked_at += 1;
            }
            let Some(last) = last.map(&key).filter(|_| more || rest.len() > 0) else {
                return Ok((found, None));
            };
            if found.len() == self.limit || looked_at >= MOST_LOOKED_AT {
                return Ok((found, Some(last.to_owned())));
            }
            self.go_beyond(last);
            step = (step * 2).min(self.step);
            pause().await;
        }
    }

    fn go_beyond(&mut self, last: &str) {
        if self.reverse {
            self.range.end = last.into();
        } else {
            // The next string above `last`.
            self.range.start = [last.as_bytes(), &[0]].concat();
        }
    }
}
