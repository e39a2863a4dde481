//! What a key is, how it may be shown, and the ranges of keys that a listing walks.

use std::fmt;

/// The longest key and document id, in bytes of UTF-8. The same on every backend, and not configurable.
pub const MAX_KEY_BYTES: usize = 1024;

/// The longest name of a collection of documents, in bytes of UTF-8.
pub const MAX_COLLECTION_BYTES: usize = 255;

/// No byte of a UTF-8 string is as large, so it lies above every key.
const ABOVE_ALL_KEYS: u8 = 0xFF;

/// A key in an error: whole for the program, shortened wherever it is printed, because keys are often secrets.
///
/// At most the first eight characters and never more than half of the key are shown, with its length.
///
/// ```
/// let name = kvs_core::KeyName::from("session:9f86d081884c7d65");
/// assert_eq!(name.to_string(), r#""session:…" (24 bytes)"#);
/// assert_eq!(name.as_str(), "session:9f86d081884c7d65");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(Box<str>);

impl KeyName {
    /// The whole key. Do not log it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for KeyName {
    fn from(key: &str) -> Self {
        Self(key.into())
    }
}

impl From<String> for KeyName {
    fn from(key: String) -> Self {
        Self(key.into())
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = self.0.chars().count() / 2;
        let shown: String = self.0.chars().take(half.min(8)).flat_map(char::escape_debug).collect();
        let unit = if self.0.len() == 1 { "byte" } else { "bytes" };
        write!(f, "\"{shown}…\" ({} {unit})", self.0.len())
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A half-open range of keys in byte order, `start <= key < end`: what a backend walks for a page.
///
/// The bounds are bytes, not keys: they need not be UTF-8, may be one byte longer than any key, and always exist, so
/// that one range query serves every listing.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key that may be in the range.
    pub start: Vec<u8>,
    /// The first byte string above the range.
    pub end: Vec<u8>,
}

impl KeyRange {
    /// All keys.
    pub fn all() -> Self {
        Self::new("", None, false)
    }

    /// All keys that start with `prefix`, and lie beyond `after` in the direction of the walk.
    pub(crate) fn new(prefix: &str, after: Option<&str>, reverse: bool) -> Self {
        let mut range = Self {
            start: prefix.as_bytes().to_vec(),
            end: successor(prefix.as_bytes()),
        };
        if let Some(after) = after {
            let beyond = after.len() > MAX_KEY_BYTES;
            // No key is longer than the maximum, so what follows in `after` cannot tell two keys apart; but a key equal
            // to the cut string is a prefix of `after`, and so lies below it.
            let cut = &after.as_bytes()[..after.len().min(MAX_KEY_BYTES)];
            if !reverse {
                range.start = range.start.max(next(cut));
            } else if beyond {
                range.end = range.end.min(next(cut));
            } else {
                range.end = range.end.min(cut.to_vec());
            }
        }
        range
    }

    /// Can no key be in the range?
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

impl fmt::Debug for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRange")
            .field("empty", &self.is_empty())
            .finish_non_exhaustive()
    }
}

/// The smallest byte string above every string that starts with `prefix`.
fn successor(prefix: &[u8]) -> Vec<u8> {
    match prefix.split_last() {
        None => vec![ABOVE_ALL_KEYS],
        // UTF-8 holds no 0xFF, so the last byte always has a successor and there is nothing to carry.
        Some((last, rest)) => [rest, &[last + 1]].concat(),
    }
}

/// The smallest byte string above `bytes`.
fn next(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[0]].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inside(range: &KeyRange, key: &str) -> bool {
        range.start.as_slice() <= key.as_bytes() && key.as_bytes() < range.end.as_slice()
    }

    #[test]
    fn an_after_longer_than_any_key_keeps_its_place() {
        let key = "k".repeat(MAX_KEY_BYTES);
        let after = format!("{key}zzz");
        assert!(!inside(&KeyRange::new("", Some(&after), false), &key));
        assert!(inside(&KeyRange::new("", Some(&after), true), &key));
    }

    #[test]
    fn short_keys_show_no_more_than_half() {
        assert_eq!(KeyName::from("k").to_string(), "\"…\" (1 byte)");
        assert_eq!(KeyName::from("é\nab").to_string(), "\"é\\n…\" (5 bytes)");
    }

    proptest! {
        #[test]
        fn a_range_holds_exactly_what_the_definition_says(
            key in "[ab\u{0}é\u{7f}\u{10FFFF}]{1,4}",
            prefix in "[ab\u{0}é\u{7f}\u{10FFFF}]{0,3}",
            after in proptest::option::of("[ab\u{0}é\u{7f}\u{10FFFF}]{0,4}"),
            reverse: bool,
        ) {
            let beyond = after.as_deref().is_none_or(|after| if reverse { key.as_str() < after } else { key.as_str() > after });
            let expected = key.starts_with(&prefix) && beyond;
            prop_assert_eq!(inside(&KeyRange::new(&prefix, after.as_deref(), reverse), &key), expected);
        }
    }
}
