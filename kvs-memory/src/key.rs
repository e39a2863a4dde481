//! The key of an entry, or the id of a document, as it is kept.

use std::array;
use std::borrow::Borrow;
use std::cmp::Ordering;

/// Bytes of a key that is kept in place.
const SHORT: usize = 22;

/// A short key is kept in place: reading it is no further step through memory, and storing it no allocation.
///
/// It compares and orders as its bytes, so that it can be looked up by bytes: the bounds of a
/// [`KeyRange`](kvs_core::KeyRange) need not be UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// Padded with zeros; its length is the last byte. So two of them order as arrays of one size do, which takes a few
    /// instructions: a write that creates or removes a key compares it with dozens of others.
    Short([u8; SHORT + 1]),
    Long(Box<[u8]>),
}

impl Key {
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short(padded) => &padded[..usize::from(padded[SHORT])],
            Self::Long(bytes) => bytes,
        }
    }

    pub(crate) fn to_text(&self) -> String {
        // Never the default: the bytes are those of a `str`.
        String::from_utf8(self.as_bytes().to_vec()).unwrap_or_default()
    }
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        let bytes = key.as_bytes();
        match u8::try_from(bytes.len()) {
            Ok(length) if bytes.len() <= SHORT => {
                let mut padded = [0; SHORT + 1];
                padded[..bytes.len()].copy_from_slice(bytes);
                padded[SHORT] = length;
                Self::Short(padded)
            }
            _ => Self::Long(bytes.into()),
        }
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Ord for Key {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Short(one), Self::Short(other)) => head(one).cmp(&head(other)).then_with(|| one.cmp(other)),
            (one, other) => one.as_bytes().cmp(other.as_bytes()),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The first 16 bytes, as a number that orders as they do.
#[inline]
fn head(padded: &[u8; SHORT + 1]) -> u128 {
    u128::from_be_bytes(array::from_fn(|place| padded[place]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_their_bytes_and_come_back_as_text() {
        let long = "k".repeat(SHORT);
        let longer = "k".repeat(SHORT + 1);
        let mut texts = vec![
            "a",
            "a\0",
            "a\0\0",
            "a\0b",
            "ab",
            "b",
            "\0",
            "ä",
            "z",
            "\u{10FFFF}",
            &long,
            &longer,
            &long[1..],
        ];
        let zeros = "\0".repeat(SHORT + 2);
        texts.extend((1..=zeros.len()).map(|length| &zeros[..length]));
        for one in &texts {
            let key = Key::from(*one);
            assert_eq!(key.to_text(), *one);
            for other in &texts {
                let expected = one.as_bytes().cmp(other.as_bytes());
                assert_eq!(key.cmp(&Key::from(*other)), expected, "{one:?} and {other:?}");
                assert_eq!(key == Key::from(*other), expected.is_eq(), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn a_key_is_no_larger_than_a_string() {
        assert_eq!(size_of::<Key>(), size_of::<String>());
    }
}
