//! How a walk over keys or ids becomes a page, in steps that hold no lock and no executor for long.

use kvs_core::{KeyRange, Result};

use crate::op::pause;

/// The most keys or documents that one page looks at: expired ones, or ones that do not match, may leave it short.
const MOST_LOOKED_AT: usize = 20_000;

/// What is left to walk.
pub(crate) struct Walk {
    pub(crate) range: KeyRange,
    pub(crate) reverse: bool,
    /// The most results.
    pub(crate) limit: usize,
    /// The most items of the next step, after which other tasks may run.
    pub(crate) step: usize,
    /// Up to which a step that found too little makes the next one longer.
    pub(crate) longest_step: usize,
}

/// What was found, and where the next page begins; `None` at the end.
pub(crate) type Page<R> = (Vec<R>, Option<String>);

impl Walk {
    /// Takes steps until the page is full or the range ends.
    ///
    /// A step looks at the first items of the range and adds what it finds to the page, up to the limit. It answers with
    /// the last key that it looked at, or with `None` if nothing lies beyond.
    pub(crate) async fn page<R>(
        mut self,
        take_step: impl Fn(&Self, &mut Vec<R>) -> Result<Option<String>>,
    ) -> Result<Page<R>> {
        let mut found = Vec::new();
        let mut looked_at = 0;
        while let Some(last) = take_step(&self, &mut found)? {
            looked_at += self.step;
            if found.len() == self.limit || looked_at >= MOST_LOOKED_AT {
                return Ok((found, Some(last)));
            }
            self.go_beyond(&last);
            self.step = (self.step * 2).min(self.longest_step);
            pause().await;
        }
        Ok((found, None))
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
