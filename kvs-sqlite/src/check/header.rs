//! The first bytes of a database file, which tell how it may be opened without changing anything.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::kept;

const LENGTH: usize = 100;
static TURN: Mutex<()> = Mutex::new(());

const MAGIC: &[u8] = b"SQLite format 3\0";

/// What the file says of itself, <https://sqlite.org/fileformat.html#the_database_header>.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// No byte was ever written: a database without tables.
    Empty,
    /// Something else.
    Foreign,
    Database {
        page_bytes: u32,
        /// In WAL mode; else with a rollback journal.
        wal: bool,
    },
}

pub(super) fn read(path: &Path) -> io::Result<Header> {
    let mut bytes = Vec::with_capacity(LENGTH);
    let most = u64::try_from(LENGTH).unwrap_or(u64::MAX);
    let file = kept::open(path)?;
    // Two checks at once share the file, and its position.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    (&*file).seek(SeekFrom::Start(0))?;
    (&*file).take(most).read_to_end(&mut bytes)?;
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Header {
    if bytes.is_empty() {
        return Header::Empty;
    }
    if bytes.len() < LENGTH || !bytes.starts_with(MAGIC) {
        return Header::Foreign;
    }
    let page_bytes = match u32::from(u16::from_be_bytes([bytes[16], bytes[17]])) {
        // The one size that does not fit into 16 bits.
        1 => 65_536,
        bytes => bytes,
    };
    Header::Database {
        page_bytes,
        wal: bytes[19] == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_page_size_and_journal() {
        let mut bytes = vec![0; LENGTH];
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        for (size, version, page_bytes, wal) in [(4_096_u16, 2, 4_096, true), (1, 1, 65_536, false)] {
            bytes[16..18].copy_from_slice(&size.to_be_bytes());
            bytes[18..20].fill(version);
            assert_eq!(parse(&bytes), Header::Database { page_bytes, wal });
        }
        assert_eq!(parse(&bytes[..99]), Header::Foreign);
        assert_eq!(parse(b"hello"), Header::Foreign);
        assert_eq!(parse(b""), Header::Empty);
    }
}
