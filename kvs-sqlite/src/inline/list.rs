//! Pages of a listing, piece by piece.

use kvs_core::{Bytes, CheckedList, Clock, Entry, ListPage, is_live};

use super::Inline;
use crate::engine::PAGE_BYTES;

/// A piece is over after so many rows, or once it has so many bytes: about what a turn has time for.
pub(super) const PIECE_ROWS: usize = 256;
pub(super) const PIECE_BYTES: usize = 65_536;

/// How many pieces in a row may hold nothing live.
const MOST_BARREN: usize = 8;

/// Rows of a range, dead ones among them, so that no piece is long because of what has expired.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) rows: Vec<Entry>,
    /// There are no more.
    pub(super) is_last: bool,
}

impl Inline {
    /// A page of a listing. `None`: ask the engine, also if only a later piece could not be read here.
    pub(crate) async fn list(&self, list: &CheckedList, clock: &dyn Clock) -> Option<ListPage> {
        let now = clock.now();
        let statement = self.sql.piece(list.reverse, list.values);
        let mut range = list.range.clone();
        let (mut page, mut bytes) = (ListPage::default(), 0);
        let mut barren = 0;
        while !range.is_empty() {
            // Where entries have expired, there are probably more of them.
            let most = match barren {
                0 => PIECE_ROWS.min(list.limit + 1 - page.entries.len()),
                1..MOST_BARREN => PIECE_ROWS,
                // The engine passes them over in one statement.
                _ => return None,
            };
            let read = self.read(|raw| raw.walk(statement.as_str(), &range, most)).await;
            let Piece { rows, is_last } = read?;
            match rows.last() {
                Some(row) if list.reverse => range.end = row.key.clone().into_bytes(),
                Some(row) => range.start = [row.key.as_bytes(), &[0]].concat(),
                None => {}
            }
            let is_barren = !rows.iter().any(|row| is_live(row.expires_at, now));
            barren = if is_barren { barren + 1 } else { 0 };
            for entry in rows.into_iter().filter(|row| is_live(row.expires_at, now)) {
                if page.entries.len() == list.limit || bytes >= PAGE_BYTES {
                    page.next = page.entries.last().map(|entry| entry.key.clone());
                    return Some(page);
                }
                bytes += entry.key.len() + entry.value.as_ref().map_or(0, Bytes::len);
                page.entries.push(entry);
            }
            if is_last {
                break;
            }
        }
        Some(page)
    }
}
