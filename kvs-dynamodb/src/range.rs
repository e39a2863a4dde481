//! A range of keys as DynamoDB can be asked for it: by a prefix, or between two strings, both of which belong to it.

use aws_sdk_dynamodb::types::AttributeValue;
use kvs_core::{KeyRange, MAX_KEY_BYTES};

use crate::change::Expression;
use crate::schema::{PK, SK};

/// The first string below no key.
const FIRST: &str = "\0";

/// The greatest characters of each length, from four bytes to one.
const GREATEST: [char; 4] = ['\u{10FFFF}', '\u{FFFF}', '\u{7FF}', '\u{7F}'];

/// The sort keys that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    All,
    /// A range too, but the last key with a prefix is as long as a key can be: a kilobyte to encode, sign and send.
    Prefix(String),
    Between(String, String),
}

impl Span {
    /// The span of a range; `None` if no key can lie in it.
    pub(crate) fn of(range: &KeyRange) -> Option<Self> {
        let (first, last) = bounds(range)?;
        let is_prefix = matches!((range.start.split_last(), range.end.split_last()),
            (Some((first, start)), Some((last, end))) if start == end && first.checked_add(1) == Some(*last));
        Some(if *range == KeyRange::all() {
            Self::All
        } else if is_prefix && first.as_bytes() == range.start {
            Self::Prefix(first)
        } else {
            Self::Between(first, last)
        })
    }

    /// The condition that asks a partition for it.
    pub(crate) fn condition(&self, partition: &str) -> Expression {
        let text = |text: &String| AttributeValue::S(text.clone());
        let sorted = match self {
            Self::All => Expression::new("#pk = :pk"),
            Self::Prefix(prefix) => Expression::new("#pk = :pk AND begins_with(#sk, :prefix)")
                .name(SK)
                .value("prefix", text(prefix)),
            Self::Between(first, last) => Expression::new("#pk = :pk AND #sk BETWEEN :first AND :last")
                .name(SK)
                .value("first", text(first))
                .value("last", text(last)),
        };
        sorted.name(PK).value("pk", AttributeValue::S(partition.to_owned()))
    }
}

/// The least and the greatest key that may lie in the range; `None` if none can.
///
/// The bounds of a [`KeyRange`] are bytes, which need not be UTF-8, and its end is exclusive.
fn bounds(range: &KeyRange) -> Option<(String, String)> {
    let first = least(&range.start)?;
    let last = greatest_below(&range.end)?;
    (first <= last).then_some((first, last))
}

/// The least key that is not below `start`.
fn least(start: &[u8]) -> Option<String> {
    let mut text = valid_part(start).to_owned();
    if text.len() == start.len() && text.len() <= MAX_KEY_BYTES {
        return Some(if text.is_empty() { FIRST.to_owned() } else { text });
    }
    shorten(&mut text);
    let mut above = start[text.len()..].to_vec();
    loop {
        let next = match greatest_char(|encoded| encoded <= above.as_slice()) {
            Some(c) => following(c),
            None => Some('\0'),
        };
        if let Some(next) = next.filter(|next| text.len() + next.len_utf8() <= MAX_KEY_BYTES) {
            text.push(next);
            return Some(text);
        }
        above = text.pop()?.to_string().into_bytes();
    }
}

/// The greatest key below `end`.
fn greatest_below(end: &[u8]) -> Option<String> {
    let mut text = valid_part(end).to_owned();
    if text.len() == end.len() {
        text.pop()?;
    }
    shorten(&mut text);
    let (below, room) = (&end[text.len()..], MAX_KEY_BYTES - text.len());
    if let Some(last) = greatest_char(|encoded| encoded < below && encoded.len() <= room) {
        text.push(last);
        for greatest in GREATEST {
            while text.len() + greatest.len_utf8() <= MAX_KEY_BYTES {
                text.push(greatest);
            }
        }
    }
    (!text.is_empty()).then_some(text)
}

fn valid_part(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}

/// Cuts a string to the length of a key, at a character.
fn shorten(text: &mut String) {
    text.truncate(text.floor_char_boundary(MAX_KEY_BYTES));
}

