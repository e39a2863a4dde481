//! Pages of a query. Each reads a range, and is bounded in rows and in bytes.

use futures_util::TryStreamExt as _;
use kvs_core::{ErrorKind, QueryPage, Result};
use sqlx::SqliteConnection;

use super::list::PAGE_BYTES;
use super::{Core, QueryJob};
use crate::error::Failure;
use crate::row;
use crate::sql::Pushdown;

/// How many documents one statement looks at.
const WINDOW: usize = 1_024;

/// How many times that a page looks at before it ends early.
const MOST_WINDOWS: usize = 32;

/// After that many documents the thread turns to other requests.
const TURN: usize = 64;

pub(super) async fn query(core: &Core, connection: &mut SqliteConnection, job: &QueryJob) -> Result<QueryPage> {
    let pushdown = Pushdown::new(&job.filter);
    match Walk::new(core, job, pushdown.as_ref()).run(connection).await {
        // SQLite stumbles over JSON that is damaged; our own reading tells where.
        Err(error) if pushdown.is_some() && error.kind() == ErrorKind::Backend => {
            Walk::new(core, job, None).run(connection).await
        }
        result => result,
    }
}

struct Walk<'a> {
    core: &'a Core,
    job: &'a QueryJob,
    pushdown: Option<&'a Pushdown>,
    page: QueryPage,
    bytes: usize,
    seen: usize,
}

impl<'a> Walk<'a> {
    fn new(core: &'a Core, job: &'a QueryJob, pushdown: Option<&'a Pushdown>) -> Self {
        Self {
            core,
            job,
            pushdown,
            page: QueryPage::default(),
            bytes: 0,
            seen: 0,
        }
    }

    async fn run(mut self, connection: &mut SqliteConnection) -> Result<QueryPage> {
        let range = &self.job.query.range;
        let mut start = range.start.clone();
        let mut windows = 0;
        while start < range.end {
            let last = self.window_end(connection, &start).await?;
            let end = last.as_deref().map_or_else(|| range.end.clone(), above);
            if self.window(connection, &start, &end).await? {
                return Ok(self.page);
            }
            let Some(last) = last else { break };
            windows += 1;
            if windows == MOST_WINDOWS {
                self.page.next = Some(last);
                break;
            }
            start = end;
        }
        Ok(self.page)
    }

    /// The last id of the window, if there may be more behind it.
    async fn window_end(&self, connection: &mut SqliteConnection, start: &[u8]) -> Result<Option<String>> {
        let range = (start, &self.job.query.range.end[..]);
        let arguments = row::walk(&self.job.collection, range, &[], WINDOW - 1);
        let query = sqlx::query_with(self.core.sql.document_at.clone(), arguments);
        let row = query.fetch_optional(connection).await.map_err(Failure::of_driver)?;
        row.as_ref().map(row::key).transpose()
    }

    /// Looks at the documents of a window; says whether the page is complete.
    async fn window(&mut self, connection: &mut SqliteConnection, start: &[u8], end: &[u8]) -> Result<bool> {
        let bounds = self.pushdown.map_or(&[][..], Pushdown::bounds);
        // No limit in number: a document that was put into the window after its end was found must not push another out.
        let arguments = row::walk(&self.job.collection, (start, end), bounds, usize::MAX);
        let query = sqlx::query_with(self.core.sql.walk(self.pushdown), arguments);
        // What a filter adds makes a statement of its own, which is not worth keeping.
        let mut rows = query.persistent(self.pushdown.is_none()).fetch(connection);
        while let Some(row) = rows.try_next().await.map_err(Failure::of_driver)? {
            let document = row::document(&row)?;
            self.bytes += row::document_length(&row)?;
            self.seen += 1;
            if self.seen.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
            let id = document.id.clone();
            if self.job.filter.matches(&document.data) {
                if self.page.documents.len() == self.job.query.limit {
                    self.page.next = self.page.documents.last().map(|document| document.id.clone());
                    return Ok(true);
                }
                self.page.documents.push(document);
            }
            if self.bytes >= PAGE_BYTES {
                self.page.next = Some(id);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The smallest byte string above an id.
fn above(id: &str) -> Vec<u8> {
    [id.as_bytes(), &[0]].concat()
}