/// The greatest character whose encoding `holds`, which must hold up to some character and for none above it.
///
/// Characters have the order of their encodings.
fn greatest_char(holds: impl Fn(&[u8]) -> bool) -> Option<char> {
    let holds = |c: char| holds(c.encode_utf8(&mut [0; 4]).as_bytes());
    let (mut low, mut high) = ('\0', char::MAX);
    if !holds(low) {
        return None;
    }
    if holds(high) {
        return Some(high);
    }
    while let Some(middle) = between(low, high) {
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// A character strictly between two, if there is one.
fn between(low: char, high: char) -> Option<char> {
    let middle = u32::midpoint(low.into(), high.into());
    // The middle may be no character: those around the gap of the surrogates are.
    let candidates = [middle, 0xD7FF, 0xE000];
    candidates
        .into_iter()
        .filter_map(char::from_u32)
        .find(|c| low < *c && *c < high)
}

/// The next character, if there is one.
fn following(c: char) -> Option<char> {
    match c {
        '\u{D7FF}' => Some('\u{E000}'),
        _ => char::from_u32(u32::from(c) + 1),
    }
}

#[cfg(test)]
mod tests {
    use kvs_core::{ListOptions, Profile};
    use proptest::prelude::*;

    use super::*;

    fn range(prefix: &str, after: Option<&str>, reverse: bool) -> KeyRange {
        let mut options = ListOptions::new(prefix).reverse(reverse);
        options.after = after.map(str::to_owned);
        Profile::new("test").check("list_page").list(&options).unwrap().range
    }

    #[test]
    fn all_keys_lie_between_the_first_and_the_last_string() {
        let (first, last) = bounds(&range("", None, false)).unwrap();
        assert_eq!(first, "\0");
        assert_eq!(last, "\u{10FFFF}".repeat(256));
    }

    #[test]
    fn a_prefix_ends_with_its_last_key() {
        let (first, last) = bounds(&range("user:", None, false)).unwrap();
        assert_eq!(first, "user:");
        assert!(last.starts_with("user:\u{10FFFF}"));
        assert_eq!(last.len(), MAX_KEY_BYTES);
    }

    #[test]
    fn all_keys_and_those_of_a_prefix_are_asked_for_without_bounds() {
        assert_eq!(Span::of(&range("", None, false)), Some(Span::All));
        assert_eq!(Span::of(&range("é", None, true)), Some(Span::Prefix("é".to_owned())));
        let between = Span::of(&range("é", Some("éa"), false));
        assert!(matches!(between, Some(Span::Between(first, _)) if first == "éa\0"));
    }

    #[test]
    fn a_prefix_longer_than_any_key_holds_none() {
        assert_eq!(bounds(&range(&"k".repeat(MAX_KEY_BYTES + 1), None, false)), None);
    }

    #[test]
    fn what_follows_the_last_key_is_nothing() {
        let last = "\u{10FFFF}".repeat(256);
        assert_eq!(bounds(&range("", Some(&last), false)), None);
        assert_eq!(bounds(&range("", Some("\0"), true)), None);
    }

    fn inside(range: &KeyRange, key: &str) -> bool {
        range.start.as_slice() <= key.as_bytes() && key.as_bytes() < range.end.as_slice()
    }

    /// Keys near the bounds are the ones that could be lost.
    fn text() -> impl Strategy<Value = String> {
        let character = prop::sample::select(vec![
            '\0',
            'a',
            '\u{7F}',
            '\u{80}',
            'é',
            '\u{7FF}',
            '\u{800}',
            '\u{D7FF}',
            '\u{E000}',
            '\u{FFFF}',
            '\u{10000}',
            '\u{10FFFF}',
        ]);
        let short = prop::collection::vec(character.clone(), 0..4).prop_map(String::from_iter);
        let long = (prop::collection::vec(character, 0..4), 1015..1030_usize)
            .prop_map(|(tail, length)| "x".repeat(length) + &String::from_iter(tail));
        prop_oneof![short, long]
    }

    proptest! {
        #[test]
        fn the_bounds_hold_exactly_the_keys_of_the_range(
            prefix in text(),
            after in proptest::option::of(text()),
            reverse: bool,
            key in text().prop_filter("a key", |key| (1..=MAX_KEY_BYTES).contains(&key.len())),
        ) {
            let range = range(&prefix, after.as_deref(), reverse);
            let found = bounds(&range).is_some_and(|(first, last)| first <= key && key <= last);
            prop_assert_eq!(found, inside(&range, &key));
            let found = Span::of(&range).is_some_and(|span| match span {
                Span::All => true,
                Span::Prefix(prefix) => key.starts_with(&prefix),
                Span::Between(first, last) => first <= key && key <= last,
            });
            prop_assert_eq!(found, inside(&range, &key));
        }

        #[test]
        fn the_bounds_are_keys_of_the_range(prefix in text(), after in proptest::option::of(text()), reverse: bool) {
            let range = range(&prefix, after.as_deref(), reverse);
            if let Some((first, last)) = bounds(&range) {
                for bound in [first, last] {
                    prop_assert!((1..=MAX_KEY_BYTES).contains(&bound.len()) && inside(&range, &bound));
                }
            }
        }
    }
}
